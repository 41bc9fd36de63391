"""Which line of the bank is which payout or payment of tax, with a score and a reason; taking a match apart keeps it (docs/money.md, chapter 7)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import Any, Final
from uuid import UUID, uuid4

from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, Refusal, WrongState
from foundation.i18n import _
from foundation.money import Money
from payouts import bank_pairing, ledger
from payouts.bank_pairing import Payout, Waiting
from payouts.bank_tables import BankMatch
from payouts.chart import Account, Code
from payouts.ledger import Entry, Source, credit, debit

REASONS: Final = {
    "trace": _("the reference at the bank, amount and day"),
    "name": _("amount, day and the name of Stripe"),
    "amount": _("amount and day, and nothing else fits"),
    "sum": _("the parts add up, and nothing else does"),
    "person": _("matched by a person"),
}
SCORES: Final = {"trace": 100, "name": 90, "amount": 70, "sum": 60, "person": 100}
BATCH: Final = 500


class AmountsDiffer(Refusal):
    """Lines and payouts of different sums or currencies are not the same money."""

    code = "amounts_differ"
    status = 409
    message = _("The lines and the payouts do not add up to the same amount of one currency.")


class NotOneSided(Refusal):
    """Several lines and several payouts at once would say nothing about which is which."""

    code = "not_one_sided"
    status = 422
    message = _("Choose one line and its payouts, or one payout and its lines.")


class ReasonMissing(InvalidField):
    """A match is taken apart with a reason."""

    code = "reason_missing"
    field = "reason"
    message = _("Please write why they do not belong together.")


@dataclass(frozen=True)
class Leg:
    """A payout (or `tax:` and the id of a payment of tax) and a line with the part of the money that they share."""

    payout: str
    line: Waiting
    amount: int
    reason: str
    bundle: UUID


_OPEN_PAYOUTS: Final = """
    select id, amount_minor, currency, trace_id, arrives_on, 'stripe' as name from stripe_payout p
    where account = '' and status in ('paid', 'in_transit') and not exists (select 1 from bank_match m where m.payout = p.id and m.ended_at is null)
    union all
    select 'tax:' || id, -amount_minor, currency, reference, paid_on, '' from tax_payment t
    where status = 'booked' and not exists (select 1 from bank_match m where m.tax_payment = t.id and m.ended_at is null)
    order by 5, 1
"""
_OPEN_LINES: Final = """
    select id, amount_minor, currency, reference || ' ' || text as words, booked_on from bank_line l
    where not exists (select 1 from bank_match m where m.line = l.id and m.ended_at is null)
    and not exists (
        select 1 from reconciliation_exception e join difference_posting d on d.exception = e.id
        where e.code = 'E10' and e.source_id = l.id::text and d.journal is not null
    )
    order by booked_on, id
"""
_PAYOUTS_NAMED: Final = """
    select id, amount_minor, currency, trace_id, arrives_on, 'stripe' from stripe_payout where id = any($1) and account = ''
    union all
    select 'tax:' || id, -amount_minor, currency, reference, paid_on, '' from tax_payment where 'tax:' || id = any($1) and status = 'booked'
    order by 1
"""
_LINES_NAMED: Final = """
    select id, amount_minor, currency, reference || ' ' || text as words, booked_on from bank_line where id = any($1) order by id
"""
_TAKEN: Final = """
    select exists (select 1 from bank_match where ended_at is null and (payout = any($1) or 'tax:' || tax_payment = any($1) or line = any($2)))
        or exists (select 1 from reconciliation_exception e join difference_posting d on d.exception = e.id
                   where e.code = 'E10' and e.source_id = any($2::uuid[]::text[]) and d.journal is not null)
