"""What comes round: rows that say when, claimed by one relay at a time."""

from __future__ import annotations

import msgspec

from foundation import clock, deliveries, outbox, relay
from foundation.database import DB


class ScheduleDue(msgspec.Struct, frozen=True):
    """The time of a schedule has come."""

    name: str


async def prepare() -> None:
    """Bring the rows in step with the wiring; a schedule that is new, or comes more often than before, is due sooner."""
    now = clock.now()
    async with DB.connection() as connection:
        for name, (every_seconds, _) in relay.wiring().schedules.items():
            await connection.execute(
                """
                insert into schedule (name, every_seconds, next_run_at, enabled) values ($1, $2, $3, true)
                on conflict (name) do update set every_seconds = excluded.every_seconds,
                    next_run_at = least(schedule.next_run_at, $3::timestamptz + make_interval(secs => excluded.every_seconds))
                where schedule.every_seconds <> excluded.every_seconds
                """,
                name,
                every_seconds,
                now,
            )


async def run_due() -> int:
    """Publish what is due, in the transaction that moves the next time on; return how many.

    After a pause a schedule runs once and not once for every time it missed, and it is not published again while its
    last run still waits or works.
    """
    scheduled = relay.wiring().schedules
    now = clock.now()
    async with DB.transaction():
        async with DB.connection() as connection:
            rows = await connection.fetch(
                """
                update schedule set next_run_at = next_run_at + make_interval(
                    secs => every_seconds * (1 + floor(extract(epoch from $1 - next_run_at) / every_seconds)))
                where name in (
                    select name from schedule where enabled and next_run_at <= $1::timestamptz and name = any($2)
                    order by name for update skip locked)
                returning name
                """,
                now,
                list(scheduled),
            )
            busy = await _busy() if rows else set()
            due = [row["name"] for row in rows if row["name"] not in busy and scheduled[row["name"]][1].actor_name not in busy]
            await connection.execute("update schedule set last_run_at = $1 where name = any($2)", now, due)
        for name in due:
            await outbox.publish(ScheduleDue(name=name))
    return len(due)


async def _busy() -> set[str]:
    """Names of the schedules in the outbox, and of the actors that have a run before them."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select payload->>'name' as name from outbox_message where topic = $1
            union all select actor from outbox_delivery where topic = $1 and dead_at is null
            """,
            deliveries.SCHEDULE,
        )
    return {row["name"] for row in rows}
