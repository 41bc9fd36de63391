"""Who owes the platform, and since when: what was netted paid the oldest debt first (docs/money.md, chapter 14)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation import clock
from foundation.database import DB
from foundation.money import Money
from payouts.tables import PayeeKind

BUCKETS = (30, 60, 90)
"""Days: up to 30, up to 60, up to 90, older."""


@dataclass(frozen=True)
class Debtor:
    """A payee who owes; `ages` are the parts up to 30, 60, 90 days and older, `since` is the oldest part's day."""

    kind: PayeeKind
    owner: UUID
    name: str
    account_id: int
    total: Money
    ages: tuple[Money, Money, Money, Money]
    since: datetime


def open_parts(moves: list[tuple[datetime, int]]) -> list[tuple[datetime, int]]:
    """What is still open of debts (above zero) after payments (below zero), which pay the oldest first. In the order of time."""
    parts: list[tuple[datetime, int]] = []
    for at, minor in moves:
        left = -minor
        if minor > 0:
            parts.append((at, minor))
            continue
        while left and parts:
            began, owed = parts.pop(0)
            if owed > left:
                parts.insert(0, (began, owed - left))
            left -= min(owed, left)
    return parts


async def debtors(currency: str) -> list[Debtor]:
    """Everybody who owes in one currency, the largest debt first."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select a.id, a.owner_kind, a.owner_id::uuid as owner, a.balance, coalesce(c.display_name, b.name) as name, p.side, p.amount,
                   j.event_at
            from ledger_account a join posting p on p.account = a.id join journal j on j.id = p.journal
            left join creator c on a.owner_kind = 'creator' and c.id = a.owner_id::uuid
            left join brand b on a.owner_kind = 'brand' and b.id = a.owner_id::uuid
            where a.code in ('1200', '1210') and a.currency = $1 and a.balance > 0 order by a.balance desc, a.id, p.account_version
            """,
            currency,
        )
    by_account: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_account[row["id"]].append(row)
    return [_debtor(lines, currency) for lines in by_account.values()]


def _debtor(lines: list[Any], currency: str) -> Debtor:
    parts = open_parts([(line["event_at"], line["amount"] if line["side"] == "D" else -line["amount"]) for line in lines])
    ages = [0] * (len(BUCKETS) + 1)
    for began, minor in parts:
        days = (clock.now() - began).days
        ages[sum(days > bucket for bucket in BUCKETS)] += minor
    first = lines[0]
    young, older, old, oldest = (Money(age, currency) for age in ages)
    return Debtor(
        PayeeKind(first["owner_kind"]),
        first["owner"],
        first["name"],
        first["id"],
        Money(first["balance"], currency),
        (young, older, old, oldest),
        parts[0][0] if parts else first["event_at"],
    )
