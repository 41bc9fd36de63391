"""Who watches: each visitor counts until half a minute after the last sign of life."""

from __future__ import annotations

from collections.abc import Iterable

from foundation import clock, valkey

SECONDS = 30


async def presence(channel: str, visitor: str) -> None:
    """A sign of life of one visitor (an id that is the same in all tabs of a browser). Says nothing while Valkey is away."""
    try:
        await seen(channel, [visitor])
    except valkey.AWAY:
        pass


async def viewers(channel: str) -> int:
    """How many different visitors watch now; 0 while Valkey is away."""
    try:
        return await count(channel)
    except valkey.AWAY:
        return 0


async def seen(channel: str, visitors: Iterable[str]) -> None:
    """Signs of life of several visitors. Raises one of `valkey.AWAY`."""
    now = clock.now().timestamp()
    moments = dict.fromkeys(visitors, now)
    if moments:
        async with valkey.client(valkey.LIVE).pipeline(transaction=False) as pipe:
            pipe.zadd(_key(channel), moments)
            pipe.expire(_key(channel), SECONDS * 2)
            await pipe.execute()


async def count(channel: str) -> int:
    """Like `viewers`. Raises one of `valkey.AWAY`."""
    async with valkey.client(valkey.LIVE).pipeline(transaction=False) as pipe:
        pipe.zremrangebyscore(_key(channel), "-inf", clock.now().timestamp() - SECONDS)
        pipe.zcard(_key(channel))
        return int((await pipe.execute())[1])


def _key(channel: str) -> str:
    return f"presence:{channel}"
