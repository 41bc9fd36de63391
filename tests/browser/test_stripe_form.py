"""The stand-in of Stripe.js in a page with a strict content security policy: new cards, kept cards, the bank's question."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import pytest
from playwright.async_api import Browser, FrameLocator, Page

from foundation import stripe_gateway
from foundation.money import Money
from foundation.stripe_gateway import Payment
from tests.browser.conftest import AXE, SCREENS
from tests.stand_ins import StandIn

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Pay</title><script src="{stripe}/v3/"></script><script src="/host.js" defer></script></head>
<body><main><h1>Pay</h1><form id="checkout"><div id="payment"></div><button>Pay</button></form><output id="result"></output></main></body></html>"""
SCRIPT = """
const wanted = Object.fromEntries(new URLSearchParams(location.search));
const stripe = Stripe("pk_test_sandbox", { locale: wanted.locale || "en" });
const elements = stripe.elements({
  clientSecret: wanted.secret, customerSessionClientSecret: wanted.session || undefined,
  appearance: { theme: wanted.theme || "stripe", variables: { colorPrimary: "#b3124f", borderRadius: "12px" } },
});
elements.create("payment").mount("#payment");
document.getElementById("checkout").addEventListener("submit", async (event) => {
  event.preventDefault();
  const result = document.getElementById("result");
  result.textContent = "";
  const checked = await elements.submit();
  const answer = checked.error ? checked
    : await stripe.confirmPayment({ elements, clientSecret: wanted.secret, redirect: "if_required", confirmParams: {} });
  result.textContent = answer.error ? `error: ${answer.error.code} ${answer.error.message}` : `status: ${answer.paymentIntent.status}`;
});
if (wanted.theme === "night") document.documentElement.style.background = "#11131b";
"""
GROUND = {"stripe": "#ffffff", "night": "#11131b"}
_numbers = itertools.count(1)


@asynccontextmanager
async def shop(stripe: str) -> AsyncIterator[str]:
    """A page that sells, with the policy that Fanfare's pages have."""
    policy = f"default-src 'none'; script-src 'self' {stripe}; frame-src {stripe}; connect-src {stripe}; base-uri 'none'"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readuntil(b"\r\n\r\n")).split()[1]
        kind, body = ("text/javascript", SCRIPT) if asked == b"/host.js" else ("text/html", PAGE.replace("{stripe}", stripe))
        head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-security-policy: {policy}\r\nconnection: close\r\n\r\n"
        writer.write((head + body).encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
async def page(chromium: Browser, stripe_sandbox: StandIn) -> AsyncIterator[Page]:
    """A narrow window on the shop; violations of its policy and errors of scripts fail the test."""
    async with shop(stripe_sandbox.url) as address:
        context = await chromium.new_context(base_url=address, viewport={"width": 390, "height": 844})
        opened = await context.new_page()
        wrong: list[str] = []
        opened.on("pageerror", lambda error: wrong.append(str(error)))
        opened.on("console", lambda message: wrong.append(message.text) if "Content Security Policy" in message.text else None)
        yield opened
        await context.close()
        assert wrong == []


async def order(customer: str | None = None) -> Payment:
    number = next(_numbers)
    return await stripe_gateway.open_payment(
        amount=Money(5990, "EUR"), order_id=f"form{number}", key=f"form:{number}", customer=customer
    )


async def show(page: Page, payment: Payment, session: str = "", **more: str) -> FrameLocator:
    await page.goto("/?" + urlencode({"secret": payment.client_secret, "session": session, **more}))
    form = page.frame_locator("iframe[name=__privateStripeFrame]")
    await form.get_by_role("textbox").first.or_(form.get_by_role("radio").first).first.wait_for()
    return form


async def type_card(form: FrameLocator, number: str) -> None:
    await form.get_by_label("Card number").fill(number)
    await form.get_by_label("Expiration date").fill("1234")
    await form.get_by_label("Security code").fill("123")


async def pay(page: Page, expected: str) -> None:
    await page.get_by_role("button", name="Pay").click()
    await page.get_by_text(expected).wait_for()


async def test_a_card_is_typed_and_kept_and_pays_the_next_time_with_one_click(page: Page) -> None:
    customer = await stripe_gateway.create_customer(email="sam@example.com", name="Sam", user_id="1", key=f"cus:{next(_numbers)}")
    session = (await stripe_gateway.create_customer_session(customer=customer)).client_secret
    form = await show(page, await order(customer), session)
    await type_card(form, "4242424242424242")
    await form.get_by_label("Save this card for my next purchases").check()
    SCREENS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SCREENS / "stripe-form-new-card.png")
    await pay(page, "status: succeeded")
    second = await order(customer)
    form = await show(page, second, session)
    assert await form.get_by_role("radio", name="Visa •••• 4242").is_checked()
    await page.screenshot(path=SCREENS / "stripe-form-kept-card.png")
    await pay(page, "status: succeeded")
    assert (await stripe_gateway.fetch_payment(payment=second.id)).status == "succeeded"


