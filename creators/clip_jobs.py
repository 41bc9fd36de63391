"""Actors of clips: they take ids and call a verb that is safe to call twice."""

from __future__ import annotations

from uuid import UUID

from creators import clip_cutting
from foundation.jobs import actor


@actor
async def cut_clip(clip_id: str) -> None:
    """A moment was marked: it is cut when the recording is there."""
    await clip_cutting.cut(clip_id=UUID(clip_id))


@actor
async def cut_waiting(show_id: str) -> None:
    """The recording of a show is there: what was marked on air is cut."""
    await clip_cutting.cut_waiting(show_id=UUID(show_id))


@actor
async def discard_clip(clip_id: str) -> None:
    """A clip was taken away."""
    await clip_cutting.discard(clip_id=UUID(clip_id))


@actor
async def catch_up_clips() -> None:
    """Look at the clips whose news may have been lost."""
    await clip_cutting.catch_up()
