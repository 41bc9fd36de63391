"""The statement of a month: what a payee had, every journal that changed it, and what they have, read from the postings themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation.database import DB
from foundation.errors import NotFound
from foundation.i18n import _
from foundation.money import Money
from payouts.tables import PayeeKind

MOST_LINES = 20_000
OF_PAYEE = ("1200", "1210", "2110", "2111", "2112", "2113", "2120", "2121", "2122", "2123")
"""Everything that a payee has (2...) and owes (1...)."""

WORDS = {
    "T2": _("Sale"),
    "T5": _("Higher tier of the month"),
    "T6": _("Fixed fee or bonus"),
    "S1": _("Sale in the brand's own shop"),
    "R1": _("Refund"),
    "R1x": _("Refund undone"),
    "P2": _("Payout"),
    "W1": _("Tax withheld"),
    "W1x": _("Withheld tax given back"),
    "P4": _("Payout reversed"),
    "A1": _("Correction"),
    "A1r": _("Forgiven debt made good"),
    "A3": _("Moved between accounts"),
    "A2": _("Credit changed"),
    "D2": _("Dispute"),
}
OTHER = _("Other entry")
WITHHELD = {"W1", "W1x"}


@dataclass(frozen=True)
class MonthLine:
    """A journal that changed what the payee has in all. Money that only waits, is released or is locked changes nothing."""

    journal_id: int
    kind: str
    at: datetime
    order_number: str
    title: str
    memo: str
    amount: Money
    balance: Money

    @property
    def words(self) -> str:
        return WORDS.get(self.kind, OTHER)


@dataclass(frozen=True)
class MonthStatement:
    """`opening` + the lines = `closing`; each is what the payee has (pending, available, held, in payout) less their debt."""

    kind: PayeeKind
    owner: UUID
    name: str
    month: str
    currency: str
    opening: Money
    lines: list[MonthLine]
    closing: Money

    @property
    def earned(self) -> Money:
        return self._sum(line for line in self.lines if line.kind != "P2" and line.kind not in WITHHELD)

    @property
    def paid(self) -> Money:
        return -self._sum(line for line in self.lines if line.kind == "P2")

    @property
    def withheld(self) -> Money:
        """The taxes that stayed here."""
        return -self._sum(line for line in self.lines if line.kind in WITHHELD)

    def _sum(self, lines: Iterable[MonthLine]) -> Money:
        return Money(sum(line.amount.minor for line in lines), self.currency)


@dataclass(frozen=True)
class MonthTotal:
    """A month in the list of statements."""

    month: str
    change: Money
    closing: Money


@dataclass(frozen=True)
class OwnPosting:
    """One of the payee's own postings of a journal; what it says of others is not theirs to see."""

    code: str
    debit: Money | None
    credit: Money | None
    balance: Money


_CHANGES = """
    select j.id, j.kind, j.event_at, j.period, j.memo, j.source_kind, j.source_id,
           sum(case p.side when a.normal then p.amount else -p.amount end * case a.normal when 'C' then 1 else -1 end)::bigint as minor
    from ledger_account a join posting p on p.account = a.id join journal j on j.id = p.journal
    where a.owner_kind = $1 and a.owner_id = $2 and a.currency = $3 and a.code = any($4)
    group by j.id
"""


async def months(kind: PayeeKind, owner: UUID, currency: str) -> list[MonthTotal]:
    """The months in which something changed, the newest first."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            f"select period, sum(minor)::bigint as minor from ({_CHANGES}) c group by period order by period",  # noqa: S608  # a constant
            kind.value,
            str(owner),
            currency,
            list(OF_PAYEE),
        )
    found, balance = [], 0
    for row in rows:
        balance += row["minor"]
        found.append(MonthTotal(row["period"], Money(row["minor"], currency), Money(balance, currency)))
    return found[::-1]


async def statement(kind: PayeeKind, owner: UUID, name: str, month: str, currency: str) -> MonthStatement:
    """The statement of one month of the books (`2026-11`). Raises `NotFound` when nothing was ever booked in it."""
    async with DB.connection() as connection:
        opening = await connection.fetchval(
            f"select coalesce(sum(minor), 0)::bigint from ({_CHANGES}) c where period < $5",  # noqa: S608  # a constant
            kind.value,
            str(owner),
            currency,
            list(OF_PAYEE),
            month,
        )
        rows = await connection.fetch(
            f"""
            select c.*, coalesce(o.number, '') as order_number, coalesce(l.title, '') as title from ({_CHANGES}) c
            left join refund_line rl on c.source_kind = 'refund_line' and rl.id::text = c.source_id
            left join order_line l on (c.source_kind = 'order_line' and l.id::text = c.source_id) or l.id = rl.order_line
            left join shop_order o on o.id = l."order"
            where c.period = $5 and c.minor <> 0 order by c.id limit $6
            """,  # noqa: S608  # a constant
            kind.value,
            str(owner),
            currency,
            list(OF_PAYEE),
            month,
            MOST_LINES,
        )
    if not rows and month not in {total.month for total in await months(kind, owner, currency)}:
        raise NotFound
    lines, balance = [], opening
    for row in rows:
        balance += row["minor"]
        lines.append(_line(row, currency, balance))
    return MonthStatement(kind, owner, name, month, currency, Money(opening, currency), lines, Money(balance, currency))


def _line(row: Any, currency: str, balance: int) -> MonthLine:
    return MonthLine(
        journal_id=row["id"],
        kind=row["kind"],
        at=row["event_at"],
        order_number=row["order_number"],
        title=row["title"],
        memo=row["memo"],
        amount=Money(row["minor"], currency),
        balance=Money(balance, currency),
    )


async def own_postings(kind: PayeeKind, owner: UUID, journal_id: int) -> tuple[MonthLine, list[OwnPosting]]:
    """A journal as its payee may see it: only the postings of their own accounts. Raises `NotFound` for journals that touch none of them."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select j.id, j.kind, j.event_at, j.memo, a.code, a.normal, p.side, p.amount, p.currency, p.balance_after
            from journal j join posting p on p.journal = j.id join ledger_account a on a.id = p.account
            where j.id = $1 and a.owner_kind = $2 and a.owner_id = $3 and a.code = any($4) order by a.code
            """,
            journal_id,
            kind.value,
            str(owner),
            list(OF_PAYEE),
        )
    if not rows:
        raise NotFound
    first = rows[0]
    signed = [row["amount"] if row["side"] == "C" else -row["amount"] for row in rows]
    currency = first["currency"]
    head = MonthLine(
        first["id"], first["kind"], first["event_at"], "", "", first["memo"], Money(sum(signed), currency), Money(0, currency)
    )
    return head, [
        OwnPosting(
            row["code"],
            Money(row["amount"], currency) if row["side"] == "D" else None,
            Money(row["amount"], currency) if row["side"] == "C" else None,
            Money(row["balance_after"], currency),
        )
        for row in rows
    ]
