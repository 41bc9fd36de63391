"""Suspicion: sales are looked at by rules, a hit opens a case that holds the commission, and a person decides; the creator may appeal.

No time frees what a case holds: only the decision `cleared` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec
from piccolo.columns.combination import Where

from creators import fraud_reading, fraud_rules
from creators.fraud_rules import THRESHOLD, Hit
from creators.fraud_tables import CaseStatus, FraudCase, FraudScan
from creators.profiles import creator_of
from creators.tables import Creator
from foundation import audit, clock, mails
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, Refusal, WrongState
from foundation.i18n import _
from foundation.tables import Person, Role

SETTLED = timedelta(minutes=1)
"""So long after the moment it carries a sale's transaction has committed; younger ones are left for the next look."""


APPEAL_TIME = timedelta(days=183)
"""Six months (DSA, art. 20)."""

JUDGES = (Role.MODERATOR, Role.FINANCE_MAKER, Role.FINANCE_CHECKER)


class ReasonTooShort(InvalidField):
    """Whoever decides or appeals says why."""

    code = "fraud_reason_too_short"
    message = _("Please say why, in 20 characters or more: the other side reads it.")
    field = "reason"


class NotTheSameJudge(Refusal):
    """An appeal is decided by somebody else than the case."""

    code = "not_the_same_judge"
    status = 403
    message = _("You have decided this case: somebody else has to decide the appeal.")


class AppealTooLate(WrongState):
    """Six months have passed, or there was an appeal already."""

    code = "appeal_too_late"
    message = _("This decision can no longer be appealed.")


async def scan() -> int:
    """Look at the sales since the last time; return how many cases were opened. Safe to run twice at once and to repeat.

    A look that is ended in between goes on after its last batch.
    """
    opened, reader = 0, fraud_reading.Reader()
    for name, query in _SALES.items():
        while sales := await _since(query, await _position(name)):
            for sale, creator, _moment in sales:
                facts = await (reader.of_order if name == "orders" else reader.of_conversion)(sale, creator)
                opened += await _judge(creator, fraud_rules.hits(facts), **{"order" if name == "orders" else "conversion": sale})
            await _move(name, sales[-1][2])
    return opened


_SALES = {
    "orders": """
        select distinct d."order" as sale, a.creator, d.decided_at as moment
        from attribution_decision d join attribution_share a on a.decision = d.id join shop_order o on o.id = d."order"
        where d.decided_at > $1 and d.decided_at <= $2 and o.paid_at is not null
        order by d.decided_at fetch first 500 rows with ties
    """,
    "conversions": """
        select id as sale, creator, received_at as moment from conversion
        where received_at > $1 and received_at <= $2 and creator is not null order by received_at fetch first 500 rows with ties
    """,
}


async def decide(*, case_id: UUID, clear: bool, reason: str, by: Principal) -> None:
    """Clear a case, which frees what it holds, or confirm it. Raises `NotFound`, `WrongState`, `ReasonTooShort`."""
    why = _checked(reason)
    async with DB.transaction():
        row = await _locked(case_id)
        if row.status != CaseStatus.OPEN:
            raise WrongState
        status = CaseStatus.CLEARED if clear else CaseStatus.CONFIRMED
        await FraudCase.update(
            {
                FraudCase.status: status,
                FraudCase.decided_by: by.id,
                FraudCase.decided_at: clock.now(),
                FraudCase.reason: why,
            }
        ).where(FraudCase.id == row.id)
        await audit.record(by=by, action=f"fraud.{status.value}", kind="fraud_case", id=row.id, reason=why)
        await _tell(row, "fraud_cleared.html" if clear else "fraud_confirmed.html", reason=why)


async def appeal(*, case_id: UUID, text: str, by: Principal) -> None:
    """The creator does not agree with a confirmed case; once, within six months. Raises `NotFound`, `AppealTooLate`, `ReasonTooShort`."""
    async with DB.transaction():
        creator = await creator_of(by=by)
        row = await _locked(case_id)
        if row.creator != creator.id:
            raise NotFound
        why = _checked(text)
        if row.status != CaseStatus.CONFIRMED or row.appealed_at or clock.now() - row.decided_at > APPEAL_TIME:
            raise AppealTooLate
        await FraudCase.update(
            {FraudCase.status: CaseStatus.APPEALED, FraudCase.appeal: why, FraudCase.appealed_at: clock.now()}
        ).where(FraudCase.id == row.id)
        await audit.record(by=by, action="fraud.appeal", kind="fraud_case", id=row.id)


