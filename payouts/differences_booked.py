"""What is booked for a difference: proposed by one person, confirmed by another (docs/money.md, chapter 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

import msgspec

from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, WrongState
from foundation.money import Money
from foundation.tables import Person
from payouts import ledger
from payouts.bank_tables import DifferencePosting
from payouts.chart import Account, Code
from payouts.differences import Case
from payouts.ledger import Source, credit, debit
from payouts.reconciliation import ReasonMissing
from payouts.runs import SamePerson
from payouts.tables import ExceptionStatus, ReconciliationException

# The account that is moved to what the others say, and the account that explains it until somebody knows better.
SIDES: Final = {
    "E01": (Code.STRIPE_AVAILABLE, Code.SUSPENSE),
    "E02": (Code.STRIPE_AVAILABLE, Code.SUSPENSE),
    "E03": (Code.STRIPE_AVAILABLE, Code.SUSPENSE),
    "E05": (Code.STRIPE_AVAILABLE, Code.STRIPE_FEES),
    "E07": (Code.STRIPE_AVAILABLE, Code.SUSPENSE),
    "E10": (Code.BANK, Code.UNAPPLIED),
    "E12": (Code.STRIPE_AVAILABLE, Code.SUSPENSE),
    "E13": (Code.STRIPE_AVAILABLE, Code.SUSPENSE),
    "E15": (Code.STRIPE_AVAILABLE, Code.STRIPE_RESERVED),
}


@dataclass(frozen=True)
class Proposal:
    """What would be booked for a case. An amount below zero goes the other way."""

    debited: Code
    credited: Code
    amount: Money


@dataclass(frozen=True)
class Asked:
    """A proposal that waits for a second person, or was booked."""

    maker_id: UUID
    maker: str
    reason: str
    journal_id: int | None


def proposal(case: Case) -> Proposal | None:
    """The posting that brings the books to what Stripe or the bank says; None where there is nothing to book. Pure."""
    if case.code not in SIDES:
        return None
    moved, explained = SIDES[case.code]
    amount = case.difference if case.code == "E10" else -case.difference
    return Proposal(moved, explained, amount) if amount.minor > 0 else Proposal(explained, moved, -amount)


async def asked(case: Case) -> Asked | None:
    """Who has proposed to book it."""
    row = await DifferencePosting.objects().where(DifferencePosting.exception == case.id).first()
    if row is None:
        return None
    person = await Person.select(Person.display_name).where(Person.id == row.maker).first()
    return Asked(row.maker, str(person["display_name"]) if person else "", row.reason, row.journal)


async def propose(*, case: Case, reason: str, by: Principal) -> None:
    """Ask a second person to book what `proposal` says. Raises `ReasonMissing`, `NotFound` where nothing can be booked, `WrongState` when asked already."""
    wanted = proposal(case)
    if wanted is None:
        raise NotFound
    if not reason.strip():
        raise ReasonMissing
    async with DB.transaction():
        await _hold(case.id)
        if await DifferencePosting.exists().where(DifferencePosting.exception == case.id):
            raise WrongState
        lines = {
            "debited": wanted.debited.value,
            "credited": wanted.credited.value,
            "minor": wanted.amount.minor,
            "currency": wanted.amount.currency,
        }
        await DifferencePosting(
            id=uuid4(),
            exception=case.id,
            lines=msgspec.json.encode(lines).decode(),
            reason=reason.strip()[:1000],
            maker=by.id,
            asked_at=clock.now(),
        ).save()
        await audit.record(
            by=by,
            action="difference posting proposed",
            kind="reconciliation_exception",
            id=case.id,
            reason=reason.strip(),
            **lines,
        )


async def confirm(*, exception_id: UUID, by: Principal) -> int:
    """Book it, as the second person; the difference is resolved. The journal's id. Raises `NotFound`, `SamePerson`, `WrongState`."""
    async with DB.transaction():
        await _hold(exception_id)
        row = await DifferencePosting.objects().where(DifferencePosting.exception == exception_id).lock_rows("UPDATE").first()
        if row is None:
            raise NotFound
        if row.journal is not None:
            raise WrongState
        if row.maker == by.id:
            raise SamePerson
        case = await ReconciliationException.objects().where(ReconciliationException.id == exception_id).first()
        if case is None:
            raise NotFound
        lines = msgspec.json.decode(row.lines)
        money = Money(lines["minor"], lines["currency"])
        now = clock.now()
        posted = await ledger.post(
            key=f"difference:{exception_id}",
            kind="A2",
            event_at=now,
            source=Source(kind="difference", id=case.source_id),
            lines=(debit(Account(Code(lines["debited"])), money), credit(Account(Code(lines["credited"])), money)),
            actor=str(by.id),
            memo=row.reason,
        )
        await DifferencePosting.update(
            {DifferencePosting.checker: by.id, DifferencePosting.booked_at: now, DifferencePosting.journal: posted.id}
        ).where(DifferencePosting.id == row.id)
        await ReconciliationException.update(
            {
                ReconciliationException.status: ExceptionStatus.RESOLVED,
                ReconciliationException.resolution: f"J-{posted.id}: {row.reason}",
                ReconciliationException.resolved_at: now,
                ReconciliationException.resolved_by: by.id,
            }
        ).where(ReconciliationException.id == exception_id)
        await audit.record(
            by=by, action="difference posting booked", kind="reconciliation_exception", id=exception_id, journal=posted.id
        )
    return posted.id


async def _hold(exception_id: UUID) -> None:
    row = await ReconciliationException.objects().where(ReconciliationException.id == exception_id).lock_rows("UPDATE").first()
    if row is None:
        raise NotFound
    if row.status != ExceptionStatus.OPEN:
        raise WrongState
