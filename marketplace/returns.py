"""Units that do not stay with their buyer: withdrawal (EU 2023/2673), returns, and what a seller refuses to send.

What has not left the seller is refunded at once. What has left is refunded when the seller has it back; a withdrawal cannot be declined.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from foundation import audit, clock, outbox
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, WrongState
from foundation.i18n import _
from marketplace import refunds
from marketplace.brands import brand_of
from marketplace.events import ReturnAnswered, ReturnAsked, WithdrawalRefused
from marketplace.refunds import OrderDisputed, Reason
from marketplace.returns_tables import ReturnKind, ReturnLine, ReturnRequest, ReturnStatus
from marketplace.shipping import parcels_of
from marketplace.tables import LineKind, Order, OrderLine, OrderStatus
from marketplace.units import Units, part_of, units_of
from marketplace.withdrawal_rules import may_withdraw, withdraw_until

WHY: Final = {
    Reason.RETURNED: _("I do not want it"),
    Reason.DAMAGED: _("It is damaged or wrong"),
    Reason.NOT_DELIVERED: _("It has not arrived"),
}
"""The reasons that a buyer may give for a return."""


class PeriodOver(WrongState):
    """The 14 days are over."""

    code = "withdrawal_over"
    message = _("The 14 days for a withdrawal are over. You can still ask the seller for a return.")


class NothingToReturn(InvalidField):
    """No units were chosen, or more than there are; data: `left`."""

    code = "nothing_to_return"
    message = _("Please choose what goes back: at most %(left)s of this.")
    field = "lines"


class ReasonNeeded(InvalidField):
    """A refusal is explained to the buyer."""

    code = "reason_needed"
    message = _("Please tell the buyer why.")
    field = "answer"


async def withdraw(*, order_id: UUID, lines: Mapping[UUID, int] | None, name: str, by: Principal | None) -> list[UUID]:
    """The buyer withdraws from all of an order (None) or some units of its lines; returns one request a brand.

    The caller has made sure that it is the buyer who speaks. Raises `NotFound`, `NothingToReturn`, `PeriodOver`.
    """
    async with DB.transaction():
        order, units = await _locked(order_id)
        wanted = _wanted(units, lines)
        now = clock.now()
        for brand_id in {units[line].brand_id for line in wanted}:
            if not may_withdraw(now, await _until(order_id, brand_id, units)):
                raise PeriodOver
        return [
            await _write(order, units, some, kind=ReturnKind.WITHDRAWAL, reason=Reason.WITHDRAWAL, name=name, note="", by=by)
            for some in _by_brand(units, wanted)
        ]


async def ask_return(*, order_id: UUID, lines: Mapping[UUID, int], reason: Reason, note: str, by: Principal | None) -> list[UUID]:
    """The buyer asks to give units back after all; the seller decides. Raises `NotFound`, `NothingToReturn`."""
    async with DB.transaction():
        order, units = await _locked(order_id)
        return [
            await _write(order, units, some, kind=ReturnKind.RETURN, reason=reason, name="", note=note, by=by)
            for some in _by_brand(units, _wanted(units, lines))
        ]


async def refuse(
    *, number: str, lines: Mapping[UUID, int] | None, note: str, by: Principal, brand_id: UUID | None = None
) -> UUID:
    """The seller cannot send what has not left yet: it is refunded at once, with a word to the buyer.

    Raises `NotFound`, `NothingToReturn`, `ReasonNeeded`.
    """
    brand = await brand_of(by=by, brand_id=brand_id)
    if not note.strip():
        raise ReasonNeeded
    async with DB.transaction():
        found = await Order.select(Order.id).where(Order.number == number).first()
        if found is None:
            raise NotFound
        order, units = await _locked(found["id"])
        own = {line: one for line, one in units.items() if one.brand_id == brand.id}
        if not own:
            raise NotFound
        wanted = {line: one.to_send for line, one in own.items() if one.to_send} if lines is None else dict(lines)
        for line, count in wanted.items():
            if line not in own:
                raise NotFound
            if count > own[line].to_send:
                raise NothingToReturn(left=own[line].to_send)
        wanted = {line: count for line, count in wanted.items() if count}
        if not wanted:
            raise NothingToReturn(left=0)
        return await _write(order, own, wanted, kind=ReturnKind.REFUSAL, reason=Reason.REFUSED, name="", note=note.strip(), by=by)


async def accept(*, request_id: UUID, answer: str, by: Principal) -> None:
    """The seller agrees to a return: the buyer may send it. Raises `NotFound`, `WrongState`."""
    await _answered(request_id, ReturnStatus.ACCEPTED, answer.strip(), by)


async def decline(*, request_id: UUID, answer: str, by: Principal) -> None:
    """The seller does not agree, and says why; a withdrawal cannot be declined. Raises `NotFound`, `WrongState`, `ReasonNeeded`."""
    if not answer.strip():
        raise ReasonNeeded
    await _answered(request_id, ReturnStatus.DECLINED, answer.strip(), by)


async def received(*, request_id: UUID, by: Principal) -> UUID | None:
    """The seller has the goods back: their money leaves. Returns the refund, None when nothing is left to give. Raises `NotFound`, `WrongState`, refusals of refunds."""
    async with DB.transaction():
        request = await _of_brand(request_id, by)
        if request.status != ReturnStatus.ACCEPTED:
            raise WrongState
        return await _give_back(request, by)


async def could_not(*, order_id: UUID) -> None:
    """Note that somebody tried to withdraw without an account when nothing could go back any more: they hear it by mail."""
    async with DB.transaction():
        await audit.record(by=None, action="order.withdrawal_refused", kind="order", id=order_id)
        await outbox.publish(WithdrawalRefused(order_id=order_id))


async def _locked(order_id: UUID) -> tuple[Order, dict[UUID, Units]]:
    order = await Order.objects().where(Order.id == order_id).lock_rows("UPDATE").first()
    if order is None or order.status not in {OrderStatus.PAID, OrderStatus.REFUNDED}:
        raise NotFound
    return order, (await units_of(order_id))[order_id]


def _wanted(units: Mapping[UUID, Units], lines: Mapping[UUID, int] | None) -> dict[UUID, int]:
    if lines is None:
        lines = {line: one.to_return for line, one in units.items()}
    wanted = {line: count for line, count in lines.items() if count}
    for line, count in wanted.items():
        if line not in units:
            raise NotFound
        if not 0 < count <= units[line].to_return:
            raise NothingToReturn(left=units[line].to_return)
    if not wanted:
        raise NothingToReturn(left=0)
    return wanted


def _by_brand(units: Mapping[UUID, Units], wanted: Mapping[UUID, int]) -> list[dict[UUID, int]]:
    brands = sorted({units[line].brand_id for line in wanted})
    return [{line: count for line, count in wanted.items() if units[line].brand_id == brand} for brand in brands]


async def _until(order_id: UUID, brand_id: UUID, units: Mapping[UUID, Units]) -> datetime | None:
    parcels = (await parcels_of([order_id], brand_id))[order_id]
    all_sent = not any(one.to_send for one in units.values() if one.brand_id == brand_id)
    return withdraw_until([(parcel.shipped_at, parcel.delivered_at) for parcel in parcels], all_sent=all_sent)


async def _write(
    order: Order,
    units: Mapping[UUID, Units],
    wanted: Mapping[UUID, int],
    *,
    kind: ReturnKind,
    reason: Reason,
    name: str,
    note: str,
    by: Principal | None,
) -> UUID:
    """The request with its lines; when nothing of it has left the seller its money goes back at once."""
    unsent = {line: min(count, units[line].to_send) for line, count in wanted.items()}
    request = ReturnRequest(
        id=uuid4(),
        order=order.id,
        brand=units[next(iter(wanted))].brand_id,
        kind=kind,
        status=ReturnStatus.ASKED if kind == ReturnKind.RETURN else ReturnStatus.ACCEPTED,
        reason=reason,
        note=note,
        declared_name=name,
        asked_at=clock.now(),
        asked_by=by.id if by else None,
    )
    await request.save()
    await ReturnLine.insert(
        *(ReturnLine(request=request.id, order_line=line, quantity=count, unsent=unsent[line]) for line, count in wanted.items())
    )
    await audit.record(by=by, action=f"order.{kind}", kind="order", id=order.id, request=request.id, units=sum(wanted.values()))
    await outbox.publish(ReturnAsked(request_id=request.id))
    if unsent == dict(wanted):
        with suppress(OrderDisputed):  # the buyer's bank has the money: what was declared stands, and waits for its decision
            await _give_back(request, None if kind != ReturnKind.REFUSAL else by)
    return request.id


async def _give_back(request: ReturnRequest, by: Principal | None) -> UUID | None:
    """Refund the units of a request, with the delivery when nothing of the brand stays with the buyer."""
    amounts = await _amounts(request)
    refund_id: UUID | None = None
    if amounts:
        reason = Reason(request.reason)
        refund_id = await refunds.ask_refund(order_id=request.order, lines=amounts, reason=reason, note=request.note, by=by)
    await ReturnRequest.update(
        {ReturnRequest.status: ReturnStatus.REFUNDED, ReturnRequest.refund: refund_id, ReturnRequest.closed_at: clock.now()}
    ).where(ReturnRequest.id == request.id)
    await outbox.publish(ReturnAnswered(request_id=request.id))
    return refund_id


async def _amounts(request: ReturnRequest) -> dict[UUID, int]:
    mine = await ReturnLine.objects().where(ReturnLine.request == request.id).order_by(ReturnLine.order_line)
    before = await _given_back_before(request)
    lines = {
        line.id: line
        for line in await OrderLine.objects().where((OrderLine.order == request.order) & (OrderLine.brand == request.brand))
    }
    amounts: dict[UUID, int] = {}
    for one in mine:
        line = lines[one.order_line]
        due = part_of(line.gross_minor, line.quantity, before.get(line.id, 0), one.quantity)
        amounts[line.id] = min(due, line.gross_minor - line.refunded_minor)
        before[line.id] = before.get(line.id, 0) + one.quantity
    goods = [line for line in lines.values() if line.kind == LineKind.GOODS]
    if request.kind != ReturnKind.RETURN and all(before.get(line.id, 0) >= line.quantity for line in goods):
        amounts |= {line.id: line.gross_minor - line.refunded_minor for line in lines.values() if line.kind == LineKind.DELIVERY}
    return {line: minor for line, minor in amounts.items() if minor > 0}


async def _given_back_before(request: ReturnRequest) -> dict[UUID, int]:
    """Units of the order whose money went back by other requests already."""
    rows = await ReturnLine.select(ReturnLine.order_line, ReturnLine.quantity).where(
        (ReturnLine.request.order == request.order)
        & (ReturnLine.request.status == ReturnStatus.REFUNDED)
        & (ReturnLine.request != request.id)
    )
    counted: dict[UUID, int] = {}
    for row in rows:
        counted[row["order_line"]] = counted.get(row["order_line"], 0) + row["quantity"]
    return counted


async def _answered(request_id: UUID, status: ReturnStatus, answer: str, by: Principal) -> None:
    async with DB.transaction():
        request = await _of_brand(request_id, by)
        if request.status != ReturnStatus.ASKED:
            raise WrongState
        await ReturnRequest.update(
            {ReturnRequest.status: status, ReturnRequest.answer: answer, ReturnRequest.answered_at: clock.now()}
        ).where(ReturnRequest.id == request_id)
        await audit.record(by=by, action=f"return.{status}", kind="order", id=request.order, request=request_id, answer=answer)
        await outbox.publish(ReturnAnswered(request_id=request_id))


async def _of_brand(request_id: UUID, by: Principal) -> ReturnRequest:
    """A request to a brand that the person acts for, locked after its order as everywhere. Raises `NotFound`."""
    found = await ReturnRequest.select(ReturnRequest.order, ReturnRequest.brand).where(ReturnRequest.id == request_id).first()
    if found is None:
        raise NotFound
    await brand_of(by=by, brand_id=found["brand"])
    await Order.select(Order.id).where(Order.id == found["order"]).lock_rows("UPDATE")
    request = await ReturnRequest.objects().where(ReturnRequest.id == request_id).lock_rows("UPDATE").first()
    if request is None:
        raise NotFound
    return request
