"""A viewer: signs up, watches, chats, buys inside the show, buys again; cards that are refused or asked about."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page

from creators import chat, greenroom, pins
from creators.tables import Show, ShowStatus
from foundation import mails, stripe_gateway
from marketplace.tables import Order
from tests import factories
from tests.browser.conftest import Opener, keep_screen
from tests.browser.steps import (
    ASKS_BACK,
    DECLINED,
    GOOD,
    card_fields,
    encoder,
    fill_address,
    pay_button,
    sees_moving_pictures,
    sound,
    type_card,
    until,
)
from tests.cast import Cast
from tests.factories import Stage

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("at_work")]


async def sign_up(page: Page) -> None:
    """Sign up and follow the link in the mail."""
    await page.get_by_label("Name").fill("Sam Petit")
    await page.get_by_label("E-mail").fill("sam@fanfare.example")
    await page.get_by_label("Password", exact=True).fill("a long and quiet password")
    await page.get_by_role("button", name="Make my account").click()
    await page.get_by_text("sam@fanfare.example").first.wait_for()
    link = re.search(r"/confirm/[\w-]+", (await mails.newest(to="sam@fanfare.example"))[0].text)
    assert link
    await page.goto(link[0])
    await page.get_by_role("main").get_by_role("button").first.click()
    await page.get_by_text("Welcome to Fanfare.").wait_for()


async def tap_buy(page: Page) -> Locator:
    """Tap Buy on the product on screen; returns the sheet that comes up."""
    await page.locator("#pinned").get_by_role("button", name="Buy").click()
    sheet = page.get_by_role("dialog", name="Your order")
    await sheet.wait_for()
    return sheet


async def to_payment(page: Page, sheet: Locator) -> None:
    await sheet.get_by_role("button", name="Continue to payment").click()
    await card_fields(page)


async def on_stage(*, stock: int = 5) -> Stage:
    made = await factories.stage(live=True, stock=stock)
    await pins.pin_product(show_id=made.show_id, product_id=made.pan.id, by=made.nour)
    return made


async def orders() -> list[tuple[str, int]]:
    rows = await Order.select(Order.status, Order.total_minor).order_by(Order.placed_at)
    return [(row["status"], row["total_minor"]) for row in rows]


async def charges() -> list[int]:
    """What Stripe took, in cents."""
    return [one.amount.minor async for one in stripe_gateway.balance_transactions() if one.reporting_category == "charge"]


@pytest.mark.video
async def test_a_viewer_signs_up_watches_chats_and_buys_twice_without_leaving_the_show(open_page: Opener) -> None:
    made = await factories.stage()
    place = await greenroom.publishing(show_id=made.show_id, by=made.nour)
    async with encoder(place.rtmp_url, place.stream_key), open_page() as page:
        await page.goto(f"/sign-up?next=/shows/{made.slug}")
        await sign_up(page)
        await until(lambda: Show.exists().where(Show.id == made.show_id, Show.status == ShowStatus.LIVE), "the show is live")
        await pins.pin_product(show_id=made.show_id, product_id=made.pan.id, by=made.nour)
        await page.get_by_text("LIVE", exact=True).first.wait_for()  # the room begins anew when its show goes on air
        await page.goto("/")
        await page.locator(f'a[href="/shows/{made.slug}"]').first.click()
        await sees_moving_pictures(page)
        await sound(page, "viewer-room")

        await page.get_by_role("textbox", name="Message").fill("Does it work on induction?")
        await page.keyboard.press("Enter")
        await page.get_by_role("log").get_by_text("Does it work on induction?").wait_for()
        await chat.say(show_id=made.show_id, body="On every hob!", client_key=made.show_id, by=made.nour)
        await page.get_by_role("log").get_by_text("On every hob!").wait_for()

        sheet = await tap_buy(page)
        await sound(page, "viewer-sheet")
        await fill_address(sheet)
        await to_payment(page, sheet)
        form = await card_fields(page)
        await type_card(form, GOOD)
        await form.get_by_label("Save this card for my next purchases").check()
        await sound(page, "viewer-card")
        assert await page.locator("video.player__video").is_visible()
        await pay_button(sheet).click()
        await sheet.get_by_text("Paid. Thank you!").wait_for()
        await sound(page, "viewer-paid")
        await sheet.get_by_role("button", name="Back to the show").click()
        await sees_moving_pictures(page)

        sheet = await tap_buy(page)
        await to_payment(page, sheet)
        await pay_button(sheet).click()
        await sheet.get_by_text("Paid. Thank you!").wait_for()
        assert page.url.endswith(f"/shows/{made.slug}")
        await sheet.get_by_role("link", name="See the order").click()
        await page.get_by_role("heading", level=1).get_by_text(re.compile("F-")).wait_for()
        await sound(page, "viewer-order")
    assert await orders() == [("paid", 5900), ("paid", 5900)]


async def test_a_declined_card_says_why_and_keeps_everything_typed_and_paying_twice_at_once_charges_once(
    cast: Cast, open_page: Opener
) -> None:
    made = await on_stage()
    async with open_page(await cast.sam()) as page:
        await page.goto(f"/shows/{made.slug}")
        sheet = await tap_buy(page)
        await fill_address(sheet)
        await to_payment(page, sheet)
        form = await card_fields(page)
        await type_card(form, DECLINED)
        await pay_button(sheet).click()
        await sheet.get_by_role("alert").get_by_text("Your card was declined.").wait_for()
        await keep_screen(page, "viewer-declined")
        assert (await form.get_by_label("Card number").input_value()).replace(" ", "") == DECLINED
        await sheet.get_by_text("14 rue des Tanneurs").wait_for()
        await type_card(form, GOOD)
        await pay_button(sheet).dblclick()
        await sheet.get_by_text("Paid. Thank you!").wait_for()
    assert await orders() == [("paid", 5900)]
    await until(charges, "Stripe has booked the payment")
    assert await charges() == [5900]


async def test_the_bank_asks_in_the_page_and_a_refusal_there_takes_no_money(cast: Cast, open_page: Opener) -> None:
    made = await on_stage()
    async with open_page(await cast.sam()) as page:
        await page.goto(f"/shows/{made.slug}")
        sheet = await tap_buy(page)
        await fill_address(sheet)
        await to_payment(page, sheet)
        await type_card(await card_fields(page), ASKS_BACK)
        question = page.frame_locator("iframe[name=__privateStripeChallenge]")
        await pay_button(sheet).click()
        await question.get_by_role("button", name="Fail").click()
        await sheet.get_by_role("alert").get_by_text("authenticate").wait_for()
        assert (await orders())[0][0] != "paid"
        await pay_button(sheet).click()
        await keep_screen(page, "viewer-bank")
        await question.get_by_role("button", name="Complete").click()
        await sheet.get_by_text("Paid. Thank you!").wait_for()
        assert page.url.endswith(f"/shows/{made.slug}")
    assert await orders() == [("paid", 5900)]
