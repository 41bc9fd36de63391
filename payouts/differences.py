"""The differences of the reconciliation as its board shows them: the queue by code, the cases of a code, one case with both sides, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, WrongState
from foundation.i18n import _
from foundation.money import Money
from foundation.tables import Role
from payouts import accounts
from payouts.accounts import JournalShown
from payouts.differences_proposed import DAYS, STAKES, Stake
from payouts.tables import ExceptionStatus, ReconciliationException

PAGE: Final = 50
SORTS: Final = ("urgent", "age", "amount", "owner")


class NotFinance(InvalidField):
    """A difference belongs to somebody of finance."""

    code = "not_finance"
    field = "owner"
    message = _("Please choose somebody of finance.")


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
    owner_id: UUID | None
    owner: str

    @property
    def age(self) -> int:
        """Whole days since it was found, until it was resolved."""
        return ((self.resolved_at or clock.now()) - self.found_at).days

    @property
    def late(self) -> bool:
        """It is open for longer than its code may be."""
        return self.status == ExceptionStatus.OPEN and self.age > DAYS[self.code]

    @property
    def stake(self) -> Stake:
        return STAKES[self.code]


async def queues() -> list[Queue]:
    """Open cases by code and currency."""
    rows = await _all(
        """
        select code, currency, count(*) as count, sum(abs(amount_minor))::bigint as explain
        from reconciliation_exception where status = 'open' group by 1, 2 order by 1, 2
        """
    )
    return [Queue(row["code"], row["count"], Money(row["explain"], row["currency"])) for row in rows]


async def cases(
    code: str = "", *, status: str = "open", sort: str = "urgent", owner: UUID | None = None, after: int = 0
) -> list[Case]:
    """Cases of a code (all with ''), of one person when `owner` is given: one page and one more.

    `sort`: urgent (what can cost money and is late longest), age, amount, owner.
    """
    order = _ORDERS[sort if sort in _ORDERS else "urgent"]
    where = " where ($1 = '' or e.code = $1) and e.status = $2 and ($3::uuid is null or e.owner = $3)"
    late, papers = [*DAYS.items()], [key for key, stake in STAKES.items() if stake != Stake.LOSS]
    rows = await _all(
        f"{_CASES}{where} order by {order} limit $4 offset $5",
        code,
        status,
        owner,
        PAGE + 1,
        after,
        [key for key, _days in late],
        [days for _key, days in late],
        papers,
        clock.now(),
    )
    return [_case(row) for row in rows]


async def people() -> list[tuple[UUID, str]]:
    """Who works in finance."""
    rows = await _all(
        """
        select distinct p.id, p.display_name from person p join role_grant g on g.person = p.id
        where g.role = any($1) and p.disabled_at is null order by p.display_name
        """,
        [Role.FINANCE_MAKER.value, Role.FINANCE_CHECKER.value],
    )
    return [(row["id"], row["display_name"]) for row in rows]


async def assign(*, exception_id: UUID, owner: UUID | None, by: Principal) -> None:
    """Give a difference to somebody of finance, or to nobody. Raises `NotFinance`, `NotFound`, `WrongState` when it is resolved."""
    if owner is not None and owner not in {person for person, _name in await people()}:
        raise NotFinance
    async with DB.transaction():
        row = (
            await ReconciliationException.objects().where(ReconciliationException.id == exception_id).lock_rows("UPDATE").first()
        )
        if row is None:
            raise NotFound
        if row.status != ExceptionStatus.OPEN:
            raise WrongState
        if row.owner == owner:
            return
        await ReconciliationException.update(
            {ReconciliationException.owner: owner, ReconciliationException.owned_at: clock.now() if owner else None}
        ).where(ReconciliationException.id == exception_id)
        await audit.record(
            by=by, action="difference.assigned", kind="reconciliation_exception", id=exception_id, owner=str(owner or "")
        )


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
           coalesce(p.display_name, '') as resolver, coalesce(o.display_name, '') as owner_name
    from reconciliation_exception e left join mirror_transaction m on m.id = e.transaction left join person p on p.id = e.resolved_by
    left join person o on o.id = e.owner
"""
# $6 and $7 are the codes and the days they may stay open, $8 the codes that cannot cost money, $9 the moment.
_LATE = "($9::timestamptz - e.found_at > make_interval(days => ($7::int[])[array_position($6::text[], e.code::text)]))"
_ORDERS = {
    "urgent": f"e.code = any($8::text[]), {_LATE} desc, abs(e.amount_minor) desc, e.found_at, e.id",
    "age": f"e.found_at, {_LATE}, e.code = any($8::text[]), e.id",
    "amount": f"e.currency, abs(e.amount_minor) desc, {_LATE}, e.code = any($8::text[]), e.id",
    "owner": f"o.display_name nulls first, {_LATE} desc, e.code = any($8::text[]), e.found_at, e.id",
}


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
        owner_id=row["owner"],
        owner=row["owner_name"],
    )


async def _all(query: str, *values: object) -> list[Any]:
    async with DB.connection() as connection:
        return list(await connection.fetch(query, *values))
