"""The actors that look for facts which came late."""

from __future__ import annotations

from creators import attribution_replay, click_storing
from foundation.jobs import actor


@actor(queue_name="slow")
async def decide_late_facts() -> None:
    """Orders of the last two days whose touches were written late."""
    await attribution_replay.catch_up()


@actor(queue_name="slow")
async def store_clicks_left_behind() -> None:
    """Clicks that a web process of this machine had answered when it was killed."""
    await click_storing.store_left_behind(clicks=click_storing.folder())
