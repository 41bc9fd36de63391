"""Tries are counted once, by whom they come from."""

from __future__ import annotations

import asyncio

import pytest
from litestar.testing import RequestFactory

from foundation import client_address, rate_limits, settings, templating, valkey
from foundation.errors import TooManyForLong, TooManyRequests

pytestmark = pytest.mark.usefixtures("db")


async def test_of_many_tries_at_once_exactly_the_limit_passes() -> None:
    tries = [rate_limits.spend("door", limit=10, seconds=60) for _ in range(60)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(result is None for result in results) == 10
    assert all(result is None or isinstance(result, TooManyRequests) for result in results)


async def test_the_refusal_says_how_long_to_wait() -> None:
    await rate_limits.spend("door", limit=1, seconds=90)
    with pytest.raises(TooManyRequests) as refused:
        await rate_limits.spend("door", limit=1, seconds=90)
    assert 85 <= int(str(refused.value.data["seconds"])) <= 90


async def test_a_long_wait_is_said_in_minutes() -> None:
    await rate_limits.spend("door", limit=1, seconds=3600)
    with pytest.raises(TooManyForLong) as refused:
        await rate_limits.spend("door", limit=1, seconds=3600)
    assert templating.sentence(refused.value) == "Too many tries. Please wait 60 minutes."
    assert 3590 <= int(str(refused.value.data["seconds"])) <= 3600


async def test_the_window_begins_with_its_first_try_and_is_not_prolonged() -> None:
    await rate_limits.spend("door", limit=3, seconds=60)
    [key] = [key async for key in valkey.client().scan_iter("limit:*")]
    await valkey.client().pexpire(key, 30_000)
    await rate_limits.spend("door", limit=3, seconds=60)
    assert await valkey.client().pttl(key) <= 30_000
    await valkey.client().pexpire(key, 0)
    for _ in range(3):
        await rate_limits.spend("door", limit=3, seconds=60)


async def test_keys_are_counted_apart_and_forgiven() -> None:
    await rate_limits.spend("one", limit=1, seconds=60)
    await rate_limits.spend("other", limit=1, seconds=60)
    await rate_limits.forgive("one")
    await rate_limits.spend("one", limit=1, seconds=60)
    with pytest.raises(TooManyRequests):
        await rate_limits.spend("other", limit=1, seconds=60)


async def test_an_address_is_not_kept_in_the_clear() -> None:
    await rate_limits.spend("sign-in:address:sam@fanfare.example", limit=1, seconds=60)
    assert not any(b"sam@" in key for key in await valkey.client().keys("*"))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        ("0", "6.6.6.6", "testclient"),  # nobody in front: anybody may write this header
        ("1", "6.6.6.6, 9.9.9.9", "9.9.9.9"),  # the one proxy saw 9.9.9.9; the rest was sent to it
        ("2", "6.6.6.6, 9.9.9.9, 10.0.0.1", "9.9.9.9"),
        ("2", "10.0.0.1", "testclient"),  # past the proxies: not to be believed
        ("1", "", "testclient"),
    ],
)
def test_the_client_is_seen_past_the_trusted_proxies_only(
    monkeypatch: pytest.MonkeyPatch, proxies: str, forwarded: str, seen: str
) -> None:
    monkeypatch.setenv("FANFARE_PROXIES", proxies)
    settings.current.cache_clear()
    request = RequestFactory().get("/", headers={"x-forwarded-for": forwarded} if forwarded else {})
    request.scope["client"] = ("testclient", 1)
    try:
        assert client_address.of(request) == seen
    finally:
        monkeypatch.undo()
        settings.current.cache_clear()
