"""What a draft rule would have paid for the sales of last month, beside what they did pay (chapter 13). Changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation import clock
from foundation.database import DB
from foundation.money import Money, included_tax
from payouts import rule_book
from payouts.commission_rules import Plan, SaleFacts, extra_of, in_force, verdict
from payouts.exports import BOOKS_ZONE
from payouts.rule_book import Draft


@dataclass(frozen=True)
class CreatorChange:
    """One creator's commissions of the month before VAT: as they would be without and with the draft."""

    creator_id: UUID
    name: str
    lines: int
    before: Money
    after: Money


@dataclass(frozen=True)
class Preview:
    """Last month with the draft. `lines` are all credited lines of the month, `matched` those that the draft would have paid."""

    month: str
    currency: str
    lines: int
    matched: int
    changes: list[CreatorChange]

    @property
    def before(self) -> Money:
        return sum((change.before for change in self.changes), start=Money(0, self.currency))

    @property
    def after(self) -> Money:
        return sum((change.after for change in self.changes), start=Money(0, self.currency))


@dataclass(frozen=True)
class _Line:
    facts: SaleFacts
    promise_bp: int
    name: str


async def preview(*, brand_id: UUID, draft: Draft) -> Preview:
    """The brand's lines that were paid for last month (what is left of them), priced by today's list and by the list with the draft.

    Raises `BadRule`.
    """
    rule_book.check(draft)
    month, begin, end = last_month(clock.now())
    lines = await _lines(brand_id, draft.currency, begin, end)
    today = in_force(await rule_book.plans_of(brand_id), clock.now())
    drafted = rule_book.plan_of(draft)
    planned = in_force([*(plan for plan in today if plan.rule != draft.rule), drafted], drafted.valid_from)
    before, after = _paid(lines, today), _paid(lines, planned)
    names = {line.facts.creator: line.name for line in lines}
    changes = [
        CreatorChange(
            creator,
            name,
            sum(line.facts.creator == creator for line in lines),
            Money(before[creator], draft.currency),
            Money(after[creator], draft.currency),
        )
        for creator, name in names.items()
    ]
    matched = sum(verdict(planned, line.facts, line.promise_bp).plan == drafted for line in lines)
    return Preview(
        month, draft.currency, len(lines), matched, sorted(changes, key=lambda change: -abs((change.after - change.before).minor))
    )


def last_month(now: datetime) -> tuple[str, datetime, datetime]:
    """The calendar month before this one in the books' zone: its name, its first moment and the first after it."""
    end = now.astimezone(BOOKS_ZONE).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    begin = (end.replace(month=end.month - 1) if end.month > 1 else end.replace(year=end.year - 1, month=12)).replace(day=1)
    return f"{begin:%Y-%m}", begin, end


def _paid(lines: Iterable[_Line], plans: Sequence[Plan]) -> dict[UUID, int]:
    """Commission of each creator before VAT, the higher tiers of the whole month included."""
    paid: dict[UUID, int] = defaultdict(int)
    ladders: dict[tuple[UUID, UUID, int], int] = defaultdict(int)
    tiers = {}
    for line in lines:
        found = verdict(plans, line.facts, line.promise_bp)
        pays = found.whole.minor if found.whole else line.facts.base.share(found.rate_bp).minor
        paid[line.facts.creator] += pays
        if found.tiers and found.plan:
            ladder = (line.facts.creator, found.plan.id, line.promise_bp)
            ladders[ladder] += line.facts.base.minor
            tiers[ladder] = found.tiers
    for ladder, base in ladders.items():
        paid[ladder[0]] += extra_of(base, tiers[ladder])
    return paid


async def _lines(brand_id: UUID, currency: str, begin: datetime, end: datetime) -> list[_Line]:
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select k.creator, c.display_name, d.show, t.commission_bp, l.quantity, l.vat_bp, p.id as product,
                   coalesce(g.category, '') as category,
                   k.amount_minor + k.fee_minor + k.fee_vat_minor + k.brand_minor - k.reversed_minor - k.fee_reversed_minor
                     - k.fee_vat_reversed_minor - k.brand_reversed_minor as gross,
                   not exists (
                       select 1 from shop_order e join order_line el on el."order" = e.id
                       where e.buyer = o.buyer and el.brand = k.brand and e.paid_at is not null and (e.paid_at, e.id) < (o.paid_at, o.id)
                   ) as first_sale
            from commission k join shop_order o on o.id = k."order" join order_line l on l.id = k.order_line
            join terms t on t.id = k.terms join creator c on c.id = k.creator join attribution_decision d on d.id = k.decision
            join variant v on v.id = l.variant join product p on p.id = v.product left join product_category g on g.product = p.id
            where k.brand = $1 and k.currency = $2 and k.replaced_at is null and o.paid_at >= $3 and o.paid_at < $4
            order by o.paid_at, k.id
            """,
            brand_id,
            currency,
            begin,
            end,
        )
    return [_line(row, currency) for row in rows]


def _line(row: Any, currency: str) -> _Line:
    gross = Money(row["gross"], currency)
    facts = SaleFacts(
        currency=currency,
        product=row["product"],
        category=row["category"],
        creator=row["creator"],
        show=row["show"],
        first_sale=row["first_sale"],
        quantity=row["quantity"],
        base=gross - included_tax(gross, row["vat_bp"]),
    )
    return _Line(facts, row["commission_bp"], row["display_name"])
