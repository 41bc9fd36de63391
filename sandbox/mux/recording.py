"""The files of one asset: takes written by ffmpeg while an encoder publishes, and what is made of them afterwards."""

import asyncio
import contextlib
import re
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from sandbox.mux import playlist
from sandbox.mux.children import MediaError, run_ffmpeg, start_ffmpeg
from sandbox.mux.playlist import Segment

HLS = ("-f", "hls", "-hls_time", "1", "-hls_list_size", "0")
FLAGS = "omit_endlist+independent_segments+temp_file"
PATIENCE = 4.0
"""Seconds that ffmpeg may refuse to take media before the encoder is dropped, as a stalled machine would."""


@dataclass(kw_only=True)
class Take:
    """One uninterrupted publication: an ffmpeg that copies what it is given into segments."""

    folder: Path
    number: int
    process: Process = field(repr=False)

    @property
    def playlist(self) -> Path:
        """The playlist that ffmpeg keeps writing."""
        return self.folder / f"take{self.number}.m3u8"

    async def write(self, data: bytes) -> None:
        """Hand media on. Raises `MediaError` when ffmpeg is gone or does not take it."""
        stdin = self.process.stdin
        if stdin is None or self.process.returncode is not None:
            raise MediaError("the recorder has ended")
        stdin.write(data)
        try:
            await asyncio.wait_for(stdin.drain(), PATIENCE)
        except (TimeoutError, ConnectionError):
            raise MediaError("the recorder does not take media") from None

    async def stop(self) -> None:
        """Close the take: ffmpeg writes its last segment and ends."""
        if self.process.stdin:
            self.process.stdin.close()
        try:
            await asyncio.wait_for(self.process.wait(), PATIENCE)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()


async def start_take(folder: Path) -> Take:
    """Begin the next take of an asset's folder; FLV goes in by `write`."""
    number = _next_number(folder)
    process = await start_ffmpeg(
        *("-loglevel", "error", "-probesize", "64k", "-analyzeduration", "500000"),
        *("-f", "flv", "-i", "pipe:0", "-c", "copy", *HLS),
        *("-hls_flags", f"{FLAGS}+program_date_time"),
        *("-hls_segment_filename", str(folder / f"take{number}-%05d.ts"), str(folder / f"take{number}.m3u8")),
        stdin=PIPE,
    )
    return Take(folder=folder, number=number, process=process)


def _next_number(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    numbers = [int(path.stem[4:].partition("-")[0]) for path in folder.glob("take*")]
    return max(numbers, default=0) + 1


def segments(folder: Path) -> list[Segment]:
    """Return the segments of all takes of an asset, in order."""
    paths = sorted(folder.glob("take*.m3u8"), key=lambda path: int(path.stem[4:]))
    return _joined(tuple((path, path.stat().st_mtime_ns) for path in paths))


@lru_cache(maxsize=256)
def _joined(versions: tuple[tuple[Path, int], ...]) -> list[Segment]:
    return playlist.join([playlist.read(path.read_text()) for path, _ in versions])


@dataclass(frozen=True, kw_only=True)
class Media:
    """What a file contains: size of the picture in pixels, frames a second, whether it can be copied as it is."""

    width: int
    height: int
    frame_rate: float
    sound: bool
    copyable: bool


async def inspect(source: str) -> Media:
    """Look into a media file. Raises `MediaError` when it has no moving picture."""
    said = await run_ffmpeg("-i", source, seconds=20, check=False)
    picture = re.search(r"Video: (\w+).*?, (\d{2,5})x(\d{2,5})", said)
    if not picture:
        raise MediaError("no video track")
    rate = re.search(r"([\d.]+) fps", said)
    sound = re.search(r"Audio: (\w+)", said)
    return Media(
        width=int(picture[2]),
        height=int(picture[3]),
        frame_rate=float(rate[1]) if rate else -1,
        sound=bool(sound),
        copyable=picture[1] == "h264" and (sound is None or sound[1] == "aac"),
    )


def write_whole(folder: Path) -> Path:
    """Write the playlist of the whole recording beside its segments, for ffmpeg to read; return its path."""
    path = folder / "whole.m3u8"
    path.write_text(playlist.write(segments(folder), ended=True))
    return path


async def package(source: str, folder: Path, *, start: float = 0, end: float | None = None) -> None:
    """Make a take of a new asset out of a file or another recording, cut at keyframes. Raises `MediaError`."""
    number = _next_number(folder)
    media = await inspect(source)
    codecs = ("-c", "copy") if media.copyable else ("-c:v", "libx264", "-preset", "veryfast", "-g", "50", "-c:a", "aac")
    cut = ("-ss", f"{start:.3f}", *(("-to", f"{end:.3f}") if end is not None else ()))
    await run_ffmpeg(
        *("-loglevel", "error", *cut, "-i", source, "-map", "0:v:0", "-map", "0:a:0?", *codecs, *HLS),
        *(
            "-hls_flags",
            FLAGS,
            "-hls_segment_filename",
            str(folder / f"take{number}-%05d.ts"),
            str(folder / f"take{number}.m3u8"),
        ),
        seconds=600,
    )


async def write_file(folder: Path, name: str = "highest.mp4") -> Path:
    """Write the whole recording as one MP4 and return its path. Raises `MediaError`."""
    whole = await asyncio.to_thread(write_whole, folder)
    part, path = folder / f"part-{name}", folder / name
    await run_ffmpeg("-loglevel", "error", "-i", str(whole), "-c", "copy", "-movflags", "+faststart", str(part))
    part.rename(path)
    return path
