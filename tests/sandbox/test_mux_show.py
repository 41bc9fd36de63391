"""A real show through the stand-in of Mux: RTMP in, HLS out, the replay, a dropped line, a killed program."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from entrypoints.broadcast import BroadcastFailed, broadcast, ffmpeg
from foundation import mux_gateway as mux
from foundation import settings
from foundation.mux_gateway import Asset, LiveStream
from foundation.settings import ROOT
from tests.contracts import mux_contract
from tests.contracts.mux_account import Letterbox, letterbox, with_settings
from tests.stand_ins import StandIn

pytestmark = pytest.mark.video

T = TypeVar("T")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of picture and sound, small enough to be made at once."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=s=180x320:r=25", "-f", "lavfi", "-i", "sine", "-t", "4"]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-bf", "0", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run([ffmpeg(), "-nostdin", "-loglevel", "error", *source, *codecs, str(path)], check=True)
    return path


@pytest.fixture
async def signed(mux_sandbox: StandIn) -> AsyncIterator[StandIn]:
    """The stand-in with a signing key, so that playback is private as in production."""
    key = await mux.create_signing_key()
    with with_settings(MUX_SIGNING_KEY_ID=key.id, MUX_SIGNING_PRIVATE_KEY=key.private_key):
        yield mux_sandbox


@pytest.fixture
async def box(signed: StandIn) -> AsyncIterator[Letterbox]:
    with letterbox() as opened:
        await signed.admin("webhooks/endpoints", {"endpoints": [{"url": opened.url, "secret": "s"}]})
        yield opened
        await signed.admin("webhooks/endpoints", {"endpoints": []})
    assert [error for _, body in opened.received for error in mux_contract.check_event(body)] == []


async def _until(read: Callable[[], Awaitable[T]], good: Callable[[T], bool]) -> T:
    async with asyncio.timeout(20):
        while True:
            value = await read()
            if good(value):
                return value
            await asyncio.sleep(0.05)


async def _stream(stream: LiveStream, status: str) -> LiveStream:
    return await _until(lambda: mux.fetch_live_stream(live_stream_id=stream.id), lambda now: now.status == status)


async def _replay(asset_id: str) -> Asset:
    def ready(asset: Asset) -> bool:
        return asset.status == "ready" and not asset.is_live and bool(asset.files)

    return await _until(lambda: mux.fetch_asset(asset_id=asset_id), ready)


async def _publish(stream: LiveStream, film: Path, seconds: float | None) -> None:
    await broadcast(rtmp_url=settings.current().mux_rtmp_url, stream_key=stream.stream_key, source=film, seconds=seconds)


async def _rendition(viewer: httpx.AsyncClient, playback_id: str | None) -> tuple[str, str]:
    """Do what a player does: return the address of the rendition's playlist and its text."""
    assert playback_id is not None
    first = await viewer.get(mux.hls_url(playback_id, token=mux.sign_playback(playback_id)))
    assert first.status_code == 200, first.text
    address = f"{settings.current().mux_stream_base}/{first.text.strip().splitlines()[-1]}"
    return address, (await viewer.get(address)).text


