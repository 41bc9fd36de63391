"""From a paid order to money that payees may have: crediting the sale, Stripe's fee, the end of the hold (docs/money.md)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from creators import attribution
from creators.attribution_tables import AttributionShare
from creators.tables import AttributionDecision, Terms
from foundation import clock, outbox
from foundation.database import DB
from foundation.errors import NotFound, WrongState
from foundation.i18n import _
from foundation.money import Money
from marketplace.tables import Order, OrderLine, OrderStatus, Payment
from payouts import chart, commission, holds, ledger, pricing, purses, tiers
from payouts.chart import Account, Code
from payouts.commission import Rule, Shares, Whole
from payouts.events import CommissionReleased
from payouts.ledger import Entry, Source, credit, debit
from payouts.tables import Commission, CommissionStatus, PayeeKind

RELEASE_BATCH = 200
_FREE = "not exists (select 1 from commission_freeze f where f.commission = commission.id and f.ended_at is null)"
STRIPE_PENDING = Account(Code.STRIPE_PENDING)
STRIPE_AVAILABLE = Account(Code.STRIPE_AVAILABLE)
STRIPE_FEES = Account(Code.STRIPE_FEES)
PLATFORM_FEE = Account(Code.PLATFORM_FEE)
VAT_PAYABLE = Account(Code.VAT_PAYABLE)


class OrderNotPaid(WrongState):
    """Only a paid order earns somebody something."""

    code = "order_not_paid"
    message = _("This order has not been paid.")


async def credit_sale(*, order_id: UUID) -> None:
    """Credit a paid order, once however often this is called: T1, attribution, commissions, T2; one transaction.

    Raises `NotFound`, `OrderNotPaid`.
    """
    async with DB.transaction():
        order = await Order.objects().where(Order.id == order_id).lock_rows("UPDATE").first()
        if order is None:
            raise NotFound
        if order.status not in {OrderStatus.PAID, OrderStatus.REFUNDED} or order.paid_at is None:
            raise OrderNotPaid
        if await ledger.booked(f"payment:{order_id}"):
            return
        decisions = {d.order_line: d for d in await attribution.attribute_order(order_id=order_id)}
        lines = await OrderLine.objects().where(OrderLine.order == order_id).order_by(OrderLine.id)
        shares = await attribution.shares_of([decision.id for decision in decisions.values()])
        made = [
            row
            for line in lines
            for row in await commissions_of(order, line, decisions[line.id], shares.get(decisions[line.id].id, []))
        ]
        await Commission.insert(*made)
        payment = await Payment.objects().where(Payment.order == order_id).first()
        charge = (payment and (payment.charge_id or payment.intent_id)) or str(order_id)
        await ledger.post_all([_payment_entry(order, charge), *(_sale_entry(order, line.id, made) for line in lines)])


async def charge_settled(*, order_id: UUID) -> None:
    """Book Stripe's fee (T1f) once it is known; any number of times, before or after the sale is credited."""
    payment = await Payment.objects().where(Payment.order == order_id).first()
    if payment is None or payment.charge_id is None or payment.fee_minor is None:
        return
    await book_fee(
        charge_id=payment.charge_id,
        fee=Money(payment.fee_minor, payment.currency),
        event_at=payment.settled_at or payment.created_at,
    )


async def book_fee(*, charge_id: str, fee: Money, event_at: datetime) -> None:
    """T1f: what Stripe kept of a charge. Booked once, whoever hears of it first."""
    key = f"fee:{charge_id}"
    if fee.minor and not await ledger.booked(key):
        lines = (debit(STRIPE_FEES, fee), credit(STRIPE_PENDING, fee))
        await ledger.post(key=key, kind="T1f", event_at=event_at, source=Source(kind="charge", id=charge_id), lines=lines)


async def release_due() -> int:
    """Make available what has been held long enough (T4), and pay debts from it; return the number of commissions.

    What is a banned creator's, or of a suspected sale, goes to held instead (T4h) and follows when that ends (T4u). Safe to run twice at once.
    """
    released = 0
    while due := await _due(
        f"status = 'pending' and hold_until <= $1 and {_FREE} order by hold_until, id limit $2", clock.now(), RELEASE_BATCH
    ):
        released += await _release_batch(due)
    return released + await _release_held()