async def test_a_card_that_is_not_kept_is_not_shown_again_and_a_kept_one_can_be_removed(page: Page) -> None:
    customer = await stripe_gateway.create_customer(email="sam@example.com", name="Sam", user_id="1", key=f"cus:{next(_numbers)}")
    session = (await stripe_gateway.create_customer_session(customer=customer)).client_secret
    form = await show(page, await order(customer), session)
    await type_card(form, "5555555555554444")
    await pay(page, "status: succeeded")
    form = await show(page, await order(customer), session)
    assert await form.get_by_role("radio").count() == 0
    await type_card(form, "5555555555554444")
    await form.get_by_label("Save this card for my next purchases").check()
    await pay(page, "status: succeeded")
    form = await show(page, await order(customer), session)
    await form.get_by_role("button", name="Remove Mastercard •••• 4444").click()
    await form.get_by_label("Card number").wait_for()
    assert await stripe_gateway.saved_cards(customer=customer) == ()


async def test_a_card_that_is_wrong_or_declined_can_be_corrected_in_the_same_form(page: Page) -> None:
    payment = await order()
    form = await show(page, payment)
    await pay(page, "error: incomplete_number")
    await type_card(form, "4242424242424241")
    await pay(page, "error: invalid_number")
    assert await form.get_by_label("Card number").get_attribute("aria-invalid") == "true"
    await type_card(form, "4000000000009995")
    await pay(page, "error: card_declined")
    await type_card(form, "4242424242424242")
    await pay(page, "status: succeeded")
    assert (await stripe_gateway.fetch_payment(payment=payment.id)).received == Money(5990, "EUR")


@pytest.mark.parametrize(
    ("button", "words", "status"),
    [
        ("Complete", "status: succeeded", "succeeded"),
        ("Fail", "error: payment_intent_authentication_failure", "requires_payment_method"),
    ],
)
async def test_the_bank_asks_in_a_dialog_above_the_page(page: Page, button: str, words: str, status: str) -> None:
    payment = await order()
    form = await show(page, payment)
    await type_card(form, "4000000000003220")
    await page.get_by_role("button", name="Pay").click()
    dialog = page.get_by_role("dialog", name="Verification by your bank")
    question = page.frame_locator("iframe[name=__privateStripeChallenge]")
    await question.get_by_text("59.90 EUR").wait_for()
    await page.screenshot(path=SCREENS / f"stripe-challenge-{button.lower()}.png")
    await question.get_by_role("button", name=button).click()
    await page.get_by_text(words).wait_for()
    assert await dialog.count() == 0
    assert (await stripe_gateway.fetch_payment(payment=payment.id)).status == status


async def test_the_bank_dialog_can_be_left_with_escape(page: Page) -> None:
    form = await show(page, await order())
    await type_card(form, "4000000000003220")
    await page.get_by_role("button", name="Pay").click()
    await page.frame_locator("iframe[name=__privateStripeChallenge]").get_by_text("59.90 EUR").wait_for()
    await page.keyboard.press("Escape")
    await page.get_by_text("error: payment_intent_authentication_failure").wait_for()


@pytest.mark.parametrize("theme", ["stripe", "night"])
async def test_the_form_speaks_french_and_has_no_barriers(page: Page, theme: str) -> None:
    form = await show(page, await order(), locale="fr-FR", theme=theme)
    await form.get_by_label("Numéro de carte").fill("4242")
    await form.get_by_label("Code de sécurité").focus()
    await form.get_by_text("Le numéro de votre carte est incomplet.").wait_for()
    await page.screenshot(path=SCREENS / f"stripe-form-french-{theme}.png")
    frame = next(frame for frame in page.frames if frame.name == "__privateStripeFrame")
    await frame.evaluate(f"document.body.style.background = '{GROUND[theme]}'")  # the page's, which shines through
    await frame.evaluate(AXE.read_text())
    found = await frame.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']}).then((r) => r.violations.map((v) => v.help))"
    )
    assert found == []


async def test_a_declined_card_is_told_in_the_language_of_the_page(page: Page) -> None:
    form = await show(page, await order(), locale="fr-FR")
    await form.get_by_label("Numéro de carte").fill("4000000000009995")
    await form.get_by_label("Date d’expiration").fill("1234")
    await form.get_by_label("Code de sécurité").fill("123")
    await pay(page, "Votre carte ne dispose pas de fonds suffisants.")


async def test_a_payee_goes_through_onboarding_once_with_each_link(page: Page, stripe_sandbox: StandIn) -> None:
    account = await stripe_gateway.create_recipient(
        email="nour@example.com", display_name="Nour", country="FR", payee_id="3", key=f"acct:{next(_numbers)}"
    )
    back = f"{stripe_sandbox.url}/v3/dashboard/{account.id}"
    link = await stripe_gateway.onboarding_link(account=account.id, refresh_url=f"{back}?again", return_url=f"{back}?back")
    await page.goto(link.url)
    await page.screenshot(path=SCREENS / "stripe-onboarding.png", full_page=True)
    await page.get_by_label("First name").fill("Nour")
    await page.get_by_label("Last name").fill("Haddad")
    await page.get_by_label("I accept the terms").check()
    await page.get_by_role("button", name="Agree and submit").click()
    await page.wait_for_url("**?back")
    assert (await stripe_gateway.fetch_account(account=account.id)).payable
    await page.goto(link.url)
    await page.wait_for_url("**?again")