async def test_a_show_goes_from_the_encoder_to_the_viewer_and_becomes_a_replay(
    signed: StandIn, box: Letterbox, film: Path
) -> None:
    stream = await mux.create_live_stream(passthrough="the show", reconnect_window=0)
    publishing = asyncio.create_task(_publish(stream, film, 4.5))
    live = await _stream(stream, "active")
    async with httpx.AsyncClient() as viewer:
        address, text = await _rendition(viewer, live.playback_id)
        assert "#EXT-X-PROGRAM-DATE-TIME" in text
        assert "#EXT-X-ENDLIST" not in text
        segment = await viewer.get(f"{address.rsplit('/', 1)[0]}/{text.strip().splitlines()[-1]}")
        assert (segment.headers["content-type"], segment.content[:1]) == ("video/mp2t", b"G")
        assert (await mux.viewer_counts(stream.id)).viewers == 1
        for path in ("..%2F..%2Fmux.sqlite3", "take1.m3u8", "take1-00000.ts%00"):
            assert (await viewer.get(f"{address.rsplit('/', 1)[0]}/{path}")).status_code in (403, 404)
        picture = await _picture(viewer, str(live.playback_id), {"latest": "true", "width": 90})
        assert picture[:2] == b"\xff\xd8"
        with pytest.raises(BroadcastFailed):
            await _publish(stream, film, 1)
        await publishing
        over = await _stream(stream, "idle")
        assert over.active_asset_id is None
        asset = await _replay(over.recent_asset_ids[-1])
        assert (asset.passthrough, asset.live_stream_id, asset.aspect_ratio) == ("the show", stream.id, "9:16")
        assert asset.duration == pytest.approx(4.5, abs=0.3)
        assert asset.started_at is not None
        await _check_replay(viewer, asset)
    await signed.flush()
    told = box.types()
    assert [one.removeprefix("video.live_stream.") for one in told if "live_stream." in one] == [
        *("created", "connected", "recording", "active", "disconnected", "idle")
    ]
    assert [one.removeprefix("video.asset.") for one in told if "video.asset" in one][:4] == [
        *("created", "ready", "live_stream_completed", "static_rendition.ready")
    ]


async def _picture(viewer: httpx.AsyncClient, playback_id: str, params: dict[str, str | float]) -> bytes:
    token = mux.sign_playback(playback_id, kind="thumbnail", params=params)
    answer = await viewer.get(mux.thumbnail_url(playback_id, token=token))
    assert answer.status_code == 200, answer.text
    return answer.content


