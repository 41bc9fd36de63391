"""The drawn pictures of the demo market: the same name draws the same picture, different names differ, and files are what they say."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import resvg_py
from PIL import Image

from entrypoints.demo_pictures import (
    KINDS,
    PALETTES,
    TRADES,
    brand_mark,
    portrait,
    poster,
    product_picture,
    write_picture,
    write_png,
)

NAMES = [f"creator-{number}" for number in range(40)]


def test_there_are_sixty_products_of_six_trades() -> None:
    assert len(TRADES) == 6
    assert len(KINDS) == sum(len(kinds) for kinds in TRADES.values()) == 60


@pytest.mark.parametrize("kind", KINDS)
def test_every_product_is_a_well_formed_drawing_with_all_its_paints(kind: str) -> None:
    resvg_py.svg_to_bytes(svg_string=product_picture("a-slug", kind, "copper"), width=8, skip_system_fonts=True)
    for palette in PALETTES:
        svg = product_picture("a-slug", kind, palette)
        assert set(re.findall(r"url\(#([\w-]+)\)", svg)) <= set(re.findall(r'id="([\w-]+)"', svg))


@pytest.mark.parametrize("trade", TRADES)
@pytest.mark.parametrize("landscape", [True, False], ids=["across", "upright"])
def test_every_poster_is_a_well_formed_drawing_whose_paints_have_one_name_each(trade: str, landscape: bool) -> None:
    for name in NAMES[:8]:
        svg = poster(name, trade, landscape)
        resvg_py.svg_to_bytes(svg_string=svg, width=8, skip_system_fonts=True)
        names = re.findall(r'id="([\w-]+)"', svg)
        assert len(names) == len(set(names))
        assert set(re.findall(r"url\(#([\w-]+)\)", svg)) <= set(names)


def test_the_same_name_draws_the_same_picture() -> None:
    assert portrait("nour") == portrait("nour")
    assert poster("awa", "garden", landscape=True) == poster("awa", "garden", landscape=True)
    assert product_picture("pan-16", "saucepan", "copper") == product_picture("pan-16", "saucepan", "copper")


def test_forty_creators_have_forty_faces() -> None:
    assert len({portrait(name) for name in NAMES}) == 40


def test_two_products_of_one_kind_differ() -> None:
    assert product_picture("pan-16", "saucepan", "copper") != product_picture("pan-18", "saucepan", "copper")


@pytest.mark.parametrize(("suffix", "kind"), [(".png", "PNG"), (".webp", "WEBP"), (".avif", "AVIF")])
def test_a_picture_is_written_in_the_format_of_its_name(tmp_path: Path, suffix: str, kind: str) -> None:
    path = write_picture(brand_mark("kitchen", "copper"), tmp_path / f"mark{suffix}", 96)
    with Image.open(path) as picture:
        assert (picture.format, picture.size) == (kind, (96, 96))


def test_stills_for_a_broadcast_have_the_size_of_the_video(tmp_path: Path) -> None:
    upright = write_png(poster("nour", "kitchen", landscape=False), tmp_path / "upright.png", 720)
    across = write_png(poster("nour", "kitchen", landscape=True), tmp_path / "across.png", 1280)
    assert Image.open(io.BytesIO(upright.read_bytes())).size == (720, 1280)
    assert Image.open(io.BytesIO(across.read_bytes())).size == (1280, 720)


def test_a_picture_that_was_drawn_before_comes_from_the_cache(tmp_path: Path) -> None:
    svg, cache = portrait("nour"), tmp_path / "cache"
    first = write_picture(svg, tmp_path / "a.webp", 64, cache=cache)
    (kept,) = cache.iterdir()
    kept.write_bytes(b"as it was")
    assert write_picture(svg, tmp_path / "b.webp", 64, cache=cache).read_bytes() == b"as it was"
    assert first.read_bytes() != b"as it was"


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.gif"):
        write_picture(portrait("nour"), tmp_path / "nour.gif", 64)
