"""A still picture becomes a moving one with sound, once."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from entrypoints.broadcast import Stage, ffmpeg, film, prepare
from entrypoints.moving_picture import Size
from tests.contracts.mux_account import with_settings

pytestmark = pytest.mark.video

SMALL = Size(width=90, height=160)


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("picture") / "still.png"
    still = Image.new("RGB", (300, 200), "navy")
    ImageDraw.Draw(still).rectangle((100, 50, 200, 150), fill="gold")
    still.save(path)
    return path


def _still_of(file: Path, at: float, target: Path) -> Image.Image:
    command = [ffmpeg(), "-nostdin", "-y", "-loglevel", "error", "-ss", str(at), "-i", str(file), "-frames:v", "1", str(target)]
    subprocess.run(command, check=True)
    return Image.open(target).convert("RGB")


def _said_about(file: Path) -> str:
    return subprocess.run([ffmpeg(), "-i", str(file)], capture_output=True, text=True, check=False).stderr


def _difference(one: Image.Image, other: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean)


async def test_a_still_picture_is_set_in_motion_once_and_ends_where_it_began(picture: Path, tmp_path: Path) -> None:
    told: list[tuple[Stage, float]] = []
    with with_settings(FANFARE_DATA_DIR=str(tmp_path)):
        loop = await prepare(picture=picture, size=SMALL, on_progress=lambda stage, amount: told.append((stage, amount)))
        assert told[0] == ("render", 0.0)
        assert told[-1] == ("render", 1.0)
        told.clear()
        again = await prepare(picture=picture, size=SMALL, on_progress=lambda stage, amount: told.append((stage, amount)))
        assert (again, told) == (loop, [])
        long = await film(picture=picture, size=SMALL, seconds=60)
    first, middle, last = (_still_of(loop, at, tmp_path / f"{at}.png") for at in (0, 8, 23.9))
    assert ImageStat.Stat(first).mean[0] > 10, "not black"
    assert _difference(first, middle) > 5 * _difference(first, last)
    said = _said_about(long)
    assert re.search(r"Duration: 00:01:00", said)
    assert "Video: h264" in said
    assert "Audio: aac" in said
