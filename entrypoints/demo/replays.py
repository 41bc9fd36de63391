"""Recordings of the past shows: films of their hosts, brought to Mux and shown once they are ready there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID, uuid4

from piccolo.columns import Column

from creators import clips
from creators.tables import Show, ShowStatus
from entrypoints import broadcast
from entrypoints.demo import people, pictures, programme
from foundation import accounts, mux_gateway

PATIENCE = 120
CLIPS = (
    ("Beurre blanc without fear", 95, 30, "The sauce splits, and what to do"),
    ("Sharpen, then cook", 40, 15, "The sound of a sharp knife"),
    ("Voir et être vu", 160, 30, "Nine hours of light"),
)
"""Show, second of its recording, length and title of the moments that hosts show around."""


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
    for title, starts, seconds, name in CLIPS:
        if title in shows:
            await _clip(shows[title], title, starts, seconds, name)


async def _clip(show_id: UUID, title: str, starts: int, seconds: int, name: str) -> None:
    """The host of a show marks a moment of it; the job that cuts it runs in the worker."""
    key = next(show.host for show in programme.PAST if show.title == title)
    host = await accounts.by_email(people.email_of(key))
    if host is not None:
        await clips.mark(show_id=show_id, title=name, client_key=uuid4(), starts=starts, seconds=seconds, by=host)


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
