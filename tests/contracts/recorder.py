"""Compares every exchange with a vendor, in every test, with the vendor's contract; a test with a wrong one fails.

A vendor's module `tests.contracts.<vendor>_contract` has `check(exchange) -> list[str]`. Gateways tell `vendor.observers` of
their exchanges, and of verified webhooks as exchanges with the verb WEBHOOK. Exchanges that differ in nothing but ids,
amounts and times from one that was compared before are not compared again. Programs that a test starts write theirs to a
file (`elsewhere/sitecustomize.py`); they are judged with those of the test.
"""

from __future__ import annotations

import importlib
import os
import re
import tempfile
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from foundation import vendor
from foundation.vendor import Exchange

_seen: set[tuple[object, ...]] = set()
_waiting: list[Exchange] = []
_elsewhere: list[Path] = []
_read: dict[Path, int] = {}
_NUMBERS = re.compile(rb"\d+(\.\d+)?|(?<=_)[A-Za-z0-9]{8,}|[A-Za-z0-9_\-]{30,}")


def pytest_configure() -> None:
    """Listen from the first test on, here and in the programs that are started from here."""
    vendor.observers.append(_waiting.append)
    number, name = tempfile.mkstemp(prefix="fanfare-heard-")
    os.close(number)
    _elsewhere.append(Path(name))
    os.environ.update(FANFARE_TESTS_HEARD=name, PYTHONPATH=str(Path(__file__).parent / "elsewhere"))


def pytest_unconfigure() -> None:
    """Listen no more."""
    vendor.observers.remove(_waiting.append)
    _elsewhere.pop().unlink()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Judge the exchanges of the test and of its fixtures."""
    result = yield
    judge()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Judge the exchanges of its end, and of a test that failed by itself."""
    result = yield
    judge()
    return result


def judge() -> None:
    """Compare what was heard since the last time; fails the running test when something does not conform."""
    heard = _waiting.copy()
    del _waiting[: len(heard)]
    heard += told(_elsewhere[-1])
    wrong = [one for exchange in heard for one in differences(exchange)]
    if wrong:
        pytest.fail("does not conform to the vendor's contract:\n" + "\n".join(wrong), pytrace=False)


def told(file: Path) -> list[Exchange]:
    """Take what other programs wrote since the last time; a line that is still being written stays."""
    at = _read.get(file, 0)
    with file.open("rb") as lines:
        lines.seek(at)
        whole = lines.read().rpartition(b"\n")[0]
    _read[file] = at + len(whole) + bool(whole)
    return [msgspec.json.decode(line, type=Exchange) for line in whole.splitlines()]


def differences(exchange: Exchange) -> list[str]:
    """What is wrong with one exchange; nothing when one of the same shape was compared before."""
    shape = _shape(exchange)
    if shape in _seen:
        return []
    _seen.add(shape)
    contract = importlib.import_module(f"tests.contracts.{exchange.vendor}_contract")
    found: list[str] = contract.check(exchange)
    return found


def _shape(exchange: Exchange) -> tuple[object, ...]:
    url = urlsplit(exchange.url)
    parts = (url.path.encode(), url.query.encode(), exchange.request_body, exchange.response_body)
    return exchange.vendor, exchange.method, exchange.status, *(_NUMBERS.sub(b"0", part) for part in parts)
