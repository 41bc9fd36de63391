"""A brand: founds itself, adds a product with a picture, publishes a brief, and gives an order back."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from PIL import Image
from playwright.async_api import FilePayload, Page

from foundation import clock
from marketplace.tables import Order, Product
from tests.browser.conftest import Opener
from tests.browser.steps import FITS, sound, until, visit
from tests.cast import Cast
from tests.marketplace.stall import buy, person, stall

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("at_work")]


def photograph() -> FilePayload:
    """A picture as a camera makes it."""
    kept = io.BytesIO()
    Image.radial_gradient("L").resize((640, 480)).convert("RGB").save(kept, "JPEG")
    return {"name": "pan.jpg", "mimeType": "image/jpeg", "buffer": kept.getvalue()}


async def found(page: Page) -> None:
    await visit(page, "/brand/new", "brand-new")
    await page.get_by_label("Name of the brand").fill("Cuivre & Sel")
    await page.get_by_label("Trade").select_option("kitchen")
    await page.get_by_label("Company name").fill("Cuivre et Sel SARL")
    await page.get_by_label("Registered address").fill("1 rue du Cuivre, Villedieu")
    await page.get_by_role("button", name="Create the brand").click()
    await page.wait_for_url(lambda url: not url.endswith("/new"))
    await sound(page, "brand-founded")


async def add_product(page: Page) -> None:
    await visit(page, "/brand/products", "brand-no-products")
    await page.keyboard.press("n")
    await page.get_by_label("Name", exact=True).fill("Saucepan Alma")
    await page.get_by_label("Your reference (SKU)").fill("ALMA-16")
    await page.get_by_label("In stock").fill("8")
    await page.get_by_label("Price incl. VAT").fill("fifty")
    await page.locator("input[name=picture]").set_input_files(photograph())
    await page.get_by_role("button", name="Put on sale").click()
    assert await page.get_by_label("Price incl. VAT").get_attribute("aria-invalid") == "true"
    assert await page.get_by_label("Name", exact=True).input_value() == "Saucepan Alma"
    await sound(page, "brand-product-wrong")
    await page.get_by_label("Price incl. VAT").fill("59.00")
    await page.locator("input[name=picture]").set_input_files(photograph())
    await page.get_by_role("button", name="Put on sale").click()
    await page.get_by_role("heading", name="Variants").wait_for()
    await sound(page, "brand-product")
    await page.get_by_role("link", name="See it in the shop").click()
    shown = page.locator(".product-page__picture img")
    await until(lambda: shown.evaluate("(image) => image.complete && image.naturalWidth > 0"), "the picture shows")


async def publish_brief(page: Page) -> None:
    await visit(page, "/brand/briefs/new", "brand-brief-new")
    today = clock.now().date()
    await page.get_by_label("Title").fill("Copper for Christmas")
    await page.get_by_label("The brief").fill("Cook three sauces live and show what copper does.")
    await page.get_by_label("Saucepan Alma").check()
    await page.get_by_label("Commission on each sale").fill("12.5")
    await page.get_by_label("First day").fill(str(today))
    await page.get_by_label("Last day").fill(str(today + timedelta(days=30)))
    await page.get_by_role("button", name="Publish").click()
    await page.get_by_text("12.5%").first.wait_for()
    await sound(page, "brand-brief")


async def test_a_brand_founds_itself_adds_a_product_and_publishes_a_brief(cast: Cast, open_page: Opener) -> None:
    async with open_page(await cast.ada(), width=1280, height=800, refusals=[422]) as page:
        await found(page)
        await add_product(page)
        await publish_brief(page)
        await page.set_viewport_size({"width": 390, "height": 844})
        assert await page.evaluate(FITS)
    assert [row["picture"] for row in await Product.select(Product.picture)] != [None]


async def test_a_brand_gives_an_order_back(cast: Cast, open_page: Opener) -> None:
    order_id = await buy(await stall(), await cast.sam())
    row = await Order.select(Order.number).where(Order.id == order_id).first()
    assert row is not None
    async with open_page(await person("ada"), width=1280, height=800, dark=True) as page:
        await visit(page, "/brand/orders", "brand-orders")
        await page.get_by_role("link", name=row["number"]).click()
        await sound(page, "brand-order")
        assert await page.get_by_role("radio", name="All that is left").is_checked()
        await page.get_by_role("button", name="Refund").click()
        await page.get_by_text("Everything was refunded.").wait_for()
        await until(lambda: refunded(page), "the refund has gone through")
        await sound(page, "brand-order-refunded")
    async with open_page(await cast.sam()) as page:
        await visit(page, f"/orders/{row['number']}", "viewer-order-refunded")
        await page.get_by_text("Refunded").first.wait_for()


async def refunded(page: Page) -> bool:
    await page.reload()
    return await page.locator(".page-head").get_by_text("Refunded").count() > 0
