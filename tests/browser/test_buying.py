"""A purchase in a browser: the sheet, the card, the bank's question, the kept card, and pages without barriers."""

from __future__ import annotations

from uuid import UUID

import pytest
from playwright.async_api import FrameLocator, Page

from marketplace.tables import Order
from tests.browser.conftest import Opener, barriers, keep_screen
from tests.browser.steps import ASKS_BACK, DECLINED, GOOD, fill_address, type_card
from tests.cast import Cast
from tests.marketplace.stall import buy, person, stall

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("at_work")]


async def to_payment(page: Page) -> FrameLocator:
    await page.get_by_role("button", name="Continue to payment").click()
    await page.locator("[data-payment-button]:enabled").wait_for()
    return page.frame_locator("iframe[name=__privateStripeFrame]")


async def pay(page: Page) -> None:
    await page.get_by_role("button", name="Order with obligation to pay").click()


async def open_sheet(page: Page, product_id: UUID) -> None:
    """Open the sheet as a room does, over a page that goes on; its own form makes way for it."""
    await page.evaluate(
        """async (id) => {
          document.getElementById("checkout-body").remove();
          document.body.append(Object.assign(document.createElement("div"), {id: "place"}));
          await htmx.ajax("GET", `/shop/products/${id}/sheet`, "#place");
        }""",
        str(product_id),
    )
    await page.get_by_role("dialog", name="Your order").wait_for()


async def statuses() -> list[str]:
    return [row["status"] for row in await Order.select(Order.status).order_by(Order.placed_at)]


async def test_a_card_is_kept_at_the_first_purchase_and_pays_the_second(cast: Cast, open_page: Opener) -> None:
    alma = await stall()
    async with open_page(await cast.sam()) as page:
        await page.goto(f"/shop/products/{alma.id}")
        await fill_address(page)
        form = await to_payment(page)
        await type_card(form, GOOD)
        await form.get_by_label("Save this card for my next purchases").check()
        await keep_screen(page, "checkout-first")
        await pay(page)
        await page.get_by_text("Paid. Thank you!").wait_for()
        await keep_screen(page, "checkout-paid")
        await page.goto(f"/shop/products/{alma.id}")
        await page.get_by_role("button", name="One more").click()
        await page.get_by_text("€118.00").wait_for()
        form = await to_payment(page)
        assert await form.get_by_role("radio", name="Visa •••• 4242").is_checked()
        await keep_screen(page, "checkout-second")
        await pay(page)
        await page.get_by_text("Paid. Thank you!").wait_for()
    assert await statuses() == ["paid", "paid"]


async def test_a_declined_card_is_told_and_another_one_pays(cast: Cast, open_page: Opener) -> None:
    alma = await stall()
    async with open_page(await cast.sam()) as page:
        await page.goto(f"/shop/products/{alma.id}")
        await fill_address(page)
        form = await to_payment(page)
        await type_card(form, DECLINED)
        await pay(page)
        await page.locator("[data-payment-error]").get_by_text("declined").wait_for()
        await type_card(form, GOOD)
        await pay(page)
        await page.get_by_text("Paid. Thank you!").wait_for()
    assert await statuses() == ["paid"]


async def test_the_bank_can_ask_above_the_sheet(cast: Cast, open_page: Opener) -> None:
    alma = await stall()
    async with open_page(await cast.sam()) as page:
        await page.goto(f"/shop/products/{alma.id}")
        await open_sheet(page, alma.id)
        sheet = page.get_by_role("dialog", name="Your order")
        await fill_address(sheet)
        await sheet.get_by_role("button", name="Continue to payment").click()
        await page.locator("dialog [data-payment-button]:enabled").wait_for()
        await type_card(page.frame_locator("dialog iframe[name=__privateStripeFrame]"), ASKS_BACK)
        await sheet.get_by_role("button", name="Order with obligation to pay").click()
        question = page.frame_locator("iframe[name=__privateStripeChallenge]")
        await question.get_by_text("59.00 EUR").wait_for()
        await question.get_by_role("button", name="Complete").click()
        await sheet.get_by_text("Paid. Thank you!").wait_for()
        await sheet.get_by_role("button", name="Back to the show").click()
        await sheet.wait_for(state="hidden")
    assert await statuses() == ["paid"]


@pytest.mark.slow
@pytest.mark.parametrize(("dark", "language", "width"), [(False, "en", 390), (True, "fr", 1280)], ids=["phone", "desk"])
async def test_pages_of_the_goods_have_no_barriers(cast: Cast, open_page: Opener, dark: bool, language: str, width: int) -> None:
    alma = await stall()
    sam = await cast.sam()
    order_id = await buy(alma, sam)
    number = (await Order.select(Order.number).where(Order.id == order_id).first() or {})["number"]
    ways = {
        "sam": [f"/shop/products/{alma.id}", "/orders", f"/brands/{alma.brand.slug}", "/briefs"],
        "ada": [
            "/brand",
            "/brand/products",
            f"/brand/products/{alma.id}",
            "/brand/products/new",
            "/brand/briefs",
            "/brand/briefs/new",
            "/brand/orders",
            f"/brand/orders/{number}",
            "/brand/profile",
            "/brand/new",
        ],
    }
    for name, paths in ways.items():
        async with open_page(await person(name), dark=dark, language=language, width=width) as page:
            for path in paths:
                answer = await page.goto(path)
                assert answer is not None
                assert answer.status == 200, path
                assert await barriers(page) == [], path
                assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
