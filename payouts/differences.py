"""The differences of the reconciliation as its board shows them: the queue by code, the cases of a code, one case with both sides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money
from payouts import accounts
from payouts.accounts import JournalShown


@dataclass(frozen=True)
class Queue:
    """The open cases of one code; `explain` is the sum of their absolute differences."""

    code: str
    count: int
    explain: Money


@dataclass(frozen=True)
class Case:
    """One difference: what the ledger says, what Stripe says."""

    id: UUID
    code: str
    status: str
    source_id: str
    leg: str
    difference: Money
    theirs: Money | None
    their_fee: Money | None
    their_at: datetime | None
    transaction_id: str
    journal_id: int | None
    found_at: datetime
    resolved_at: datetime | None
    resolver: str
    resolution: str


async def queues() -> list[Queue]:
    """Open cases by code and currency."""
    rows = await _all(
        """
        select code, currency, count(*) as count, sum(abs(amount_minor))::bigint as explain
        from reconciliation_exception where status = 'open' group by 1, 2 order by 1, 2
        """
    )
    return [Queue(row["code"], row["count"], Money(row["explain"], row["currency"])) for row in rows]


async def cases(code: str = "", *, status: str = "open", limit: int = 200) -> list[Case]:
    """Cases of a code (all with ''), the oldest first."""
    rows = await _all(
        _CASES + " where ($1 = '' or e.code = $1) and e.status = $2 order by e.found_at, e.id limit $3", code, status, limit
    )
    return [_case(row) for row in rows]


async def case_of(case_id: UUID) -> Case:
    """One case. Raises `NotFound`."""
    rows = await _all(_CASES + " where e.id = $1", case_id)
    if not rows:
        raise NotFound
    return _case(rows[0])


async def journal_of(case: Case) -> JournalShown | None:
    """The ledger's side of a case."""
    found = await accounts.journals([case.journal_id]) if case.journal_id else []
    return found[0] if found else None


_CASES = """
    select e.*, m.net_minor, m.fee_minor, m.created_at as their_at, m.currency as their_currency,
           coalesce(p.display_name, '') as resolver
    from reconciliation_exception e left join mirror_transaction m on m.id = e.transaction left join person p on p.id = e.resolved_by
"""


def _case(row: Any) -> Case:
    there = row["net_minor"] is not None
    return Case(
        id=row["id"],
        code=row["code"],
        status=row["status"],
        source_id=row["source_id"],
        leg=row["finding"],
        difference=Money(row["amount_minor"], row["currency"]),
        theirs=Money(row["net_minor"], row["their_currency"]) if there else None,
        their_fee=Money(row["fee_minor"], row["their_currency"]) if there else None,
        their_at=row["their_at"],
        transaction_id=row["transaction"] or "",
        journal_id=row["journal"],
        found_at=row["found_at"],
        resolved_at=row["resolved_at"],
        resolver=row["resolver"],
        resolution=row["resolution"],
    )


async def _all(query: str, *values: object) -> list[Any]:
    async with DB.connection() as connection:
        return list(await connection.fetch(query, *values))
