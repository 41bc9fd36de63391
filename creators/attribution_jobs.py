"""The actor that looks for facts which came after their decision."""

from __future__ import annotations

from creators import attribution_replay
from foundation.jobs import actor


@actor(queue_name="slow")
async def decide_late_facts() -> None:
    """Orders of the last two days whose touches were written late."""
    await attribution_replay.catch_up()