async def decide_appeal(*, case_id: UUID, clear: bool, reason: str, by: Principal) -> None:
    """Another person decides an appeal. Raises `NotFound`, `WrongState`, `NotTheSameJudge`, `ReasonTooShort`."""
    why = _checked(reason)
    async with DB.transaction():
        row = await _locked(case_id)
        if row.status != CaseStatus.APPEALED:
            raise WrongState
        if row.decided_by == by.id:
            raise NotTheSameJudge
        status = CaseStatus.CLEARED if clear else CaseStatus.CONFIRMED
        await FraudCase.update(
            {
                FraudCase.status: status,
                FraudCase.appeal_decided_by: by.id,
                FraudCase.appeal_decided_at: clock.now(),
                FraudCase.appeal_reason: why,
            }
        ).where(FraudCase.id == row.id)
        await audit.record(by=by, action=f"fraud.appeal.{status.value}", kind="fraud_case", id=row.id, reason=why)
        await _tell(row, "fraud_cleared.html" if clear else "fraud_confirmed.html", reason=why)


async def _judge(creator: UUID, found: Sequence[Hit], *, order: UUID | None = None, conversion: UUID | None = None) -> bool:
    """Open a case for a sale, or add what is new to it; True when one was opened. A decided case stays as it was decided."""
    total = fraud_rules.score(tuple(found))
    if total < THRESHOLD:
        return False
    case = FraudCase(
        id=uuid4(),
        creator=creator,
        order=order,
        conversion=conversion,
        score=total,
        status=CaseStatus.OPEN,
        opened_at=clock.now(),
    )
    async with DB.transaction():
        async with DB.connection() as connection:
            await connection.execute(
                "select pg_advisory_xact_lock(hashtextextended($1, 0))", f"fraud {creator} {order or conversion}"
            )
        known = await FraudCase.objects().where((FraudCase.creator == creator) & _sale(order, conversion)).first()
        if known and known.status != CaseStatus.OPEN:
            return False
        if known is None:
            await case.save()
            await audit.record(by=None, action="fraud.open", kind="fraud_case", id=case.id, score=total)
            await _tell(case, "fraud_opened.html")
        await _keep_signals(known or case, found)
    return known is None


async def _keep_signals(case: FraudCase, found: Sequence[Hit]) -> None:
    async with DB.connection() as connection:
        for hit in found:
            await connection.execute(
                'insert into fraud_signal ("case", signal, score, evidence, found_at) values ($1, $2, $3, $4, $5) on conflict do nothing',
                case.id,
                hit.signal.value,
                hit.score,
                msgspec.json.encode(hit.evidence).decode(),
                clock.now(),
            )
        await connection.execute(
            'update fraud_case set score = (select sum(score) from fraud_signal where "case" = $1) where id = $1', case.id
        )


def _sale(order: UUID | None, conversion: UUID | None) -> Where:
    return FraudCase.order == order if order else FraudCase.conversion == conversion


def _checked(text: str) -> str:
    if len(text.strip()) < 20:
        raise ReasonTooShort
    return text.strip()[:2000]


async def _locked(case_id: UUID) -> FraudCase:
    row = await FraudCase.objects().where(FraudCase.id == case_id).lock_rows("UPDATE").first()
    if row is None:
        raise NotFound
    return row


async def _tell(case: FraudCase, template: str, *, reason: str = "") -> None:
    creator = await Creator.objects().get(Creator.id == case.creator)
    reader = await Person.select(Person.email, Person.locale).where(Person.id == creator.person).first() if creator else None
    if reader:
        await mails.write(to=reader["email"], locale=reader["locale"], template=template, reason=reason)


async def _since(query: str, moment: datetime) -> list[tuple[UUID, UUID, datetime]]:
    async with DB.connection() as connection:
        rows = await connection.fetch(query, moment, clock.now() - SETTLED)
    return [(row["sale"], row["creator"], row["moment"]) for row in rows]


async def _position(name: str) -> datetime:
    row = await FraudScan.objects().get(FraudScan.name == name)
    return row.position if row else clock.now() - timedelta(days=1)


async def _move(name: str, moment: datetime) -> None:
    async with DB.connection() as connection:
        await connection.execute(
            "insert into fraud_scan (name, position) values ($1, $2) on conflict (name) do update"
            " set position = greatest(fraud_scan.position, excluded.position)",
            name,
            moment,
        )
