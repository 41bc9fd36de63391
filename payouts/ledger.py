"""The ledger: the only writer of journals and postings, and what can be read from them (docs/money.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import asyncpg

from foundation import clock
from foundation.database import DB
from foundation.errors import Refusal
from foundation.i18n import _
from foundation.money import Money
from payouts.chart import Account, Code
from payouts.tables import Side


class LedgerRefused(Refusal):
    """The books do not take it; data: `reason`, the database's own sentence."""

    code = "ledger_refused"
    status = 409
    message = _("The books refuse this entry: %(reason)s")


class KeyReused(LedgerRefused):
    """The same idempotency key came with another content."""

    code = "ledger_key_reused"


class PeriodClosed(LedgerRefused):
    """The month is closed."""

    code = "period_closed"


class Unbalanced(LedgerRefused):
    """Debits and credits differ, or an account would go below zero."""

    code = "ledger_unbalanced"


@dataclass(frozen=True)
class Line:
    """One posting to be: `amount` is above zero."""

    account: Account
    side: Side
    amount: Money


@dataclass(frozen=True, kw_only=True)
class Source:
    """What in the world a journal says: `charge` `ch_...`, `order_line` and its id, ..."""

    kind: str
    id: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A journal to be. `key` names the fact, so that booking it twice is booking it once."""

    key: str
    kind: str
    event_at: datetime
    source: Source
    lines: tuple[Line, ...]
    actor: str = "system"
    rule_version: str = ""
    memo: str = ""
    reverses: int | None = None


@dataclass(frozen=True)
class Posted:
    """A journal in the books; `replayed` when it had been there before."""

    id: int
    replayed: bool


def debit(account: Account, amount: Money) -> Line:
    """A debit; an amount below zero goes to the other side."""
    return Line(account, Side.D, amount) if amount.minor >= 0 else Line(account, Side.C, -amount)


def credit(account: Account, amount: Money) -> Line:
    """A credit; an amount below zero goes to the other side."""
    return Line(account, Side.C, amount) if amount.minor >= 0 else Line(account, Side.D, -amount)


def folded(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines with one per account: sums of the same account, nothing of zero."""
    sums: dict[tuple[Account, str], int] = {}
    for line in lines:
        place = (line.account, line.amount.currency)
        sums[place] = sums.get(place, 0) + (line.amount.minor if line.side == Side.D else -line.amount.minor)
    return tuple(debit(account, Money(minor, currency)) for (account, currency), minor in sums.items() if minor)


async def post(
    *,
    key: str,
    kind: str,
    event_at: datetime,
    source: Source,
    lines: Sequence[Line],
    actor: str = "system",
    rule_version: str = "",
    memo: str = "",
) -> Posted:
    """Book one journal. See `post_all`."""
    entry = Entry(
        key=key,
        kind=kind,
        event_at=event_at,
        source=source,
        lines=tuple(lines),
        actor=actor,
        rule_version=rule_version,
        memo=memo,
    )
    return (await post_all([entry]))[0]


async def post_all(entries: Sequence[Entry]) -> list[Posted]:
    """Book journals in one round trip, in this order, all or none; joins the transaction that is open.

    The balance of each is checked when the transaction commits. Raises `KeyReused`, `PeriodClosed`, `Unbalanced`, `LedgerRefused`.
    """
    wanted = [entry if (lines := folded(entry.lines)) == entry.lines else replace(entry, lines=lines) for entry in entries]
    for entry in wanted:
        _check(entry)
    if not wanted:
        return []
    once = _once(wanted)
    rows = await _booked(list(once.values()))
    done = {key: (row["journal_id"], row["replayed"]) for key, row in zip(once, rows, strict=True)}
    told: set[str] = set()
    posted = []
    for entry in wanted:
        journal_id, replayed = done[entry.key]
        posted.append(Posted(journal_id, replayed or entry.key in told))
        told.add(entry.key)
    return posted


async def booked(*keys: str) -> dict[str, int]:
    """The journals that these facts have already: key to journal id."""
    async with DB.connection() as connection:
        rows = await connection.fetch("select idempotency_key, id from journal where idempotency_key = any($1)", list(keys))
    return {row["idempotency_key"]: row["id"] for row in rows}


async def balance(account: Account, currency: str) -> Money:
    """What an account stands at, on its normal side; zero when nothing was ever booked on it."""
    async with DB.connection() as connection:
        minor = await connection.fetchval(
            "select balance from ledger_account where (code, owner_kind, owner_id, currency) = ($1, $2, $3, $4)",
            account.code.value,
            account.owner_kind,
            account.owner_id,
            currency,
        )
    return Money(minor or 0, currency)


