"""A real browser in front of the running application, with the jobs working behind it."""

from __future__ import annotations

import asyncio
import importlib.machinery
import importlib.util
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright, expect
from playwright.async_api import Error as PlaywrightError

from foundation import sessions
from foundation.accounts import Principal
from foundation.settings import ROOT

SCREENS = ROOT / ".fanfare" / "screens" / "tests"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RUN_AXE = """axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'], preload: false
})"""
HARMLESS = ("net::ERR_ABORTED", "favicon", "402 (Payment Required)")


def _chromium() -> str:
    loader = importlib.machinery.SourceFileLoader("find_browser", str(ROOT / "bin" / "find-browser"))
    spec = importlib.util.spec_from_loader("find_browser", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    found: str | None = module.find()
    assert found, "No Chromium was found: run `bin/setup browser`."
    return found


@pytest.fixture(scope="session")
async def chromium(_loop: asyncio.AbstractEventLoop) -> AsyncIterator[Browser]:
    """One browser for the session."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=_chromium(),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--autoplay-policy=no-user-gesture-required",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
            ],
        )
        yield browser
        await browser.close()


@pytest.fixture
async def at_work(server: str, settle: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Webhooks arrive and jobs run by themselves while the test goes on, as they do outside tests."""

    over = asyncio.Event()

    async def work() -> None:
        while not over.is_set():
            await settle()
            await asyncio.sleep(0.15)
        await settle()  # what is left would otherwise run in the next test, against emptied stand-ins

    working = asyncio.create_task(work())
    yield
    over.set()
    await working


Opener = Callable[..., Any]

expect.set_options(timeout=30_000)


@pytest.fixture
async def open_page(chromium: Browser, server: str) -> Opener:
    """`async with open_page(person, width=390, dark=False, language="en") as page:`: a browser window of that person.

    The test fails when the page's scripts fail or the console shows an error; `refusals` are the statuses that the test
    means to be answered. `scripts=False` is a browser without JavaScript.
    """

    @asynccontextmanager
    async def opener(
        person: Principal | None = None,
        *,
        width: int = 390,
        height: int = 844,
        dark: bool = False,
        language: str = "en",
        scripts: bool = True,
        refusals: Collection[int] = (),
    ) -> AsyncIterator[Page]:
        context = await chromium.new_context(
            base_url=server,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=language,
            has_touch=width < 700,
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        context.set_default_timeout(30_000)
        if language != "en":  # chosen on the page: it also counts for somebody whose account speaks English
            await context.add_cookies([{"name": "language", "value": language, "url": server}])
        if person is not None:
            await _sign_in(context, server, person)
        page = await context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: _note(message, page, problems, refusals))
        try:
            yield page
        except Exception as error:
            error.add_note(await _seen(page, problems))
            raise
        finally:
            await context.close()
        assert problems == []

    return opener


async def _seen(page: Page, problems: list[str]) -> str:
    """What a person saw when the test failed; a page that is gone says nothing, and hides no other failure."""
    words = ""
    with suppress(PlaywrightError):
        words = await page.locator("body").inner_text(timeout=2_000)
    return f"The page was {page.url}\nProblems: {problems}\n{words[:3_000]}"


async def _sign_in(context: BrowserContext, server: str, person: Principal) -> None:
    value = await sessions.open_session(person.id)
    await context.add_cookies([{"name": sessions.cookie_name(), "value": value, "url": server}])


def _note(message: ConsoleMessage, page: Page, problems: list[str], refusals: Collection[int]) -> None:
    is_meant = message.location["url"] == page.url and "404" in message.text
    is_meant |= any(f"{words} {status} " in message.text for status in refusals for words in ("status of", "Status Error Code"))
    if message.type == "error" and not is_meant and not any(word in message.text for word in HARMLESS):
        problems.append(f"{message.text} {message.location['url']}")


async def keep_screen(page: Page, name: str) -> None:
    """Keep a screenshot for people who want to look, which they say by FANFARE_KEEP_SCREENS: a picture costs as much as a click."""
    if "FANFARE_KEEP_SCREENS" not in os.environ:
        return
    await asyncio.to_thread(SCREENS.mkdir, parents=True, exist_ok=True)
    await page.screenshot(path=SCREENS / f"{name}.png", full_page=True)


async def barriers(page: Page) -> list[str]:
    """What axe finds on the page against WCAG 2.2 AA, one line a finding.

    Bars that stick to the window are laid down meanwhile: what they cover is only a matter of scrolling.
    """
    source = await asyncio.to_thread(Path.read_text, AXE)
    await page.evaluate(source)
    await page.evaluate("document.querySelectorAll('.rail, .act-bar, .key-bar').forEach((bar) => bar.style.position = 'static')")
    found = await page.evaluate(RUN_AXE)
    await page.evaluate("document.querySelectorAll('.rail, .act-bar, .key-bar').forEach((bar) => bar.style.position = '')")
    return [
        f"{violation['id']}: {node['target'][0]} {node.get('failureSummary', '')[:200]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
