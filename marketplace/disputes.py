"""Disputes: what a buyer's bank says of an order's charge, folded in any order, and the evidence that we hand in.

While the bank has taken the money no refund is possible; who is paid what of it is decided by the books (docs/money.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID, uuid4

import msgspec
import structlog
from piccolo.columns import Column
from piccolo.custom_types import Combinable

from foundation import audit, clock, outbox, stripe_gateway
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, WrongState
from foundation.i18n import _
from foundation.money import Money
from foundation.stripe_gateway import StripeRefused
from foundation.tables import Role
from foundation.vendor import OutcomeUnknown, VendorBusy
from marketplace.brands import brands_of
from marketplace.dispute_rules import CLOSED, newer
from marketplace.dispute_tables import Dispute, DisputeAnswer
from marketplace.events import DisputeMoved
from marketplace.tables import Order, OrderLine, Payment

FIELDS: Final = (
    "product_description",
    "customer_name",
    "customer_email_address",
    "shipping_address",
    "shipping_carrier",
    "shipping_tracking_number",
    "shipping_date",
    "service_date",
    "refund_policy_disclosure",
    "uncategorized_text",
)
"""Stripe's names of the evidence that we send; the last one is our own account of what happened."""

MOST: Final = 20_000
"""Stripe takes so many signs of each field."""

log = structlog.get_logger()


class DisputeClosed(WrongState):
    """The bank has decided, or its time for evidence is over."""

    code = "dispute_closed"
    message = _("The bank no longer takes evidence for this dispute.")


class EvidenceSent(WrongState):
    """The bank reads evidence once."""

    code = "evidence_sent"
    message = _("Evidence was already handed in. The bank reads it once.")


class EvidenceMissing(InvalidField):
    """Something must be said."""

    code = "evidence_missing"
    message = _("Please write what happened; the bank decides by this.")
    field = "uncategorized_text"


class EvidenceWaits(WrongState):
    """Stripe did not answer; what was written is kept and sent again by a job."""

    code = "evidence_waits"
    status = 503
    message = _("The payment service does not answer right now. Your evidence is kept and is sent as soon as it does.")


async def settle_dispute(*, stripe_dispute_id: str) -> None:
    """Look at a dispute at Stripe and fold what it is now; any number of times, in any order."""
    found = await stripe_gateway.fetch_dispute(dispute=stripe_dispute_id)
    async with DB.transaction():
        order_id = await _order_of(found)
        if order_id is None:
            log.warning("dispute.not_ours", stripe_dispute=found.id)  # reconciliation lists its movements
            return
        await Order.select(Order.id).where(Order.id == order_id).lock_rows("UPDATE")
        before = await Dispute.objects().where(Dispute.stripe_dispute_id == found.id).first()
        dispute = before or _opened(order_id, found)
        if before is None:
            await dispute.save()
        elif not await _changed(dispute, found):
            return
        await audit.record(
            by=None,
            action="dispute.moved",
            kind="order",
            id=order_id,
            dispute=dispute.id,
            status=found.status,
            reason=found.reason,
        )
        await outbox.publish(DisputeMoved(dispute_id=dispute.id))


async def answer(*, dispute_id: UUID, evidence: Mapping[str, str], by: Principal, finance: bool = False) -> None:
    """Hand in evidence, once: for a brand whose lines are in the order, or as `finance`.

    The answer and its key are written before Stripe is asked; what got no answer is sent again by a job with the same key. Raises
    `NotFound`, `DisputeClosed`, `EvidenceSent`, `EvidenceMissing`, `EvidenceWaits`.
    """
    said = {name: evidence[name].strip()[:MOST] for name in FIELDS if evidence.get(name, "").strip()}
    if "uncategorized_text" not in said:
        raise EvidenceMissing
    async with DB.transaction():
        dispute = await dispute_for(dispute_id=dispute_id, by=by, finance=finance)
        await Dispute.select(Dispute.id).where(Dispute.id == dispute_id).lock_rows("UPDATE")
        if dispute.status in CLOSED or (dispute.evidence_due and dispute.evidence_due <= clock.now()):
            raise DisputeClosed
        if await DisputeAnswer.exists().where((DisputeAnswer.dispute == dispute_id) & (DisputeAnswer.error_code == "")):
            raise EvidenceSent
        written = DisputeAnswer(
            id=uuid4(),
            dispute=dispute_id,
            evidence=msgspec.json.encode(said).decode(),
            idempotency_key=f"evidence:{uuid4()}",
            answered_by=by.id,
            created_at=clock.now(),
        )
        await written.save()
        await audit.record(by=by, action="dispute.answered", kind="order", id=dispute.order, dispute=dispute_id, fields=[*said])
    try:
        await hand_in(answer_id=written.id)
    except (OutcomeUnknown, VendorBusy) as silence:
        raise EvidenceWaits from silence


async def hand_in(*, answer_id: UUID) -> None:
    """Send written evidence to Stripe; the key makes a second time harmless. Raises `OutcomeUnknown`, `VendorBusy`, `DisputeClosed`."""
    written = await DisputeAnswer.objects().where(DisputeAnswer.id == answer_id).first()
    if written is None:
        raise NotFound
    if written.sent_at is not None or written.error_code:
        return
    dispute = await Dispute.objects().where(Dispute.id == written.dispute).first()
    assert dispute is not None  # noqa: S101  # a foreign key
    try:
        await stripe_gateway.answer_dispute(
            dispute=dispute.stripe_dispute_id,
            evidence=msgspec.json.decode(written.evidence, type=dict[str, str]),
            key=written.idempotency_key,
        )
    except StripeRefused as refusal:
        await DisputeAnswer.update({DisputeAnswer.error_code: refusal.code[:80]}).where(DisputeAnswer.id == answer_id)
        raise DisputeClosed from refusal
    await DisputeAnswer.update({DisputeAnswer.sent_at: clock.now()}).where(DisputeAnswer.id == answer_id)
    await settle_dispute(stripe_dispute_id=dispute.stripe_dispute_id)


