"""Runs as the finance pages show them: items with names, the sums, and the difference to the run before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money
from payouts import run_items, runs, simulation
from payouts.tables import PayoutRun

PAGE = 100


@dataclass(frozen=True)
class ItemShown:
    """One payment of a run."""

    id: UUID
    name: str
    kind: str
    amount: Money
    status: str
    transfer_id: str
    error: str
    at: datetime | None
    account_id: int | None
    unusual: bool
    withheld: Money
    withheld_bp: int
    withheld_why: str

    @property
    def old(self) -> bool:
        """Unknown for longer than Stripe keeps keys: a person decides."""
        return self.status == "unknown" and self.error == "key_expired"


@dataclass(frozen=True)
class Change:
    """How many payees changed in one way since the run before, and by how much in all."""

    new: tuple[int, Money]
    up: tuple[int, Money]
    down: tuple[int, Money]
    gone: tuple[int, Money]
    same: int
    before: Money
    before_number: str


@dataclass(frozen=True)
class RunShown:
    """A run with everything that its page shows."""

    id: UUID
    number: str
    status: str
    currency: str
    content_hash: str
    note: str
    maker: str
    checker: str
    created_at: datetime
    submitted_at: datetime | None
    approved_at: datetime | None
    completed_at: datetime | None
    items: list[ItemShown]
    more: bool
    sums: dict[str, tuple[int, Money]]
    change: Change | None
    approvals: list[str]
    needed: int
    withheld: Money

    @property
    def count(self) -> int:
        """How many payments there are in all; `items` is one page of them."""
        return sum(count for count, _amount in self.sums.values())

    @property
    def total(self) -> Money:
        return simulation.summed((amount for _count, amount in self.sums.values()), self.currency)

    @property
    def sent(self) -> tuple[int, Money]:
        return self.sums.get("sent", (0, Money(0, self.currency)))

    @property
    def settled(self) -> int:
        return sum(self.sums[state][0] for state in ("sent", "failed", "released") if state in self.sums)

    @property
    def locked(self) -> int:
        return self.sums["locked"][0] if "locked" in self.sums else 0


@dataclass(frozen=True)
class RunLine:
    """A run in the list."""

    number: str
    status: str
    created_at: datetime
    maker: str
    checker: str
    items: int
    total: Money


async def latest(limit: int = 50) -> list[RunLine]:
    """The runs, newest first."""
    rows = await _all(
        """
        select r.number, r.status, r.created_at, r.currency, coalesce(m.display_name, '') as maker, coalesce(c.display_name, '') as checker,
               count(i.id) as items, coalesce(sum(i.amount_minor), 0)::bigint as total
        from payout_run r left join person m on m.id = r.maker left join person c on c.id = r.checker left join payout_item i on i.run = r.id
        group by r.id, m.display_name, c.display_name order by r.created_at desc limit $1
        """,
        limit,
    )
    return [
        RunLine(
            row["number"],
            row["status"],
            row["created_at"],
            row["maker"],
            row["checker"],
            row["items"],
            Money(row["total"], row["currency"]),
        )
        for row in rows
    ]


async def shown(run: PayoutRun, *, after: int = 0, state: str = "") -> RunShown:
    """The run with one page of its items, the sums of all, names, approvals and the difference to the last run.

    `after` skips items, `state` shows only those.
    """
    items = await _items(run, after, state)
    people = await _all(
        "select coalesce(m.display_name, '') as maker, coalesce(c.display_name, '') as checker from payout_run r left join person m on m.id = r.maker"
        " left join person c on c.id = r.checker where r.id = $1",
        run.id,
    )
    return RunShown(
        id=run.id,
        number=run.number,
        status=run.status,
        currency=run.currency,
        content_hash=run.content_hash,
        note=run.note,
        maker=people[0]["maker"],
        checker=people[0]["checker"],
        created_at=run.created_at,
        submitted_at=run.submitted_at,
        approved_at=run.approved_at,
        completed_at=run.completed_at,
        items=items[:PAGE],
        more=len(items) > PAGE,
        sums=await _sums(run),
        change=await _change(run),
        approvals=await _approvals(run),
        needed=runs.approvals_needed(await run_items.held_by(run.id)) if run.status in {"draft", "submitted"} else 1,
        withheld=await _withheld(run),
    )


async def number_of_item(item_id: UUID) -> str:
    """The number of the run that an item belongs to. Raises `NotFound`."""
    rows = await _all("select r.number from payout_item i join payout_run r on r.id = i.run where i.id = $1", item_id)
    if not rows:
        raise NotFound
    return str(rows[0]["number"])


async def _items(run: PayoutRun, after: int, state: str) -> list[ItemShown]:
    rows = await _all(
        """
        select i.id, p.name, p.kind, i.amount_minor, i.withheld_minor, i.withheld_bp, i.withheld_why, i.currency, i.status, coalesce(i.transfer_id, '') as transfer, i.error_code,
               coalesce(i.settled_at, i.sent_at) as at, a.id as account, coalesce(u.usual, 0) as usual
        from (
            select * from payout_item where run = $1 and ($4 = '' or status = $4) order by amount_minor desc, id limit $2 offset $3
        ) i join payee p on p.id = i.payee
        left join ledger_account a on a.code = case p.kind when 'creator' then '2121' else '2111' end
             and a.owner_kind = p.kind and a.owner_id = coalesce(p.creator, p.brand)::text and a.currency = i.currency
        left join lateral (
            select max(amount_minor) as usual from (
                select o.amount_minor from payout_item o join payout_run r on r.id = o.run
                where o.payee = i.payee and o.status = 'sent' and o.run <> $1 and o.currency = i.currency order by r.created_at desc limit 6
            ) last
        ) u on true
        order by i.amount_minor desc, i.id
        """,
        run.id,
        PAGE + 1,
        after,
        state,
    )
    return [_item(row, run.status) for row in rows]


def _item(row: Any, run_status: str) -> ItemShown:
    amount = Money(row["amount_minor"], row["currency"])
    return ItemShown(
        row["id"],
        row["name"],
        row["kind"],
        amount,
        row["status"],
        row["transfer"],
        row["error_code"],
        row["at"],
        row["account"],
        run_status in {"draft", "submitted"} and simulation.is_unusual(amount, Money(row["usual"], amount.currency)),
        Money(row["withheld_minor"], row["currency"]),
        row["withheld_bp"],
        row["withheld_why"],
    )


async def _sums(run: PayoutRun) -> dict[str, tuple[int, Money]]:
    rows = await _all(
        "select status, count(*) as items, sum(amount_minor)::bigint as minor from payout_item where run = $1 group by 1", run.id
    )
    return {row["status"]: (row["items"], Money(row["minor"], run.currency)) for row in rows}


async def _withheld(run: PayoutRun) -> Money:
    """The taxes of all its items that were not given up."""
    rows = await _all(
        "select coalesce(sum(withheld_minor), 0)::bigint as minor from payout_item where run = $1 and status not in ('failed', 'released')",
        run.id,
    )
    return Money(rows[0]["minor"], run.currency)


async def _approvals(run: PayoutRun) -> list[str]:
    rows = await _all(
        "select m.display_name from run_approval a join person m on m.id = a.person where a.run = $1 order by a.approved_at",
        run.id,
    )
    return [row["display_name"] for row in rows]


async def _change(run: PayoutRun) -> Change | None:
    before = await _all(
        "select id, number from payout_run where currency = $1 and created_at < $2 and status <> 'cancelled' order by created_at desc limit 1",
        run.currency,
        run.created_at,
    )
    if not before:
        return None
    rows = await _all(
        """
        select coalesce(n.amount_minor, 0) as now, coalesce(o.amount_minor, 0) as then
        from (select * from payout_item where run = $1) n full join (select * from payout_item where run = $2) o on o.payee = n.payee
        """,
        run.id,
        before[0]["id"],
    )

    def part(rows: list[Any]) -> tuple[int, Money]:
        return len(rows), Money(sum(row["now"] - row["then"] for row in rows), run.currency)

    both = [row for row in rows if row["now"] and row["then"]]
    return Change(
        new=part([row for row in rows if not row["then"]]),
        up=part([row for row in both if row["now"] > row["then"]]),
        down=part([row for row in both if row["now"] < row["then"]]),
        gone=part([row for row in rows if not row["now"]]),
        same=sum(row["now"] == row["then"] for row in both),
        before=Money(sum(row["then"] for row in rows), run.currency),
        before_number=before[0]["number"],
    )


async def _all(query: str, *values: object) -> list[Any]:
    async with DB.connection() as connection:
        return list(await connection.fetch(query, *values))
