"""Recordings of shows for tests: a real film at the stand-in of Mux, or only the word that there is one."""

from __future__ import annotations

import asyncio
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

from piccolo.columns import Column

from creators.tables import Show, ShowStatus
from entrypoints.broadcast import ffmpeg
from foundation import clock, mux_gateway
from foundation.mux_gateway import Asset
from tests.factories import Stage

FILM = 12
"""Seconds."""


def make_film(folder: Path) -> Path:
    """A picture that changes all the time, and a tone."""
    path = folder / "film.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=s=90x160:r=10", "-f", "lavfi", "-i", "sine", "-t", str(FILM)]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-bf", "0", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run([ffmpeg(), "-nostdin", "-loglevel", "error", *source, *codecs, str(path)], check=True)
    return path


async def recorded(made: Stage, film: Path | None = None, *, seconds: int = 600) -> Show:
    """The show is over; with a film Mux has its recording."""
    began = clock.now() - timedelta(seconds=seconds)
    values: dict[Column | str, Any] = {
        Show.status: ShowStatus.ENDED,
        Show.went_live_at: began,
        Show.ended_at: began + timedelta(seconds=seconds),
        Show.asset_id: f"asset-{made.show_id}",
        Show.asset_playback_id: "recording",
        Show.asset_seconds: seconds,
    }
    if film is not None:
        asset = await mux_gateway.create_asset(url=film.as_uri(), passthrough="a show")
        asset = await ready(asset.id)
        values |= {Show.asset_id: asset.id, Show.asset_playback_id: asset.playback_id, Show.asset_seconds: FILM}
    await Show.update(values, force=True).where(Show.id == made.show_id)
    return await show_of(made)


async def show_of(made: Stage) -> Show:
    show = await Show.objects().where(Show.id == made.show_id).first()
    assert show is not None
    return show


async def ready(asset_id: str) -> Asset:
    for _look in range(600):
        if (asset := await mux_gateway.fetch_asset(asset_id=asset_id)).status != "preparing":
            return asset
        await asyncio.sleep(0.05)
    raise AssertionError("the recording is not there")
