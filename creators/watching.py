"""Minutes watched: a player says every half minute that it plays, and our clock counts the time between (docs/attribution.md)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from creators import touches
from creators.tables import Show, ShowStatus, TouchKind
from foundation import clock
from foundation.accounts import Principal
from foundation.database import DB

BEAT = timedelta(seconds=30)
LONGEST_GAP = 2 * BEAT
"""After a longer silence nobody watched in between."""

WATCHED_FROM = 60
"""So many seconds on one day make a touch."""


async def beat(*, show: Show, visitor: str, by: Principal | None) -> int:
    """A player plays. Returns the seconds that count for this visitor, show and day so far; a quicker beat counts no more time.

    The first beat counts nothing: nothing is known of the time before it. Raises `NotFound` for a show that has not begun.
    """
    now = clock.now()
    async with DB.transaction():
        async with DB.connection() as connection:
            row = await connection.fetchrow(
                """
                insert into watch_time as w (show, visitor, person, day, live, seconds, last_at) values ($1, $2, $3, $4, $5, 0, $6)
                on conflict (show, visitor, day, live) do update set
                    seconds = w.seconds + case when $6 - w.last_at <= $7::interval then greatest(extract(epoch from $6 - w.last_at)::int, 0) else 0 end,
                    last_at = greatest(w.last_at, $6), person = coalesce(w.person, $3)
                returning seconds, last_at
                """,
                show.id,
                visitor[:64],
                by.id if by else None,
                now.date(),
                show.status == ShowStatus.LIVE,
                now,
                LONGEST_GAP,
            )
        seconds = int(row["seconds"]) if row else 0
        if WATCHED_FROM <= seconds < WATCHED_FROM + LONGEST_GAP.total_seconds():
            await touches.record_touch(show=show, kind=TouchKind.WATCHED, visitor=visitor, by=by)
    return seconds


async def minutes(column: str, owner: UUID, begins: object, ends: object, show_id: UUID | None = None) -> int:
    """Whole minutes watched of the shows of a `creator` or `brand` on the days between."""
    names = {"creator": "s.creator", "brand": "s.brand"}
    query = f"""
        select coalesce(sum(w.seconds), 0) / 60 from watch_time w join show s on s.id = w.show
        where {names[column]} = $1 and w.last_at >= $2 and w.last_at < $3 and ($4::uuid is null or s.id = $4)
    """  # noqa: S608  # one of two names
    async with DB.connection() as connection:
        return int(await connection.fetchval(query, owner, begins, ends, show_id))
