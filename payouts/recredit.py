"""A sale that is credited otherwise than before: the difference in the books (docs/money.md, "When the credit changes").

The commissions of the line are replaced, never edited: what is left of the old ones goes back from where it is now, the new ones
get theirs. What had been released stays released, what was pending stays pending, what is missing becomes a debt.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from creators import attribution
from creators.attribution_tables import AttributionShare
from creators.tables import AttributionDecision
from foundation import clock, outbox
from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money
from marketplace.tables import Order, OrderLine
from payouts import chart, clawbacks, commission, earnings, freezes, holds, ledger, purses, tiers
from payouts.events import CommissionReleased
from payouts.ledger import Entry, Line, Source, credit, debit
from payouts.tables import Commission, CommissionStatus


async def follow_decisions(*, order_id: UUID) -> int:
    """Bring the commissions of an order to the decisions that hold now; return how many lines changed. Any number of times.

    Nothing happens before the sale is credited: that takes the latest decisions anyway. Raises `NotFound`.
    """
    async with DB.transaction():
        order = await Order.objects().where(Order.id == order_id).lock_rows("UPDATE").first()
        if order is None:
            raise NotFound
        if not await ledger.booked(f"payment:{order_id}"):
            return 0
        latest = await attribution.latest_decisions(order_id)
        shares = await attribution.shares_of([decision.id for decision in latest.values()])
        lines = {line.id: line for line in await OrderLine.objects().where(OrderLine.order == order_id)}
        current = await _current(order_id, lock=False)
        changes = [
            (old, await earnings.commissions_of(order, lines[line_id], latest[line_id], shares.get(latest[line_id].id, [])))
            for line_id, old in current.items()
            if not _agree(old, shares.get(latest[line_id].id, []))
        ]
        await purses.lock(
            earnings.owners_of([row for rows in (*current.values(), *(new for _old, new in changes)) for row in rows])
        )
        held = await _current(order_id, lock=True)
        drawer, entries = purses.Drawer(), list[Entry]()
        entries += await freezes.thaw([row for rows in held.values() for row in rows], drawer) if changes else []
        for _seen, new in changes:
            old = held[new[0].order_line]
            entries += await _replace(order, latest[new[0].order_line], old, new, drawer)
        if changes:
            now = [row for rows in (await _current(order_id, lock=True)).values() for row in rows]
            entries += await freezes.freeze_again(order_id, now, drawer)
        await ledger.post_all(entries)
    return len(changes)


async def _current(order_id: UUID, *, lock: bool) -> dict[UUID, list[Commission]]:
    query = (
        Commission.objects()
        .where((Commission.order == order_id) & Commission.replaced_at.is_null())
        .order_by(Commission.order_line)
        .order_by(Commission.position)
    )
    rows = await (query.lock_rows("UPDATE") if lock else query)
    found: dict[UUID, list[Commission]] = {}
    for row in rows:
        found.setdefault(row.order_line, []).append(row)
    return found


def _agree(rows: Sequence[Commission], shares: Sequence[AttributionShare]) -> bool:
    """The commissions pay the same people by the same terms and shares; then there is no difference to book."""
    paid = [(row.creator, row.terms, row.share_bp) for row in rows if row.creator]
    return paid == [(share.creator, share.terms, share.share_bp) for share in shares]


async def _replace(
    order: Order, decision: AttributionDecision, old: Sequence[Commission], new: Sequence[Commission], drawer: purses.Drawer
) -> list[Entry]:
    released = any(row.released_at is not None for row in old)
    before = [earnings.left(row) for row in old]
    lines = await _taken(old, before, new, drawer)
    _refund_alike(old, new)
    if released:
        await _release(new, max(row.hold_until for row in old))
    for row in new:
        lines += earnings.for_the_house(earnings.left(row)) + await _given(row, drawer)
    entry = Entry(
        key=f"recredit:{decision.order_line}:{decision.version}",
        kind="A2",
        event_at=decision.decided_at,
        source=Source(kind="order_line", id=str(decision.order_line)),
        lines=ledger.folded(lines),
        rule_version=commission.RULE_VERSION,
        memo=order.number,
    )
    await _keep(old, new)
    if not entry.lines:
        return []
    entries = [entry, *await clawbacks.netted([*old, *new], drawer, after=entry)]
    for row, parts in zip(old, before, strict=True):
        if _paid_out_of_hold(row):
            entries += await tiers.moved(row, -parts.base, drawer, after=entry)
    for row in new:
        if _paid_out_of_hold(row):
            entries += await tiers.moved(row, earnings.left(row).base, drawer, after=entry)
    return entries


async def _taken(
    old: Sequence[Commission], before: Sequence[commission.Shares], new: Sequence[Commission], drawer: purses.Drawer
) -> list[Line]:
    """What is left of the old commissions, from where it is. The brand gives or gets only the difference of what it has already."""
    remaining = _remaining(old)
    brand_after = sum(
        (commission.shares(part, earnings.rule_of(row)).brand for row, part in _slices(new, remaining)),
        remaining.zero(remaining.currency),
    )
    purse = chart.purse("brand", old[0].brand)
    pending, released = remaining.zero(remaining.currency), remaining.zero(remaining.currency)
    lines: list[Line] = []
    for row, parts in zip(old, before, strict=True):
        lines += earnings.for_the_house(-parts) + await clawbacks.from_creator(row, parts.commission, drawer)
        if row.released_at is None:
            pending += parts.brand
        else:
            released += parts.brand
    lines.append(debit(purse.pending, pending))
    if any(row.released_at is not None for row in old):
        return [*lines, *await drawer.take(purse, released - brand_after)]
    return [*lines, credit(purse.pending, brand_after)]


def _refund_alike(old: Sequence[Commission], new: Sequence[Commission]) -> None:
    """What was refunded of the line is refunded of the new commissions; of the old ones nothing is left."""
    remaining = _remaining(old)
    for row, part in _slices(new, remaining):
        parts = commission.shares(part, earnings.rule_of(row))
        row.reversed_minor = row.amount_minor - parts.commission.minor
        row.fee_reversed_minor = row.fee_minor - parts.fee.minor
        row.fee_vat_reversed_minor = row.fee_vat_minor - parts.fee_vat.minor
        row.brand_reversed_minor = row.brand_minor - parts.brand.minor
    for row in old:
        row.reversed_minor, row.fee_reversed_minor = row.amount_minor, row.fee_minor
        row.fee_vat_reversed_minor, row.brand_reversed_minor = row.fee_vat_minor, row.brand_minor


def _remaining(rows: Sequence[Commission]) -> Money:
    parts = [earnings.gross_of(row) - earnings.refunded_of(row) for row in rows]
    return sum(parts[1:], parts[0])


def _slices(rows: Sequence[Commission], remaining: Money) -> list[tuple[Commission, Money]]:
    return list(zip(rows, remaining.split([row.share_bp for row in rows]), strict=True))


async def _release(new: Sequence[Commission], hold_until: datetime) -> None:
    banned = await holds.banned({row.creator for row in new if row.creator})
    suspected = await holds.suspected((row.order, row.creator) for row in new if row.creator)
    for row in new:
        row.hold_until, row.released_at = hold_until, clock.now()
        row.status = (
            CommissionStatus.HELD
            if row.creator in banned or (row.order, row.creator) in suspected
            else earnings.released_status(row)
        )


async def _given(row: Commission, drawer: purses.Drawer) -> list[Line]:
    """The creator's part of a new commission, to where it belongs."""
    if not row.creator:
        return []
    purse, amount = chart.purse("creator", row.creator), earnings.left(row).commission
    if row.status == CommissionStatus.HELD:
        return [credit(purse.held, amount)]
    return [credit(purse.pending, amount)] if row.released_at is None else await drawer.give(purse, amount)


def _paid_out_of_hold(row: Commission) -> bool:
    return bool(row.creator) and row.released_at is not None and row.status != CommissionStatus.HELD


async def _keep(old: Sequence[Commission], new: Sequence[Commission]) -> None:
    for row in old:
        await Commission.update(
            {
                Commission.reversed_minor: row.reversed_minor,
                Commission.fee_reversed_minor: row.fee_reversed_minor,
                Commission.fee_vat_reversed_minor: row.fee_vat_reversed_minor,
                Commission.brand_reversed_minor: row.brand_reversed_minor,
                Commission.status: CommissionStatus.REVERSED,
                Commission.replaced_at: clock.now(),
            }
        ).where(Commission.id == row.id)
    await Commission.insert(*new)
    for row in new:
        if _paid_out_of_hold(row):
            await outbox.publish(CommissionReleased(commission_id=row.id))
