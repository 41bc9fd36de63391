"""What people do in a browser on more than one journey, and what must be true of every page they come by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from playwright.async_api import FrameLocator, Locator, Page, Response

from entrypoints import broadcast
from foundation import settings
from tests.browser.conftest import barriers, keep_screen

GOOD, DECLINED, ASKS_BACK = "4242424242424242", "4000000000000002", "4000000000003220"
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


async def sound(page: Page, name: str | None = None) -> None:
    """The page is for everybody: axe finds nothing, nothing sticks out at the side. Keeps a picture under `name`."""
    if name:
        await keep_screen(page, name)
    found = await barriers(page)
    assert found == [], "\n".join([page.url, *found])
    assert await page.evaluate(FITS), f"{page.url} is wider than its window"


async def visit(page: Page, path: str, name: str | None = None) -> Response:
    """Go to a page that must answer and be sound."""
    answer = await page.goto(path)
    assert answer is not None
    assert answer.status == 200, f"{path}: {answer.status}"
    await sound(page, name)
    return answer


async def until(check: Callable[[], Awaitable[object]], what: str) -> None:
    """Ask until it is so."""
    for _ in range(300):
        if await check():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{what}: not after 30 s")


# Paying.


async def fill_address(place: Page | Locator) -> None:
    await place.get_by_label("Street and number").fill("14 rue des Tanneurs")
    await place.get_by_label("Postcode").fill("59000")
    await place.get_by_label("Town").fill("Lille")


async def card_fields(page: Page) -> FrameLocator:
    """The fields of the payment service, once they can be filled in."""
    await page.locator("[data-payment-button]:enabled").wait_for()
    return page.frame_locator("iframe[name=__privateStripeFrame]")


async def type_card(form: FrameLocator, number: str) -> None:
    await form.get_by_label("Card number").fill(number)
    await form.get_by_label("Expiration date").fill("1234")
    await form.get_by_label("Security code").fill("123")


def pay_button(place: Page | Locator) -> Locator:
    return place.get_by_role("button", name="Order with obligation to pay")


# Being on air.


async def small_film() -> Path:
    """Some seconds of a moving test picture with sound, small enough to be made at once and made once a run."""
    target = settings.current().data_path / "small-film.mp4"
    if await asyncio.to_thread(target.exists):
        return target
    part = target.with_name("part-small-film.mp4")
    process = await asyncio.create_subprocess_exec(
        broadcast.ffmpeg(),
        *("-nostdin", "-y", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=s=180x320:r=25:d=6"),
        *("-f", "lavfi", "-i", "sine=frequency=294:d=6", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25"),
        *("-keyint_min", "25", "-sc_threshold", "0", "-bf", "0", "-pix_fmt", "yuv420p", "-c:a", "aac", str(part)),
    )
    assert await process.wait() == 0
    await asyncio.to_thread(part.replace, target)
    return target


@asynccontextmanager
async def encoder(rtmp_url: str, stream_key: str) -> AsyncIterator[None]:
    """An encoder that publishes a moving picture while the block runs."""
    film = await small_film()
    sending = asyncio.create_task(broadcast.broadcast(rtmp_url=rtmp_url, stream_key=stream_key, source=film))
    try:
        yield
    finally:
        sending.cancel()
        with suppress(asyncio.CancelledError, broadcast.BroadcastFailed):
            await sending


MOMENT = "document.querySelector('.player__video')?.currentTime ?? 0"
LIGHT = """() => {
  const paper = new OffscreenCanvas(32, 32).getContext("2d");
  paper.drawImage(document.querySelector("video.player__video"), 0, 0, 32, 32);
  const reds = [...paper.getImageData(0, 0, 32, 32).data].filter((_, at) => at % 4 === 0);
  return { shades: new Set(reds.map((red) => red >> 4)).size, brightest: Math.max(...reds) };
}"""


async def sees_moving_pictures(page: Page) -> None:
    """The video's time goes on, and its picture is not black."""
    began = float(await page.evaluate(MOMENT))

    async def moves() -> bool:
        return float(await page.evaluate(MOMENT)) > began + 0.5

    async def is_lit() -> bool:
        light = await page.evaluate(LIGHT)  # a frame that is just being painted is black
        return bool(light["shades"] > 3 and light["brightest"] > 100)

    await until(moves, "the video plays")
    await until(is_lit, "the picture is not black")
