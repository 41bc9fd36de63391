"""Which line of the bank is which payout, with a score and a reason; taking a match apart keeps it (docs/money.md, chapter 7)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, Refusal, WrongState
from foundation.i18n import _
from foundation.money import Money
from payouts import ledger
from payouts.bank_tables import BankMatch
from payouts.chart import Account, Code
from payouts.ledger import Entry, Source, credit, debit

REASONS: Final = {
    "trace": _("Stripe's bank reference, amount and day"),
    "name": _("amount, day and the name of Stripe"),
    "amount": _("amount and day, and nothing else fits"),
    "person": _("matched by a person"),
}
SCORES: Final = {"trace": 100, "name": 90, "amount": 70, "person": 100}
BATCH: Final = 500
EARLY: Final = timedelta(days=1)
LATE: Final = timedelta(days=7)
"""Five working days and a weekend."""


class AmountsDiffer(Refusal):
    """A line and a payout of different amounts or currencies are not the same money."""

    code = "amounts_differ"
    status = 409
    message = _("The line and the payout do not have the same amount and currency.")


class ReasonMissing(InvalidField):
    """A match is taken apart with a reason."""

    code = "reason_missing"
    field = "reason"
    message = _("Please write why they do not belong together.")


@dataclass(frozen=True)
class Payout:
    """A payout that waits for its line."""

    id: str
    amount: int
    currency: str
    trace: str
    arrives_on: date


@dataclass(frozen=True)
class Waiting:
    """A line that waits for its payout."""

    id: UUID
    amount: int
    currency: str
    words: str
    booked_on: date


def pair(payouts: list[Payout], lines: list[Waiting]) -> list[tuple[Payout, Waiting, str]]:
    """Who belongs together, surest first, each once: by Stripe's bank reference, by name, by amount when nothing else fits. Pure."""
    found: list[tuple[Payout, Waiting, str]] = []
    by_amount: dict[tuple[int, str], list[Waiting]] = {}
    for line in lines:
        by_amount.setdefault((line.amount, line.currency), []).append(line)
    taken: set[object] = set()
    for reason in ("trace", "name", "amount"):
        candidates = [
            (payout, line)
            for payout in payouts
            if payout.id not in taken
            for line in by_amount.get((payout.amount, payout.currency), ())
            if line.id not in taken and _fits(payout, line, reason)
        ]
        ways = Counter(payout.id for payout, _line in candidates) + Counter(str(line.id) for _payout, line in candidates)
        for payout, line in candidates:
            if ways[payout.id] == 1 and ways[str(line.id)] == 1:
                found.append((payout, line, reason))
                taken |= {payout.id, line.id}
    return found


def _fits(payout: Payout, line: Waiting, reason: str) -> bool:
    in_time = payout.arrives_on - EARLY <= line.booked_on <= payout.arrives_on + LATE
    if reason == "trace":
        return bool(payout.trace) and payout.trace.lower() in line.words.lower()
    return in_time and (reason == "amount" or "stripe" in line.words.lower())


_TAKEN: Final = """
    select exists (select 1 from bank_match where ended_at is null and (payout = $1 or line = $2))
        or exists (select 1 from reconciliation_exception e join difference_posting d on d.exception = e.id
                   where e.code = 'E10' and e.source_id = $2::uuid::text and d.journal is not null)
"""


async def match_all() -> int:
    """Match what can be matched without a person, and book its arrival (B2); how many."""
    async with DB.transaction(), DB.connection() as connection:
        await connection.execute("select pg_advisory_xact_lock(hashtextextended('bank match', 0))")
        payouts = await connection.fetch(
            """
            select id, amount_minor, currency, trace_id, arrives_on from stripe_payout p
            where account = '' and status in ('paid', 'in_transit') and not exists (select 1 from bank_match m where m.payout = p.id and m.ended_at is null)
            """
        )
        lines = await connection.fetch(
            """
            select id, amount_minor, currency, reference || ' ' || text as words, booked_on from bank_line l
            where not exists (select 1 from bank_match m where m.line = l.id and m.ended_at is null)
            and not exists (
                select 1 from reconciliation_exception e join difference_posting d on d.exception = e.id
                where e.code = 'E10' and e.source_id = l.id::text and d.journal is not null
            )
            """
        )
        apart = await connection.fetch("select payout, line from bank_match where ended_at is not null")
        never = {(row["payout"], row["line"]) for row in apart}
        pairs = [
            (payout, line, reason)
            for payout, line, reason in pair([Payout(*row) for row in payouts], [Waiting(*row) for row in lines])
            if (payout.id, line.id) not in never
        ]
        await _keep([(payout.id, line, reason) for payout, line, reason in pairs], None)
    return len(pairs)


