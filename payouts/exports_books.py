"""What the exports carry: the postings of a span, the trial balance, the payments of the runs, what was earned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from foundation.database import DB
from foundation.money import Money
from payouts.chart import NAMES, Code
from payouts.exports import Sheet, local_day
from payouts.tables import Side


@dataclass(frozen=True)
class BookLine:
    """One posting with its journal; `owner` is the name of the account's owner, empty for the platform's own."""

    journal_id: int
    number: int
    key: str
    kind: str
    period: str
    event_at: datetime
    booked_at: datetime
    source_id: str
    memo: str
    code: Code
    owner_kind: str
    owner_id: str
    owner: str
    side: Side
    amount: Money

    @property
    def day(self) -> date:
        """The day of the fact, or of the booking when the month of the fact was closed already."""
        fact = local_day(self.event_at)
        return fact if f"{fact:%Y-%m}" == self.period else local_day(self.booked_at)

    @property
    def text(self) -> str:
        return self.memo or f"{self.kind} {self.source_id}"

    @property
    def signed(self) -> int:
        """Minor units, above zero for a debit."""
        return self.amount.minor if self.side == Side.D else -self.amount.minor


async def book_lines(span: str, currency: str) -> list[BookLine]:
    """The postings of a span in one currency, in the order of the journals, which are numbered from 1 in each year."""
    rows = await _all(
        """
        select j.id as journal_id, j.number, j.idempotency_key, j.kind, j.period, j.event_at, j.booked_at, j.source_id, j.memo,
               a.code, a.owner_kind, a.owner_id, coalesce(c.display_name, b.name, o.number, '') as owner, p.side, p.amount
        from (select *, dense_rank() over (partition by left(period, 4) order by id) as number from journal k
              where k.kind <> 'P3' and exists (select 1 from posting q where q.journal = k.id and q.currency = $2)) j
        join posting p on p.journal = j.id join ledger_account a on a.id = p.account
        left join creator c on a.owner_kind = 'creator' and c.id::text = a.owner_id
        left join brand b on a.owner_kind = 'brand' and b.id::text = a.owner_id
        left join shop_order o on a.owner_kind = 'order' and o.id::text = a.owner_id
        where starts_with(j.period, $1) and p.currency = $2 order by left(j.period, 4), j.id, p.side desc, p.account
        """,
        span,
        currency,
    )
    return [_line(row, currency) for row in rows]


def by_journal(lines: Iterable[BookLine]) -> list[list[BookLine]]:
    """The lines, journal by journal."""
    return [list(group) for _id, group in groupby(lines, key=lambda line: line.journal_id)]


async def ledger_sheet(span: str, currency: str) -> Sheet:
    """Every posting of a span."""
    rows = [
        (
            line.journal_id, line.number, line.day, line.period, line.kind, line.key, line.source_id, line.code.value,
            NAMES[line.code], line.owner_kind, line.owner, line.side.value, line.amount.currency, line.amount, line.memo,
        )
        for line in await book_lines(span, currency)
    ]  # fmt: skip
    columns = (
        "journal", "number", "date", "period", "kind", "fact", "source", "account",
        "account_name", "owner_kind", "owner", "side", "currency", "amount", "memo",
    )  # fmt: skip
    return Sheet(_name("ledger", span, currency), columns, rows)


async def trial_sheet(span: str, currency: str) -> Sheet:
    """What was debited and credited on each code within a span, and the difference."""
    sums: dict[Code, list[int]] = {}
    for line in await book_lines(span, currency):
        sums.setdefault(line.code, [0, 0])[line.side == Side.C] += line.amount.minor
    rows = [
        (code.value, NAMES[code], currency, *(Money(minor, currency) for minor in (debited, credited, debited - credited)))
        for code, (debited, credited) in sorted(sums.items())
    ]
    columns = ("account", "account_name", "currency", "debit_amount", "credit_amount", "net_amount")
    return Sheet(_name("trial-balance", span, currency), columns, rows)


async def runs_sheet(span: str, currency: str) -> Sheet:
    """Every payment of the runs begun in a span (Europe/Paris)."""
    rows = await _all(
        """
        select r.number, r.status as run_status, r.created_at, coalesce(m.display_name, '') as maker, coalesce(c.display_name, '') as checker,
               p.kind, p.name, i.destination, i.status, i.amount_minor, i.withheld_minor, coalesce(i.transfer_id, '') as transfer, i.error_code, i.settled_at
        from payout_item i join payout_run r on r.id = i.run join payee p on p.id = i.payee
        left join person m on m.id = r.maker left join person c on c.id = r.checker
        where i.currency = $2 and starts_with(to_char(r.created_at at time zone 'Europe/Paris', 'YYYY-MM'), $1)
        order by r.created_at, p.name, i.id
        """,
        span,
        currency,
    )
    columns = (
        "run", "run_status", "created", "maker", "checker", "payee_kind", "payee",
        "connected_account", "status", "currency", "amount", "withheld_amount", "transfer", "error", "settled",
    )  # fmt: skip
    found = [
        (
            row["number"], row["run_status"], row["created_at"], row["maker"], row["checker"], row["kind"], row["name"],
            row["destination"], row["status"], currency, Money(row["amount_minor"], currency),
            Money(row["withheld_minor"], currency), row["transfer"], row["error_code"], row["settled_at"],
        )
        for row in rows
    ]  # fmt: skip
    return Sheet(_name("runs", span, currency), columns, found)


async def statements_sheet(span: str, currency: str) -> Sheet:
    """What each order line credited in a span earned its creator, its brand and the platform, and what refunds took back."""
    rows = await _all(
        """
        select o.number, o.paid_at, l.title, b.name as brand, coalesce(c.display_name, '') as creator, k.rate_bp, k.base_minor,
               l.gross_minor, k.amount_minor, k.reversed_minor, k.brand_minor, k.brand_reversed_minor, k.fee_minor,
               k.fee_reversed_minor, k.fee_vat_minor, k.fee_vat_reversed_minor, k.status, k.hold_until, k.released_at
        from commission k join shop_order o on o.id = k."order" join order_line l on l.id = k.order_line
        join brand b on b.id = k.brand left join creator c on c.id = k.creator
        where k.currency = $2 and starts_with(to_char(o.paid_at at time zone 'Europe/Paris', 'YYYY-MM'), $1)
        order by o.paid_at, o.number, k.id
        """,
        span,
        currency,
    )
    columns = (
        "order", "paid", "product", "brand", "creator", "rate_bp", "state", "due", "released", "currency",
        "gross_amount", "base_amount", "creator_amount", "creator_reversed_amount",
        "brand_amount", "brand_reversed_amount", "fee_amount", "fee_reversed_amount",
        "fee_vat_amount", "fee_vat_reversed_amount",
    )  # fmt: skip
    found = [
        (
            row["number"], row["paid_at"], row["title"], row["brand"], row["creator"], row["rate_bp"], row["status"],
            row["hold_until"], row["released_at"], currency,
            *(Money(row[name], currency) for name in (
                "gross_minor", "base_minor", "amount_minor", "reversed_minor",
                "brand_minor", "brand_reversed_minor", "fee_minor", "fee_reversed_minor",
                "fee_vat_minor", "fee_vat_reversed_minor",
            )),
        )
        for row in rows
    ]  # fmt: skip
    return Sheet(_name("statements", span, currency), columns, found)


def _name(what: str, span: str, currency: str) -> str:
    return "-".join(part for part in (what, span, currency) if part)


def _line(row: Any, currency: str) -> BookLine:
    return BookLine(
        journal_id=row["journal_id"],
        number=row["number"],
        key=row["idempotency_key"],
        kind=row["kind"],
        period=row["period"],
        event_at=row["event_at"],
        booked_at=row["booked_at"],
        source_id=row["source_id"],
        memo=row["memo"],
        code=Code(row["code"]),
        owner_kind=row["owner_kind"],
        owner_id=row["owner_id"],
        owner=row["owner"],
        side=Side(row["side"]),
        amount=Money(row["amount"], currency),
    )


async def _all(query: str, *values: object) -> list[Any]:
    async with DB.connection() as connection:
        return list(await connection.fetch(query, *values))
