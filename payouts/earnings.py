"""From a paid order to money that payees may have: crediting the sale, Stripe's fee, the end of the hold (docs/money.md)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from creators import attribution
from creators.tables import AttributionDecision, Terms
from foundation import clock, outbox
from foundation.database import DB
from foundation.errors import NotFound, WrongState
from foundation.i18n import _
from foundation.money import Money
from marketplace.tables import Order, OrderLine, OrderStatus, Payment
from payouts import chart, commission, ledger, purses
from payouts.chart import Account, Code
from payouts.commission import Rule, Shares
from payouts.events import CommissionReleased
from payouts.ledger import Entry, Source, credit, debit
from payouts.tables import Commission, CommissionStatus, PayeeKind

RELEASE_BATCH = 200
STRIPE_PENDING = Account(Code.STRIPE_PENDING)
STRIPE_AVAILABLE = Account(Code.STRIPE_AVAILABLE)
STRIPE_FEES = Account(Code.STRIPE_FEES)
PLATFORM_FEE = Account(Code.PLATFORM_FEE)


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
        made = [await _commission(order, line, decisions[line.id]) for line in lines]
        await Commission.insert(*made)
        payment = await Payment.objects().where(Payment.order == order_id).first()
        charge = (payment and (payment.charge_id or payment.intent_id)) or str(order_id)
        await ledger.post_all([_payment_entry(order, charge), *(_sale_entry(order, row) for row in made)])


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

    A banned creator's part goes to held instead (T4h) and follows when the ban is lifted (T4u). Safe to run twice at once.
    """
    released = 0
    while due := await _due(
        "status = 'pending' and hold_until <= $1 order by hold_until, id limit $2", clock.now(), RELEASE_BATCH
    ):
        released += await _release_batch(due)
    return released + await _release_held()


async def _release_batch(due: Sequence[Commission]) -> int:
    now = clock.now()
    async with DB.transaction():
        await purses.lock(owners_of(due))
        rows = await _still(due, CommissionStatus.PENDING)
        banned = await _banned({row.creator for row in rows if row.creator})
        drawer, entries = purses.Drawer(), list[Entry]()
        for row in rows:
            held = row.creator in banned
            entries += await _release(row, held, drawer)
            await _settle(row, CommissionStatus.HELD if held else released_status(row), now)
        await ledger.post_all(entries)
    return len(rows)


async def _release_held() -> int:
    waiting = await _due("status = 'held' order by id")
    banned = await _banned({row.creator for row in waiting})
    free = [row for row in waiting if row.creator not in banned]
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
            await _settle(row, released_status(row), clock.now())
        await ledger.post_all(entries)
    return len(rows)


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
    return [entry] + [netting for purse in nets for netting in await drawer.net(purse, row.currency, after=entry)]


def left(row: Commission) -> Shares:
    """What is left of a commission's parts after refunds."""
    refunded = refunded_of(row)
    gross = gross_of(row)
    return commission.shares(gross - refunded, rule_of(row))


def gross_of(row: Commission) -> Money:
    """The line's gross as it was sold."""
    return Money(row.amount_minor + row.fee_minor + row.brand_minor, row.currency)


def refunded_of(row: Commission) -> Money:
    """What has been booked back of the line's gross."""
    return Money(row.reversed_minor + row.fee_reversed_minor + row.brand_reversed_minor, row.currency)


def rule_of(row: Commission) -> Rule:
    """The frozen rates of a commission; the VAT's rate is the order line's, which never changes."""
    return Rule(commission_bp=row.rate_bp, fee_bp=row.fee_bp, vat_bp=row.vat_bp)


def owners_of(rows: Sequence[Commission]) -> set[tuple[PayeeKind, UUID]]:
    """The payees of commissions, to lock them."""
    creators = {(PayeeKind.CREATOR, row.creator) for row in rows if row.creator}
    return creators | {(PayeeKind.BRAND, row.brand) for row in rows}


def released_status(row: Commission) -> CommissionStatus:
    """Where a commission stands once its hold is over."""
    gone = gross_of(row) == refunded_of(row)
    return CommissionStatus.REVERSED if gone else CommissionStatus.AVAILABLE


async def _commission(order: Order, line: OrderLine, decision: AttributionDecision) -> Commission:
    terms = await Terms.objects().where(Terms.id == decision.terms).first() if decision.creator and decision.terms else None
    rule = Rule(
        commission_bp=terms.commission_bp if terms else 0,
        fee_bp=terms.platform_fee_bp if terms else commission.PLATFORM_FEE_BP,
        vat_bp=line.vat_bp,
    )
    parts = commission.shares(Money(line.gross_minor, order.currency), rule)
    hold = timedelta(days=terms.hold_days if terms else commission.HOLD_DAYS)
    return Commission(
        id=uuid4(),
        order_line=line.id,
        order=order.id,
        decision=decision.id,
        creator=decision.creator if terms else None,
        brand=line.brand,
        terms=terms.id if terms else None,
        currency=order.currency,
        base_minor=parts.base.minor,
        rate_bp=rule.commission_bp,
        amount_minor=parts.commission.minor,
        fee_bp=rule.fee_bp,
        fee_minor=parts.fee.minor,
        brand_minor=parts.brand.minor,
        vat_bp=rule.vat_bp,
        vat_minor=parts.vat.minor,
        status=CommissionStatus.PENDING,
        hold_until=order.paid_at + hold,
        rule_version=commission.RULE_VERSION,
        created_at=clock.now(),
    )


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


def _sale_entry(order: Order, row: Commission) -> Entry:
    parts = left(row)
    lines = [
        debit(chart.of_order(Code.CLEARING, order.id), gross_of(row)),
        credit(chart.purse("brand", row.brand).pending, parts.brand),
        credit(PLATFORM_FEE, parts.fee),
    ]
    if row.creator:
        lines.append(credit(chart.purse("creator", row.creator).pending, parts.commission))
    return Entry(
        key=f"sale:{row.order_line}",
        kind="T2",
        event_at=order.paid_at,
        source=Source(kind="order_line", id=str(row.order_line)),
        lines=tuple(lines),
        rule_version=row.rule_version,
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
    """Those that are still so now that their payees are locked; their rows are held."""
    return (
        await Commission.objects()
        .where(Commission.id.is_in([row.id for row in rows]) & (Commission.status == status))
        .order_by(Commission.id)
        .lock_rows("UPDATE")
        if rows
        else []
    )


async def _banned(creators: set[UUID]) -> set[UUID]:
    """The creators who are banned everywhere now."""
    if not creators:
        return set()
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select c.id from creator c join sanction s on s.person = c.person
            where c.id = any($1) and s.kind = 'ban' and s.place = '' and s.lifted_at is null and (s.until is null or s.until > $2)
            """,
            list(creators),
            clock.now(),
        )
    return {row["id"] for row in rows}
