"""Refunds: the row and its key first, then Stripe; what got no answer is looked up before anything is sent again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

import structlog

from foundation import audit, clock, outbox, stripe_gateway
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal, WrongState
from foundation.i18n import _
from foundation.money import Money
from foundation.stripe_gateway import StripeRefused
from foundation.tables import Role
from foundation.vendor import OutcomeUnknown, VendorBusy
from marketplace import disputes
from marketplace.brands import brands_of
from marketplace.events import RefundAsked, RefundFailed, RefundSettled
from marketplace.tables import Order, OrderLine, OrderStatus, Payment, Refund, RefundLine, RefundStatus

KEY_LIFE: Final = timedelta(hours=23)
"""Stripe may forget an idempotency key after 24 hours; an older unknown refund is sent again by a person only."""

log = structlog.get_logger()


class Reason(StrEnum):
    """Why money goes back."""

    WITHDRAWAL = "withdrawal"
    RETURNED = "returned"
    DAMAGED = "damaged"
    NOT_DELIVERED = "not_delivered"
    GOODWILL = "goodwill"
    REFUSED = "refused"
    SOLD_OUT = "sold_out"


class RefundTooLarge(Refusal):
    """More than is left of what was paid; data: `left` (Money), `line_id`."""

    code = "refund_too_large"
    status = 409
    message = _("At most %(left)s of this can still be refunded.")
    field = "amount"


class NothingToRefund(Refusal):
    """Everything was refunded already, or no amount was given."""

    code = "nothing_to_refund"
    status = 409
    message = _("There is nothing left to refund here.")


class NotPaid(WrongState):
    """Only what was paid can be refunded."""

    code = "not_paid"
    message = _("This order has not been paid.")


class OrderDisputed(WrongState):
    """The buyer's bank has taken the money: giving it back once more would pay it twice."""

    code = "order_disputed"
    message = _("The buyer's bank has taken this money back in a dispute. It cannot be refunded.")


class RefundNeedsAPerson(Exception):
    """A refund without an answer whose key has grown too old to be sent again unseen."""


async def ask_refund(
    *, order_id: UUID, lines: Mapping[UUID, int] | None, reason: Reason, by: Principal | None, note: str = ""
) -> UUID:
    """Decide a refund: `lines` maps an order line to minor units, None is all that is left; return the refund's id.

    A member of a brand refunds that brand's lines and knows no others; `by=None` is the system. What is asked counts at once, so
    that two people cannot give the same money back twice: the second gets `RefundTooLarge` or `NothingToRefund`. The money is
    sent by a job. Raises also `NotFound`, `NotPaid`, `OrderDisputed`.
    """
    async with DB.transaction():
        order = await Order.objects().where(Order.id == order_id).lock_rows("UPDATE").first()
        own = await _refundable_lines(order_id, by)
        if order is None or not own:
            raise NotFound
        if order.status not in {OrderStatus.PAID, OrderStatus.REFUNDED}:
            raise NotPaid
        if await disputes.money_is_away(order_id=order_id):
            raise OrderDisputed
        amounts = _amounts(own, lines, order.currency)
        refund = await _write(order, amounts, reason, note, by)
        await count(order.id, amounts, sign=1)
        await audit.record(by=by, action="refund.asked", kind="order", id=order.id, refund=refund.id, minor=refund.amount_minor)
        await outbox.publish(RefundAsked(refund_id=refund.id))
    return refund.id


async def send_refund(*, refund_id: UUID) -> None:
    """Have Stripe send the money of a refund, once however often this is called.

    `sending` is committed before the call. Found in `sending` or `unknown` it is looked up first; not found, the same key is sent
    again while Stripe remembers it. Raises `OutcomeUnknown` and `VendorBusy` for the next try, `RefundNeedsAPerson` when that
    would be a gamble.
    """
    refund, intent_id = await _claim(refund_id)
    if refund.status not in {RefundStatus.SENDING, RefundStatus.UNKNOWN}:
        return
    if refund.attempts > 1:
        found = await _look_up(refund, intent_id)
        if found is not None:
            await fold_refund(refund_id=refund_id, found=found)
            return
        if clock.now() - refund.created_at > KEY_LIFE:
            raise RefundNeedsAPerson(str(refund_id))
    await _send(refund, intent_id)