async def match(*, payout_id: str, line_id: UUID, by: Principal) -> None:
    """A person says that they are the same money. Raises `NotFound`, `WrongState` when one is matched already, `AmountsDiffer`."""
    async with DB.transaction(), DB.connection() as connection:
        await connection.execute("select pg_advisory_xact_lock(hashtextextended('bank match', 0))")
        payout = await connection.fetchrow(
            "select id, amount_minor, currency from stripe_payout where id = $1 and account = ''", payout_id
        )
        line = await connection.fetchrow(
            "select id, amount_minor, currency, reference || ' ' || text as words, booked_on from bank_line where id = $1",
            line_id,
        )
        if payout is None or line is None:
            raise NotFound
        if await connection.fetchval(_TAKEN, payout_id, line_id):
            raise WrongState
        if (payout["amount_minor"], payout["currency"]) != (line["amount_minor"], line["currency"]):
            raise AmountsDiffer
        await _keep([(payout_id, Waiting(*line), "person")], by)
        await audit.record(by=by, action="bank line matched", kind="bank_line", id=line_id, payout=payout_id)


async def take_apart(*, match_id: UUID, reason: str, by: Principal) -> None:
    """End a match: its arrival is booked back, the row stays. Raises `ReasonMissing`, `NotFound`, `WrongState` when it had ended."""
    if not reason.strip():
        raise ReasonMissing
    async with DB.transaction():
        row = await BankMatch.objects().where(BankMatch.id == match_id).lock_rows("UPDATE").first()
        if row is None:
            raise NotFound
        if row.ended_at is not None:
            raise WrongState
        async with DB.connection() as connection:
            line = await connection.fetchrow("select amount_minor, currency from bank_line where id = $1", row.line)
        money = Money(line["amount_minor"], line["currency"])
        await ledger.post_all(
            [_entry(f"bank-apart:{match_id}", "B2x", str(row.payout), str(row.line), clock.now(), -money, row.journal)]
        )
        await BankMatch.update(
            {BankMatch.ended_by: by.id, BankMatch.ended_at: clock.now(), BankMatch.ended_because: reason.strip()[:1000]}
        ).where(BankMatch.id == match_id)
        await audit.record(by=by, action="bank match taken apart", kind="bank_match", id=match_id, reason=reason.strip()[:1000])


async def _keep(pairs: list[tuple[str, Waiting, str]], by: Principal | None) -> None:
    for start in range(0, len(pairs), BATCH):
        await _keep_some(pairs[start : start + BATCH], by)


async def _keep_some(pairs: list[tuple[str, Waiting, str]], by: Principal | None) -> None:
    ids = [uuid4() for _pair in pairs]
    now = clock.now()
    posted = await ledger.post_all(
        [
            _entry(
                f"bank-match:{match_id}",
                "B2",
                payout_id,
                str(line.id),
                datetime.combine(line.booked_on, time(12), UTC),
                Money(line.amount, line.currency),
                None,
            )
            for match_id, (payout_id, line, _reason) in zip(ids, pairs, strict=True)
        ]
    )
    await BankMatch.insert(
        *(
            BankMatch(
                id=match_id,
                payout=payout_id,
                line=line.id,
                score=SCORES[reason],
                reason=reason,
                matched_by=by.id if by else None,
                matched_at=now,
                journal=journal.id,
            )
            for match_id, (payout_id, line, reason), journal in zip(ids, pairs, posted, strict=True)
        )
    )


def _entry(key: str, kind: str, payout_id: str, line_id: str, at: datetime, money: Money, reverses: Any) -> Entry:
    """Money that was in transit is in the bank; an amount below zero takes it back."""
    lines = (debit(Account(Code.BANK), money), credit(Account(Code.IN_TRANSIT), money))
    return Entry(
        key=key, kind=kind, event_at=at, source=Source(kind="payout", id=payout_id), lines=lines, memo=line_id, reverses=reverses
    )
