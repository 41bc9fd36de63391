"""Founding the market and living through its month, with a bar that shows how far it is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from entrypoints import wiring
from entrypoints.demo import founding, history, terms, travel
from foundation import clock, jobs, outbox, settings
from foundation.database import DB

if TYPE_CHECKING:
    from entrypoints.demo.command import Told


@asynccontextmanager
async def _hasty_commits() -> AsyncIterator[None]:
    """Do not wait for the disk at each of ten thousand commits: a month that a crash interrupts is lived again anyway."""
    before = settings.current().database_url
    os.environ["DATABASE_URL"] = f"{before}{'&' if '?' in before else '?'}synchronous_commit=off"
    settings.current.cache_clear()
    try:
        yield
    finally:
        os.environ["DATABASE_URL"] = before
        settings.current.cache_clear()
        await asyncio.to_thread(jobs.stop_working)
        await DB.close()


async def live(told: Told) -> None:
    """Found the market five weeks ago and live through the time until now."""
    wiring.connect()
    now = clock.now()
    async with _hasty_commits(), travel.journey() as journey:
        bar = told.bars.add_task("Founding the market", total=1)
        await journey.to(history.founded(now))
        made = await founding.found()
        await terms.agree(made)
        await outbox.drain()
        told.bars.advance(bar)
        told.done("Six brands, sixty products, forty creators have met")
        past = history.write(made, journey, now)
        bar = told.bars.add_task("Living through the month", total=len(past.acts) + 1)

        def on_progress(_what: str) -> None:
            told.bars.advance(bar)

        await history.live_through(past, on_progress)
        told.bars.advance(bar)
        told.done("A month of shows, sales, refunds and two payout runs is in the books")
