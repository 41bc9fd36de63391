"""Disputes: a shopper's bank takes the money back and asks for evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from foundation.money import Money
from foundation.stripe_gateway.balances import Movement, movement_of
from foundation.stripe_gateway.connection import answers, id_of, maybe_id, to_money, to_time

if TYPE_CHECKING:
    from stripe import Dispute as StripeDispute
    from stripe.params import DisputeUpdateParamsEvidence


@dataclass(frozen=True, kw_only=True)
class Dispute:
    """A dispute of one charge. `amount` may differ from the charge's.

    `status`: needs_response, under_review, won, lost, prevented, warning_needs_response, warning_under_review, warning_closed.
    `movements`: none, one (money withdrawn, amounts below zero) or two (and given back). `refundable`: a refund would still end it.
    """

    id: str
    charge: str
    payment: str | None
    amount: Money
    reason: str
    status: str
    evidence_due: datetime | None
    movements: tuple[Movement, ...]
    refundable: bool
    created: datetime


async def fetch_dispute(*, dispute: str) -> Dispute:
    """The dispute as it is now."""
    async with answers() as stripe:
        return _dispute(await stripe.v1.disputes.retrieve_async(dispute))


async def find_disputes(*, payment: str) -> tuple[Dispute, ...]:
    """The disputes of a payment, newest first."""
    async with answers() as stripe:
        page = await stripe.v1.disputes.list_async({"payment_intent": payment, "limit": 100})
    return tuple(_dispute(found) for found in page.data)


async def answer_dispute(*, dispute: str, evidence: Mapping[str, str], key: str) -> Dispute:
    """Hand in evidence (Stripe's field names) and submit it to the bank, which reads it once.

    Raises `StripeRefused` when the dispute is closed or the time is over.
    """
    async with answers() as stripe:
        answered = await stripe.v1.disputes.update_async(
            dispute,
            {"evidence": cast("DisputeUpdateParamsEvidence", dict(evidence)), "submit": True},
            {"idempotency_key": key},
        )
    return _dispute(answered)


async def close_dispute(*, dispute: str, key: str) -> Dispute:
    """Give a dispute up: it is lost for good. Raises `StripeRefused` when it is closed already."""
    async with answers() as stripe:
        return _dispute(await stripe.v1.disputes.close_async(dispute, None, {"idempotency_key": key}))


def _dispute(found: StripeDispute) -> Dispute:
    due = found.evidence_details.due_by
    return Dispute(
        id=found.id,
        charge=id_of(found.charge),
        payment=maybe_id(found.payment_intent),
        amount=to_money(found.amount, found.currency),
        reason=found.reason,
        status=found.status,
        evidence_due=None if due is None else to_time(due),
        movements=tuple(movement_of(entry) for entry in found.balance_transactions),
        refundable=bool(found.is_charge_refundable),
        created=to_time(found.created),
    )
