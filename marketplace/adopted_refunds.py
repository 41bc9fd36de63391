"""Refunds that were made at Stripe's own pages: taken over as refunds of their orders, so that everything else follows as always."""

from __future__ import annotations

from uuid import UUID, uuid4

from piccolo.query.functions import Sum

from foundation import audit, clock, stripe_gateway
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money
from marketplace import refunds
from marketplace.credit_note_tables import CreditNoteLine
from marketplace.refunds import NothingToRefund, Reason, RefundTooLarge
from marketplace.tables import Order, OrderLine, Payment, Refund, RefundLine, RefundStatus


async def order_of(stripe_refund_id: str) -> tuple[UUID, stripe_gateway.Refund] | None:
    """The order whose payment was given back, and what Stripe says of it; None when it is none of our orders or known already.

    Raises what the gateway raises.
    """
    if await Refund.exists().where(Refund.stripe_refund_id == stripe_refund_id):
        return None
    found = await stripe_gateway.fetch_refund(refund=stripe_refund_id)
    row = await Payment.select(Payment.order).where(Payment.intent_id == (found.payment or "")).first()
    return (row["order"], found) if row else None


async def adopt(*, order_id: UUID, found: stripe_gateway.Refund, by: Principal) -> UUID:
    """Take a refund over as Stripe tells it; its id. What it gave back is spread over the lines by what is left of each, to the last cent.

    The same refund again is the same row. Raises `NotFound`, `NothingToRefund`, `RefundTooLarge` when less is left.
    """
    async with DB.transaction():
        order = await Order.objects().where(Order.id == order_id).lock_rows("UPDATE").first()
        known = await Refund.objects().where(Refund.stripe_refund_id == found.id).first()
        if order is None:
            raise NotFound
        if known is not None:
            return UUID(str(known.id))
        refund_id = await _write(order, found, by)
        await audit.record(by=by, action="refund.adopted", kind="order", id=order_id, refund=refund_id, stripe=found.id)
        await refunds.fold_refund(refund_id=refund_id, found=found)
    return refund_id


async def _write(order: Order, found: stripe_gateway.Refund, by: Principal) -> UUID:
    amounts = await _spread(order, found.amount)
    refund = Refund(
        id=uuid4(),
        order=order.id,
        status=RefundStatus.SENDING,
        amount_minor=found.amount.minor,
        currency=order.currency,
        reason=Reason.GOODWILL,
        note="",
        idempotency_key=f"adopted:{found.id}",
        stripe_refund_id=found.id,
        asked_by=by.id,
        created_at=clock.now(),
    )
    await refund.save()
    await RefundLine.insert(
        *(RefundLine(refund=refund.id, order_line=line, amount_minor=minor) for line, minor in amounts.items())
    )
    await refunds.count(order.id, amounts, sign=1)
    return UUID(str(refund.id))


async def _spread(order: Order, amount: Money) -> dict[UUID, int]:
    lines = await OrderLine.objects().where(OrderLine.order == order.id).order_by(OrderLine.id)
    lost = await _lost_in_disputes(order.id)
    left = [line.gross_minor - line.refunded_minor - lost.get(line.id, 0) for line in lines]
    if not sum(left):
        raise NothingToRefund
    if amount.currency != order.currency or amount.minor > sum(left):
        raise RefundTooLarge(left=Money(sum(left), order.currency), line_id=None)
    return {line.id: part.minor for line, part in zip(lines, amount.split(left), strict=True) if part.minor}


async def _lost_in_disputes(order_id: UUID) -> dict[UUID, int]:
    """What lost disputes have taken of each line, as its credit notes say: a bank may take a part of a charge, and Stripe give back the rest."""
    rows = (
        await CreditNoteLine.select(CreditNoteLine.order_line, Sum(CreditNoteLine.gross_minor, alias="gross"))
        .where((CreditNoteLine.order_line.order == order_id) & CreditNoteLine.note.dispute.is_not_null())
        .group_by(CreditNoteLine.order_line)
    )
    return {row["order_line"]: int(row["gross"]) for row in rows}
