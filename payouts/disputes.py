"""Disputes in the books: the money that a bank takes, the shares that wait, and who bears it in the end (docs/money.md)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from foundation import clock
from foundation.database import DB
from foundation.each import each
from foundation.errors import NotFound
from foundation.money import Money
from marketplace import disputes
from marketplace.dispute_rules import CLOSED
from marketplace.dispute_tables import Dispute
from marketplace.tables import Order, Refund
from payouts import chart, clawbacks, earnings, forgiven, freezes, ledger, purses, tiers
from payouts.chart import Account, Code
from payouts.freeze_tables import DisputeShare
from payouts.ledger import Entry, Line, Source, credit, debit
from payouts.parts import given_back, spread
from payouts.tables import Commission, CommissionStatus

DISPUTE_FEES = Account(Code.DISPUTE_FEES)
BAD_DEBT = Account(Code.BAD_DEBT)
RECHARGED = Account(Code.RECHARGED)


async def fold(*, dispute_id: UUID) -> None:
    """Bring the books to where a dispute stands now; any number of times, in any order with the order's other news.

    Money taken: D1, and the shares are held (D1h). Won: D2w, and they are free again (D1u). Lost: they go back as with a refund (D2l),
    and the seller bears the bank's fee (D3). Won after all on appeal: all of that the other way (D2x). Raises `NotFound`.
    """
    found = await Dispute.select(Dispute.order).where(Dispute.id == dispute_id).first()
    if found is None:
        raise NotFound
    await earnings.credit_sale(order_id=found["order"])
    for refund in await Refund.select(Refund.id).where(Refund.order == found["order"]).order_by(Refund.created_at):
        await clawbacks.claw_back(refund_id=refund["id"])  # what is left of the order decides how much a lost dispute can take
    async with DB.transaction():
        order = await Order.objects().where(Order.id == found["order"]).lock_rows("UPDATE").first()
        dispute = await Dispute.objects().where(Dispute.id == dispute_id).first()
        if order is None or dispute is None:
            raise NotFound
        await _fold(order, dispute)


async def catch_up() -> None:
    """Look at disputes of which the mirror knows more than we do: their notices were lost. For the scheduler."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select distinct m.source_id from mirror_transaction m left join dispute d on d.stripe_dispute_id = m.source_id
            where (m.category = 'dispute' and coalesce(d.withdrawn_minor, 0) = 0)
               or (m.category = 'dispute_reversal' and coalesce(d.reinstated_minor, 0) = 0)
            limit 200
            """
        )
    await each(rows, lambda row: disputes.settle_dispute(stripe_dispute_id=row["source_id"]))


async def _fold(order: Order, dispute: Dispute) -> None:
    await purses.lock(earnings.owners_of(await Commission.objects().where(Commission.order == order.id)))
    rows = await clawbacks.rows_of(order.id)
    key = f"dispute:{dispute.id}"
    done = await ledger.booked(key, f"{key}:won", f"{key}:lost", f"{key}:unlost")
    given = dispute.reinstated_minor > 0
    take = dispute.withdrawn_minor > 0 and key not in done
    give = given and f"{key}:won" not in done
    lose = dispute.status == "lost" and dispute.withdrawn_minor > 0 and not given and f"{key}:lost" not in done
    unlose = given and f"{key}:lost" in done and f"{key}:unlost" not in done
    over = dispute.status in CLOSED and await freezes.frozen_for(dispute.id)
    if not (take or give or lose or unlose or over):
        return
    drawer = purses.Drawer()
    entries = await freezes.thaw(rows, drawer)
    if take:
        entries.append(_taken(order, dispute))
    if give:
        entries.append(_given(order, dispute))
    if lose:
        entries += await _lost(order, dispute, rows, drawer)
    if unlose:
        entries += await _unlost(order, dispute, rows, drawer)
    entries += await freezes.freeze_again(order.id, rows, drawer)
    if dispute.status in CLOSED and entries:
        entries += await clawbacks.netted(rows, drawer, after=entries[-1])
    await ledger.post_all(entries)
    for row in rows:
        await clawbacks.store(row)


def _taken(order: Order, dispute: Dispute) -> Entry:
    """D1: the bank has taken the money, and its fee."""
    amount, fee = Money(dispute.withdrawn_minor, dispute.currency), _fee(dispute, dispute.fee_minor)
    lines = [
        debit(_disputed(order), amount),
        debit(DISPUTE_FEES, fee),
        credit(earnings.STRIPE_AVAILABLE, amount),
        credit(earnings.STRIPE_AVAILABLE, fee),
    ]
    return _entry(f"dispute:{dispute.id}", "D1", dispute, lines)


def _given(order: Order, dispute: Dispute) -> Entry:
    """D2w: the bank gives the money back, and the fee as far as it does."""
    amount, fee = Money(dispute.reinstated_minor, dispute.currency), _fee(dispute, dispute.fee_back_minor)
    lines = [
        debit(earnings.STRIPE_AVAILABLE, amount),
        debit(earnings.STRIPE_AVAILABLE, fee),
        credit(_disputed(order), amount),
        credit(DISPUTE_FEES, fee),
    ]
    return _entry(f"dispute:{dispute.id}:won", "D2w", dispute, lines)


async def _lost(order: Order, dispute: Dispute, rows: Sequence[Commission], drawer: purses.Drawer) -> list[Entry]:
    """D2l and D3: the shares go back line by line as with a refund; what exceeds what the order has left is the house's loss."""
    amount = Money(dispute.withdrawn_minor, dispute.currency)
    by_line = spread(amount, rows)
    await _keep(dispute, by_line)
    borne = sum(by_line.values(), Money.zero(amount.currency))
    lines: list[Line] = [credit(_disputed(order), amount), debit(BAD_DEBT, amount - borne)]
    moved: list[tuple[Commission, Money]] = []
    for line, part in by_line.items():
        mine = [row for row in rows if row.order_line == line]
        lines += await _shift(mine, part, drawer, moved)
    entry = _entry(f"dispute:{dispute.id}:lost", "D2l", dispute, lines)
    entries = [entry, *await clawbacks.netted(rows, drawer, after=entry)]
    for row, base in moved:
        if row.creator and row.released_at is not None and row.status != CommissionStatus.HELD:
            entries += await tiers.moved(row, -base, drawer, after=entry)
    return [*entries, *await _recharged(dispute, rows, by_line, drawer)]


