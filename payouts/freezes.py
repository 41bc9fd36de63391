"""The shares of a disputed order: held while the bank decides, so that nobody is paid what may have to go back (docs/money.md).

Whoever moves the shares of an order thaws them first and freezes what is left again, in one transaction: then no rule has to know
of the freeze, and the news of refunds, credits and disputes may come in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from foundation import clock
from foundation.money import Money
from marketplace.dispute_rules import CLOSED
from marketplace.dispute_tables import Dispute
from payouts import chart, ledger, purses
from payouts.freeze_tables import CommissionFreeze
from payouts.ledger import Entry, Line, Source, credit, debit
from payouts.parts import given_back, spread
from payouts.tables import Commission, CommissionStatus


async def thaw(rows: Sequence[Commission], drawer: purses.Drawer) -> list[Entry]:
    """D1u: what is frozen of these commissions goes back to pending or available. Its payees are locked; the rows are the order's."""
    active = await _active([row.id for row in rows])
    by_id = {row.id: row for row in rows}
    entries: list[Entry] = []
    for freeze in active:
        row = by_id[freeze.commission]
        lines = [
            *await _back(chart.purse("brand", row.brand), Money(freeze.brand_minor, row.currency), row, drawer),
            *(await _back(chart.purse("creator", row.creator), Money(freeze.creator_minor, row.currency), row, drawer)
              if row.creator else []),
        ]  # fmt: skip
        entries += _entry(f"thaw:{freeze.id}", "D1u", freeze, lines)
        await CommissionFreeze.update({CommissionFreeze.ended_at: clock.now()}).where(CommissionFreeze.id == freeze.id)
    return entries


async def freeze_again(order_id: UUID, rows: Sequence[Commission], drawer: purses.Drawer) -> list[Entry]:
    """D1h: hold the shares of what open disputes have taken from the order, as far as they are still there."""
    entries: list[Entry] = []
    for dispute in await Dispute.objects().where(Dispute.order == order_id).order_by(Dispute.opened_at):
        if dispute.status not in CLOSED and dispute.withdrawn_minor > dispute.reinstated_minor:
            entries += await _freeze(dispute, rows, drawer)
    return entries


async def frozen_for(dispute_id: UUID) -> bool:
    """Whether shares still wait for this dispute."""
    return await CommissionFreeze.exists().where((CommissionFreeze.dispute == dispute_id) & CommissionFreeze.ended_at.is_null())


async def _freeze(dispute: Dispute, rows: Sequence[Commission], drawer: purses.Drawer) -> list[Entry]:
    amount = Money(dispute.withdrawn_minor, dispute.currency)
    entries: list[Entry] = []
    for line, part in spread(amount, rows).items():
        mine = [row for row in rows if row.order_line == line]
        for row, parts in zip(mine, given_back(mine, part), strict=True):
            brand_lines, brand = await _hold(chart.purse("brand", row.brand), parts.brand, row, drawer)
            creator_lines, creator = list[Line](), Money.zero(row.currency)
            if row.creator and row.status != CommissionStatus.HELD:  # a banned creator's share is held already
                creator_lines, creator = await _hold(chart.purse("creator", row.creator), parts.commission, row, drawer)
            freeze = CommissionFreeze(
                id=uuid4(),
                commission=row.id,
                dispute=dispute.id,
                brand_minor=brand.minor,
                creator_minor=creator.minor,
                since=clock.now(),
            )
            await freeze.save()
            entries += _entry(f"freeze:{freeze.id}", "D1h", freeze, [*brand_lines, *creator_lines])
    return entries


async def _hold(purse: chart.Purse, amount: Money, row: Commission, drawer: purses.Drawer) -> tuple[list[Line], Money]:
    """From pending all of it; from available what is there: what was paid out cannot be held."""
    if amount.minor <= 0:
        return [], amount.zero(amount.currency)
    if row.released_at is None:
        return [debit(purse.pending, amount), credit(purse.held, amount)], amount
    there = await drawer.take_there(purse, amount)
    return [debit(purse.available, there), credit(purse.held, there)], there


async def _back(purse: chart.Purse, amount: Money, row: Commission, drawer: purses.Drawer) -> list[Line]:
    if not amount.minor:
        return []
    to = [credit(purse.pending, amount)] if row.released_at is None else await drawer.give(purse, amount)
    return [debit(purse.held, amount), *to]


async def _active(commissions: Sequence[UUID]) -> list[CommissionFreeze]:
    if not commissions:
        return []
    return (
        await CommissionFreeze.objects()
        .where(CommissionFreeze.commission.is_in(list(commissions)) & CommissionFreeze.ended_at.is_null())
        .order_by(CommissionFreeze.id)
        .lock_rows("UPDATE")
    )


def _entry(key: str, kind: str, freeze: CommissionFreeze, lines: Sequence[Line]) -> list[Entry]:
    folded = ledger.folded(lines)
    source = Source(kind="commission", id=str(freeze.commission))
    return (
        [Entry(key=key, kind=kind, event_at=freeze.since, source=source, lines=folded, memo=str(freeze.dispute))]
        if folded
        else []
    )
