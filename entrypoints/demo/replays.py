"""Recordings of the past shows: films of their hosts, brought to Mux and shown once they are ready there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID

from piccolo.columns import Column

from creators.tables import Show, ShowStatus
from entrypoints import broadcast
from entrypoints.demo import pictures, programme
from foundation import mux_gateway

PATIENCE = 120


async def missing() -> dict[str, UUID]:
    """The past shows of the demo that have no replay yet, by title."""
    titles = [show.title for show in programme.PAST]
    rows = await Show.select(Show.id, Show.title).where(
        Show.title.is_in(titles) & (Show.status == ShowStatus.ENDED) & Show.asset_id.is_null()
    )
    return {row["title"]: row["id"] for row in rows}


async def show_all(shows: dict[str, UUID], studio: pictures.Studio, on_progress: Callable[[], None]) -> None:
    """Give every past show its replay, the latest first; each is on the pages as soon as it can be watched."""
    for show in reversed(programme.PAST):
        if show.title in shows:
            await studio.film_loop(show, pictures.REPLAY)
            await _bring_in(shows[show.title], show)
            on_progress()


async def _bring_in(show_id: UUID, show: programme.DemoShow) -> None:
    film = await broadcast.film(seconds=show.seconds, picture=pictures.upright_path(show), size=pictures.REPLAY)
    try:
        made = await mux_gateway.create_asset(url=film.as_uri(), passthrough=f"show:{show_id}")
        for _ in range(PATIENCE * 2):
            made = await mux_gateway.fetch_asset(asset_id=made.id)
            if made.status != "preparing":
                break
            await asyncio.sleep(0.5)
    finally:
        film.unlink(missing_ok=True)
    if made.status == "ready":
        # Recordings of live streams tell us themselves; this one was brought in as a file, so it is written here.
        kept: dict[Column | str, object] = {
            Show.asset_id: made.id,
            Show.asset_playback_id: made.playback_id,
            Show.asset_seconds: round(made.duration or 0),
        }
        await Show.update(kept, force=True).where(Show.id == show_id)
