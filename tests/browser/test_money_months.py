"""The lights and the months of the books in a browser: wide, narrow, dark, French."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Opener
from tests.browser.steps import visit
from tests.payouts.ready import ready
from tests.payouts.test_periods import SEPTEMBER, book
from tests.payouts.test_watch import break_balance
from tests.stand_ins import StandIn


@pytest.mark.slow
@pytest.mark.parametrize(("width", "dark", "language"), [(1280, False, "en"), (390, True, "fr")])
async def test_the_lights_and_the_months_are_sound(
    open_page: Opener, server: str, stripe_sandbox: StandIn, width: int, dark: bool, language: str
) -> None:
    house = await ready(stripe_sandbox)
    await book("first")
    await break_balance()
    async with open_page(house.finn, width=width, dark=dark, language=language) as page:
        await visit(page, "/finance/invariants")
        await page.locator("main form button").first.click()
        await page.locator(".notice--ruby").wait_for()
        await visit(page, "/finance/invariants", f"lights-{width}")
        await visit(page, "/finance/close", f"months-{width}")
        await visit(page, f"/finance/close/{SEPTEMBER}", f"month-{width}")
