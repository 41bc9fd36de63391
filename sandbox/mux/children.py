"""Programs that we start: ffmpeg, always tied to our own life so that none is left behind."""

import asyncio
import ctypes
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process

import imageio_ffmpeg

PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None)

_turns = asyncio.Semaphore(2)


class MediaError(Exception):
    """ffmpeg could not do it; the text is the end of what it said."""


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the one that started it dies. Linux only; elsewhere it does nothing."""
    if hasattr(_libc, "prctl"):
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


async def start_ffmpeg(*arguments: str, stdin: int = DEVNULL, stderr: int = DEVNULL) -> Process:
    """Start ffmpeg and return the process."""
    return await asyncio.create_subprocess_exec(
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-hide_banner",
        *arguments,
        stdin=stdin,
        stdout=DEVNULL,
        stderr=stderr,
        preexec_fn=die_with_parent,
    )


async def run_ffmpeg(*arguments: str, seconds: float = 120, check: bool = True) -> str:
    """Run ffmpeg to its end, two at a time, and return what it said. Raises `MediaError`."""
    async with _turns:
        process = await start_ffmpeg("-nostdin", "-y", *arguments, stderr=PIPE)
        try:
            _, said = await asyncio.wait_for(process.communicate(), seconds)
        except (TimeoutError, asyncio.CancelledError):
            process.kill()
            await process.wait()
            raise
    text = said.decode(errors="replace")
    if check and process.returncode:
        raise MediaError(text[-400:])
    return text
