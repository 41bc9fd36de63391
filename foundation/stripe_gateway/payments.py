"""Payments of shoppers: one payment intent per checkout, on the platform's own account."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from foundation.money import Money
from foundation.stripe_gateway.connection import answers, maybe_id, metadata_of, to_money, to_stripe, to_time

if TYPE_CHECKING:
    from stripe import Charge as StripeCharge
    from stripe import PaymentIntent
    from stripe.params import PaymentIntentConfirmParams, PaymentIntentCreateParams


@dataclass(frozen=True, kw_only=True)
class Payment:
    """A payment intent. `status` is Stripe's word and may be one that is not known yet.

    Known: requires_payment_method, requires_confirmation, requires_action, processing, requires_capture,
    canceled, succeeded. `failure_*` describe the last attempt that failed.
    """

    id: str
    client_secret: str = field(repr=False)
    status: str
    amount: Money
    received: Money
    order_id: str | None
    customer: str | None
    payment_method: str | None
    charge: str | None
    failure_code: str | None
    failure_decline_code: str | None
    created: datetime


@dataclass(frozen=True, kw_only=True)
class Charge:
    """What a payment took from a card. `balance_transaction`, `fee` and `available_on` come later than the success.

    `card_fingerprint` is the same for one card, whoever pays with it; None in test mode, where everybody pays with the same cards.
    """

    id: str
    payment: str | None
    amount: Money
    refunded: Money
    status: str
    paid: bool
    disputed: bool
    balance_transaction: str | None
    fee: Money | None
    net: Money | None
    available_on: datetime | None
    card_brand: str | None
    card_last4: str | None
    card_fingerprint: str | None
    created: datetime


async def open_payment(
    *, amount: Money, order_id: str, key: str, customer: str | None = None, save_card: bool = False, description: str = ""
) -> Payment:
    """Open the payment of one order; the shopper confirms it in the page.

    `key` is the idempotency key of the attempt: the same call again returns the same payment. Methods that leave the
    page are not offered. `save_card` keeps the card of `customer` for later purchases with the shopper present.
    """
    params: PaymentIntentCreateParams = {
        "amount": to_stripe(amount),
        "currency": amount.currency.lower(),
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "transfer_group": f"order_{order_id}",
        "metadata": {"order_id": order_id},
    }
    if customer is not None:
        params["customer"] = customer
    if save_card:
        params["setup_future_usage"] = "on_session"
    if description:
        params["description"] = description
    async with answers() as stripe:
        intent = await stripe.v1.payment_intents.create_async(params, {"idempotency_key": key})
    return _payment(intent)


async def fetch_payment(*, payment: str) -> Payment:
    """The payment as it is now."""
    async with answers() as stripe:
        return _payment(await stripe.v1.payment_intents.retrieve_async(payment))


async def update_payment(*, payment: str, amount: Money, key: str) -> Payment:
    """Change the amount of a payment that is not confirmed yet."""
    async with answers() as stripe:
        intent = await stripe.v1.payment_intents.update_async(
            payment, {"amount": to_stripe(amount), "currency": amount.currency.lower()}, {"idempotency_key": key}
        )
    return _payment(intent)


async def confirm_payment(*, payment: str, payment_method: str, key: str, return_url: str | None = None) -> Payment:
    """Confirm with a card of the shopper who is present; `requires_action` means the bank asks for a 3-D Secure step.

    Raises `StripeRefused` with the code `card_declined` (and the decline code) when the bank says no.
    """
    params: PaymentIntentConfirmParams = {"payment_method": payment_method}
    if return_url is not None:
        params["return_url"] = return_url
    async with answers() as stripe:
        intent = await stripe.v1.payment_intents.confirm_async(payment, params, {"idempotency_key": key})
    return _payment(intent)


async def cancel_payment(*, payment: str, key: str) -> Payment:
    """Give a payment up. Raises `StripeRefused` (`payment_intent_unexpected_state`) when it has succeeded or is canceled."""
    async with answers() as stripe:
        intent = await stripe.v1.payment_intents.cancel_async(
            payment, {"cancellation_reason": "abandoned"}, {"idempotency_key": key}
        )
    return _payment(intent)


async def fetch_charge(*, charge: str) -> Charge:
    """The charge with its fee and the day its money becomes available, when Stripe knows them already."""
    async with answers() as stripe:
        return _charge(await stripe.v1.charges.retrieve_async(charge, {"expand": ["balance_transaction"]}))


async def find_payments(*, customer: str) -> tuple[Payment, ...]:
    """The payments of a customer, newest first, a hundred at most; to look up what an unanswered call left behind."""
    async with answers() as stripe:
        page = await stripe.v1.payment_intents.list_async({"customer": customer, "limit": 100})
    return tuple(_payment(intent) for intent in page.data)


def _payment(intent: PaymentIntent) -> Payment:
    error = intent.last_payment_error
    return Payment(
        id=intent.id,
        client_secret=intent.client_secret or "",
        status=intent.status,
        amount=to_money(intent.amount, intent.currency),
        received=to_money(intent.amount_received or 0, intent.currency),
        order_id=metadata_of(intent).get("order_id"),
        customer=maybe_id(intent.customer),
        payment_method=maybe_id(intent.payment_method),
        charge=maybe_id(intent.latest_charge),
        failure_code=None if error is None else error.code,
        failure_decline_code=None if error is None else getattr(error, "decline_code", None),
        created=to_time(intent.created),
    )


def _charge(charge: StripeCharge) -> Charge:
    entry = charge.balance_transaction
    known = None if entry is None or isinstance(entry, str) else entry
    card = getattr(charge.payment_method_details, "card", None)
    return Charge(
        id=charge.id,
        payment=maybe_id(charge.payment_intent),
        amount=to_money(charge.amount, charge.currency),
        refunded=to_money(charge.amount_refunded, charge.currency),
        status=charge.status,
        paid=charge.paid,
        disputed=charge.disputed,
        balance_transaction=maybe_id(entry),
        fee=None if known is None else to_money(known.fee, known.currency),
        net=None if known is None else to_money(known.net, known.currency),
        available_on=None if known is None else to_time(known.available_on),
        card_brand=None if card is None else card.brand,
        card_last4=None if card is None else card.last4,
        card_fingerprint=None if card is None or not charge.livemode else card.fingerprint,
        created=to_time(charge.created),
    )
