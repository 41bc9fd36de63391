"""Deliveries: one event on its way to one actor, from the outbox until the actor has done its work.

A row is written before its message is sent and deleted after the job, so whatever the queue loses is sent again from here.
A job may therefore run twice and never not at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from foundation import clock
from foundation.database import DB

if TYPE_CHECKING:
    from asyncpg import Connection, Record

UNSENT = timedelta(seconds=5)
"""A row whose message never reached the queue (no answer, a killed relay) is sent again after this time."""

LOST = timedelta(seconds=120)
"""A message that was sent and not worked off for so long is sent again; the next time after twice as long, ..."""

LONGEST_GAP = timedelta(hours=1)
"""... and at last once an hour: a long queue is not a lost one, and must not fill itself with copies."""

WEBHOOK = "WebhookReceived"
SCHEDULE = "ScheduleDue"
"""Topics that need more than the row of their delivery."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What the relay sends to the broker: one event for one actor."""

    id: int
    actor: str
    payload: dict[str, Any]
    request_id: str


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A delivery before it has its row. An `error` makes it dead from the start: nobody could take it."""

    message_id: int
    topic: str
    actor: str
    payload: dict[str, Any]
    request_id: str
    created_at: datetime
    error: str = ""


# One statement, for every job ends with it.
_FINISHED = f"""
    with gone as (delete from outbox_delivery where id = $1 returning topic, actor, payload),
    handled as (
        update webhook_receipt set handled_at = $2, attempts = attempts + 1, error = ''
        where id = (select (payload ->> 'receipt_id')::bigint from gone where topic = '{WEBHOOK}'))
    select topic, actor from gone
"""  # noqa: S608  # the topic is a constant


async def add(drafts: Sequence[Draft]) -> list[Delivery]:
    """Write the rows, inside the relay's transaction; return those to send, oldest first."""
    now = clock.now()
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            insert into outbox_delivery (message_id, topic, actor, payload, request_id, created_at, sent_at, sends, dead_at, error)
            select message_id, topic, actor, payload, request_id, created_at, $7, 0,
                   case when error <> '' then $7::timestamptz end, error
            from unnest($1::bigint[], $2::text[], $3::text[], $4::jsonb[], $5::text[], $6::timestamptz[], $8::text[])
                 as draft (message_id, topic, actor, payload, request_id, created_at, error)
            on conflict (message_id, actor) do nothing
            returning id, actor, payload, request_id, dead_at
            """,
            [draft.message_id for draft in drafts],
            [draft.topic for draft in drafts],
            [draft.actor for draft in drafts],
            [json.dumps(draft.payload) for draft in drafts],
            [draft.request_id for draft in drafts],
            [draft.created_at for draft in drafts],
            now,
            [draft.error for draft in drafts],
        )
    return _oldest_first(row for row in rows if row["dead_at"] is None)


async def mark_sent(ids: Sequence[int]) -> None:
    """Their messages are in the queue; those that were worked off in the meantime are gone already."""
    async with DB.connection() as connection:
        await connection.execute("update outbox_delivery set sends = sends + 1 where id = any($1)", ids)


async def claim_lost(*, limit: int = 100) -> list[Delivery]:
    """Take the deliveries that must be sent again, so that no other relay takes them too."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            update outbox_delivery set sent_at = $1 where id in (
                select id from outbox_delivery
                where dead_at is null and sent_at < $1::timestamptz - case when sends = 0 then $2::interval
                    else least($3::interval * power(2, least(sends - 1, 20)), $4::interval) end
                order by sent_at limit $5 for update skip locked)
            returning id, actor, payload, request_id
            """,
            clock.now(),
            UNSENT,
            LOST,
            LONGEST_GAP,
            limit,
        )
    return _oldest_first(rows)


async def is_open(delivery_id: int) -> bool:
    """Whether there is still something to do: a copy of a message that was worked off, or dropped, must not run."""
    async with DB.connection() as connection:
        found = await connection.fetchval("select 1 from outbox_delivery where id = $1 and dead_at is null", delivery_id)
    return found is not None


async def finish(delivery_id: int) -> None:
    """The actor has done its work; a webhook is handled with it, and dead runs of a schedule are forgotten."""
    async with DB.connection() as connection:
        gone = await connection.fetchrow(_FINISHED, delivery_id, clock.now())
        if gone is not None and gone["topic"] == SCHEDULE:
            await _forget_dead_runs(connection, gone["actor"])


async def await_retry(delivery_id: int, *, seconds: float, error: str) -> None:
    """A try failed; the queue will try again within so many seconds, and until then nothing is lost."""
    async with DB.transaction(), DB.connection() as connection:
        row = await connection.fetchrow(
            "update outbox_delivery set sent_at = $2, error = $3 where id = $1 returning topic, payload",
            delivery_id,
            clock.now() + timedelta(seconds=seconds),
            error,
        )
        await _note_on_receipt(connection, row, error)


async def bury(delivery_id: int, *, error: str) -> None:
    """The last try failed: nothing sends this again but a person. Of a schedule only the last dead run is kept."""
    async with DB.transaction(), DB.connection() as connection:
        topic, actor = await _what(connection, delivery_id)
        if topic == SCHEDULE:
            await _forget_dead_runs(connection, actor)
        row = await connection.fetchrow(
            "update outbox_delivery set dead_at = $2, error = $3 where id = $1 returning topic, payload",
            delivery_id,
            clock.now(),
            error,
        )
        await _note_on_receipt(connection, row, error)


async def handle_unwanted(receipt_ids: Sequence[int]) -> None:
    """Webhooks that no actor cares for are handled by being kept."""
    async with DB.connection() as connection:
        await connection.execute("update webhook_receipt set handled_at = $2 where id = any($1)", receipt_ids, clock.now())


async def _what(connection: Connection[Any], delivery_id: int) -> tuple[str, str]:
    row = await connection.fetchrow("select topic, actor from outbox_delivery where id = $1", delivery_id)
    return (row["topic"], row["actor"]) if row else ("", "")


async def _forget_dead_runs(connection: Connection[Any], actor: str) -> None:
    await connection.execute(
        "delete from outbox_delivery where topic = $1 and actor = $2 and dead_at is not null", SCHEDULE, actor
    )


async def _note_on_receipt(connection: Connection[Any], row: Record | None, error: str) -> None:
    if row is not None and row["topic"] == WEBHOOK:
        await connection.execute(
            "update webhook_receipt set attempts = attempts + 1, error = $2 where id = $1", _receipt_id(row), error
        )


def _receipt_id(row: Record) -> int:
    return int(json.loads(row["payload"])["receipt_id"])


def _oldest_first(rows: Iterable[Record]) -> list[Delivery]:
    return [
        Delivery(id=row["id"], actor=row["actor"], payload=json.loads(row["payload"]), request_id=row["request_id"])
        for row in sorted(rows, key=lambda row: row["id"])
    ]
