"""Photographing pages: one browser, a session for each person, two pages at a time, and no waiting that a page does not need."""

from __future__ import annotations

import asyncio
import html
import re
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from entrypoints.demo import people
from entrypoints.screen_pages import PHONE, Look, Sheet

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page

Key = TypeVar("Key")
Made = TypeVar("Made")

HEIGHTS = {PHONE: 844}
DESK_HEIGHT = 800
AT_ONCE = 2
HIGHEST = 9_000
TRIES = 2
PAGE_SECONDS = 20
"""So long one page may take; then it is tried again, and at last left out, and said."""

CALM = """async (most) => {
  const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
  const over = performance.now() + most;
  for (const picture of document.images) picture.loading = "eager";
  const drawn = Promise.allSettled([...document.images].map((one) => one.decode()));
  const busy = () =>
    [...document.images].some((one) => !one.complete) ||
    [...document.querySelectorAll(".skeletons, .htmx-request")].some((one) => one.checkVisibility());
  await document.fonts.ready;
  await Promise.race([drawn, pause(most)]);
  while (busy() && performance.now() < over) await pause(50);
  const film = document.querySelector("video.player__video");
  while (film && !film.error && film.currentTime < 0.4 && performance.now() < over) await pause(100);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
"""Fonts, pictures, pieces that come later and the first moments of a film are there."""


class NoPage(Exception):
    """A page did not come, or did not lead to the next one."""


@dataclass
class Taking:
    """What is photographed and what came of it: pictures by their file names, and what was left out, with the reason."""

    browser: Browser
    base: str
    folder: Path
    say: Callable[[str], None]
    over: float
    sessions: dict[str, asyncio.Task[Any]] = field(default_factory=dict)
    contexts: dict[tuple[str, str, int], asyncio.Task[BrowserContext]] = field(default_factory=dict)
    addresses: dict[str, asyncio.Task[str]] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    left_out: dict[str, str] = field(default_factory=dict)


Job = tuple[Sheet, list[Look]]
"""Looks that differ by their light alone need the page once."""


def file_of(sheet: Sheet, look: Look) -> str:
    """The name of a picture."""
    return f"{sheet.name}-{look.width}-{look.scheme}-{look.language}.png"


async def take(
    *, base: str, folder: Path, sheets: Iterable[Sheet], only: str, chromium: str, seconds: float, say: Callable[[str], None]
) -> Taking:
    """Photograph the pages of the demo at `base` into `folder` within that time; `only` is a pattern of the pictures' names."""
    jobs = iter(_jobs(sheets, only))
    async with _browser(chromium) as browser:
        taking = Taking(browser, base, folder, say, time.monotonic() + seconds)
        await asyncio.gather(*(_work(taking, jobs) for _ in range(AT_ONCE)))
    return taking


def _jobs(sheets: Iterable[Sheet], only: str) -> list[Job]:
    jobs: list[Job] = []
    for sheet in sheets:
        looks = [look for look in sheet.looks if re.search(only, file_of(sheet, look))]
        jobs += [(sheet, list(same)) for _, same in groupby(looks, lambda look: (look.width, look.language))]
    return jobs


@asynccontextmanager
async def _browser(chromium: str) -> AsyncIterator[Browser]:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required", "--mute-audio"]
        browser = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        try:
            yield browser
        finally:
            await browser.close()


async def _work(taking: Taking, jobs: Iterable[Job]) -> None:
    """Take one page after the other; what fails twice is left out."""
    from playwright.async_api import Error

    for sheet, looks in jobs:
        why = "no time is left"
        for _ in range(TRIES):
            if time.monotonic() > taking.over:
                break
            try:
                await asyncio.wait_for(_photograph(taking, sheet, looks), PAGE_SECONDS)
                break
            except (Error, NoPage, TimeoutError) as error:
                why = str(error).partition("\n")[0] or f"not there after {PAGE_SECONDS} s"
        for look in looks:
            name = file_of(sheet, look)
            if name not in taking.taken:
                taking.left_out[name] = why
                taking.say(f"{name}: left out, {why}")


