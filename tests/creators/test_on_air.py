"""From the first picture to the replay, with a real stream through the stand-in of Mux."""

from __future__ import annotations

import asyncio
import random
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import pytest

from creators import follows, greenroom, on_air, pins
from creators.tables import Show
from entrypoints.broadcast import broadcast, ffmpeg
from foundation.errors import NotFound, WrongState
from foundation.tables import Mail, WebhookReceipt
from tests import factories
from tests.cast import Cast
from tests.stand_ins import StandIn

Settle = Callable[[], Awaitable[None]]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of picture and sound."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=s=180x320:r=25", "-f", "lavfi", "-i", "sine", "-t", "4"]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-bf", "0", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run([ffmpeg(), "-nostdin", "-loglevel", "error", *source, *codecs, str(path)], check=True)
    return path


@pytest.mark.video
async def test_a_show_goes_live_with_its_picture_and_becomes_a_replay_with_chapters(
    cast: Cast, settle: Settle, film: Path
) -> None:
    made = await factories.stage()
    sam = await cast.sam()
    await follows.remind(show_id=made.show_id, by=sam)
    door = await greenroom.publishing(show_id=made.show_id, by=made.nour)
    publishing = asyncio.create_task(broadcast(rtmp_url=door.rtmp_url, stream_key=door.stream_key, source=film))
    try:
        await _until(made.show_id, settle, lambda show: show.status == "live")
        assert "<video" in (await (await cast.client(sam)).get(f"/shows/{made.slug}")).text
        await pins.next_slot(show_id=made.show_id, by=made.nour)
        await on_air.end_show(show_id=made.show_id, by=made.nour)
    finally:
        publishing.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await publishing
    show = await _until(made.show_id, settle, lambda show: show.asset_playback_id is not None)
    assert (show.status, show.signal) == ("ended", "none")
    page = await (await cast.client(sam)).get(f"/shows/{made.slug}")
    for words in ("REPLAY", "Collaboration commerciale", "Chat as it happened"):
        assert words in page.text
    mail = await Mail.objects().where(Mail.recipient == sam.email).first()
    assert mail is not None
    assert "Copper night" in mail.subject

    # The same news again, in any order, change nothing.
    rows = await WebhookReceipt.select(WebhookReceipt.object_id, WebhookReceipt.kind).where(WebhookReceipt.source == "mux")
    random.Random(7).shuffle(rows)
    for row in rows:
        if row["kind"].startswith("video.live_stream."):
            await on_air.follow_stream(live_stream_id=row["object_id"])
        else:
            await on_air.follow_asset(asset_id=row["object_id"])
    again = await _show(made.show_id)
    assert (again.status, again.asset_id, again.ended_at) == (show.status, show.asset_id, show.ended_at)


async def test_the_stream_key_is_asked_of_mux_and_kept_nowhere(cast: Cast) -> None:
    made = await factories.stage()
    nour, chloe = await cast.client(made.nour), await cast.client(await cast.chloe())
    before = await nour.get(f"/studio/shows/{made.show_id}")
    shown = await nour.post(f"/studio/shows/{made.show_id}/key")
    door = await greenroom.publishing(show_id=made.show_id, by=made.nour)
    assert door.stream_key in shown.text
    assert door.stream_key not in before.text
    assert door.stream_key not in repr(door)
    assert door.stream_key not in str((await _show(made.show_id)).to_dict())
    assert (await chloe.post(f"/studio/shows/{made.show_id}/key")).status_code == 404
    await nour.post(f"/studio/shows/{made.show_id}/key", data={"reset": "1"})
    assert (await greenroom.publishing(show_id=made.show_id, by=made.nour)).stream_key != door.stream_key


async def test_two_greenrooms_opened_at_once_have_one_stream(mux_sandbox: StandIn, db: None) -> None:
    made = await factories.stage()
    doors = await asyncio.gather(*(greenroom.publishing(show_id=made.show_id, by=made.nour) for _ in range(3)))
    assert len({door.stream_key for door in doors}) == 1


async def test_a_lost_answer_of_mux_does_not_make_a_second_stream(mux_sandbox: StandIn, db: None) -> None:
    made = await factories.stage()
    first = await greenroom.publishing(show_id=made.show_id, by=made.nour)
    await Show.update({Show.live_stream_id: None}, force=True).where(Show.id == made.show_id)
    assert (await greenroom.publishing(show_id=made.show_id, by=made.nour)).stream_key == first.stream_key


@pytest.mark.usefixtures("db")
async def test_only_the_host_ends_a_show_and_only_once() -> None:
    made = await factories.stage(live=True)
    with pytest.raises(NotFound):
        await on_air.end_show(show_id=made.show_id, by=made.ada)
    await on_air.end_show(show_id=made.show_id, by=made.nour)
    with pytest.raises(WrongState):
        await on_air.end_show(show_id=made.show_id, by=made.nour)


async def _until(show_id: UUID, settle: Settle, reached: Callable[[Show], bool]) -> Show:
    async with asyncio.timeout(45):
        while not reached(show := await _show(show_id)):
            await settle()
            await asyncio.sleep(0.1)
    return show


async def _show(show_id: UUID) -> Show:
    show = await Show.objects().where(Show.id == show_id).first()
    assert show is not None
    return show
