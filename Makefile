# Two commands matter: `make demo` and `make test`. Both set up what is missing.
.PHONY: help setup demo story test test-all checks lint types borders templates screens bench clean

help:
	@echo "make demo      a believable market, a live show, every role; prints the addresses"
	@echo "make test      lint, types, borders and all quick tests"
	@echo "make story     the whole way of one sale, without a browser, checked"
	@echo "make test-all  make test and the slow matrices"
	@echo "make screens   screenshots of the main pages"
	@echo "make bench     the benchmarks of tests/benchmarks"

setup:
	@bin/setup

demo: setup
	@bin/fanfare demo

story: setup
	@bin/fanfare story

lint:
	@.venv/bin/ruff check --quiet . && .venv/bin/ruff format --quiet --check .

templates:
	@.venv/bin/djlint --quiet --lint frontend_templates

types:
	@.venv/bin/mypy

borders:
	@PYTHONPATH=. .venv/bin/lint-imports --no-cache --no-logo

checks: lint templates borders types

test:
	@bin/setup browser
	@$(MAKE) --no-print-directory checks
	@.venv/bin/python -m pytest -n 2 -m "not slow"

test-all:
	@bin/setup browser
	@$(MAKE) --no-print-directory checks
	@.venv/bin/python -m pytest -n 2

screens: 
	@bin/setup browser
	@bin/fanfare screens

bench:
	@bin/setup browser
	@for file in tests/benchmarks/bench_*.py; do .venv/bin/python -m tests.benchmarks.$$(basename $$file .py) || exit 1; done

clean:
	@rm -rf .fanfare .mypy_cache .ruff_cache .hypothesis