async def _photograph(taking: Taking, sheet: Sheet, looks: Sequence[Look]) -> None:
    address = await _once(taking.addresses, sheet.name, lambda: _address(taking, sheet))
    width, first, language = looks[0]
    context = await _window(taking, sheet.who, language, width)
    page = await context.new_page()
    try:
        await page.set_viewport_size({"width": width, "height": HEIGHTS.get(width, DESK_HEIGHT)})
        await _light(page, first)
        answer = await page.goto(address, wait_until="load")
        if answer is None or answer.status != sheet.status:
            raise NoPage(f"{address} answered {answer and answer.status}")
        if sheet.press:
            await page.locator(sheet.press).first.click()
            await page.locator("dialog[open]").first.wait_for()
        for look in looks:
            await _light(page, look.scheme)
            await page.evaluate(CALM, 6_000)
            name = file_of(sheet, look)
            if sheet.whole:  # the window as high as the page: bars that stick to its end are at the page's end
                height = await page.evaluate("document.documentElement.scrollHeight")
                await page.set_viewport_size({"width": width, "height": min(height, HIGHEST)})
            await page.screenshot(path=taking.folder / name, animations="disabled")
            taking.taken.add(name)
            taking.say(name)
    finally:
        await page.close()


async def _light(page: Page, scheme: str) -> None:
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")


async def _once(kept: dict[Key, asyncio.Task[Made]], key: Key, make: Callable[[], Any]) -> Made:
    """What was made for the key, or is being made; what failed is made anew."""
    task = kept.get(key)
    if task is None or (task.done() and (task.cancelled() or task.exception())):
        task = kept[key] = asyncio.create_task(make())
    return await asyncio.shield(task)


async def _window(taking: Taking, who: str, language: str, width: int) -> BrowserContext:
    return await _once(taking.contexts, (who, language, width), lambda: _context(taking, who, language, width))


async def _context(taking: Taking, who: str, language: str, width: int) -> BrowserContext:
    """A window of somebody who has chosen that language, on a screen to touch when it is small."""
    state = await _once(taking.sessions, who, lambda: _session(taking, who)) if who else None
    context = await taking.browser.new_context(
        base_url=taking.base, storage_state=state, locale=language, has_touch=width == PHONE, reduced_motion="reduce"
    )
    context.set_default_timeout(PAGE_SECONDS * 1000)
    await context.add_cookies([{"name": "language", "value": language, "url": taking.base}])
    return context


async def _session(taking: Taking, who: str) -> Any:
    """Sign in once; every window of the person takes it over."""
    context = await taking.browser.new_context(base_url=taking.base)
    page = await context.new_page()
    await page.goto("/sign-in")
    await page.fill("input[name=email]", people.email_of(who))
    await page.fill("input[name=password]", people.PASSWORD)
    await page.click("form[action*='/sign-in'] button:not([type=button])")
    await page.wait_for_url(lambda url: "/sign-in" not in url)
    state = await context.storage_state()
    await context.close()
    return state


async def _address(taking: Taking, sheet: Sheet) -> str:
    """Follow the links to the page without drawing those on the way. Raises `NoPage`."""
    address = sheet.path
    context = await _window(taking, sheet.who, "en", PHONE)
    for link in sheet.links:
        answer = await context.request.get(address)
        found = re.search(rf'href="({link})"', await answer.text())
        if found is None:
            raise NoPage(f"{address} has no link like {link}")
        address = html.unescape(found[1])
    if sheet.both:
        page = await (await context.request.get(address)).text()
        ids = list(dict.fromkeys(re.findall(rf'href="{sheet.both}"', page)))[:2]
        address = f"{address}/compare?with={'&with='.join(ids)}"
    return address
