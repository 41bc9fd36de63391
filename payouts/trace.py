"""The money trace: the whole way of one order line, from the tap to the line of the bank, and why it is so much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation.database import DB
from foundation.money import Money
from payouts import accounts, commission, trace_bank
from payouts.accounts import JournalShown
from payouts.commission import Rule, Shares, Whole
from payouts.trace_bank import Banked


@dataclass(frozen=True)
class TracedLine:
    """A line of the traced order, to choose from."""

    id: UUID
    title: str
    gross: Money


@dataclass(frozen=True)
class Movement:
    """A balance transaction of the mirror; `matched` when reconciliation has tied it to its journal."""

    id: str
    category: str
    source_id: str
    amount: Money
    fee: Money
    created_at: datetime
    available_on: datetime
    matched: bool


@dataclass(frozen=True)
class Credit:
    """Who is credited with the line, by which rule, with the commission's frozen figures."""

    commission_id: UUID
    creator: str
    brand: str
    rule: str
    reason: str
    show: str
    decided_at: datetime
    status: str
    hold_until: datetime
    released_at: datetime | None
    rule_version: str
    rates: Rule
    parts: Shares
    reversed: Money


@dataclass(frozen=True)
class Paid:
    """The payout item that a share of the line went into."""

    side: str
    item_id: UUID
    run_number: str
    amount: Money
    status: str
    transfer_id: str
    payment_id: str
    at: datetime | None
    maker: str
    checker: str


@dataclass(frozen=True)
class Trace:
    """One order line on its way. What has not happened yet is None or missing from the lists."""

    number: str
    buyer: str
    paid_at: datetime | None
    total: Money
    refunded: Money
    charge_id: str
    fee: Money | None
    lines: list[TracedLine]
    line: TracedLine
    credit: Credit | None
    journals: list[JournalShown]
    movements: list[Movement]
    paid: list[Paid] = field(default_factory=list)
    banked: list[Banked] = field(default_factory=list)

    def booked(self, *kinds: str) -> list[JournalShown]:
        """The journals of these kinds, oldest first."""
        return [journal for journal in self.journals if journal.kind in kinds]

    def banked_as(self, source_id: str) -> list[Banked]:
        """The payouts to a bank that a charge or a payment at a payee's account went with."""
        return [one for one in self.banked if one.source_id == source_id]

    def moved(self, category: str) -> Movement | None:
        return next((movement for movement in self.movements if movement.category == category), None)


async def trace(order_id: UUID, line_id: UUID | None = None) -> Trace | None:
    """The way of one line of an order; the first credited line when none is named. None for an order without lines."""
    order = await _one(
        """
        select o.number, o.paid_at, o.total_minor, o.refunded_minor, o.currency, p.charge_id, p.fee_minor, b.display_name as buyer
        from shop_order o join person b on b.id = o.buyer left join payment p on p."order" = o.id where o.id = $1
        """,
        order_id,
    )
    rows = await _all(
        """
        select l.id, l.title, l.gross_minor from order_line l left join commission k on k.order_line = l.id
        where l."order" = $1 order by k.creator nulls last, l.gross_minor desc, l.id
        """,
        order_id,
    )
    if order is None or not rows:
        return None
    currency = order["currency"]
    lines = [TracedLine(row["id"], row["title"], Money(row["gross_minor"], currency)) for row in rows]
    line = next((one for one in lines if one.id == line_id), lines[0])
    credit = await _credit(line.id, currency)
    paid = await _paid(line.id)
    refunds = await _all(
        """
        select r.id::text as refund, r.stripe_refund_id, l.id::text as line from refund r
        left join refund_line l on l.refund = r.id and l.order_line = $2 where r."order" = $1
        """,
        order_id,
        line.id,
    )
    sources = [order["charge_id"], str(line.id), str(credit.commission_id) if credit else None]
    sources += [text for row in refunds for text in (row["refund"], row["stripe_refund_id"], row["line"])]
    sources += [row["told"] for row in await _all('select stripe_dispute_id as told from dispute where "order" = $1', order_id)]
    sources += [text for one in paid for text in (str(one.item_id), one.transfer_id)]
    banked = await trace_bank.banked([text for text in (order["charge_id"], *(one.payment_id for one in paid)) if text])
    sources += [one.payout_id for one in banked]
    return Trace(
        number=order["number"],
        buyer=order["buyer"],
        paid_at=order["paid_at"],
        total=Money(order["total_minor"], currency),
        refunded=Money(order["refunded_minor"], currency),
        charge_id=order["charge_id"] or "",
        fee=None if order["fee_minor"] is None else Money(order["fee_minor"], currency),
        lines=lines,
        line=line,
        credit=credit,
        journals=await journals_of([source for source in sources if source]),
        movements=await movements_of([source for source in sources if source]),
        paid=paid,
        banked=banked,
    )