"""


async def match_all() -> int:
    """Match what can be matched without a person, and book its arrival (B2); how many rows."""
    async with DB.transaction(), DB.connection() as connection:
        await connection.execute("select pg_advisory_xact_lock(hashtextextended('bank match', 0))")
        payouts = [Payout(*row) for row in await connection.fetch(_OPEN_PAYOUTS)]
        lines = [Waiting(*row) for row in await connection.fetch(_OPEN_LINES)]
        apart = await connection.fetch(
            "select coalesce(payout, 'tax:' || tax_payment) as payout, line from bank_match where ended_at is not null"
        )
        never = {(row["payout"], row["line"]) for row in apart}
        single = [
            Leg(payout.id, line, line.amount, reason, uuid4())
            for payout, line, reason in await _paired(payouts, lines)
            if (payout.id, line.id) not in never
        ]
        told = {leg.payout for leg in single} | {leg.line.id for leg in single}
        left = (
            [payout for payout in payouts if payout.name and payout.id not in told],
            await _naming([line for line in lines if line.id not in told]),
        )
        legs = [*single, *_summed(*left, never)]
        await _keep(legs, None)
    return len(legs)


async def _paired(payouts: list[Payout], lines: list[Waiting]) -> list[tuple[Payout, Waiting, str]]:
    """By reference first; what is left is looked at again, now with the payout that each line names."""
    sure = bank_pairing.pair(payouts, lines, ("trace",))
    done = {payout.id for payout, _line, _reason in sure} | {line.id for _payout, line, _reason in sure}
    rest = await _naming([line for line in lines if line.id not in done])
    return sure + bank_pairing.pair([payout for payout in payouts if payout.id not in done], rest, ("name", "amount"))


async def _naming(lines: list[Waiting]) -> list[Waiting]:
    """The lines, each with the reference of the payout in its words, whether that one waits or has long been matched."""
    words = {line.id: {form for word in _WORD.findall(line.words) for form in (word, word.upper())} for line in lines}
    spoken = sorted({word for some in words.values() for word in some})
    if not spoken:
        return lines
    async with DB.connection() as connection:
        rows = await connection.fetch("select trace_id from stripe_payout where trace_id = any($1) and trace_id <> ''", spoken)
    traces = {row["trace_id"] for row in rows}
    return [replace(line, names=next(iter(sorted(words[line.id] & traces)), "")) for line in lines]


_WORD: Final = re.compile(r"[A-Za-z0-9]{6,}")


def _summed(payouts: list[Payout], lines: list[Waiting], never: set[tuple[str, UUID]]) -> list[Leg]:
    return [
        leg
        for some_payouts, some_lines in bank_pairing.sums(payouts, lines)
        if not any((payout.id, line.id) in never for payout in some_payouts for line in some_lines)
        for leg in _legs(some_payouts, some_lines, "sum")
    ]


def _legs(payouts: Sequence[Payout], lines: Sequence[Waiting], reason: str) -> list[Leg]:
    """The pairs of one bundle: one line with each payout, or one payout with each line, by the parts' own amounts."""
    bundle = uuid4()
    if len(lines) == 1:
        return [Leg(payout.id, lines[0], payout.amount, reason, bundle) for payout in payouts]
    return [Leg(payouts[0].id, line, line.amount, reason, bundle) for line in lines]


async def match(*, payout_ids: Sequence[str], line_ids: Sequence[UUID], by: Principal) -> None:
    """A person says that they are the same money: one line and any number of payouts, or one payout and any number of lines.

    Raises `NotFound`, `WrongState` when one is matched already, `NotOneSided`, `AmountsDiffer`.
    """
    if min(len(payout_ids), len(line_ids)) != 1:
        raise NotOneSided
    async with DB.transaction(), DB.connection() as connection:
        await connection.execute("select pg_advisory_xact_lock(hashtextextended('bank match', 0))")
        payouts = [Payout(*row) for row in await connection.fetch(_PAYOUTS_NAMED, list(payout_ids))]
        lines = [Waiting(*row) for row in await connection.fetch(_LINES_NAMED, list(line_ids))]
        if len(payouts) != len(set(payout_ids)) or len(lines) != len(set(line_ids)):
            raise NotFound
        if await connection.fetchval(_TAKEN, list(payout_ids), list(line_ids)):
            raise WrongState
        if len({payout.currency for payout in payouts} | {line.currency for line in lines}) > 1 or _sum(payouts) != _sum(lines):
            raise AmountsDiffer
        await _keep(_legs(payouts, lines, "person"), by)
        for line in lines:
            await audit.record(
                by=by, action="bank line matched", kind="bank_line", id=line.id, payouts=[payout.id for payout in payouts]
            )


