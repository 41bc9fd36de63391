"""What went wrong and waits for a person: dead deliveries, webhooks, schedules, and the two ways out of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from foundation import audit, clock, deliveries, outbox, relay
from foundation.database import DB
from foundation.errors import Refusal
from foundation.i18n import _
from foundation.schedules import ScheduleDue

if TYPE_CHECKING:
    from asyncpg import Record

    from foundation.accounts import Principal

SHOWN = 50
LATE = timedelta(minutes=5)
"""A webhook that waits longer than this is shown."""


class NotDead(Refusal):
    """The message was sent again or dropped in the meantime."""

    code = "not_dead"
    status = 409
    message = _("This message has been sent again or dropped in the meantime.")


class UnknownSchedule(Refusal):
    """No such schedule."""

    code = "unknown_schedule"
    status = 404
    message = _("There is no such schedule.")


@dataclass(frozen=True, kw_only=True)
class Overview:
    """Everything of the operations page: rows as the database has them, newest trouble first."""

    waiting: int
    oldest: datetime | None
    on_their_way: int
    dead: list[Record]
    dead_count: int
    webhooks: list[Record]
    schedules: list[Record]


async def overview(*, page: int = 1) -> Overview:
    """What waits, a page of what is dead, which webhooks are not handled, and when each schedule runs."""
    async with DB.connection() as connection:
        waiting = await connection.fetchrow("select count(*) as count, min(created_at) as oldest from outbox_message")
        on_their_way = await connection.fetchval("select count(*) from outbox_delivery where dead_at is null")
        dead = await connection.fetch(
            "select id, topic, actor, payload, request_id, created_at, dead_at, sends, error from outbox_delivery "
            "where dead_at is not null order by dead_at desc, id desc limit $1 offset $2",
            SHOWN,
            SHOWN * (page - 1),
        )
        late = await connection.fetch(
            "select id, source, kind, object_id, received_at, attempts, error from webhook_receipt "
            "where handled_at is null and (received_at < $1 or error <> '') order by received_at desc limit $2",
            clock.now() - LATE,
            SHOWN,
        )
        schedules = await connection.fetch(
            "select name, every_seconds, next_run_at, last_run_at, enabled from schedule order by name"
        )
        dead_count = await connection.fetchval("select count(*) from outbox_delivery where dead_at is not null")
    return Overview(
        waiting=waiting["count"],
        oldest=waiting["oldest"],
        on_their_way=on_their_way,
        dead=dead,
        dead_count=dead_count,
        webhooks=late,
        schedules=schedules,
    )


async def send_again(*, delivery_id: int, by: Principal) -> None:
    """Give a dead delivery another life. Raises `NotDead`."""
    async with DB.transaction():
        row = await _take(delivery_id)
        await audit.record(by=by, action="delivery.sent_again", kind="delivery", id=delivery_id, **_about(row))
        if not row["actor"]:
            await _back_to_the_outbox(delivery_id, row)
    if row["actor"]:
        delivery = deliveries.Delivery(
            id=delivery_id, actor=row["actor"], payload=json.loads(row["payload"]), request_id=row["request_id"]
        )
        await relay.send([delivery])


async def drop(*, delivery_id: int, by: Principal) -> None:
    """Give a dead delivery up for good; a webhook counts as handled then. Raises `NotDead`."""
    async with DB.transaction():
        row = await _take(delivery_id)
        await audit.record(by=by, action="delivery.dropped", kind="delivery", id=delivery_id, error=row["error"], **_about(row))
        await deliveries.finish(delivery_id)


async def run_schedule(*, name: str, by: Principal) -> None:
    """Run a schedule now, besides its times. Raises `UnknownSchedule`."""
    if name not in relay.wiring().schedules:
        raise UnknownSchedule
    async with DB.transaction():
        await outbox.publish(ScheduleDue(name=name))
        await audit.record(by=by, action="schedule.run", kind="schedule", id=name)


async def _take(delivery_id: int) -> Record:
    """Mark a dead delivery as alive; the loser of two people gets `NotDead`."""
    async with DB.connection() as connection:
        row = await connection.fetchrow(
            "update outbox_delivery set dead_at = null, sent_at = $2, sends = 0 where id = $1 and dead_at is not null "
            "returning topic, actor, payload, request_id, error, created_at",
            delivery_id,
            clock.now(),
        )
    if row is None:
        raise NotDead
    return row


async def _back_to_the_outbox(delivery_id: int, row: Record) -> None:
    """An event that nobody knew: this version of the program may know it."""
    async with DB.connection() as connection:
        await connection.execute(
            "insert into outbox_message (topic, payload, request_id, created_at) values ($1, $2::jsonb, $3, $4)",
            row["topic"],
            row["payload"],
            row["request_id"],
            row["created_at"],
        )
        await connection.execute("delete from outbox_delivery where id = $1", delivery_id)


def _about(row: Record) -> dict[str, Any]:
    return {"topic": row["topic"], "actor": row["actor"]}