async def total(codes: Sequence[Code], currency: str) -> Money:
    """The sum of the balances of several codes over all owners; all of the same normal side."""
    async with DB.connection() as connection:
        minor = await connection.fetchval(
            "select coalesce(sum(balance), 0)::bigint from ledger_account where code = any($1) and currency = $2",
            [code.value for code in codes],
            currency,
        )
    return Money(int(minor), currency)


@dataclass(frozen=True)
class TrialLine:
    """One code of the trial balance; `debit` or `credit` is zero."""

    code: Code
    debit: Money
    credit: Money
    accounts: int


async def trial_balance(currency: str) -> list[TrialLine]:
    """All codes with what they stand at, from the postings (not from the kept balances). The two columns have equal sums."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select a.code, sum(case p.side when 'D' then p.amount else -p.amount end)::bigint as net, count(distinct a.id) as accounts
            from posting p join ledger_account a on a.id = p.account
            where p.currency = $1 group by a.code order by a.code
            """,
            currency,
        )
    return [
        TrialLine(Code(row["code"]), Money(max(row["net"], 0), currency), Money(max(-row["net"], 0), currency), row["accounts"])
        for row in rows
    ]


async def currencies() -> list[str]:
    """The currencies that the books have, the busiest first."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            "select currency from ledger_account group by currency order by sum(version) desc, currency"
        )
    return [row["currency"] for row in rows]


def _check(entry: Entry) -> None:
    if len(entry.lines) < 2:
        raise Unbalanced(reason=f"{entry.key} has fewer than two postings")
    sums: dict[str, int] = {}
    for line in entry.lines:
        signed = line.amount.minor if line.side == Side.D else -line.amount.minor
        sums[line.amount.currency] = sums.get(line.amount.currency, 0) + signed
    if any(sums.values()):
        raise Unbalanced(reason=f"{entry.key} does not balance: {sums}")


def _once(entries: Sequence[Entry]) -> dict[str, Entry]:
    """The entries by key; the same fact may be told twice in one batch. Raises `KeyReused`."""
    once: dict[str, Entry] = {}
    for entry in entries:
        known = once.setdefault(entry.key, entry)
        if known is not entry and known != entry:
            raise KeyReused(reason=f"{entry.key} stands for two facts")
    return once


_POST = "select journal_id, replayed from ledger_post($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)"
_POST_ONE = (
    "select journal_id, replayed from ledger_post_one($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
)


async def _booked(entries: Sequence[Entry]) -> list[Any]:
    now = clock.now()
    async with DB.connection() as connection:
        try:
            if len(entries) == 1:
                return list(await connection.fetch(_POST_ONE, *_columns_of_one(entries[0], now)))
            return list(await connection.fetch(_POST, *_columns(entries, now)))
        except asyncpg.PostgresError as error:
            raise _refusal(error) from error


def _place(line: Line) -> tuple[str, str, str, str]:
    """What names the account of a line. All callers lock accounts in this order, so that two never wait for each other in a circle."""
    account = line.account
    return account.code.value, account.owner_kind, account.owner_id, line.amount.currency


def _columns_of_one(entry: Entry, booked_at: datetime) -> tuple[Any, ...]:
    """The arguments of `ledger_post_one`: lines column by column, then the journal."""
    lines = sorted((*_place(line), line.side.value, line.amount.minor) for line in entry.lines)
    return *zip(*lines, strict=True), *_said(entry), booked_at


def _said(entry: Entry) -> tuple[Any, ...]:
    source = entry.source
    return (
        entry.key,
        entry.kind,
        entry.event_at,
        source.kind,
        source.id,
        entry.actor,
        entry.memo,
        entry.rule_version,
        entry.reverses,
    )


def _columns(entries: Sequence[Entry], booked_at: datetime) -> tuple[Any, ...]:
    """The arguments of `ledger_post`: accounts, journals and lines, column by column."""
    placed = [[_place(line) for line in entry.lines] for entry in entries]
    accounts = sorted({place for places in placed for place in places})
    numbers = {place: number for number, place in enumerate(accounts, 1)}
    lines = [
        (number, numbers[place], line.side.value, place[3], line.amount.minor)
        for number, (entry, places) in enumerate(zip(entries, placed, strict=True), 1)
        for line, place in zip(entry.lines, places, strict=True)
    ]
    return (
        *zip(*accounts, strict=True),
        *zip(*map(_said, entries), strict=True),
        booked_at,
        *zip(*lines, strict=True),
    )


def _refusal(error: asyncpg.PostgresError) -> Exception:
    refusals = {"FA001": KeyReused, "FA004": PeriodClosed, "FA005": Unbalanced, "FA006": LedgerRefused, "23514": Unbalanced}
    found = refusals.get(error.sqlstate or "")
    if isinstance(error, asyncpg.UniqueViolationError) and error.table_name == "journal":
        found = KeyReused  # two calls at once with one key: of one content the second would have waited for the first
    return found(reason=str(error)) if found else error
