"""Refunds in the books: the shares that go back, from whoever has them, and what happens when a refund fails (docs/money.md)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money
from marketplace.tables import Order, Refund, RefundLine, RefundStatus
from payouts import chart, commission, earnings, forgiven, freezes, ledger, purses, tiers
from payouts.chart import Code
from payouts.ledger import Entry, Line, Source, credit, debit
from payouts.parts import given_back
from payouts.tables import Commission, CommissionStatus, MirrorTransaction


async def claw_back(*, refund_id: UUID) -> None:
    """Bring the books to where a refund stands now; any number of times, in any order with the order's other news.

    Decided: R1. Succeeded: R2. Failed: what was booked is booked back (R2x, R1x). Raises `NotFound`.
    """
    order_id = await _order_of(refund_id)
    await earnings.credit_sale(order_id=order_id)
    async with DB.transaction():
        order = await Order.objects().where(Order.id == order_id).lock_rows("UPDATE").first()
        refund = await Refund.objects().where(Refund.id == refund_id).first()
        if order is None or refund is None:
            raise NotFound
        await _fold(order, refund)


async def _fold(order: Order, refund: Refund) -> None:
    lines = await RefundLine.objects().where(RefundLine.refund == refund.id).order_by(RefundLine.order_line)
    done = await ledger.booked(
        f"refunded:{refund.id}",
        f"refund-failed:{refund.id}",
        *(f"refund:{refund.id}:{line.order_line}" for line in lines),
        *(f"reinstate:{refund.id}:{line.order_line}" for line in lines),
    )
    failed = refund.status == RefundStatus.FAILED
    decided = f"refund:{refund.id}:{lines[0].order_line}" in done
    moved = refund.stripe_refund_id is not None and await _mirrored(refund.stripe_refund_id)
    await purses.lock(earnings.owners_of(await Commission.objects().where(Commission.order == order.id)))
    rows = await rows_of(order.id)
    drawer, entries = purses.Drawer(), list[Entry]()
    take_back = not decided and (moved or not failed)
    put_back = failed and (decided or take_back) and not all(f"reinstate:{refund.id}:{line.order_line}" in done for line in lines)
    entries += await freezes.thaw(rows, drawer) if take_back or put_back else []
    if take_back:
        decided = True
        for line in lines:
            entries += await _take_back(refund, line, _of(rows, line), drawer)
    paid = f"refunded:{refund.id}" in done
    if not paid and (moved or refund.status == RefundStatus.SUCCEEDED):
        paid = True
        entries.append(_paid(refund))
    if failed and paid and f"refund-failed:{refund.id}" not in done:
        entries.append(_money_back(refund))
    if failed and decided:
        for line in lines:
            if f"reinstate:{refund.id}:{line.order_line}" not in done:
                entries += await _reinstate(refund, line, _of(rows, line), drawer)
    entries += await freezes.freeze_again(order.id, rows, drawer) if take_back or put_back else []
    await ledger.post_all(entries)
    for row in rows:
        await store(row)


def _of(rows: Sequence[Commission], line: RefundLine) -> list[Commission]:
    return [row for row in rows if row.order_line == line.order_line]


async def _take_back(refund: Refund, line: RefundLine, rows: Sequence[Commission], drawer: purses.Drawer) -> list[Entry]:
    """R1 of one line: the difference between the parts before and after, from where they are now."""
    amount = Money(line.amount_minor, refund.currency)
    lines = [credit(chart.of_order(Code.REFUND_PAYABLE, refund.order), amount)]
    parts_of = given_back(rows, amount)
    for row, parts in zip(rows, parts_of, strict=True):
        lines += earnings.for_the_house(-parts)
        lines += await from_brand(row, parts.brand, drawer) + await from_creator(row, parts.commission, drawer)
        count(row, parts)
    return await _booked(f"refund:{refund.id}:{line.order_line}", "R1", refund, line, rows, parts_of, lines, drawer)


async def _reinstate(refund: Refund, line: RefundLine, rows: Sequence[Commission], drawer: purses.Drawer) -> list[Entry]:
    """R1x of one line: the parts that the line has again, to where the commission is now."""
    amount = Money(line.amount_minor, refund.currency)
    lines = [debit(chart.of_order(Code.REFUND_PAYABLE, refund.order), amount)]
    parts_of = given_back(rows, -amount)
    for row, parts in zip(rows, parts_of, strict=True):
        count(row, parts)
        if row.status == CommissionStatus.REVERSED and row.released_at is not None:
            row.status = CommissionStatus.AVAILABLE
        lines += earnings.for_the_house(-parts)
        lines += await from_brand(row, parts.brand, drawer) + await from_creator(row, parts.commission, drawer)
    return await _booked(f"reinstate:{refund.id}:{line.order_line}", "R1x", refund, line, rows, parts_of, lines, drawer)


async def from_brand(row: Commission, amount: Money, drawer: purses.Drawer) -> list[Line]:
    """Lines that take `amount` from where the brand has its part of a commission; below zero: that give it."""
    purse = chart.purse("brand", row.brand)
    return [debit(purse.pending, amount)] if row.released_at is None else await drawer.take(purse, amount)


async def from_creator(row: Commission, amount: Money, drawer: purses.Drawer) -> list[Line]:
    """Lines that take `amount` from where the creator has it; below zero: that give it."""
    if not row.creator:
        return []
    purse = chart.purse("creator", row.creator)
    if row.status == CommissionStatus.HELD:
        return [debit(purse.held, amount)]
    return [debit(purse.pending, amount)] if row.released_at is None else await drawer.take(purse, amount)


async def _booked(
    key: str,
    kind: str,
    refund: Refund,
    line: RefundLine,
    rows: Sequence[Commission],
    parts_of: Sequence[commission.Shares],
    lines: list[Line],
    drawer: purses.Drawer,
) -> list[Entry]:
    entry = Entry(
        key=key,
        kind=kind,
        event_at=_ended_at(refund) if kind == "R1x" else refund.created_at,
        source=Source(kind="refund_line", id=str(line.id)),
        lines=ledger.folded(lines),
        rule_version=rows[0].rule_version,
    )
    undone = f"refund:{refund.id}:{line.order_line}"
    entries = [entry, *(await forgiven.made_good(rows, drawer, undone=undone, after=entry) if kind == "R1x" else [])]
    entries += await netted(rows, drawer, after=entry)
    for row, parts in zip(rows, parts_of, strict=True):
        if row.creator and row.released_at is not None and row.status != CommissionStatus.HELD:
            entries += await tiers.moved(row, -parts.base, drawer, after=entry)
    return entries


async def netted(rows: Sequence[Commission], drawer: purses.Drawer, *, after: Entry) -> list[Entry]:
    """The debts of all payees of these commissions that can be paid once `after` is booked."""
    purse_of = {chart.purse("brand", row.brand): row.currency for row in rows}
    purse_of |= {chart.purse("creator", row.creator): row.currency for row in rows if row.creator}
    return [netting for purse, currency in purse_of.items() for netting in await drawer.net(purse, currency, after=after)]


def _paid(refund: Refund) -> Entry:
    amount = Money(refund.amount_minor, refund.currency)
    lines = (debit(chart.of_order(Code.REFUND_PAYABLE, refund.order), amount), credit(earnings.STRIPE_AVAILABLE, amount))
    return _refund_entry(f"refunded:{refund.id}", "R2", refund, lines)


def _money_back(refund: Refund) -> Entry:
    amount = Money(refund.amount_minor, refund.currency)
    lines = (debit(earnings.STRIPE_AVAILABLE, amount), credit(chart.of_order(Code.REFUND_PAYABLE, refund.order), amount))
    return _refund_entry(f"refund-failed:{refund.id}", "R2x", refund, lines)


def _refund_entry(key: str, kind: str, refund: Refund, lines: tuple[Line, ...]) -> Entry:
    source = Source(kind="refund", id=refund.stripe_refund_id or str(refund.id))
    return Entry(key=key, kind=kind, event_at=_ended_at(refund), source=source, lines=lines)


def _ended_at(refund: Refund) -> datetime:
    """When the money left, or came back: a refund can fail in another month than it was decided in."""
    return refund.settled_at or refund.created_at


def count(row: Commission, parts: commission.Shares) -> None:
    """Note on a commission what went back; below zero: what it has again."""
    row.reversed_minor += parts.commission.minor
    row.fee_reversed_minor += parts.fee.minor
    row.fee_vat_reversed_minor += parts.fee_vat.minor
    row.brand_reversed_minor += parts.brand.minor
    if row.status == CommissionStatus.AVAILABLE and earnings.gross_of(row) == earnings.refunded_of(row):
        row.status = CommissionStatus.REVERSED


async def store(row: Commission) -> None:
    """Keep what was counted on a commission."""
    await Commission.update(
        {
            Commission.reversed_minor: row.reversed_minor,
            Commission.fee_reversed_minor: row.fee_reversed_minor,
            Commission.fee_vat_reversed_minor: row.fee_vat_reversed_minor,
            Commission.brand_reversed_minor: row.brand_reversed_minor,
            Commission.status: row.status,
        }
    ).where(Commission.id == row.id)


async def rows_of(order_id: UUID) -> list[Commission]:
    """The commissions of an order that hold, in the order of their shares; their rows are held."""
    return (
        await Commission.objects()
        .where((Commission.order == order_id) & Commission.replaced_at.is_null())
        .order_by(Commission.order_line)
        .order_by(Commission.position)
        .lock_rows("UPDATE")
    )


async def _order_of(refund_id: UUID) -> UUID:
    row = await Refund.select(Refund.order).where(Refund.id == refund_id).first()
    if row is None:
        raise NotFound
    return UUID(str(row["order"]))


async def _mirrored(stripe_refund_id: str) -> bool:
    """Stripe has taken the money of the refund from our balance, whatever became of it."""
    return await MirrorTransaction.exists().where(
        (MirrorTransaction.source_id == stripe_refund_id) & (MirrorTransaction.category == "refund")
    )
