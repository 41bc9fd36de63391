"""Paying as Stripe.js pays: with the publishable key and the secrets that the page holds, straight to Stripe."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx

from entrypoints.story.walker import NotOnThePage, Walker
from foundation import settings


@dataclass(frozen=True)
class PaymentOnPage:
    """What the payment form of the page tells the browser."""

    order_id: str
    publishable_key: str
    client_secret: str
    session_secret: str


def payment_of(walker: Walker) -> PaymentOnPage:
    """The payment form of the page that the walker sees."""

    form = re.search(r"<form[^>]*\sdata-payment\s[^>]*>", walker.html)
    if not form:
        raise NotOnThePage(f"{walker.url} has no payment form ({walker.name})")

    def told(name: str) -> str:
        found = re.search(rf'\s{name}="([^"]*)"', form[0])
        return unescape(found[1]) if found else ""

    order = re.search(r"/checkout/([0-9a-f-]{36})", walker.html + walker.url)
    assert order is not None  # noqa: S101  # a payment form names its order
    return PaymentOnPage(order[1], told("data-key"), told("data-secret"), told("data-session"))


AVAILABLE_AT_ONCE = "4000000000000077"
"""Stripe's test card whose money is available without waiting, so that a story need not last for days."""


async def pay_with_new_card(payment: PaymentOnPage, number: str = AVAILABLE_AT_ONCE) -> dict[str, Any]:
    """Type a card and keep it for the next time."""
    return await _confirm(
        payment,
        {
            "payment_method_data[type]": "card",
            "payment_method_data[card][number]": number,
            "payment_method_data[card][exp_month]": "12",
            "payment_method_data[card][exp_year]": "2031",
            "payment_method_data[card][cvc]": "123",
            "payment_method_data[allow_redisplay]": "always",
            "setup_future_usage": "on_session",
        },
    )


async def kept_cards(payment: PaymentOnPage) -> list[dict[str, Any]]:
    """The cards that the payment form offers."""
    secrets = {"client_secret": payment.client_secret, "customer_session_client_secret": payment.session_secret}
    answer = await _post("/v1/elements/sessions", payment, secrets)
    return list(answer["cards"])


async def pay_with_kept_card(payment: PaymentOnPage) -> dict[str, Any]:
    """Choose the first kept card and confirm."""
    cards = await kept_cards(payment)
    if not cards:
        raise NotOnThePage("the payment form offers no kept card")
    return await _confirm(payment, {"payment_method": cards[0]["id"]})


async def _confirm(payment: PaymentOnPage, method: dict[str, str]) -> dict[str, Any]:
    intent = payment.client_secret.partition("_secret_")[0]
    body = {**method, "client_secret": payment.client_secret, "use_stripe_sdk": "true"}
    return await _post(f"/v1/payment_intents/{intent}/confirm", payment, body)


async def _post(path: str, payment: PaymentOnPage, body: dict[str, str]) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {payment.publishable_key}", "stripe-version": "2026-05-27.dahlia"}
    async with httpx.AsyncClient(base_url=settings.current().stripe_api_base, timeout=30, headers=headers) as stripe:
        answer = await stripe.post(path, data=body)
        if answer.is_error:
            raise NotOnThePage(f"Stripe answered {answer.status_code} to {path}: {answer.text[:300]}")
        return dict(answer.json())
