"""Reading the books: accounts of a code, postings of an account, the journal of a posting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money
from payouts.chart import Code

PAGE = 50
_NAME = """
    coalesce(c.display_name, b.name, o.number, '') as owner
    from ledger_account a
    left join creator c on a.owner_kind = 'creator' and c.id::text = a.owner_id
    left join brand b on a.owner_kind = 'brand' and b.id::text = a.owner_id
    left join shop_order o on a.owner_kind = 'order' and o.id::text = a.owner_id
"""


@dataclass(frozen=True)
class AccountShown:
    """An account with its owner's name; empty for the platform's own."""

    id: int
    code: Code
    owner_kind: str
    owner: str
    balance: Money
    postings: int


@dataclass(frozen=True)
class PostingShown:
    """One line of an account; `debit` or `credit` is None."""

    id: int
    journal_id: int
    kind: str
    memo: str
    event_at: datetime
    debit: Money | None
    credit: Money | None
    balance: Money


@dataclass(frozen=True)
class JournalLine:
    """One posting of a journal, with its account."""

    account: AccountShown
    debit: Money | None
    credit: Money | None


@dataclass(frozen=True)
class JournalShown:
    """A journal with its lines, its source in the world and its place in the chain of hashes."""

    id: int
    kind: str
    key: str
    event_at: datetime
    booked_at: datetime
    period: str
    source_kind: str
    source_id: str
    actor: str
    memo: str
    rule_version: str
    digest: str
    link: str
    lines: list[JournalLine]


async def accounts_of(code: Code, currency: str, *, after: int = 0, owner: str = "") -> list[AccountShown]:
    """The accounts of a code that ever moved, the largest balance first; `owner` filters by name, `after` skips."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            f"""
            select a.id, a.code, a.owner_kind, a.balance, a.currency, a.version, {_NAME}
            where a.code = $1 and a.currency = $2 and ($3 = '' or coalesce(c.display_name, b.name, o.number, '') ilike '%' || $3 || '%')
            order by abs(a.balance) desc, a.id limit $4 offset $5
            """,  # a constant
            code.value,
            currency,
            owner.replace("%", r"\%").replace("_", r"\_"),
            PAGE + 1,
            after,
        )
    return [_account(row) for row in rows]


async def account(account_id: int) -> AccountShown:
    """One account. Raises `NotFound`."""
    async with DB.connection() as connection:
        row = await connection.fetchrow(
            f"select a.id, a.code, a.owner_kind, a.balance, a.currency, a.version, {_NAME} where a.id = $1",  # a constant
            account_id,
        )
    if row is None:
        raise NotFound
    return _account(row)


async def postings(account_id: int, *, before: int | None = None) -> list[PostingShown]:
    """Lines of an account, newest first, one page and one more; `before` is the version to go on from."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select p.account_version as id, p.journal, p.side, p.amount, p.currency, p.balance_after, j.kind, j.memo, j.event_at
            from posting p join journal j on j.id = p.journal
            where p.account = $1 and ($2::bigint is null or p.account_version < $2) order by p.account_version desc limit $3
            """,
            account_id,
            before,
            PAGE + 1,
        )
    return [
        PostingShown(
            row["id"],
            row["journal"],
            row["kind"],
            row["memo"],
            row["event_at"],
            *_sides(row),
            Money(row["balance_after"], row["currency"]),
        )
        for row in rows
    ]


async def journal(journal_id: int) -> JournalShown:
    """One journal with its lines. Raises `NotFound`."""
    found = await journals([journal_id])
    if not found:
        raise NotFound
    return found[0]


async def journals(ids: list[int]) -> list[JournalShown]:
    """Journals with their lines, by id."""
    async with DB.connection() as connection:
        heads = await connection.fetch(
            """
            select j.*, first.link as batch_link from journal j join journal first on first.id = coalesce(j.batch, j.id)
            where j.id = any($1) order by j.id
            """,
            ids,
        )
        lines = await connection.fetch(
            f"""
            select p.journal, p.side, p.amount, named.* from posting p join (
                select a.id, a.code, a.owner_kind, a.balance, a.currency, a.version, {_NAME}
                where a.id in (select account from posting where journal = any($1))
            ) named on named.id = p.account
            where p.journal = any($1) order by p.side desc, named.code
            """,  # noqa: S608  # a constant
            ids,
        )
    grouped: dict[int, list[JournalLine]] = {}
    for row in lines:
        grouped.setdefault(row["journal"], []).append(JournalLine(_account(row), *_sides(row)))
    return [_journal(row, grouped.get(row["id"], [])) for row in heads]


def _journal(row: Any, lines: list[JournalLine]) -> JournalShown:
    return JournalShown(
        id=row["id"],
        kind=row["kind"],
        key=row["idempotency_key"],
        event_at=row["event_at"],
        booked_at=row["booked_at"],
        period=row["period"],
        source_kind=row["source_kind"],
        source_id=row["source_id"],
        actor=row["actor"],
        memo=row["memo"],
        rule_version=row["rule_version"],
        digest=row["digest"].hex(),
        link=row["batch_link"].hex(),
        lines=sorted(lines, key=lambda line: (line.debit is None, line.account.code)),
    )


def _account(row: Any) -> AccountShown:
    money = Money(row["balance"], row["currency"])
    return AccountShown(row["id"], Code(row["code"]), row["owner_kind"], row["owner"], money, row["version"])


def _sides(row: Any) -> tuple[Money | None, Money | None]:
    amount = Money(row["amount"], row["currency"])
    return (amount, None) if row["side"] == "D" else (None, amount)
