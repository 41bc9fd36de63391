"""One after the other within this process: who waits finds what the first has learned, and need not ask a vendor again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

_locks: WeakValueDictionary[tuple[int, str], asyncio.Lock] = WeakValueDictionary()


@asynccontextmanager
async def in_turn(key: str) -> AsyncIterator[None]:
    """Only one task of this event loop at a time is inside for a `key`.

    It spares work and guards nothing: other processes know nothing of it. Never inside a transaction, whose rows the one inside may need.
    """
    lock = _locks.setdefault((id(asyncio.get_running_loop()), key), asyncio.Lock())
    async with lock:
        yield