async def settle_refund(*, stripe_refund_id: str) -> None:
    """Look at a refund at Stripe and fold what it is now; any number of times, in any order."""
    found = await stripe_gateway.fetch_refund(refund=stripe_refund_id)
    row = await Refund.objects().where(Refund.stripe_refund_id == found.id).first()
    refund_id = row.id if row else _own_id(found)
    if refund_id is None:
        log.warning("refund.not_ours", stripe_refund=found.id)  # made by hand at Stripe: reconciliation lists it
        return
    await fold_refund(refund_id=refund_id, found=found)


async def fold_refund(*, refund_id: UUID, found: stripe_gateway.Refund) -> None:
    """Fold what Stripe says of a refund. `failed` is final, also days after `succeeded`; the money is then ours again."""
    async with DB.transaction():
        refund = await _locked(refund_id)
        if refund.status == RefundStatus.FAILED:
            return
        if refund.stripe_refund_id is None:
            await Refund.update({Refund.stripe_refund_id: found.id}).where(Refund.id == refund_id)
        if found.status in {"failed", "canceled"}:
            await _fail(refund, found.failure_reason or found.status)
        elif refund.status == RefundStatus.SUCCEEDED:
            return
        elif found.status == "succeeded":
            await _succeed(refund)
        else:
            await Refund.update({Refund.status: RefundStatus.PENDING}).where(Refund.id == refund_id)


async def unfinished_refunds(*, older_than: timedelta) -> list[tuple[UUID, str | None]]:
    """Refunds without an end for that long: our id and Stripe's, for the sweeper."""
    rows = (
        await Refund.select(Refund.id, Refund.stripe_refund_id)
        .where(
            Refund.status.is_in([RefundStatus.INTENDED, RefundStatus.SENDING, RefundStatus.UNKNOWN, RefundStatus.PENDING])
            & (Refund.created_at < clock.now() - older_than)
        )
        .order_by(Refund.created_at)
        .limit(200)
    )
    return [(row["id"], row["stripe_refund_id"]) for row in rows]


async def _refundable_lines(order_id: UUID, by: Principal | None) -> list[OrderLine]:
    lines = await OrderLine.objects().where(OrderLine.order == order_id).order_by(OrderLine.id)
    if by is None or by.has(Role.ADMINISTRATOR):
        return lines
    mine = {brand.id for brand in await brands_of(by=by)}
    return [line for line in lines if line.brand in mine]


def _amounts(own: list[OrderLine], wanted: Mapping[UUID, int] | None, currency: str) -> dict[UUID, int]:
    """What goes back on each line, checked against what is left of it."""
    left = {line.id: line.gross_minor - line.refunded_minor for line in own}
    if wanted is None:
        wanted = left
    amounts = {line: minor for line, minor in wanted.items() if minor}
    for line, minor in amounts.items():
        if line not in left:
            raise NotFound
        if minor < 0 or minor > left[line]:
            raise RefundTooLarge(left=Money(left[line], currency), line_id=line)
    if not amounts:
        raise NothingToRefund
    return amounts


async def _write(order: Order, amounts: Mapping[UUID, int], reason: Reason, note: str, by: Principal | None) -> Refund:
    refund = Refund(
        id=uuid4(),
        order=order.id,
        status=RefundStatus.INTENDED,
        amount_minor=sum(amounts.values()),
        currency=order.currency,
        reason=reason,
        note=note,
        idempotency_key="",
        asked_by=by.id if by else None,
        created_at=clock.now(),
    )
    refund.idempotency_key = f"refund:{refund.id}:a1"
    await refund.save()
    await RefundLine.insert(
        *(RefundLine(refund=refund.id, order_line=line, amount_minor=minor) for line, minor in amounts.items())
    )
    return refund


async def count(order_id: UUID, amounts: Mapping[UUID, int], *, sign: int) -> None:
    """Note what goes back (or, with -1, does not) on the lines and the order, which is held."""
    for line, minor in amounts.items():
        change = sign * minor
        await OrderLine.update({OrderLine.refunded_minor: OrderLine.refunded_minor + change}).where(OrderLine.id == line)
    total = sign * sum(amounts.values())
    await Order.update({Order.refunded_minor: Order.refunded_minor + total}).where(Order.id == order_id)


