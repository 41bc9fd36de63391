"""`fanfare broadcast`: publish a moving picture, or a file in a loop, to a live stream as an encoder would."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

from entrypoints import moving_picture
from entrypoints.moving_picture import LANDSCAPE, PORTRAIT, Size
from foundation import settings
from foundation.embedded import die_with_parent

Stage = Literal["render", "air"]
Progress = Callable[[Stage, float], None]


class BroadcastFailed(Exception):
    """The picture did not reach the other side; the sentence never contains the stream key."""


async def broadcast(
    *,
    rtmp_url: str,
    stream_key: str,
    source: Path | None = None,
    seconds: float | None = None,
    picture: Path | None = None,
    size: Size = PORTRAIT,
    on_progress: Progress | None = None,
) -> None:
    """Publish until `seconds` have passed, or for ever; ending the task ends the broadcast.

    `source` is a video file, repeated as often as needed. Without one, `picture` (any PNG; none: an evening sky) is turned
    into a moving loop, rendered once and kept in the data folder, so that being on air costs next to nothing.
    `on_progress` is called with ("render", part from 0 to 1) and then with ("air", seconds published).
    Raises `BroadcastFailed`, for example when the key is refused.
    """
    tell = on_progress or (lambda _stage, _amount: None)
    file = source or await prepare(picture=picture, size=size, on_progress=on_progress)
    codecs = ["-c", "copy"] if source is None or await _is_plain(source) else _encoding()
    address = f"{rtmp_url.rstrip('/')}/{stream_key}"
    limit = ["-t", f"{seconds:.3f}"] if seconds is not None else []
    process = await _start(
        *("-nostdin", "-loglevel", "error", "-progress", "pipe:1", "-re", "-stream_loop", "-1", "-i", str(file), *limit),
        *(*codecs, "-f", "flv", "-flvflags", "no_duration_filesize", address),
    )
    said = asyncio.create_task(_listen(process))
    try:
        await _follow(process, tell)
        if await process.wait():
            raise BroadcastFailed(_without_key(await said, stream_key))
    finally:
        await _end(process)
        said.cancel()


async def prepare(*, picture: Path | None = None, size: Size = PORTRAIT, on_progress: Progress | None = None) -> Path:
    """Render the loop of a picture unless it is kept already, and return its file. Some ten seconds of one core."""
    tell = on_progress or (lambda _stage, _amount: None)
    folder = settings.current().data_path / "broadcast"
    target = await asyncio.to_thread(moving_picture.loop_path, folder, picture, size)
    if not await asyncio.to_thread(target.exists):
        await asyncio.to_thread(moving_picture.render, target, ffmpeg(), picture, size, lambda part: tell("render", part))
    return target


async def film(
    *, seconds: float, picture: Path | None = None, size: Size = PORTRAIT, on_progress: Progress | None = None
) -> Path:
    """Return a file of the moving picture that lasts `seconds`, for instance as a show of the past; copied, so made at once."""
    loop = await prepare(picture=picture, size=size, on_progress=on_progress)
    target = loop.with_name(f"film-{loop.stem}-{seconds:g}.mp4")
    if not await asyncio.to_thread(target.exists):
        part = target.with_name(f"part-{target.name}")
        process = await _start(
            *("-nostdin", "-y", "-loglevel", "error", "-stream_loop", "-1", "-i", str(loop), "-t", f"{seconds:.3f}"),
            *("-c", "copy", "-movflags", "+faststart", str(part)),
        )
        _, said = await process.communicate()
        if process.returncode:
            raise BroadcastFailed(said.decode(errors="replace")[-300:])
        await asyncio.to_thread(part.replace, target)
    return target


def ffmpeg() -> str:
    """Return the path of ffmpeg: the one of the machine, else the one that `imageio-ffmpeg` brings."""
    found = shutil.which("ffmpeg")
    if found:
        return found
    try:
        import imageio_ffmpeg
    except ImportError:
        raise BroadcastFailed("ffmpeg is not installed") from None
    return str(imageio_ffmpeg.get_ffmpeg_exe())


async def _start(*arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(
        ffmpeg(), *arguments, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, preexec_fn=partial(die_with_parent, signal.SIGKILL)
    )


async def _follow(process: Process, tell: Progress) -> None:
    assert process.stdout is not None  # noqa: S101  # asked for by PIPE
    async for line in process.stdout:
        name, _, value = line.decode().strip().partition("=")
        if name == "out_time_us" and value.isdigit():
            tell("air", int(value) / 1_000_000)


async def _listen(process: Process) -> str:
    assert process.stderr is not None  # noqa: S101  # asked for by PIPE
    return (await process.stderr.read()).decode(errors="replace")


async def _end(process: Process) -> None:
    """Let ffmpeg say goodbye to the other side; kill it when it does not."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 3)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _is_plain(source: Path) -> bool:
    """True when the file is H.264 with AAC, which RTMP carries as it is."""
    process = await _start("-hide_banner", "-nostdin", "-i", str(source))
    _, said = await process.communicate()
    text = said.decode(errors="replace")
    sound = re.search(r"Audio: (\w+)", text)
    return "Video: h264" in text and (sound is None or sound[1] == "aac")


def _encoding() -> list[str]:
    rate = str(moving_picture.FRAME_RATE)
    picture = ["-c:v", "libx264", "-preset", "veryfast", "-r", rate, "-g", rate, "-bf", "0", "-pix_fmt", "yuv420p"]
    return [*picture, "-threads", str(min(2, os.cpu_count() or 1)), "-c:a", "aac", "-b:a", "96k", "-ar", "44100"]


def _without_key(text: str, stream_key: str) -> str:
    lines = [line for line in text.replace(stream_key, "[stream key]").splitlines() if line.strip()]
    return f"The live stream did not take the picture: {lines[-1] if lines else 'it ended the broadcast'}"


__all__ = ["LANDSCAPE", "PORTRAIT", "BroadcastFailed", "broadcast", "ffmpeg", "film", "prepare"]
