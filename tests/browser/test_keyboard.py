"""Only a keyboard, and only a server: a whole purchase without a mouse, and forms that work without JavaScript."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page

from creators.tables import ChatMessage
from marketplace.tables import Order
from tests import factories
from tests.browser.conftest import Opener, keep_screen
from tests.browser.steps import GOOD, card_fields, until
from tests.browser.test_viewer import on_stage
from tests.cast import PASSWORD, Cast

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("at_work")]

FOCUS = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return Boolean(at?.closest?.("dialog"));
}"""


async def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the focus is there."""
    for _ in range(80):
        if await wanted.evaluate("(element) => element === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} cannot be reached with the keyboard")


async def type_into(page: Page, field: Locator, text: str) -> None:
    await tab_to(page, field)
    await page.keyboard.type(text)


async def test_a_whole_purchase_by_keyboard_and_the_focus_comes_back(cast: Cast, open_page: Opener) -> None:
    made = await on_stage()
    async with open_page(await cast.sam(), width=1280, height=800) as page:
        await page.goto(f"/shows/{made.slug}")
        buy = page.locator("#pinned").get_by_role("button", name="Buy")
        await tab_to(page, buy)
        await page.keyboard.press("Enter")
        sheet = page.get_by_role("dialog", name="Your order")
        await sheet.wait_for()
        assert await page.evaluate(FOCUS), "the focus is not in the sheet"
        await type_into(page, sheet.get_by_label("Street and number"), "14 rue des Tanneurs")
        await type_into(page, sheet.get_by_label("Postcode"), "59000")
        await type_into(page, sheet.get_by_label("Town"), "Lille")
        await tab_to(page, sheet.get_by_role("button", name="Continue to payment"))
        await page.keyboard.press("Enter")
        form = await card_fields(page)
        await type_into(page, form.get_by_label("Card number"), GOOD)
        await type_into(page, form.get_by_label("Expiration date"), "1234")
        await type_into(page, form.get_by_label("Security code"), "123")
        await tab_to(page, sheet.get_by_role("button", name="Order with obligation to pay"))
        await keep_screen(page, "keyboard-pay")
        await page.keyboard.press("Enter")
        await sheet.get_by_text("Paid. Thank you!").wait_for()
        await until(lambda: page.evaluate(FOCUS), "the focus is in the sheet")
        await page.keyboard.press("Escape")
        await sheet.wait_for(state="hidden")
        assert await buy.evaluate("(element) => element === document.activeElement"), "the focus is lost"
    assert await Order.count() == 1


async def test_the_sheet_closes_with_escape_and_gives_the_focus_back(cast: Cast, open_page: Opener) -> None:
    made = await on_stage()
    async with open_page(await cast.sam(), width=1280, height=800) as page:
        await page.goto(f"/shows/{made.slug}")
        buy = page.locator("#pinned").get_by_role("button", name="Buy")
        await tab_to(page, buy)
        await page.keyboard.press("Enter")
        sheet = page.get_by_role("dialog", name="Your order")
        await sheet.wait_for()
        for _ in range(25):
            await page.keyboard.press("Tab")
            assert await page.evaluate("document.activeElement === document.body") or await page.evaluate(FOCUS)
        await page.keyboard.press("Escape")
        await sheet.wait_for(state="hidden")
        assert await buy.evaluate("(element) => element === document.activeElement")


async def test_without_javascript_people_sign_up_chat_and_order(open_page: Opener) -> None:
    made = await on_stage()
    async with open_page(scripts=False) as page:
        await page.goto("/sign-up")
        await page.get_by_label("Name").fill("Léa Morin")
        await page.get_by_label("E-mail").fill("lea@fanfare.example")
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Make my account").click()
        await page.get_by_text("lea@fanfare.example").first.wait_for()
    async with open_page(made.nour, scripts=False) as page:
        await page.goto(f"/shows/{made.slug}")
        await keep_screen(page, "no-script-room")
        await page.get_by_role("textbox", name="Message").fill("Good evening!")
        await page.get_by_role("button", name="Send").click()
        await page.get_by_role("log").get_by_text("Good evening!").wait_for()
        await page.goto(f"/shop/products/{made.pan.id}")
        await page.get_by_label("Street and number").fill("14 rue des Tanneurs")
        await page.get_by_label("Postcode").fill("59000")
        await page.get_by_label("Town").fill("Lille")
        await page.get_by_role("button", name="Continue to payment").click()
        await page.locator("noscript .notice").wait_for()
        await keep_screen(page, "no-script-payment")
    assert await ChatMessage.count() == 1
    assert await Order.count() == 1


async def test_without_javascript_the_host_ends_the_show(open_page: Opener) -> None:
    made = await factories.stage(live=True)
    async with open_page(made.nour, scripts=False) as page:
        await page.goto(f"/studio/shows/{made.show_id}/live")
        await page.get_by_role("button", name="Next slot").click()
        await page.get_by_text("Now, slot").wait_for()
        await keep_screen(page, "no-script-cockpit")
        await page.get_by_role("button", name="End the show").click()
        await page.wait_for_url(lambda url: not url.endswith("/live"))