async def _release_batch(due: Sequence[Commission]) -> int:
    now = clock.now()
    async with DB.transaction():
        await purses.lock(owners_of(due))
        rows = await _still(due, CommissionStatus.PENDING)
        kept = await _kept(rows)
        drawer, entries = purses.Drawer(), list[Entry]()
        for row in rows:
            held = row.id in kept
            entries += await _release(row, held, drawer)
            await _settle(row, CommissionStatus.HELD if held else released_status(row), now)
        await ledger.post_all(entries)
    return len(rows)


async def _release_held() -> int:
    waiting = await _due(f"status = 'held' and {_FREE} order by id")
    kept = await _kept(waiting)
    free = [row for row in waiting if row.id not in kept]
    async with DB.transaction():
        await purses.lock(owners_of(free))
        rows = await _still(free, CommissionStatus.HELD)
        drawer, entries = purses.Drawer(), list[Entry]()
        for row in rows:
            purse, amount = chart.purse("creator", row.creator), left(row).commission
            entry = _entry(
                f"unhold:{row.id}", "T4u", clock.now(), row, [debit(purse.held, amount), credit(purse.available, amount)]
            )
            if amount.minor:
                await drawer.give(purse, amount)
                entries += [entry, *await drawer.net(purse, row.currency, after=entry)]
                entries += await tiers.moved(row, left(row).base, drawer, after=entry)
            await _settle(row, released_status(row), clock.now())
        await ledger.post_all(entries)
    return len(rows)


async def _kept(rows: Sequence[Commission]) -> set[UUID]:
    """The commissions whose creator is banned, or whose sale a case holds."""
    theirs = [row for row in rows if row.creator]
    banned = await holds.banned({row.creator for row in theirs})
    suspected = await holds.suspected((row.order, row.creator) for row in theirs)
    return {row.id for row in theirs if row.creator in banned or (row.order, row.creator) in suspected}


async def _settle(row: Commission, status: CommissionStatus, at: datetime) -> None:
    await Commission.update({Commission.status: status, Commission.released_at: at}).where(Commission.id == row.id)
    if row.creator and status != CommissionStatus.HELD:
        await outbox.publish(CommissionReleased(commission_id=row.id))


async def _release(row: Commission, held: bool, drawer: purses.Drawer) -> list[Entry]:
    parts = left(row)
    brand = chart.purse("brand", row.brand)
    lines = [debit(brand.pending, parts.brand), *await drawer.give(brand, parts.brand)]
    nets = [brand]
    if row.creator:
        creator = chart.purse("creator", row.creator)
        lines.append(debit(creator.pending, parts.commission))
        lines += [credit(creator.held, parts.commission)] if held else await drawer.give(creator, parts.commission)
        nets.append(creator)
    entry = _entry(f"release:{row.id}", "T4h" if held else "T4", row.hold_until, row, lines)
    if not ledger.folded(lines):
        return []
    netted = [netting for purse in nets for netting in await drawer.net(purse, row.currency, after=entry)]
    return [entry, *netted, *([] if held else await tiers.moved(row, parts.base, drawer, after=entry))]


def left(row: Commission) -> Shares:
    """What is left of a commission's parts after refunds."""
    refunded = refunded_of(row)
    gross = gross_of(row)
    return commission.shares(gross - refunded, rule_of(row))


def gross_of(row: Commission) -> Money:
    """The line's gross as it was sold."""
    return Money(row.amount_minor + row.fee_minor + row.fee_vat_minor + row.brand_minor, row.currency)


def refunded_of(row: Commission) -> Money:
    """What has been booked back of the line's gross."""
    minor = row.reversed_minor + row.fee_reversed_minor + row.fee_vat_reversed_minor + row.brand_reversed_minor
    return Money(minor, row.currency)


def rule_of(row: Commission) -> Rule:
    """The frozen rates of a commission; the VAT's rate is the order line's, which never changes."""
    return Rule(
        commission_bp=row.rate_bp,
        fee_bp=row.fee_bp,
        vat_bp=row.vat_bp,
        commission_vat_bp=row.commission_vat_bp,
        fee_vat_bp=row.fee_vat_bp,
        whole=None if row.whole_minor is None else Whole(row.whole_minor, row.base_minor),
    )


