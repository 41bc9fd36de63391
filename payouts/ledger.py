"""The ledger: the only writer of journals and postings, and what can be read from them (docs/money.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

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
    once = _once(entries)
    if not once:
        return []
    found = dict(zip(once, await _booked(list(once.values())), strict=True))
    told: set[str] = set()
    posted = []
    for entry in entries:
        journal_id = found[entry.key]
        posted.append(Posted(abs(journal_id), journal_id < 0 or entry.key in told))
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


def _once(entries: Sequence[Entry]) -> dict[str, Entry]:
    """The entries by key; the same fact may be told twice in one batch. Raises `KeyReused`."""
    once: dict[str, Entry] = {}
    for entry in entries:
        known = once.setdefault(entry.key, entry)
        if known is not entry and known != entry:
            raise KeyReused(reason=f"{entry.key} stands for two facts")
    return once


_Place = tuple[str, str, str, str]
"""Code, kind of owner, owner, currency: what names an account. All callers lock accounts in this order, so that two never wait for each other in a circle."""
_Said = tuple[str, str, str, str, str, int | None]
_BETWEEN: Final = "\x1f"
"""Divides the texts of a batch, and the fields that the chain of hashes covers."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_POST = "select ledger_post($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"
_POST_TWO = "select ledger_post_two($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"


async def _booked(entries: Sequence[Entry]) -> Sequence[int]:
    """The ids of the journals, below zero for what was there before."""
    lines = [_lines(entry) for entry in entries]
    now = clock.now()
    async with DB.connection() as connection:
        try:
            if len(lines) == 1 and len(lines[0]) == 2 and len({place[3] for place in lines[0]}) == 1:
                return [await connection.fetchval(_POST_TWO, *_columns_of_two(entries[0], lines[0], now))]
            booked: Sequence[int] = await connection.fetchval(_POST, *_columns(entries, lines, now))
        except asyncpg.PostgresError as error:
            raise _refusal(error) from error
    return booked


def _lines(entry: Entry) -> dict[_Place, int]:
    """What each account gets, a debit above zero. Raises `Unbalanced`; the database checks the same again."""
    found: dict[_Place, int] = {}
    for line in entry.lines:
        account, money = line.account, line.amount
        place = (account.code.value, account.owner_kind, account.owner_id, money.currency)
        found[place] = found.get(place, 0) + (money.minor if line.side is Side.D else -money.minor)
    if not all(found.values()):
        found = {place: minor for place, minor in found.items() if minor}
    if len(found) < 2:
        raise Unbalanced(reason=f"{entry.key} has fewer than two postings")
    sums: dict[str, int] = {}
    for place, minor in found.items():
        sums[place[3]] = sums.get(place[3], 0) + minor
    if any(sums.values()):
        raise Unbalanced(reason=f"{entry.key} does not balance: {sums}")
    return found


def _said(entry: Entry) -> _Said:
    """What many journals of a batch have in common."""
    return entry.kind, entry.source.kind, entry.actor, entry.memo, entry.rule_version, entry.reverses


def _columns_of_two(entry: Entry, lines: dict[_Place, int], booked_at: datetime) -> tuple[Any, ...]:
    """The arguments of `ledger_post_two`."""
    first, second = sorted(lines)
    kind, source_kind, *said = _said(entry)
    _join([entry.key, kind, source_kind, *map(str, said), entry.source.id])
    told = (entry.key, kind, entry.event_at, source_kind, entry.source.id, *said, booked_at)
    return *first[:3], *second, lines[first], *told


def _columns(entries: Sequence[Entry], lines: Sequence[dict[_Place, int]], booked_at: datetime) -> tuple[Any, ...]:
    """The arguments of `ledger_post`. Long columns go as one text each: the driver looks at every element of a list for long."""
    places = sorted({place for each in lines for place in each})
    numbers = {place: number for number, place in enumerate(places, 1)}
    saids: dict[_Said, int] = {}
    said = [saids.setdefault(_said(entry), len(saids) + 1) for entry in entries]
    _join([text for one in saids for text in one[:5]])
    return (
        *(_join(column) for column in zip(*places, strict=True)),
        _join([entry.key for entry in entries]),
        _join([entry.source.id for entry in entries]),
        _array([_micros(entry.event_at) for entry in entries]),
        _array(said),
        *(list(column) for column in zip(*saids, strict=True)),
        booked_at,
        _array([number for number, each in enumerate(lines, 1) for _ in each]),
        _array([numbers[place] for each in lines for place in each]),
        _array([minor for each in lines for minor in each.values()]),
    )


def _join(texts: Sequence[str]) -> str:
    """One text of all. Raises `LedgerRefused` for a text with the character between them."""
    joined = _BETWEEN.join(texts)
    if joined.count(_BETWEEN) != len(texts) - 1:
        raise LedgerRefused(reason="a text has a control character")
    return joined


def _micros(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _array(numbers: Sequence[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


def _refusal(error: asyncpg.PostgresError) -> Exception:
    refusals = {"FA001": KeyReused, "FA004": PeriodClosed, "FA005": Unbalanced, "FA006": LedgerRefused, "23514": Unbalanced}
    found = refusals.get(error.sqlstate or "")
    return found(reason=str(error)) if found else error
