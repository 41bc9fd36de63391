"""Compares every exchange with a vendor, in every test, with the vendor's contract; a test with a wrong one fails.

A vendor's module `tests.contracts.<vendor>_contract` has `check(exchange) -> list[str]`. Gateways tell `vendor.observers` of
their exchanges, and of verified webhooks as exchanges with the verb WEBHOOK. Exchanges that differ in nothing but ids,
amounts and times from one that was compared before are not compared again.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Generator
from urllib.parse import urlsplit

import pytest

from foundation import vendor
from foundation.vendor import Exchange

_seen: set[tuple[object, ...]] = set()
_waiting: list[Exchange] = []
_NUMBERS = re.compile(rb"\d+(\.\d+)?|(?<=_)[A-Za-z0-9]{8,}|[A-Za-z0-9_\-]{30,}")


def pytest_configure() -> None:
    """Listen from the first test on."""
    vendor.observers.append(_waiting.append)


def pytest_unconfigure() -> None:
    """Listen no more."""
    vendor.observers.remove(_waiting.append)


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
    wrong = [one for exchange in heard for one in differences(exchange)]
    if wrong:
        pytest.fail("does not conform to the vendor's contract:\n" + "\n".join(wrong), pytrace=False)


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
