"""A creator: makes a profile, applies, plans a show, shows the key to the encoder, goes live, hosts, ends, and reads the sales."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page

from creators.tables import Creator, Show, ShowStatus
from foundation import clock
from marketplace.catalogue import Offered
from tests import factories
from tests.browser.conftest import Opener
from tests.browser.steps import encoder, sound, until, visit
from tests.cast import Cast
from tests.marketplace import stall

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("at_work")]


async def make_profile(page: Page) -> None:
    await visit(page, "/studio/profile", "creator-profile")
    await page.get_by_label("Handle").fill("nour.en.cuisine")
    await page.get_by_label("Name", exact=True).fill("Nour Benali")
    await page.get_by_label("What you know best").select_option("kitchen")
    await page.get_by_label("Country").select_option("FR")
    await page.get_by_role("button", name="Become a creator").click()
    await page.wait_for_url("**/briefs")


async def apply_for(page: Page, title: str) -> None:
    await visit(page, "/briefs", "creator-briefs")
    await page.get_by_role("link", name=title).first.click()
    await sound(page, "creator-brief")
    await page.get_by_role("link", name="Apply").first.click()
    await page.get_by_label("Why you?").fill("I cook every Sunday, and I burn butter only to show how.")
    await sound(page, "creator-apply")
    await page.get_by_role("button", name="Send the application").click()
    await page.wait_for_url("**/studio/applications")
    await sound(page, "creator-applications")


async def plan(page: Page, *products: Offered) -> None:
    await visit(page, "/studio/shows", "creator-shows")
    await page.get_by_role("link", name="Plan a show").first.click()
    await page.get_by_label("Title", exact=True).fill("Copper night")
    starts = (clock.now() + timedelta(minutes=30)).astimezone(ZoneInfo("Europe/Paris"))
    await page.get_by_label("Start").fill(starts.strftime("%Y-%m-%dT%H:%M"))
    for place, product in enumerate(products, 1):
        await page.locator(f"[name=place-{product.id}]").fill(str(place))
    await sound(page, "creator-planner")
    await page.locator(".planner").get_by_role("button").last.click()
    await page.get_by_role("heading", level=1, name="Copper night").wait_for()


async def read_key(page: Page) -> tuple[str, str]:
    """The address and the key of the encoder, which the page shows only when asked."""
    copies = page.locator("#encoder [data-copy]")
    assert await copies.count() == 0
    await page.get_by_role("button", name="Show address and key").click()
    await copies.nth(1).wait_for()
    texts = [await copies.nth(place).get_attribute("data-copy") or "" for place in (0, 1)]
    await sound(page, "creator-greenroom")
    return texts[0], texts[1]


@pytest.mark.video
async def test_a_creator_applies_plans_goes_live_hosts_and_ends(cast: Cast, open_page: Opener) -> None:
    ada, nour = await cast.ada(), await cast.nour()
    brand = await stall.brand(ada)
    pan = await stall.product(ada, brand.id)
    pot = await stall.product(ada, brand.id, title="Stock pot Berthe", price=12900)
    await factories.brief(ada, brand.id, [pan.id, pot.id])
    async with open_page(nour, width=1280, height=800) as page:
        await make_profile(page)
        await apply_for(page, "Copper for Christmas")
        async with open_page(ada, width=1280, height=800) as desk:
            await visit(desk, "/brand/applications", "brand-inbox")
            await desk.get_by_role("button", name=re.compile("^Accept")).click()
            await desk.get_by_text("Frozen terms, version 1").wait_for()
            await sound(desk, "brand-accepted")
        await plan(page, pot, pan)
        async with encoder(*await read_key(page)):
            await until(lambda: Show.exists().where(Show.status == ShowStatus.LIVE), "the show is live")
            await page.get_by_role("link", name="Open the cockpit").click()
            await host(page)
        show = await Show.objects().first()
        assert show is not None
        assert show.status == ShowStatus.ENDED
        await visit(page, "/studio/sales", "creator-sales")
        await visit(page, "/studio", "creator-studio")
    assert await Creator.exists().where(Creator.handle == "nour.en.cuisine")


async def host(page: Page) -> None:
    """Pin a product, go on to the next slot, answer in the chat, end by holding the button."""
    await page.get_by_role("list", name="Pin a product").get_by_role("button", name="Stock pot Berthe").click()
    await page.get_by_text("Now, slot 1 of 2").wait_for()
    await sound(page, "creator-cockpit")
    await page.get_by_role("button", name="Next slot").click()
    await page.get_by_text("Now, slot 2 of 2").wait_for()
    await page.get_by_role("textbox", name="Message").fill("Good evening to everybody!")
    await page.get_by_role("button", name="Send").click()
    await page.locator("#lines").get_by_text("Good evening to everybody!").wait_for()
    await page.set_viewport_size({"width": 390, "height": 844})
    await sound(page, "creator-cockpit-phone")
    await page.get_by_role("button", name="Hold to end").focus()
    await page.keyboard.down("Enter")
    await page.wait_for_url(lambda url: not url.endswith("/live"))
    await page.keyboard.up("Enter")
