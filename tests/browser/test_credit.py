"""Why a sale is credited, hosting together and the choice about links in a real browser."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from creators import corrections, hosts
from creators.links import PARAMETER
from tests import factories
from tests.browser.conftest import Opener, barriers, keep_screen
from tests.creators.test_consent import clicked
from tests.marketplace import stall
from tests.payouts.test_recredit import WHY, credited, duo, shared

pytestmark = pytest.mark.browser
LOOKS = pytest.mark.parametrize(("width", "dark", "language"), [(390, False, "fr"), (1280, True, "en")])


@pytest.mark.slow
@LOOKS
async def test_the_pages_that_say_why_are_whole(open_page: Opener, width: int, dark: bool, language: str) -> None:
    made = await duo()
    sale = await credited(made.market, 5999)
    await shared(made, sale, (made.market.creator.id, made.market.terms.id, 6000), (made.chloe_creator, made.chloe_terms, 4000))
    await corrections.ask(order_line_id=sale.lines[0], handle="chloe", reason=WHY, by=made.fay)
    line = sale.lines[0]
    for person, path in (
        (made.market.nour, f"/studio/sales/{line}"),
        (made.market.ada, f"/brand/sales/{line}"),
        (made.finn, f"/finance/sales/{line}"),
        (made.finn, f"/finance/credits?order={sale.number}"),
        (made.market.nour, f"/studio/sales/why-not?asked={sale.number}"),
        (made.market.nour, "/studio/sales"),
    ):
        async with open_page(person, width=width, dark=dark, language=language) as page:
            await page.goto(path)
            if path.endswith(str(line)):
                await expect(page.locator("#line-money li").first).to_be_visible()
            assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
            await keep_screen(
                page, f"credit-{path.split('?')[0].strip('/').replace(str(line), 'line').replace('/', '-')}-{width}"
            )
            assert await barriers(page) == [], path


@pytest.mark.slow
@LOOKS
async def test_the_pages_of_hosting_together_and_of_the_choice_are_whole(
    open_page: Opener, width: int, dark: bool, language: str
) -> None:
    made, chloe = await factories.stage(), await stall.person("chloe")
    await factories.creator(chloe, "chloe.cuisine")
    await hosts.invite(show_id=made.show_id, handle="chloe.cuisine", share_bp=3000, by=made.nour)
    click = await clicked(made)
    for person, path in (
        (made.nour, f"/studio/shows/{made.show_id}/hosts"),
        (chloe, "/studio/hosting"),
        (None, "/privacy/choices"),
        (None, f"/shows/{made.slug}?{PARAMETER}={click}"),
    ):
        async with open_page(person, width=width, dark=dark, language=language) as page:
            await page.goto(path)
            assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
            name = path.split("?")[0].strip("/").replace(str(made.show_id), "show").replace(made.slug, "strip").replace("/", "-")
            await keep_screen(page, f"credit-{name}-{width}")
            assert await barriers(page) == [], path


async def test_the_choice_is_made_with_one_tap_and_without_scripts(open_page: Opener) -> None:
    made = await factories.stage()
    click = await clicked(made)
    async with open_page(None, scripts=False) as page:
        await page.goto(f"/shows/{made.slug}?{PARAMETER}={click}")
        strip = page.locator(".consent-strip")
        sizes = [await button.bounding_box() for button in await strip.get_by_role("button").all()]
        assert len(sizes) == 2
        assert sizes[0] is not None
        assert sizes[1] is not None
        assert sizes[0]["height"] == sizes[1]["height"]
        await strip.get_by_role("button", name="No").click()
        await expect(page.locator(".consent-strip")).to_have_count(0)
        names = {cookie["name"] for cookie in await page.context.cookies()}
        assert PARAMETER not in names
