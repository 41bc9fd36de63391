"""Every picture of the demo market, drawn by processes of their own while the market is founded."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from entrypoints import broadcast, demo_pictures
from entrypoints.demo import market, people, programme
from entrypoints.demo.programme import DemoShow
from entrypoints.demo_pictures.people import person
from entrypoints.moving_picture import PORTRAIT, Size
from foundation import settings

PROCESSES = 2
REPLAY = Size(width=270, height=480)
"""Recordings of past shows are small, so that a month of them fits into a folder and a minute."""

SHORT = frozenset({"short", "crop", "quiff", "curly"})
LONG = frozenset({"bun", "long", "bob", "ponytail", "waves", "scarf", "braids"})
UPRIGHT = 700
"""Pixels across the still from which a moving picture is made; its camera needs some room."""


@dataclass(frozen=True)
class Picture:
    """A drawing and the file it becomes, with smaller copies. `path` is below the media folder."""

    path: str
    drawing: Callable[..., str]
    arguments: tuple[object, ...]
    widths: tuple[int, ...]


def product_path(brand: market.DemoBrand, product: market.DemoProduct) -> str:
    return f"demo/products/{brand.slug}-{product.kind}.webp"


def brand_path(brand: market.DemoBrand) -> str:
    return f"demo/brands/{brand.slug}.webp"


def creator_path(key: str) -> str:
    return f"demo/creators/{key}.webp"


def show_path(show: DemoShow) -> str:
    return f"demo/shows/{show.host}-{market.BRANDS[show.brief[0]].trade}.webp"


def upright_path(show: DemoShow) -> Path:
    """The still of the host at work, outside the media folder: only broadcasts need it."""
    trade = market.BRANDS[show.brief[0]].trade
    return settings.current().data_path / "broadcast" / "stills" / f"{face_of(show.host)}-{trade}.png"


def face_of(key: str) -> str:
    """The seed of a creator's portrait: the name, or the first variation of it whose hair is as it should be."""
    creator = next(creator for creator in people.CREATORS if creator.key == key)
    wanted = SHORT if key in people.SHORT_HAIRED else LONG
    seeds = (creator.name, *(f"{creator.name} {number}" for number in range(100)))
    return next((seed for seed in seeds if person(seed).style in wanted), creator.name)


def all_pictures() -> list[Picture]:
    """What has to be drawn, what the live room shows first."""
    return list({picture.path: picture for picture in _wanted()}.values())


def _wanted() -> Iterator[Picture]:
    yield _show(programme.ON_AIR, 1280)
    for brand in market.BRANDS:
        yield Picture(brand_path(brand), demo_pictures.brand_mark, (brand.trade, brand.palette), (384, 96))
        for product in brand.products:
            drawn = (f"{brand.slug} {product.kind}", product.kind, brand.palette)
            yield Picture(product_path(brand, product), demo_pictures.product_picture, drawn, (640, 160))
    for creator in people.CREATORS:
        yield Picture(creator_path(creator.key), demo_pictures.portrait, (face_of(creator.key),), (384, 96))
    for show in (*programme.COMING, *programme.PAST):
        yield _show(show, 960)


def _show(show: DemoShow, width: int) -> Picture:
    return Picture(
        show_path(show), demo_pictures.poster, (face_of(show.host), market.BRANDS[show.brief[0]].trade, True), (width, 480)
    )


class Studio:
    """The drawing processes. They are polite: whatever serves people comes first."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"), initializer=_be_polite)

    async def film_loop(self, show: DemoShow, size: Size = PORTRAIT) -> Path:
        """The moving picture of the show's host at work."""
        trade = market.BRANDS[show.brief[0]].trade
        return await asyncio.wrap_future(self._pool.submit(_render_loop, face_of(show.host), trade, upright_path(show), size))

    async def draw(self, pictures: list[Picture], on_progress: Callable[[], None]) -> None:
        """Draw all that are not there yet."""
        media = settings.current().data_path / "media"
        waiting = [asyncio.wrap_future(self._pool.submit(_draw, picture, media)) for picture in pictures]
        for done in asyncio.as_completed(waiting):
            await done
            on_progress()

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def _be_polite() -> None:
    os.nice(5)


def _draw(picture: Picture, media: Path) -> None:
    original, cache = media / picture.path, media.parent / "pictures"
    if original.exists():
        return
    svg = picture.drawing(*picture.arguments)
    first, *smaller = picture.widths
    for width in smaller:
        demo_pictures.write_picture(svg, original.with_name(f"{original.stem}@{width}{original.suffix}"), width, cache=cache)
    demo_pictures.write_picture(svg, original, first, cache=cache)


def _render_loop(face: str, trade: str, still: Path, size: Size) -> Path:
    if not still.exists():
        demo_pictures.write_png(demo_pictures.poster(face, trade, False), still, UPRIGHT)
    return asyncio.run(broadcast.prepare(picture=still, size=size))