async def _credit(line_id: UUID, currency: str) -> Credit | None:
    row = await _one(
        """
        select k.*, b.name as brand_name, coalesce(c.display_name, '') as creator_name, d.rule, d.reason, d.decided_at,
               coalesce(s.title, '') as show_title
        from commission k join brand b on b.id = k.brand left join creator c on c.id = k.creator
        join attribution_decision d on d.id = k.decision left join show s on s.id = d.show where k.order_line = $1
        """,
        line_id,
    )
    if row is None:
        return None
    rates = Rule(
        commission_bp=row["rate_bp"],
        fee_bp=row["fee_bp"],
        vat_bp=row["vat_bp"],
        commission_vat_bp=row["commission_vat_bp"],
        fee_vat_bp=row["fee_vat_bp"],
        whole=None if row["whole_minor"] is None else Whole(row["whole_minor"], row["base_minor"]),
    )
    gross = Money(row["amount_minor"] + row["fee_minor"] + row["fee_vat_minor"] + row["brand_minor"], currency)
    reversed_parts = ("reversed_minor", "fee_reversed_minor", "fee_vat_reversed_minor", "brand_reversed_minor")
    return Credit(
        commission_id=row["id"],
        creator=row["creator_name"],
        brand=row["brand_name"],
        rule=row["rule"],
        reason=row["reason"],
        show=row["show_title"],
        decided_at=row["decided_at"],
        status=row["status"],
        hold_until=row["hold_until"],
        released_at=row["released_at"],
        rule_version=row["rule_version"],
        rates=rates,
        parts=commission.shares(gross, rates),
        reversed=Money(sum(row[name] for name in reversed_parts), currency),
    )


async def _paid(line_id: UUID) -> list[Paid]:
    return await paid_by(
        """
        commission k join payout_item i on i.id in (k.creator_item, k.brand_item) where k.order_line = $1
        """,
        line_id,
    )


async def paid_by(which: str, *values: object) -> list[Paid]:
    """Payout items with who paid them, creators' first: `which` is the rest of a query of ours that names the item `i`."""
    rows = await _all(
        f"""
        select p.kind, i.id, r.number, i.amount_minor, i.currency, i.status, coalesce(i.transfer_id, '') as transfer,
               coalesce(i.payment_id, '') as payment, coalesce(i.settled_at, i.sent_at) as at,
               coalesce(m.display_name, '') as maker, coalesce(c.display_name, '') as checker
        from (select i.* from {which}) i join payout_run r on r.id = i.run join payee p on p.id = i.payee
        left join person m on m.id = r.maker left join person c on c.id = r.checker order by p.kind desc, i.id
        """,  # noqa: S608  # two constants of ours
        *values,
    )
    return [
        Paid(
            side=row["kind"],
            item_id=row["id"],
            run_number=row["number"],
            amount=Money(row["amount_minor"], row["currency"]),
            status=row["status"],
            transfer_id=row["transfer"],
            payment_id=row["payment"],
            at=row["at"],
            maker=row["maker"],
            checker=row["checker"],
        )
        for row in rows
    ]


async def journals_of(sources: Sequence[str]) -> list[JournalShown]:
    """The journals of these sources, oldest first, sixty at most."""
    rows = await _all("select id from journal where source_id = any($1) order by id limit 60", list(sources))
    return await accounts.journals([row["id"] for row in rows])


async def movements_of(sources: Sequence[str]) -> list[Movement]:
    """The movements of these sources at Stripe, oldest first, sixty at most."""
    rows = await _all(
        """
        select m.*, t.movement is not null as matched from mirror_transaction m left join movement_match t on t.movement = m.number
        where m.source_id = any($1) order by m.created_at, m.id limit 60
        """,
        list(sources),
    )
    return [
        Movement(
            row["id"],
            row["category"],
            row["source_id"],
            Money(row["amount_minor"], row["currency"]),
            Money(row["fee_minor"], row["currency"]),
            row["created_at"],
            row["available_on"],
            row["matched"],
        )
        for row in rows
    ]


async def _one(query: str, *values: object) -> Any:
    async with DB.connection() as connection:
        return await connection.fetchrow(query, *values)


async def _all(query: str, *values: object) -> list[Any]:
    async with DB.connection() as connection:
        return list(await connection.fetch(query, *values))
