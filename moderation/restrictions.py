"""Messages that were kept back or taken away: the queue of the held ones, and the reason of each decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from foundation import audit, clock, outbox
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, WrongState
from moderation.events import MessageReleased, MessageRemoved
from moderation.sanctions import ReasonMissing
from moderation.tables import Restriction, RestrictionStatus


async def hold(
    *, object_kind: str, object_id: str, place: str, person_id: UUID, author: str, body: str, words: Sequence[str]
) -> UUID:
    """Put a message into the queue of the moderators, with what the filter found. Runs in the writer's transaction."""
    row = Restriction(
        object_kind=object_kind,
        object_id=object_id,
        place=place,
        person=person_id,
        author=author,
        body=body,
        words=msgspec.json.encode(list(words)).decode(),
        automatic=True,
        status=RestrictionStatus.HELD,
        since=clock.now(),
    )
    await row.save()
    return row.id


async def release(*, restriction_id: UUID, by: Principal) -> None:
    """Let a held message through. Raises `NotFound`, or `WrongState` when it was decided already."""
    async with DB.transaction():
        row = await _decide(restriction_id, RestrictionStatus.RELEASED, "", by)
        await outbox.publish(MessageReleased(restriction_id, row["object_kind"], row["object_id"]))


async def remove_held(*, restriction_id: UUID, reason: str, by: Principal) -> None:
    """Keep a held message hidden for good. Raises `ReasonMissing`, `NotFound`, `WrongState`."""
    if not reason.strip():
        raise ReasonMissing
    async with DB.transaction():
        row = await _decide(restriction_id, RestrictionStatus.REMOVED, reason.strip(), by)
        await outbox.publish(MessageRemoved(restriction_id, row["object_kind"], row["object_id"]))


async def record_removal(
    *, object_kind: str, object_id: str, place: str, person_id: UUID, author: str, body: str, reason: str, by: Principal
) -> None:
    """Keep why a visible message was taken away. Runs in the remover's transaction. Raises `ReasonMissing`."""
    if not reason.strip():
        raise ReasonMissing
    now = clock.now()
    decided = {
        Restriction.status: RestrictionStatus.REMOVED,
        Restriction.reason: reason.strip(),
        Restriction.decided_by: by.id,
        Restriction.decided_at: now,
    }
    row = Restriction(
        object_kind=object_kind,
        object_id=object_id,
        place=place,
        person=person_id,
        author=author,
        body=body,
        words="[]",
        automatic=False,
        status=RestrictionStatus.REMOVED,
        reason=reason.strip(),
        since=now,
        decided_by=by.id,
        decided_at=now,
    )
    await Restriction.insert(row).on_conflict(
        target=(Restriction.object_kind, Restriction.object_id), action="DO UPDATE", values=list(decided.items())
    )
    await audit.record(by=by, action="message.remove", kind=object_kind, id=object_id, place=place, reason=reason.strip())


async def queue() -> list[dict[str, Any]]:
    """The held messages, oldest first, at most 200."""
    return (
        await Restriction.select()
        .where(Restriction.status == RestrictionStatus.HELD)
        .order_by(Restriction.since)
        .limit(200)
        .output(load_json=True)
    )


async def decided(limit: int = 50) -> list[dict[str, Any]]:
    """The latest decisions, newest first."""
    return (
        await Restriction.select(*Restriction.all_columns(), Restriction.decided_by.display_name.as_alias("decider"))
        .where(Restriction.status != RestrictionStatus.HELD)
        .order_by(Restriction.decided_at, ascending=False)
        .limit(limit)
        .output(load_json=True)
    )


async def _decide(restriction_id: UUID, status: RestrictionStatus, reason: str, by: Principal) -> dict[str, Any]:
    moved = (
        await Restriction.update(
            {
                Restriction.status: status,
                Restriction.reason: reason,
                Restriction.decided_by: by.id,
                Restriction.decided_at: clock.now(),
            }
        )
        .where(Restriction.id == restriction_id)
        .where(Restriction.status == RestrictionStatus.HELD)
        .returning(Restriction.object_kind, Restriction.object_id, Restriction.place)
    )
    if not moved:
        raise WrongState if await Restriction.exists().where(Restriction.id == restriction_id) else NotFound
    await audit.record(
        by=by, action=f"held_message.{status}", kind="restriction", id=restriction_id, place=moved[0]["place"], reason=reason
    )
    return dict(moved[0])