async def dispute_for(*, dispute_id: UUID, by: Principal, finance: bool = False) -> Dispute:
    """A dispute that the person may see: a brand those of orders with its lines, as `finance` all. Raises `NotFound`."""
    dispute = await Dispute.objects().where(Dispute.id == dispute_id).first()
    if dispute is None or not ((finance and _is_finance(by)) or await _sells(dispute.order, by)):
        raise NotFound
    return dispute


async def answer_of(*, dispute_id: UUID) -> DisputeAnswer | None:
    """The evidence that was handed in, if any; what Stripe refused does not count."""
    return (
        await DisputeAnswer.objects()
        .where((DisputeAnswer.dispute == dispute_id) & (DisputeAnswer.error_code == ""))
        .order_by(DisputeAnswer.created_at, ascending=False)
        .first()
    )


async def unsettled(*, limit: int = 200) -> tuple[list[str], list[UUID]]:
    """Stripe's ids of disputes that are open, and evidence that was not sent: for the sweeper, as news may be lost."""
    rows = await Dispute.select(Dispute.stripe_dispute_id).where(Dispute.status.not_in(list(CLOSED))).limit(limit)
    waiting = (
        await DisputeAnswer.select(DisputeAnswer.id)
        .where(DisputeAnswer.sent_at.is_null() & (DisputeAnswer.error_code == ""))
        .limit(limit)
    )
    return [row["stripe_dispute_id"] for row in rows], [row["id"] for row in waiting]


async def money_is_away(*, order_id: UUID) -> bool:
    """The bank holds the money of the order, or has kept it: then nothing can be refunded."""
    return await Dispute.exists().where((Dispute.order == order_id) & (Dispute.withdrawn_minor > Dispute.reinstated_minor))


async def _order_of(found: stripe_gateway.Dispute) -> UUID | None:
    known: Combinable = Payment.charge_id == found.charge
    if found.payment is not None:
        known = known | (Payment.intent_id == found.payment)
    row = await Payment.select(Payment.order).where(known).first()
    return row["order"] if row else None


def _opened(order_id: UUID, found: stripe_gateway.Dispute) -> Dispute:
    moved = _moved(found)
    return Dispute(
        id=uuid4(),
        order=order_id,
        stripe_dispute_id=found.id,
        charge_id=found.charge,
        status=found.status,
        reason=found.reason[:60],
        amount_minor=found.amount.minor,
        currency=found.amount.currency,
        evidence_due=found.evidence_due,
        opened_at=found.created,
        closed_at=clock.now() if found.status in CLOSED else None,
        withdrawn_minor=moved["withdrawn_minor"],
        fee_minor=moved["fee_minor"],
        reinstated_minor=moved["reinstated_minor"],
        fee_back_minor=moved["fee_back_minor"],
        fee_currency=_fee_currency(found),
    )


async def _changed(dispute: Dispute, found: stripe_gateway.Dispute) -> bool:
    """Write what is new of a dispute; False when nothing is. Money only grows: what was taken or given back stays so."""
    status = newer(dispute.status, found.status)
    moved: dict[Column | str, object] = {name: max(minor, getattr(dispute, name)) for name, minor in _moved(found).items()}
    closed_at = (dispute.closed_at or clock.now()) if status in CLOSED else None
    values: dict[Column | str, object] = {
        "status": status,
        "evidence_due": found.evidence_due,
        "closed_at": closed_at,
        "fee_currency": _fee_currency(found) or dispute.fee_currency,
        **moved,
    }
    if all(getattr(dispute, str(name)) == value for name, value in values.items()):
        return False
    await Dispute.update(values).where(Dispute.id == dispute.id)
    return True


def _moved(found: stripe_gateway.Dispute) -> dict[str, int]:
    """What the bank has taken and given back, in the currency of the dispute, and Stripe's fee of each, in that of the movements.

    A movement that Stripe settles in another currency takes, or gives, the whole amount of the dispute.
    """
    taken, given = (
        [one for one in found.movements if one.amount.minor < 0],
        [one for one in found.movements if one.amount.minor > 0],
    )
    return {
        "withdrawn_minor": -sum(_in_its_currency(one.amount, found.amount) for one in taken),
        "fee_minor": sum(one.fee.minor for one in taken),
        "reinstated_minor": sum(_in_its_currency(one.amount, found.amount) for one in given),
        "fee_back_minor": -sum(one.fee.minor for one in given),
    }


def _in_its_currency(moved: Money, disputed: Money) -> int:
    if moved.currency == disputed.currency:
        return moved.minor
    return disputed.minor if moved.minor > 0 else -disputed.minor


def _fee_currency(found: stripe_gateway.Dispute) -> str:
    """The currency of the fees; empty while nothing has moved."""
    return found.movements[0].fee.currency if found.movements else ""


def _is_finance(by: Principal) -> bool:
    return by.has(Role.FINANCE_MAKER) or by.has(Role.FINANCE_CHECKER) or by.has(Role.ADMINISTRATOR)


async def _sells(order_id: UUID, by: Principal) -> bool:
    mine = [brand.id for brand in await brands_of(by=by)]
    return bool(mine) and await OrderLine.exists().where((OrderLine.order == order_id) & OrderLine.brand.is_in(mine))