def for_the_house(parts: Shares) -> list[ledger.Line]:
    """Lines that give the platform its fee and the state the VAT on it; below zero: that give them back."""
    return [credit(PLATFORM_FEE, parts.fee), credit(VAT_PAYABLE, parts.fee_vat)]


def owners_of(rows: Sequence[Commission]) -> set[tuple[PayeeKind, UUID]]:
    """The payees of commissions, to lock them."""
    creators = {(PayeeKind.CREATOR, row.creator) for row in rows if row.creator}
    return creators | {(PayeeKind.BRAND, row.brand) for row in rows}


def released_status(row: Commission) -> CommissionStatus:
    """Where a commission stands once its hold is over."""
    gone = gross_of(row) == refunded_of(row)
    return CommissionStatus.REVERSED if gone else CommissionStatus.AVAILABLE


async def commissions_of(
    order: Order, line: OrderLine, decision: AttributionDecision, shares: Sequence[AttributionShare]
) -> list[Commission]:
    """What a line pays by a decision: one commission for each share, on its part of the gross; one without a creator when nobody is credited.

    All parts of a line are held as long as the longest of them. The rows are made, not kept.
    """
    weights = [share.share_bp for share in shares] or [10_000]
    parts = Money(line.gross_minor, order.currency).split(weights)
    terms = [await Terms.objects().where(Terms.id == share.terms).first() for share in shares] or [None]
    days = max(each.hold_days if each else commission.HOLD_DAYS for each in terms)
    creators = [share.creator for share in shares] or [None]
    hold_until = order.paid_at + timedelta(days=days)
    return [
        await pricing.commission_of(
            order=order,
            line=line,
            decision=decision,
            position=position,
            share_bp=weight,
            gross=part,
            creator_id=creator,
            terms=agreed,
            hold_until=hold_until,
        )
        for position, (part, creator, agreed, weight) in enumerate(zip(parts, creators, terms, weights, strict=True))
    ]


def _payment_entry(order: Order, charge: str) -> Entry:
    total = Money(order.total_minor, order.currency)
    clearing = chart.of_order(Code.CLEARING, order.id)
    lines = (debit(STRIPE_PENDING, total), credit(clearing, total))
    return Entry(
        key=f"payment:{order.id}",
        kind="T1",
        event_at=order.paid_at,
        source=Source(kind="charge", id=charge),
        lines=lines,
        memo=order.number,
    )


def _sale_entry(order: Order, line_id: UUID, made: Sequence[Commission]) -> Entry:
    rows = [row for row in made if row.order_line == line_id]
    lines = [debit(chart.of_order(Code.CLEARING, order.id), gross_of(row)) for row in rows]
    for row in rows:
        parts = left(row)
        lines += [credit(chart.purse("brand", row.brand).pending, parts.brand), *for_the_house(parts)]
        if row.creator:
            lines.append(credit(chart.purse("creator", row.creator).pending, parts.commission))
    return Entry(
        key=f"sale:{line_id}",
        kind="T2",
        event_at=order.paid_at,
        source=Source(kind="order_line", id=str(line_id)),
        lines=ledger.folded(lines),
        rule_version=rows[0].rule_version,
        memo=order.number,
    )


def _entry(key: str, kind: str, event_at: datetime, row: Commission, lines: Sequence[ledger.Line]) -> Entry:
    source = Source(kind="commission", id=str(row.id))
    return Entry(key=key, kind=kind, event_at=event_at, source=source, lines=ledger.folded(lines), rule_version=row.rule_version)


async def _due(which: str, *values: Any) -> list[Commission]:
    """Commissions that look due; `which` is one of the constants above, `values` its parameters."""
    async with DB.connection() as connection:
        rows = await connection.fetch(f"select * from commission where {which}", *values)  # noqa: S608  # constants of this module
    return [Commission(**dict(row), _exists_in_db=True) for row in rows]


async def _still(rows: Sequence[Commission], status: CommissionStatus) -> list[Commission]:
    """Those that are still so, and not frozen, now that their payees are locked; their rows are held."""
    found = (
        await Commission.objects()
        .where(Commission.id.is_in([row.id for row in rows]) & (Commission.status == status))
        .order_by(Commission.id)
        .lock_rows("UPDATE")
        if rows
        else []
    )
    frozen = await holds.frozen(row.id for row in found)
    return [row for row in found if row.id not in frozen]
