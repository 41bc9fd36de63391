"""A guest's whole purchase on a phone: two brands, a code, a delivery that costs, one payment; and the wallets of a device."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from playwright.async_api import Page, Route, expect

from foundation import mails
from marketplace.tables import Order
from tests.browser.conftest import Opener, barriers, keep_screen
from tests.browser.steps import GOOD, card_fields, fill_address, pay_button, type_card, until
from tests.marketplace.stall import stall
from tests.marketplace.test_bag import market, nour10
from tests.stand_ins import StandIn

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("at_work")]


async def add(page: Page, product_id: UUID) -> None:
    await page.goto(f"/shop/products/{product_id}")
    await page.get_by_role("button", name="Add to bag").click()
    await page.locator(".bag-line").first.wait_for()


async def test_a_guest_buys_from_two_brands_with_a_code_and_a_delivery_on_a_phone(open_page: Opener) -> None:
    pan, cushion = await market()
    await nour10(pan)
    async with open_page(width=390, refusals={422}) as page:
        await add(page, pan.id)
        await add(page, cushion.id)
        await page.goto("/bag")
        await page.get_by_role("group", name="Quantity of Cushion Lin").get_by_role("button", name="One more").click()
        await page.get_by_text("€103.90").wait_for()
        listed = await page.locator(".checkout__title").all_inner_texts()
        await page.get_by_label("Promo code").fill(" nour 10 ")
        await page.get_by_role("button", name="Apply").click()
        await page.get_by_text("€98.00").wait_for()
        await page.get_by_label("E-mail for the receipt").fill("gisele@example.com")
        await page.get_by_label("Name").fill("Gisèle Petit")
        await fill_address(page)
        assert await barriers(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await keep_screen(page, "bag-phone")
        await page.get_by_label("Postcode").fill("5900")
        await page.get_by_role("button", name="Continue to payment").click()
        await expect(page.get_by_label("Postcode")).to_be_focused()
        await expect(page.get_by_label("Postcode")).to_be_in_viewport()
        said = page.locator("#field-postcode-error")
        height = await said.evaluate("(error) => error.clientHeight / parseFloat(getComputedStyle(error).lineHeight)")
        assert height < 2.5, "the sentence beside the postcode wraps into a column"
        await page.get_by_label("E-mail for the receipt").fill("gisele@")
        await page.get_by_label("Name").fill("G")
        await page.get_by_role("button", name="Continue to payment").evaluate("(button) => { button.form.noValidate = true }")
        await page.get_by_role("button", name="Continue to payment").click()
        await expect(page.get_by_label("E-mail for the receipt")).to_be_focused()
        assert await page.locator(".form-errors a").evaluate_all("(all) => all.map((link) => link.hash)") == [
            "#field-email",
            "#field-name",
            "#field-postcode",
        ]
        assert await barriers(page) == []
        await keep_screen(page, "bag-errors-phone")
        await page.get_by_label("Name").fill("Gisèle Petit")
        await page.get_by_label("E-mail for the receipt").fill("gisele@example.com")
        await page.get_by_label("Postcode").fill("59000")
        await page.get_by_role("button", name="Continue to payment").click()
        await type_card(await card_fields(page), GOOD)
        assert await page.locator(".checkout__title").all_inner_texts() == listed
        assert await page.locator("[data-express]").is_hidden(), "this device has no wallet"
        await keep_screen(page, "bag-payment-phone")
        await pay_button(page).click()
        await page.get_by_text("Paid. Thank you!").wait_for()
        await page.get_by_role("link", name="See the order").click()
        await page.get_by_role("heading", name="Order F-").wait_for()
        await keep_screen(page, "bag-order-phone")
        await page.goto("/bag")
        await page.get_by_text("Your bag is empty").wait_for()

    async def written() -> bool:
        return bool(await mails.newest(to="gisele@example.com"))

    await until(written, "the receipt is written")
    [order] = await Order.select(Order.total_minor, Order.guest, Order.status)
    assert order == {"total_minor": 9800, "guest": True, "status": "paid"}


async def test_whoever_applies_a_code_on_a_slow_line_goes_on_typing_and_loses_nothing(open_page: Opener) -> None:
    pan, _cushion = await market()
    await nour10(pan)

    async def slowly(route: Route) -> None:
        await asyncio.sleep(1)
        await route.continue_()

    async with open_page(width=390) as page:
        await add(page, pan.id)
        await page.goto("/bag")
        await page.route("**/bag/total*", slowly)
        await page.route("**/checkout", slowly)
        await page.get_by_label("Promo code").fill("nour10")
        await page.get_by_role("button", name="Apply").click()
        await page.get_by_label("E-mail for the receipt").fill("gisele@example.com")
        await page.get_by_label("Name").fill("Gisèle Petit")
        await fill_address(page)
        await page.locator(".codes__counted").wait_for()
        await expect(page.get_by_label("Town")).to_have_value("Lille")
        await page.get_by_role("button", name="Continue to payment").click()
        await card_fields(page)


async def test_a_wallet_of_the_device_pays_with_one_tap(open_page: Opener, stripe_sandbox: StandIn) -> None:
    alma = await stall()
    await stripe_sandbox.admin("settings", {"apple_pay": True})
    try:
        async with open_page(width=390) as page:
            await page.goto(f"/shop/products/{alma.id}")
            await page.get_by_label("E-mail for the receipt").fill("lea@example.com")
            await page.get_by_label("Name").fill("Léa Petit")
            await fill_address(page)
            await page.get_by_role("button", name="Continue to payment").click()
            await page.get_by_role("button", name="Apple Pay").click()
            await page.get_by_text("Paid. Thank you!").wait_for()
    finally:
        await stripe_sandbox.admin("settings", {"apple_pay": False})