async def _unlost(order: Order, dispute: Dispute, rows: Sequence[Commission], drawer: purses.Drawer) -> list[Entry]:
    """D2x: won on appeal after it was lost: payees have their shares again, and the seller the fee."""
    taken = await DisputeShare.objects().where(DisputeShare.dispute == dispute.id).order_by(DisputeShare.order_line)
    amount = Money(dispute.withdrawn_minor, dispute.currency)
    back = Money(sum(share.amount_minor for share in taken), dispute.currency)
    lines: list[Line] = [debit(_disputed(order), amount), credit(BAD_DEBT, amount - back)]
    moved: list[tuple[Commission, Money]] = []
    for share in taken:
        mine = [row for row in rows if row.order_line == share.order_line]
        lines += await _shift(mine, -Money(share.amount_minor, dispute.currency), drawer, moved)
    entry = _entry(f"dispute:{dispute.id}:unlost", "D2x", dispute, lines)
    entries = [entry, *await forgiven.made_good(rows, drawer, undone=f"dispute:{dispute.id}:lost", after=entry)]
    entries += await clawbacks.netted(rows, drawer, after=entry)
    for row, base in moved:
        if row.creator and row.released_at is not None and row.status != CommissionStatus.HELD:
            entries += await tiers.moved(row, -base, drawer, after=entry)
    for brand_id in sorted({row.brand for row in rows}):
        entries += await _fee_back(dispute, brand_id, drawer)
    return entries


async def _keep(dispute: Dispute, by_line: dict[UUID, Money]) -> None:
    shares = [
        DisputeShare(id=uuid4(), dispute=dispute.id, order_line=line, amount_minor=part.minor)
        for line, part in by_line.items()
        if part.minor
    ]
    if shares:
        await DisputeShare.insert(*shares)