def _sum(parts: Sequence[Payout] | Sequence[Waiting]) -> int:
    return sum(part.amount for part in parts)


async def take_apart(*, match_id: UUID, reason: str, by: Principal) -> None:
    """End a match with all of its bundle: their arrivals are booked back, the rows stay. Raises `ReasonMissing`, `NotFound`, `WrongState` when it had ended."""
    if not reason.strip():
        raise ReasonMissing
    async with DB.transaction():
        row = await BankMatch.select(BankMatch.bundle).where(BankMatch.id == match_id).first()
        if row is None:
            raise NotFound
        rows = (
            await BankMatch.objects()
            .where((BankMatch.bundle == row["bundle"]) & BankMatch.ended_at.is_null())
            .order_by(BankMatch.id)
            .lock_rows("UPDATE")
        )
        if not rows:
            raise WrongState
        async with DB.connection() as connection:
            currency = await connection.fetchval("select currency from bank_line where id = $1", rows[0].line)
        now = clock.now()
        await ledger.post_all(
            [
                _entry(
                    f"bank-apart:{one.id}",
                    "B2x",
                    _key(one),
                    str(one.line),
                    now,
                    -Money(one.amount_minor, currency),
                    one.journal,
                )
                for one in rows
            ]
        )
        await BankMatch.update(
            {BankMatch.ended_by: by.id, BankMatch.ended_at: now, BankMatch.ended_because: reason.strip()[:1000]}
        ).where(BankMatch.id.is_in([one.id for one in rows]))
        await audit.record(by=by, action="bank match taken apart", kind="bank_match", id=match_id, reason=reason.strip()[:1000])


async def _keep(legs: Sequence[Leg], by: Principal | None) -> None:
    for start in range(0, len(legs), BATCH):
        await _keep_some(legs[start : start + BATCH], by)


async def _keep_some(legs: Sequence[Leg], by: Principal | None) -> None:
    ids = [uuid4() for _leg in legs]
    now = clock.now()
    posted = await ledger.post_all(
        [
            _entry(
                f"bank-match:{match_id}",
                "B2",
                leg.payout,
                str(leg.line.id),
                datetime.combine(leg.line.booked_on, time(12), UTC),
                Money(leg.amount, leg.line.currency),
                None,
            )
            for match_id, leg in zip(ids, legs, strict=True)
        ]
    )
    async with DB.connection() as connection:
        await connection.execute(
            """
            insert into bank_match (id, payout, tax_payment, line, bundle, amount_minor, score, reason, matched_by, matched_at, journal, ended_because)
            select id, case when payout not like 'tax:%' then payout end, case when payout like 'tax:%' then substr(payout, 5)::uuid end, line, bundle, amount, score, reason, $8, $9, journal, ''
            from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::bigint[], $6::int[], $7::text[], $10::bigint[])
                as leg (id, payout, line, bundle, amount, score, reason, journal)
            """,
            ids,
            [leg.payout for leg in legs],
            [leg.line.id for leg in legs],
            [leg.bundle for leg in legs],
            [leg.amount for leg in legs],
            [SCORES[leg.reason] for leg in legs],
            [leg.reason for leg in legs],
            by.id if by else None,
            now,
            [journal.id for journal in posted],
        )


def _entry(key: str, kind: str, payout_id: str, line_id: str, at: datetime, money: Money, reverses: Any) -> Entry:
    """Money that was in transit is in the bank; an amount below zero has left it, or takes it back."""
    kind_of_source, source_id = ("tax_payment", payout_id[4:]) if payout_id.startswith("tax:") else ("payout", payout_id)
    lines = (debit(Account(Code.BANK), money), credit(Account(Code.IN_TRANSIT), money))
    return Entry(
        key=key,
        kind=kind,
        event_at=at,
        source=Source(kind=kind_of_source, id=source_id),
        lines=lines,
        memo=line_id,
        reverses=reverses,
    )


def _key(row: BankMatch) -> str:
    return str(row.payout) if row.payout else f"tax:{row.tax_payment}"
