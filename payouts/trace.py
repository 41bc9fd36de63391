"""The money trace: from any id to the whole way of one order line, from the tap to the transfer, and why it is so much."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from foundation.database import DB
from foundation.money import Money
from payouts import accounts, commission
from payouts.accounts import JournalShown
from payouts.commission import Rule, Shares, Whole


@dataclass(frozen=True)
class Found:
    """What an id leads to: an order, and the line of it when the id names one."""

    order_id: UUID
    number: str
    line_id: UUID | None


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

    def booked(self, *kinds: str) -> list[JournalShown]:
        """The journals of these kinds, oldest first."""
        return [journal for journal in self.journals if journal.kind in kinds]

    def moved(self, category: str) -> Movement | None:
        return next((movement for movement in self.movements if movement.category == category), None)


_FIND = """
    select o.id, o.number, found.line from (
        select o.id as order_id, null::uuid as line from shop_order o where o.number = any($1) or o.id = any($2)
        union all select p."order", null from payment p where p.charge_id = any($1) or p.intent_id = any($1) or p.id = any($2)
        union all select l."order", l.id from order_line l where l.id = any($2)
        union all select k."order", k.order_line from commission k where k.id = any($2)
        union all select d."order", null from dispute d where d.stripe_dispute_id = any($1) or d.id = any($2)
        union all select v."order", null from buyer_invoice v where v.number = any($1)
        union all select v."order", null from buyer_credit_note n join buyer_invoice v on v.id = n.invoice where n.number = any($1)
        union all select r."order", null from refund r where r.stripe_refund_id = any($1) or r.id = any($2)
        union all select r."order", l.order_line from refund_line l join refund r on r.id = l.refund where l.id = any($2)
        union all select k."order", k.order_line from (
            (select i.id from payout_item i where i.transfer_id = any($1) or i.id = any($2))
            union (select i.id from payout_run r join payout_item i on i.run = r.id where r.number = any($1) limit 100)
        ) i join lateral (
            (select "order", order_line from commission where creator_item = i.id limit 100)
            union (select "order", order_line from commission where brand_item = i.id limit 100)
        ) k on true
    ) found join shop_order o on o.id = found.order_id order by o.paid_at desc nulls last, found.line nulls last limit 100
"""
# What a journal or a movement is about is found first, so that every other id is looked up in an index.
_ABOUT = """
    select source_id from mirror_transaction where id = $1 union all select source_id from journal where id = $2
"""
_JOURNAL: Final = re.compile(r"J-(\d{1,18})", re.IGNORECASE)


async def find(text: str) -> list[Found]:
    """Where an id leads: order number, order, line, `ch_`, `pi_`, `re_`, `tr_`, `txn_`, dispute, invoice or credit note, commission, payout item or run, journal `J-12`."""
    wanted = text.strip()[:80]
    if not wanted:
        return []
    journal = _JOURNAL.fullmatch(wanted)
    async with DB.connection() as connection:
        about = await connection.fetch(_ABOUT, wanted, int(journal[1]) if journal else None)
        texts = [wanted, wanted.upper(), *(row["source_id"] for row in about)]
        rows = await connection.fetch(_FIND, texts, [id_ for each in texts if (id_ := _uuid(each)) is not None])
    seen: dict[tuple[UUID, UUID | None], Found] = {}
    for row in rows:
        seen.setdefault((row["id"], row["line"]), Found(row["id"], row["number"], row["line"]))
    return list(seen.values())


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


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
        journals=await _journals([source for source in sources if source]),
        movements=await _movements([source for source in sources if source]),
        paid=paid,
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
    rows = await _all(
        """
        select case when i.id = k.creator_item then 'creator' else 'brand' end as side, i.id, r.number, i.amount_minor, i.currency,
               i.status, coalesce(i.transfer_id, '') as transfer, coalesce(i.settled_at, i.sent_at) as at,
               coalesce(m.display_name, '') as maker, coalesce(c.display_name, '') as checker
        from commission k join payout_item i on i.id in (k.creator_item, k.brand_item) join payout_run r on r.id = i.run
        left join person m on m.id = r.maker left join person c on c.id = r.checker
        where k.order_line = $1 order by side desc
        """,
        line_id,
    )
    return [
        Paid(
            row["side"],
            row["id"],
            row["number"],
            Money(row["amount_minor"], row["currency"]),
            row["status"],
            row["transfer"],
            row["at"],
            row["maker"],
            row["checker"],
        )
        for row in rows
    ]


async def _journals(sources: Sequence[str]) -> list[JournalShown]:
    rows = await _all("select id from journal where source_id = any($1) order by id limit 60", list(sources))
    return await accounts.journals([row["id"] for row in rows])


async def _movements(sources: Sequence[str]) -> list[Movement]:
    rows = await _all(
        """
        select m.*, t.transaction is not null as matched from mirror_transaction m left join matched t on t.transaction = m.id
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
