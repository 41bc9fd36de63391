"""A moving picture out of a still one: a slow camera, drifting lights, a turning hand and a soft chord, as a seamless loop."""

from __future__ import annotations

import hashlib
import math
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from foundation.embedded import die_with_parent

FRAME_RATE = 25
SECONDS = 24
"""Length of the loop. Every movement makes a whole number of turns in it, so that nobody sees it begin again."""

VERSION = "1"
"""Changes whenever the picture does, so that loops kept from before are not used."""

ROOM = 1.28
"""How much larger than the frame the still is kept, for the camera to move in."""

LIGHTS = ((0.18, 0.30, 0.30, 1, 0.0), (0.78, 0.22, 0.22, 2, 1.9), (0.62, 0.70, 0.36, 1, 3.4), (0.30, 0.84, 0.18, 3, 5.0))
"""Drifting lights: place across and down, size (all parts of the frame), turns in one loop, phase."""

CHORD = ((196, 0.034), (247, 0.022), (294, 0.026), (392, 0.012))
"""The sound: whole numbers of Hertz with their loudness, so that the loop closes here as well."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """Width and height in pixels, both even."""

    width: int
    height: int


PORTRAIT = Size(width=540, height=960)
LANDSCAPE = Size(width=960, height=540)


def loop_path(folder: Path, picture: Path | None, size: Size) -> Path:
    """Return where the loop of a picture is kept: the same picture at the same size has the same file."""
    content = picture.read_bytes() if picture else b""
    recipe = f"{VERSION}/{size.width}x{size.height}/{SECONDS}".encode()
    return folder / f"loop-{hashlib.sha256(recipe + content).hexdigest()[:20]}.mp4"


def render(target: Path, ffmpeg: str, picture: Path | None, size: Size, on_progress: Callable[[float], None]) -> None:
    """Render the loop into a file, all at once or not at all. `on_progress` gets the finished part, from 0 to 1."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"part-{target.name}")
    process = subprocess.Popen(
        [ffmpeg, *_arguments(size), str(part)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=partial(die_with_parent, signal.SIGKILL),
    )
    try:
        assert process.stdin is not None  # noqa: S101  # asked for by PIPE above
        for number, frame in enumerate(_frames(_still(picture, size), size)):
            process.stdin.write(frame.tobytes())
            if number % FRAME_RATE == 0:
                on_progress(number / (SECONDS * FRAME_RATE))
        process.stdin.close()
        if process.wait():
            raise OSError("the picture could not be encoded")
    finally:
        process.kill()
        process.wait()
    part.replace(target)
    on_progress(1.0)


def _arguments(size: Size) -> list[str]:
    tones = "+".join(f"{loud}*sin(2*PI*{tone}*t)" for tone, loud in CHORD)
    breath = f"({tones})*(0.65+0.35*sin(2*PI*t/8))"
    return [
        *("-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"),
        *("-s", f"{size.width}x{size.height}", "-r", str(FRAME_RATE), "-i", "pipe:0"),
        *("-f", "lavfi", "-i", f"aevalsrc='{breath}|{breath}':s=44100:d={SECONDS}"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "25", "-maxrate", "1600k", "-bufsize", "1600k"),
        *("-g", str(FRAME_RATE), "-keyint_min", str(FRAME_RATE), "-sc_threshold", "0", "-bf", "0", "-pix_fmt", "yuv420p"),
        *("-c:a", "aac", "-b:a", "96k", "-shortest", "-movflags", "+faststart", "-f", "mp4"),
    ]


def _still(picture: Path | None, size: Size) -> Image.Image:
    """Return the still that the camera moves over, larger than the frame."""
    wanted = (round(size.width * ROOM), round(size.height * ROOM))
    if picture is None:
        return _dusk(wanted)
    with Image.open(picture) as opened:
        return ImageOps.fit(opened.convert("RGB"), wanted, Image.Resampling.LANCZOS)


def _dusk(wanted: tuple[int, int]) -> Image.Image:
    """A warm evening sky, for when nobody gave a picture."""
    sky = Image.linear_gradient("L").resize(wanted)
    warm = ImageOps.colorize(sky, black="#2b2140", mid="#8a3f52", white="#f2a65a")
    glow = Image.radial_gradient("L").resize(wanted)
    return ImageChops.screen(warm, ImageOps.colorize(ImageOps.invert(glow), black="#000000", white="#5a3020"))


def _frames(still: Image.Image, size: Size) -> Iterator[Image.Image]:
    light = _light(max(size.width, size.height) // 2)
    dial = _dial(size)
    for number in range(SECONDS * FRAME_RATE):
        turn = 2 * math.pi * number / (SECONDS * FRAME_RATE)
        frame = _camera(still, size, turn)
        for across, down, large, turns, phase in LIGHTS:
            _shine(frame, light, size, (across, down, large), turns * turn + phase)
        _clock(frame, dial, size, turn)
        yield frame


def _camera(still: Image.Image, size: Size, turn: float) -> Image.Image:
    """Move over the still between pixels, which is what makes a slow movement smooth."""
    zoom = ROOM - 0.06 - 0.05 * (1 - math.cos(turn))
    spare_x, spare_y = still.width - size.width * zoom, still.height - size.height * zoom
    left = spare_x / 2 * (1 + 0.8 * math.sin(turn))
    top = spare_y / 2 * (1 + 0.8 * math.cos(2 * turn) * 0.5)
    box = (left, top, left + size.width * zoom, top + size.height * zoom)
    return still.resize((size.width, size.height), Image.Resampling.BILINEAR, box=box)


def _light(side: int) -> Image.Image:
    """One soft round light, as a mask."""
    mask = ImageOps.invert(Image.radial_gradient("L")).resize((side, side))
    return mask.point([int(max(0, value - 76) * 0.30) for value in range(256)]).filter(ImageFilter.GaussianBlur(side / 40))


def _shine(frame: Image.Image, light: Image.Image, size: Size, place: tuple[float, float, float], angle: float) -> None:
    across, down, large = place
    side = int(large * min(size.width, size.height) * 1.6)
    mask = light.resize((side, side), Image.Resampling.BILINEAR)
    x = across * size.width + 0.10 * size.width * math.sin(angle) - side / 2
    y = down * size.height + 0.06 * size.height * math.cos(angle) - side / 2
    frame.paste((255, 236, 200), (round(x), round(y)), mask)


def _dial(size: Size) -> Image.Image:
    """The face of a small clock, drawn four times as large so that its edge is smooth."""
    side = min(size.width, size.height) // 9 * 4
    face = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(face)
    draw.ellipse((4, 4, side - 5, side - 5), fill=(20, 16, 24, 120), outline=(255, 255, 255, 220), width=side // 28)
    for hour in range(12):
        angle = math.pi * hour / 6
        points = [(side / 2 + side * at * math.sin(angle), side / 2 - side * at * math.cos(angle)) for at in (0.38, 0.43)]
        draw.line([*points[0], *points[1]], fill=(255, 255, 255, 200), width=side // 50)
    return face


def _clock(frame: Image.Image, dial: Image.Image, size: Size, turn: float) -> None:
    """Draw the clock with its hand: one look at it tells whether the picture runs."""
    face = dial.copy()
    side = face.width
    draw = ImageDraw.Draw(face)
    tip = (side / 2 + side * 0.34 * math.sin(2 * turn), side / 2 - side * 0.34 * math.cos(2 * turn))
    draw.line([side / 2, side / 2, *tip], fill=(255, 208, 120, 255), width=side // 24)
    draw.ellipse([side / 2 - side / 22, side / 2 - side / 22, side / 2 + side / 22, side / 2 + side / 22], fill="white")
    small = face.resize((side // 4, side // 4), Image.Resampling.LANCZOS)
    frame.paste(small, (size.width - small.width - size.width // 22, size.height // 2 - small.height // 2), small)