async def _locked(refund_id: UUID) -> Refund:
    """The refund, locked after its order as everywhere."""
    found = await Refund.select(Refund.order).where(Refund.id == refund_id).first()
    if found is None:
        raise NotFound
    await Order.select(Order.id).where(Order.id == found["order"]).lock_rows("UPDATE")
    refund = await Refund.objects().where(Refund.id == refund_id).lock_rows("UPDATE").first()
    if refund is None:
        raise NotFound
    return refund


async def _claim(refund_id: UUID) -> tuple[Refund, str]:
    async with DB.transaction():
        refund = await _locked(refund_id)
        if refund.status in {RefundStatus.INTENDED, RefundStatus.SENDING, RefundStatus.UNKNOWN}:
            refund.attempts += 1
            refund.status = RefundStatus.SENDING
            await Refund.update({Refund.status: refund.status, Refund.attempts: refund.attempts}).where(Refund.id == refund_id)
        payment = await Payment.select(Payment.intent_id).where(Payment.order == refund.order).first()
    if payment is None or payment["intent_id"] is None:
        raise NotPaid
    return refund, payment["intent_id"]


async def _look_up(refund: Refund, intent_id: str) -> stripe_gateway.Refund | None:
    made = await stripe_gateway.find_refunds(payment=intent_id)
    return next((found for found in made if _own_id(found) == refund.id), None)


async def _send(refund: Refund, intent_id: str) -> None:
    try:
        made = await stripe_gateway.refund(
            payment=intent_id,
            amount=Money(refund.amount_minor, refund.currency),
            key=refund.idempotency_key,
            metadata={"refund_id": str(refund.id), "order_id": str(refund.order)},
        )
    except OutcomeUnknown:
        await Refund.update({Refund.status: RefundStatus.UNKNOWN}).where(
            (Refund.id == refund.id) & (Refund.status == RefundStatus.SENDING)
        )
        raise
    except VendorBusy:
        await Refund.update({Refund.status: RefundStatus.INTENDED}).where(
            (Refund.id == refund.id) & (Refund.status == RefundStatus.SENDING)
        )
        raise
    except StripeRefused as refusal:
        await _refused(refund.id, refusal.code)
        return
    await fold_refund(refund_id=refund.id, found=made)


async def _refused(refund_id: UUID, code: str) -> None:
    async with DB.transaction():
        refund = await _locked(refund_id)
        if refund.status in {RefundStatus.SENDING, RefundStatus.UNKNOWN}:
            await _fail(refund, code)


async def _succeed(refund: Refund) -> None:
    await Refund.update({Refund.status: RefundStatus.SUCCEEDED, Refund.settled_at: clock.now()}).where(Refund.id == refund.id)
    unsettled = Refund.exists().where((Refund.order == refund.order) & Refund.status.not_in(list(_ENDED)))
    if not await unsettled:
        await Order.update({Order.status: OrderStatus.REFUNDED, Order.closed_at: clock.now()}).where(
            (Order.id == refund.order) & (Order.refunded_minor == Order.total_minor)
        )
    await audit.record(by=None, action="refund.succeeded", kind="order", id=refund.order, refund=refund.id)
    await outbox.publish(RefundSettled(refund_id=refund.id))


async def _fail(refund: Refund, code: str) -> None:
    rows = await RefundLine.select(RefundLine.order_line, RefundLine.amount_minor).where(RefundLine.refund == refund.id)
    await count(refund.order, {row["order_line"]: row["amount_minor"] for row in rows}, sign=-1)
    await Order.update({Order.status: OrderStatus.PAID, Order.closed_at: None}).where(
        (Order.id == refund.order) & (Order.status == OrderStatus.REFUNDED)
    )
    await Refund.update({Refund.status: RefundStatus.FAILED, Refund.error_code: code[:80], Refund.settled_at: clock.now()}).where(
        Refund.id == refund.id
    )
    await audit.record(by=None, action="refund.failed", kind="order", id=refund.order, refund=refund.id, code=code)
    await outbox.publish(RefundFailed(refund_id=refund.id))


def _own_id(found: stripe_gateway.Refund) -> UUID | None:
    try:
        return UUID(found.metadata.get("refund_id", ""))
    except ValueError:
        return None


_ENDED: Final = (RefundStatus.SUCCEEDED, RefundStatus.FAILED)
