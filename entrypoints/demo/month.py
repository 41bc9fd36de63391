"""Founding the market and living through its month, with a bar that shows how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from entrypoints import wiring
from entrypoints.demo import founding, history, travel
from foundation import clock, outbox

if TYPE_CHECKING:
    from entrypoints.demo.command import Told


async def live(told: Told) -> None:
    """Found the market five weeks ago and live through the time until now."""
    wiring.connect()
    now = clock.now()
    async with travel.journey() as journey:
        bar = told.bars.add_task("Founding the market", total=1)
        await journey.to(history.founded(now))
        made = await founding.found()
        await outbox.drain()
        told.bars.advance(bar)
        told.done("Six brands, sixty products, forty creators have met")
        past = history.write(made, journey, now)
        bar = told.bars.add_task("Living through the month", total=len(past.acts) + 1)

        def on_progress(_what: str) -> None:
            told.bars.advance(bar)

        await history.live_through(past, on_progress)
        told.done("A month of shows, sales, refunds and two payout runs is in the books")
