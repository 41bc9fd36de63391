"""Clips in a browser: the host cuts one out of a replay, somebody opens its address on a phone, sees it play and buys."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page

from creators.tables import Pin
from tests import factories
from tests.browser.conftest import Opener, barriers, keep_screen
from tests.browser.steps import FITS, until
from tests.cast import Cast
from tests.creators.recordings import make_film, recorded

pytestmark = [pytest.mark.browser, pytest.mark.video, pytest.mark.usefixtures("at_work")]


async def _has_played(page: Page) -> bool:
    return float(await page.evaluate("document.querySelector('mux-player').currentTime ?? 0")) > 0.3


async def test_a_clip_is_cut_out_of_a_replay_watched_and_leads_to_a_purchase(
    cast: Cast, open_page: Opener, tmp_path: Path
) -> None:
    made = await factories.stage()
    show = await recorded(made, make_film(tmp_path))
    await Pin(show=show.id, product=made.pan.id, pinned_at=show.went_live_at, pinned_by=made.nour.id).save()
    async with open_page(made.nour, width=1280, height=800, refusals=(422,)) as page:
        await page.goto(f"/shows/{made.slug}?at=3")
        opener = page.get_by_role("link", name="Clip", exact=True)
        await opener.focus()
        await page.keyboard.press("Enter")
        sheet = page.get_by_role("dialog", name="Make a clip")
        await sheet.wait_for()
        assert await sheet.get_by_label("Begins at second").input_value() == "3"
        await keep_screen(page, "clip-sheet")
        assert await barriers(page) == []
        await page.keyboard.press("Escape")
        await sheet.wait_for(state="hidden")
        assert await opener.evaluate("(one) => one === document.activeElement")
        await page.keyboard.press("Enter")
        await sheet.wait_for()
        await sheet.get_by_label("Title").fill("www.example.com")
        await sheet.get_by_role("button", name="Make the clip").click()
        await sheet.get_by_text("This title breaks the house rules.").first.wait_for()
        await sheet.get_by_label("Title").fill("The caramel turns")
        await sheet.get_by_role("button", name="Make the clip").click()
        await page.wait_for_url("**/clips/*")
        await page.get_by_role("button", name="Play the replay").wait_for(timeout=30_000)
        address = page.url
    for dark, language in ((False, "en"), (True, "fr")):
        async with open_page(None, dark=dark, language=language) as page:
            await page.goto(address)
            assert await barriers(page) == []
            assert await page.evaluate(FITS)
            await keep_screen(page, f"clip-390-{'dark' if dark else 'light'}-{language}")
    async with open_page(await cast.sam(), width=1280, height=800) as page:
        await page.goto(address)
        await keep_screen(page, "clip-1280")
        await page.get_by_role("button", name="Play the replay").click()
        await until(lambda: _has_played(page), "the clip plays")
        await page.get_by_role("button", name=f"Buy {made.pan.title}").click()
        await page.get_by_role("dialog", name="Your order").wait_for()
    async with open_page(made.nour, scripts=False, refusals=(404,)) as page:
        await page.goto(address)
        await page.get_by_text("Remove this clip").click()
        await page.get_by_role("button", name="Remove", exact=True).click()
        await page.wait_for_url(f"**/shows/{made.slug}")
        assert (await page.goto(address)).status == 404