async def _shift(
    rows: Sequence[Commission], amount: Money, drawer: purses.Drawer, moved: list[tuple[Commission, Money]]
) -> list[Line]:
    """Take the shares of `amount` of one line from where they are; below zero: give them. Counts it on the commissions."""
    lines: list[Line] = []
    for row, parts in zip(rows, given_back(rows, amount), strict=True):
        clawbacks.count(row, parts)
        if amount.minor < 0 and row.status == CommissionStatus.REVERSED and row.released_at is not None:
            row.status = CommissionStatus.AVAILABLE
        lines += earnings.for_the_house(-parts)
        lines += await clawbacks.from_brand(row, parts.brand, drawer)
        lines += await clawbacks.from_creator(row, parts.commission, drawer)
        moved.append((row, parts.base))
    return lines


async def _recharged(
    dispute: Dispute, rows: Sequence[Commission], by_line: dict[UUID, Money], drawer: purses.Drawer
) -> list[Entry]:
    """D3: the sellers of the disputed lines bear the fee that the bank keeps, by their parts."""
    fee = _fee(dispute, dispute.fee_minor - dispute.fee_back_minor)
    brand_of = {row.order_line: row.brand for row in rows}
    weights: dict[UUID, int] = {}
    for line, part in by_line.items():
        weights[brand_of[line]] = weights.get(brand_of[line], 0) + part.minor
    brands = sorted(brand for brand, weight in weights.items() if weight)
    if not fee.minor or not brands:
        return []
    entries: list[Entry] = []
    for brand_id, part in zip(brands, fee.split([weights[brand] for brand in brands]), strict=True):
        purse = chart.purse("brand", brand_id)
        lines = [credit(RECHARGED, part), *await drawer.take(purse, part)]
        entries += [_fee_entry(f"dispute:{dispute.id}:fee:{brand_id}", dispute, brand_id, lines)] if part.minor else []
    return entries


async def _fee_back(dispute: Dispute, brand_id: UUID, drawer: purses.Drawer) -> list[Entry]:
    async with DB.connection() as connection:
        minor = await connection.fetchval(
            """
            select p.amount from journal j join posting p on p.journal = j.id join ledger_account a on a.id = p.account
            where j.idempotency_key = $1 and a.code = '4110'
            """,
            f"dispute:{dispute.id}:fee:{brand_id}",
        )
    if not minor:
        return []
    part, purse = _fee(dispute, minor), chart.purse("brand", brand_id)
    lines = [debit(RECHARGED, part), *await drawer.give(purse, part)]
    entry = _fee_entry(f"dispute:{dispute.id}:fee-back:{brand_id}", dispute, brand_id, lines)
    return [entry, *await drawer.net(purse, part.currency, after=entry)]


def _fee(dispute: Dispute, minor: int) -> Money:
    """A fee of Stripe, in the currency in which it settles the dispute."""
    return Money(minor, dispute.fee_currency or dispute.currency)


def _disputed(order: Order) -> Account:
    return chart.of_order(Code.DISPUTED, order.id)


def _entry(key: str, kind: str, dispute: Dispute, lines: Sequence[Line]) -> Entry:
    source = Source(kind="dispute", id=dispute.stripe_dispute_id)
    at = dispute.opened_at if kind == "D1" else _decided_at(dispute)
    return Entry(key=key, kind=kind, event_at=at, source=source, lines=ledger.folded(lines))


def _decided_at(dispute: Dispute) -> datetime:
    """A bank decides weeks after it took the money; money may come back before we hear of the decision."""
    return dispute.closed_at or clock.now()


def _fee_entry(key: str, dispute: Dispute, brand_id: UUID, lines: Sequence[Line]) -> Entry:
    source = Source(kind="brand", id=str(brand_id))
    return Entry(
        key=key,
        kind="D3",
        event_at=_decided_at(dispute),
        source=source,
        lines=ledger.folded(lines),
        memo=dispute.stripe_dispute_id,
    )
