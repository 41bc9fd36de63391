"""Refunds to shoppers. They take from the platform's balance and never touch transfers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from foundation.money import Money
from foundation.stripe_gateway.connection import answers, maybe_id, metadata_of, to_money, to_stripe, to_time

if TYPE_CHECKING:
    from stripe import Refund as StripeRefund


@dataclass(frozen=True, kw_only=True)
class Refund:
    """Money on its way back. `status`: pending, requires_action, succeeded, failed or canceled.

    A refund that succeeded can fail days later; the money is then back by `failure_balance_transaction`.
    """

    id: str
    payment: str | None
    charge: str | None
    amount: Money
    status: str
    pending_reason: str | None
    failure_reason: str | None
    balance_transaction: str | None
    failure_balance_transaction: str | None
    metadata: Mapping[str, str]
    created: datetime


async def refund(*, payment: str, amount: Money, key: str, metadata: Mapping[str, str]) -> Refund:
    """Give back `amount` of a payment. Raises `StripeRefused` (`charge_already_refunded`, amount too large, ...)."""
    async with answers() as stripe:
        made = await stripe.v1.refunds.create_async(
            {
                "payment_intent": payment,
                "amount": to_stripe(amount),
                "reason": "requested_by_customer",
                "metadata": dict(metadata),
            },
            {"idempotency_key": key},
        )
    return _refund(made)


async def fetch_refund(*, refund: str) -> Refund:
    """The refund as it is now."""
    async with answers() as stripe:
        return _refund(await stripe.v1.refunds.retrieve_async(refund))


async def find_refunds(*, payment: str) -> tuple[Refund, ...]:
    """The refunds of a payment, newest first, a hundred at most; to look up what an unanswered call left behind."""
    async with answers() as stripe:
        page = await stripe.v1.refunds.list_async({"payment_intent": payment, "limit": 100})
    return tuple(_refund(found) for found in page.data)


def _refund(made: StripeRefund) -> Refund:
    return Refund(
        id=made.id,
        payment=maybe_id(made.payment_intent),
        charge=maybe_id(made.charge),
        amount=to_money(made.amount, made.currency),
        status=made.status or "pending",
        pending_reason=getattr(made, "pending_reason", None),
        failure_reason=getattr(made, "failure_reason", None),
        balance_transaction=maybe_id(made.balance_transaction),
        failure_balance_transaction=maybe_id(getattr(made, "failure_balance_transaction", None)),
        metadata=metadata_of(made),
        created=to_time(made.created),
    )
