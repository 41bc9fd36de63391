"""Timeouts and bans: who may not write, where, until when, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from foundation import audit, clock, outbox
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, Refusal, WrongState
from foundation.i18n import _
from foundation.tables import Person
from moderation.events import PersonSanctioned
from moderation.tables import Sanction, SanctionKind

EVERYWHERE = ""
LONGEST_TIMEOUT = 30 * 24 * 60
"""Minutes; longer is a ban."""


class Silenced(Refusal):
    """The person may not write here now. data: `until` (UTC) and `reason`."""

    code = "silenced"
    status = 403
    message = _("You cannot write here until %(until)s. Reason: %(reason)s")


class Banned(Refusal):
    """The person may not write here. data: `reason`."""

    code = "banned"
    status = 403
    message = _("You cannot write here any more. Reason: %(reason)s")


class ReasonMissing(InvalidField):
    """A sanction always says why (EU 2022/2065 art. 17)."""

    code = "reason_missing"
    message = _("Please give a reason. The person will read it.")
    field = "reason"


class OwnSanction(Refusal):
    """Nobody sanctions themself."""

    code = "own_sanction"
    status = 409
    message = _("You cannot sanction yourself.")


@dataclass(frozen=True, kw_only=True)
class ActiveSanction:
    """A sanction that holds now. `until` is None for a ban."""

    id: UUID
    kind: SanctionKind
    place: str
    reason: str
    until: datetime | None


async def active(person_id: UUID, place: str) -> ActiveSanction | None:
    """The sanction that keeps a person from writing in `place` ("show:<id>"), the longest first; None when there is none."""
    now = clock.now()
    row = (
        await Sanction.select(Sanction.id, Sanction.kind, Sanction.place, Sanction.reason, Sanction.until)
        .where(Sanction.person == person_id)
        .where(Sanction.place.is_in([EVERYWHERE, place]))
        .where(Sanction.lifted_at.is_null())
        .where(Sanction.until.is_null() | (Sanction.until > now))
        .order_by(Sanction.kind)
        .order_by(Sanction.until, ascending=False)
        .first()
    )
    if row is None:
        return None
    return ActiveSanction(**{**row, "kind": SanctionKind(row["kind"])})


async def check_may_write(person_id: UUID, place: str) -> None:
    """Raise `Silenced` or `Banned` when a sanction holds in that place or everywhere."""
    found = await active(person_id, place)
    if found is None:
        return
    if found.until is None:
        raise Banned(reason=found.reason)
    raise Silenced(until=found.until, reason=found.reason)


async def time_out(*, person_id: UUID, minutes: int, place: str, reason: str, by: Principal) -> UUID:
    """Keep a person from writing in `place` ("" is everywhere) for some minutes (1 to 43,200).

    Who may do it is the caller's check: a moderator anywhere, a host in the own show. Raises `ReasonMissing`,
    `OwnSanction`, `NotFound`.
    """
    until = clock.now() + timedelta(minutes=max(1, min(minutes, LONGEST_TIMEOUT)))
    return await _sanction(SanctionKind.TIMEOUT, person_id, place, reason, until, by)


async def ban(*, person_id: UUID, place: str, reason: str, by: Principal) -> UUID:
    """Keep a person from writing in `place` ("" is everywhere) until somebody lifts it. Raises as `time_out`."""
    return await _sanction(SanctionKind.BAN, person_id, place, reason, None, by)


async def lift(*, sanction_id: UUID, by: Principal) -> None:
    """End a sanction. Raises `NotFound`, or `WrongState` when it was lifted already."""
    async with DB.transaction():
        lifted = (
            await Sanction.update({Sanction.lifted_at: clock.now(), Sanction.lifted_by: by.id})
            .where(Sanction.id == sanction_id)
            .where(Sanction.lifted_at.is_null())
            .returning(Sanction.person)
        )
        if not lifted:
            raise WrongState if await Sanction.exists().where(Sanction.id == sanction_id) else NotFound
        await audit.record(by=by, action="sanction.lift", kind="sanction", id=sanction_id)


async def standing() -> list[dict[str, Any]]:
    """The last 200 sanctions for the console, newest first, each with `stands`: whether it holds now."""
    now = clock.now()
    rows = (
        await Sanction.select(
            *Sanction.all_columns(),
            Sanction.person.display_name.as_alias("name"),
            Sanction.decided_by.display_name.as_alias("decider"),
        )
        .order_by(Sanction.decided_at, ascending=False)
        .limit(200)
    )
    for row in rows:
        row["stands"] = row["lifted_at"] is None and (row["until"] is None or row["until"] > now)
    return rows


async def _sanction(kind: SanctionKind, person_id: UUID, place: str, reason: str, until: datetime | None, by: Principal) -> UUID:
    if not reason.strip():
        raise ReasonMissing
    if person_id == by.id:
        raise OwnSanction
    row = Sanction(
        person=person_id, kind=kind, place=place, reason=reason.strip(), decided_by=by.id, decided_at=clock.now(), until=until
    )
    async with DB.transaction():
        if not await Person.exists().where(Person.id == person_id):
            raise NotFound
        await row.save()
        await audit.record(
            by=by, action=f"sanction.{kind}", kind="person", id=person_id, place=place, reason=row.reason, until=until
        )
        await outbox.publish(PersonSanctioned(row.id, person_id, place))
    return row.id
