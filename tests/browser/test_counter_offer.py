"""A talk about terms in the browser, by keyboard alone: the brand compares and counters, the creator accepts."""

from __future__ import annotations

import pytest

from creators import applications, collaborations
from tests import factories
from tests.browser.conftest import Opener, keep_screen
from tests.browser.steps import sound
from tests.browser.test_keyboard import tab_to
from tests.cast import Cast
from tests.marketplace import stall

pytestmark = [pytest.mark.browser]


async def test_brand_and_creator_agree_on_other_terms_by_keyboard(cast: Cast, open_page: Opener) -> None:
    made, chloe = await factories.stage(), await cast.chloe()
    await factories.creator(chloe, "chloe")
    application_id = await applications.apply(
        brief_id=made.brief_id, message="I cook with copper every Sunday, and forty people watch.", by=chloe
    )
    await stall.buy(made.pan, chloe)
    async with open_page(made.ada, width=1280, height=900) as page:
        await page.goto("/brand/applications")
        await sound(page, "inbox-desk")
        await page.keyboard.press("x")
        await page.keyboard.press("j")
        await page.keyboard.press("x")
        await page.keyboard.press("c")
        await page.get_by_role("heading", name="Side by side").wait_for()
        await sound(page, "compare-desk")
        await page.goto(f"/brand/applications/{application_id}")
        commission = page.get_by_label("Commission")
        await tab_to(page, commission)
        await page.keyboard.press("Control+A")
        await page.keyboard.type("13,5")
        await page.locator("#estimate").get_by_text("Commission").wait_for()
        await tab_to(page, page.get_by_role("button", name="Send the counter-offer"))
        await page.keyboard.press("Enter")
        await page.get_by_text("You proposed 13.5%").wait_for()
        await sound(page, "inbox-countered-desk")
    async with open_page(chloe, width=390, dark=True, language="fr") as page:
        await page.goto("/studio/applications")
        await sound(page, "my-applications-phone")
        await tab_to(page, page.get_by_role("link", name="Lire la contre-offre"))
        await page.keyboard.press("Enter")
        await page.get_by_role("heading", name="propose d’autres conditions").wait_for()
        await sound(page, "my-application-phone")
        await tab_to(page, page.get_by_role("button", name="Accepter 13,5"))
        await page.keyboard.press("Enter")
        await page.get_by_text("Les conditions sont figées").first.wait_for()
        await keep_screen(page, "my-application-agreed-phone")
    found = await collaborations.collaboration_of_application(application_id=application_id, by=made.ada)
    assert found is not None
    assert found["commission_bp"] == 1350


async def test_the_inbox_on_a_phone_is_for_everybody(cast: Cast, open_page: Opener) -> None:
    made, chloe = await factories.stage(), await cast.chloe()
    await factories.creator(chloe, "chloe")
    await applications.apply(brief_id=made.brief_id, message="I cook with copper every Sunday.", by=chloe)
    async with open_page(made.ada, width=390, dark=True, language="fr") as page:
        await page.goto("/brand/applications")
        await sound(page, "inbox-phone")
        await page.get_by_role("link", name="Chloé Martin").click()
        await page.get_by_role("heading", name="Contre-offre").wait_for()
        await sound(page, "inbox-one-phone")
        await page.goto("/brand/applications")
        for box in await page.get_by_role("checkbox").all():
            await box.check()
        await page.get_by_role("button", name="Comparer").click()
        await page.get_by_role("heading", name="Côte à côte").wait_for()
        await sound(page, "compare-phone")
