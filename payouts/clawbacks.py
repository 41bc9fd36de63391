"""Refunds in the books: the shares that go back, from whoever has them, and what happens when a refund fails (docs/money.md)."""

from __future__ import annotations

from uuid import UUID

from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money
from marketplace.tables import Order, Refund, RefundLine, RefundStatus
from payouts import chart, commission, earnings, ledger, purses
from payouts.chart import Code
from payouts.ledger import Entry, Line, Source, credit, debit
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
    rows = await _rows(order.id)
    drawer, entries = purses.Drawer(), list[Entry]()
    if not decided and (moved or not failed):
        decided = True
        for line in lines:
            entries += await _take_back(refund, line, rows[line.order_line], drawer)
    paid = f"refunded:{refund.id}" in done
    if not paid and (moved or refund.status == RefundStatus.SUCCEEDED):
        paid = True
        entries.append(_paid(refund))
    if failed and paid and f"refund-failed:{refund.id}" not in done:
        entries.append(_money_back(refund))
    if failed and decided:
        for line in lines:
            if f"reinstate:{refund.id}:{line.order_line}" not in done:
                entries += await _reinstate(refund, line, rows[line.order_line], drawer)
    await ledger.post_all(entries)
    for row in rows.values():
        await _store(row)


async def _take_back(refund: Refund, line: RefundLine, row: Commission, drawer: purses.Drawer) -> list[Entry]:
    """R1 of one line: the difference between the parts before and after, from where they are now."""
    amount = Money(line.amount_minor, refund.currency)
    parts = commission.refund(earnings.gross_of(row), earnings.refunded_of(row), amount, earnings.rule_of(row))
    lines = [debit(earnings.PLATFORM_FEE, parts.fee), credit(chart.of_order(Code.REFUND_PAYABLE, refund.order), amount)]
    lines += await _from_brand(row, parts.brand, drawer) + await _from_creator(row, parts.commission, drawer)
    _count(row, parts, 1)
    return await _booked(f"refund:{refund.id}:{line.order_line}", "R1", refund, line, row, lines, drawer)


async def _reinstate(refund: Refund, line: RefundLine, row: Commission, drawer: purses.Drawer) -> list[Entry]:
    """R1x of one line: the parts that the line has again, to where the commission is now."""
    amount = Money(line.amount_minor, refund.currency)
    before = earnings.refunded_of(row)
    parts = commission.refund(earnings.gross_of(row), before - amount, amount, earnings.rule_of(row))
    _count(row, parts, -1)
    if row.status == CommissionStatus.REVERSED and row.released_at is not None:
        row.status = CommissionStatus.AVAILABLE
    lines = [credit(earnings.PLATFORM_FEE, parts.fee), debit(chart.of_order(Code.REFUND_PAYABLE, refund.order), amount)]
    lines += await _from_brand(row, -parts.brand, drawer) + await _from_creator(row, -parts.commission, drawer)
    return await _booked(f"reinstate:{refund.id}:{line.order_line}", "R1x", refund, line, row, lines, drawer)


async def _from_brand(row: Commission, amount: Money, drawer: purses.Drawer) -> list[Line]:
    purse = chart.purse("brand", row.brand)
    return [debit(purse.pending, amount)] if row.released_at is None else await drawer.take(purse, amount)


async def _from_creator(row: Commission, amount: Money, drawer: purses.Drawer) -> list[Line]:
    if not row.creator:
        return []
    purse = chart.purse("creator", row.creator)
    if row.status == CommissionStatus.HELD:
        return [debit(purse.held, amount)]
    return [debit(purse.pending, amount)] if row.released_at is None else await drawer.take(purse, amount)


async def _booked(
    key: str, kind: str, refund: Refund, line: RefundLine, row: Commission, lines: list[Line], drawer: purses.Drawer
) -> list[Entry]:
    entry = Entry(
        key=key,
        kind=kind,
        event_at=refund.created_at,
        source=Source(kind="refund_line", id=str(line.id)),
        lines=ledger.folded(lines),
        rule_version=row.rule_version,
    )
    owners = [chart.purse("brand", row.brand)] + ([chart.purse("creator", row.creator)] if row.creator else [])
    return [entry] + [netting for purse in owners for netting in await drawer.net(purse, row.currency, after=entry)]


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
    return Entry(key=key, kind=kind, event_at=refund.created_at, source=source, lines=lines)


def _count(row: Commission, parts: commission.Shares, sign: int) -> None:
    row.reversed_minor += sign * parts.commission.minor
    row.fee_reversed_minor += sign * parts.fee.minor
    row.brand_reversed_minor += sign * parts.brand.minor
    if row.status == CommissionStatus.AVAILABLE and earnings.gross_of(row) == earnings.refunded_of(row):
        row.status = CommissionStatus.REVERSED


async def _store(row: Commission) -> None:
    await Commission.update(
        {
            Commission.reversed_minor: row.reversed_minor,
            Commission.fee_reversed_minor: row.fee_reversed_minor,
            Commission.brand_reversed_minor: row.brand_reversed_minor,
            Commission.status: row.status,
        }
    ).where(Commission.id == row.id)


async def _rows(order_id: UUID) -> dict[UUID, Commission]:
    found = await Commission.objects().where(Commission.order == order_id).order_by(Commission.id).lock_rows("UPDATE")
    return {row.order_line: row for row in found}


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
