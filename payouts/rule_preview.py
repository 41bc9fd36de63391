"""What a draft rule would have paid for the sales of last month, beside what they did pay (chapter 13). Changes nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from foundation import clock
from foundation.database import DB
from foundation.money import Money, included_tax
from payouts import rule_book
from payouts.commission_rules import Draft, Plan, SaleFacts, extra_of, of_brand, verdict
from payouts.exports import BOOKS_ZONE


@dataclass(frozen=True)
class Change:
    """One creator's, or under a rule of the platform one brand's, commissions of the month before VAT: without and with the draft."""

    id: UUID
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
    changes: list[Change]

    @property
    def before(self) -> Money:
        return sum((change.before for change in self.changes), start=Money(0, self.currency))

    @property
    def after(self) -> Money:
        return sum((change.after for change in self.changes), start=Money(0, self.currency))


@dataclass(frozen=True)
class FeePreview:
    """Last month with another fee: lines that nobody is credited with, and credited ones, were their terms accepted under it."""

    month: str
    lines: int
    before: Money
    after: Money
    credited: int
    credited_before: Money
    credited_after: Money


@dataclass(frozen=True)
class _Line:
    facts: SaleFacts
    promise_bp: int
    creator: str
    brand: UUID
    brand_name: str


Lists = Mapping[UUID, Sequence[Plan]]


async def preview(*, brand_id: UUID, draft: Draft) -> Preview:
    """The brand's lines that were paid for last month (what is left of them), priced by today's list and by the list with the draft.

    Raises `BadRule`.
    """
    return await _preview(draft, brand_id)


async def preview_of_platform(*, draft: Draft) -> Preview:
    """The same for a rule of the platform: the lines of all brands, each after its brand's own rules. Raises `BadRule`."""
    return await _preview(draft, None)


async def preview_of_fee(*, fee_bp: int, currency: str) -> FeePreview:
    """Last month's fees, of what refunds have left, and what another fee would have been; delivery pays none."""
    month, begin, end = last_month(clock.now())
    sums = dict.fromkeys(((False, 0), (False, 1), (True, 0), (True, 1)), 0)
    lines = {False: 0, True: 0}
    for row in await _rows(_FEES, currency, begin, end):
        credited, gross = row["credited"], Money(row["gross"], currency)
        lines[credited] += 1
        sums[credited, 0] += row["fee"]
        sums[credited, 1] += (gross - included_tax(gross, row["vat_bp"])).share(fee_bp).minor
    open_before, open_after, before, after = (Money(minor, currency) for minor in sums.values())
    return FeePreview(month, lines[False], open_before, open_after, lines[True], before, after)


async def _preview(draft: Draft, brand_id: UUID | None) -> Preview:
    rule_book.check(draft)
    month, begin, end = last_month(clock.now())
    lines = [_line(row, draft.currency) for row in await _rows(_LINES, brand_id, draft.currency, begin, end)]
    brands = sorted({line.brand for line in lines})
    plans = await rule_book.plans_for(brands)
    drafted = rule_book.plan_of(draft, brand_id=brand_id, begins=clock.now())
    others = [plan for plan in plans if plan.rule != draft.rule]
    today = {brand: of_brand(plans, brand, drafted.valid_from) for brand in brands}
    planned = {brand: of_brand([*others, drafted], brand, drafted.valid_from) for brand in brands}
    matched = sum(verdict(planned[line.brand], line.facts, line.promise_bp).plan == drafted for line in lines)
    changes = _changes(lines, today, planned, draft.currency, by_brand=brand_id is None)
    return Preview(month, draft.currency, len(lines), matched, changes)


def _changes(lines: Sequence[_Line], today: Lists, planned: Lists, currency: str, *, by_brand: bool) -> list[Change]:
    """What each creator or each brand has or gives, the largest difference first."""

    def group(line: _Line) -> UUID:
        return line.brand if by_brand else line.facts.creator

    before, after, count = _paid(lines, today, group), _paid(lines, planned, group), Counter(group(line) for line in lines)
    names = {group(line): line.brand_name if by_brand else line.creator for line in lines}
    changes = [
        Change(one, name, count[one], Money(before[one], currency), Money(after[one], currency)) for one, name in names.items()
    ]
    return sorted(changes, key=lambda change: -abs((change.after - change.before).minor))


def last_month(now: datetime) -> tuple[str, datetime, datetime]:
    """The calendar month before this one in the books' zone: its name, its first moment and the first after it."""
    end = now.astimezone(BOOKS_ZONE).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    begin = (end.replace(month=end.month - 1) if end.month > 1 else end.replace(year=end.year - 1, month=12)).replace(day=1)
    return f"{begin:%Y-%m}", begin, end


def _paid(lines: Iterable[_Line], lists: Lists, group: Callable[[_Line], UUID]) -> dict[UUID, int]:
    """Commission of each group before VAT, the higher tiers of the whole month included."""
    paid: dict[UUID, int] = defaultdict(int)
    ladders: dict[tuple[UUID, UUID, UUID, UUID, int], int] = defaultdict(int)
    tiers = {}
    for line in lines:
        found = verdict(lists[line.brand], line.facts, line.promise_bp)
        pays = found.whole.minor if found.whole else line.facts.base.share(found.rate_bp).minor
        paid[group(line)] += pays
        if found.tiers and found.plan:
            ladder = (group(line), line.facts.creator, line.brand, found.plan.id, line.promise_bp)
            ladders[ladder] += line.facts.base.minor
            tiers[ladder] = found.tiers
    for ladder, base in ladders.items():
        paid[ladder[0]] += extra_of(base, tiers[ladder])
    return paid


_LINES: Final = """
    select k.creator, c.display_name, d.show, t.commission_bp, l.quantity, l.vat_bp, p.id as product, k.brand, b.name as brand_name,
           coalesce(g.category, '') as category, k.amount_minor + k.fee_minor + k.fee_vat_minor + k.brand_minor - k.reversed_minor
           - k.fee_reversed_minor - k.fee_vat_reversed_minor - k.brand_reversed_minor as gross,
           not exists (
               select 1 from shop_order e join order_line el on el."order" = e.id
               where e.buyer = o.buyer and el.brand = k.brand and e.paid_at is not null and (e.paid_at, e.id) < (o.paid_at, o.id)
           ) as first_sale
    from commission k join shop_order o on o.id = k."order" join order_line l on l.id = k.order_line join brand b on b.id = k.brand
    join terms t on t.id = k.terms join creator c on c.id = k.creator join attribution_decision d on d.id = k.decision
    join variant v on v.id = l.variant join product p on p.id = v.product left join product_category g on g.product = p.id
    where ($1::uuid is null or k.brand = $1) and k.currency = $2 and k.replaced_at is null and o.paid_at >= $3 and o.paid_at < $4
    order by o.paid_at, k.id
"""
_FEES: Final = """
    select k.creator is not null as credited, k.fee_minor - k.fee_reversed_minor as fee, k.vat_bp, k.amount_minor + k.fee_minor + k.fee_vat_minor + k.brand_minor - k.reversed_minor
           - k.fee_reversed_minor - k.fee_vat_reversed_minor - k.brand_reversed_minor as gross
    from commission k join shop_order o on o.id = k."order" join order_line l on l.id = k.order_line
    where k.currency = $1 and l.kind <> 'delivery' and k.replaced_at is null and o.paid_at >= $2 and o.paid_at < $3
"""


async def _rows(query: str, *values: object) -> list[Any]:
    async with DB.connection() as connection:
        return list(await connection.fetch(query, *values))


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
    return _Line(facts, row["commission_bp"], row["display_name"], row["brand"], row["brand_name"])