async def _check_replay(viewer: httpx.AsyncClient, asset: Asset) -> None:
    playback_id = str(asset.playback_id)
    _, text = await _rendition(viewer, playback_id)
    assert text.endswith("#EXT-X-ENDLIST\n")
    early, late = [await _picture(viewer, playback_id, {"time": time}) for time in (2.0, 2.6)]
    assert early != late
    token = mux.sign_playback(playback_id, kind="storyboard")
    index = await viewer.get(mux.storyboard_url(playback_id, token=token))
    sheet = index.text.split("\n")[3].partition("#")
    assert (await viewer.get(sheet[0])).content[:2] == b"\xff\xd8"
    assert sheet[2] == "xywh=0,0,90,160"
    file = mux.file_url(playback_id, token=mux.sign_playback(playback_id))
    part = await viewer.get(file, headers={"range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    clip = await mux.create_clip(asset_id=asset.id, start=1, end=3, passthrough="best moment")
    cut = await _until(lambda: mux.fetch_asset(asset_id=clip.id), lambda now: now.status == "ready")
    assert cut.source_asset_id == asset.id
    assert cut.duration == pytest.approx(2, abs=1.1)


@pytest.mark.slow
async def test_an_encoder_that_comes_back_in_time_continues_the_same_recording(
    signed: StandIn, box: Letterbox, film: Path
) -> None:
    stream = await mux.create_live_stream(passthrough="back again", reconnect_window=30)
    first = asyncio.create_task(_publish(stream, film, None))
    recorded = (await _stream(stream, "active")).active_asset_id
    await signed.admin(f"live-streams/{stream.id}/cut")
    with pytest.raises(BroadcastFailed):
        await first
    assert (await mux.fetch_live_stream(live_stream_id=stream.id)).active_asset_id == recorded, "the window is open"
    second = asyncio.create_task(_publish(stream, film, 2.5))
    async with httpx.AsyncClient() as viewer:
        _, text = await _until(lambda: _rendition(viewer, stream.playback_id), lambda now: "DISCONTINUITY\n" in now[1])
        assert text.count("#EXT-X-DISCONTINUITY\n") == 1
    await second
    await mux.complete(live_stream_id=stream.id)
    over = await _stream(stream, "idle")
    assert over.recent_asset_ids == (recorded,)
    await _replay(str(recorded))
    await signed.flush()
    assert [one.removeprefix("video.live_stream.") for one in box.types() if "live_stream." in one] == [
        *("created", "connected", "recording", "active", "disconnected", "connected", "recording", "active"),
        *("disconnected", "idle"),
    ]


async def test_a_wrong_a_disabled_and_a_replaced_key_are_refused_without_being_repeated(signed: StandIn, film: Path) -> None:
    stream = await mux.create_live_stream(passthrough="keys")
    await mux.reset_stream_key(live_stream_id=stream.id)
    with pytest.raises(BroadcastFailed) as refused:
        await _publish(stream, film, 2)
    assert stream.stream_key not in str(refused.value)
    renewed = await mux.fetch_live_stream(live_stream_id=stream.id)
    await signed.admin("faults", {"kind": "ingest.refuse"})
    with pytest.raises(BroadcastFailed):
        await _publish(renewed, film, 2)
    await mux.disable(live_stream_id=stream.id)
    with pytest.raises(BroadcastFailed):
        await _publish(renewed, film, 2)


async def test_a_file_is_brought_in_as_a_replay(signed: StandIn, film: Path) -> None:
    made = await mux.create_asset(url=film.as_uri(), passthrough="an old show")
    asset = await _replay(made.id)
    assert asset.duration == pytest.approx(4, abs=0.2)
    assert (await mux.find_asset(passthrough="an old show")) == asset
    broken = await mux.create_asset(url=Path(__file__).as_uri(), passthrough="not a film")
    failed = await _until(lambda: mux.fetch_asset(asset_id=broken.id), lambda now: now.status != "preparing")
    assert (failed.status, failed.errors) == ("errored", ("no video track",))


@contextmanager
def _program(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    announced = folder / "announced.json"
    announced.unlink(missing_ok=True)
    command = [sys.executable, "-m", "sandbox.mux", "--port", "0", "--data-dir", str(folder), "--announce", str(announced)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)
    try:
        while not announced.exists():
            assert process.poll() is None
            time.sleep(0.02)
        yield process, json.loads(announced.read_text())
    finally:
        process.kill()
        process.wait()


def _at(said: dict[str, Any]) -> dict[str, str]:
    base = f"http://127.0.0.1:{said['port']}"
    return {
        "MUX_API_BASE": base,
        "MUX_STREAM_BASE": f"{base}/stream",
        "MUX_RTMP_URL": f"rtmp://127.0.0.1:{said['rtmp_port']}/app",
    }


@pytest.mark.slow
async def test_a_killed_program_leaves_no_ffmpeg_and_goes_on_after_its_restart(tmp_path: Path, film: Path) -> None:
    with _program(tmp_path) as (process, said), with_settings(**_at(said)):
        stream = await mux.create_live_stream(passthrough="killed", reconnect_window=1)
        publishing = asyncio.create_task(_publish(stream, film, None))
        recorded = (await _stream(stream, "active")).active_asset_id
        process.send_signal(signal.SIGKILL)
        process.wait()
        with pytest.raises(BroadcastFailed):
            await publishing
    await _until(_recorders(tmp_path), lambda left: left == [])
    with _program(tmp_path) as (_, said), with_settings(**_at(said)):
        over = await _stream(stream, "idle")
        assert over.recent_asset_ids == (recorded,)
        assert (await _replay(str(recorded))).duration


def _recorders(folder: Path) -> Callable[[], Awaitable[list[str]]]:
    """Look for recorders that still write into a folder."""

    def look() -> list[str]:
        found = []
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                words = entry.read_bytes().decode(errors="replace")
                if "ffmpeg" in words and f"{folder}/media" in words:
                    found.append(words)
        return found

    return lambda: asyncio.to_thread(look)
