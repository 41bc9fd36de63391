"""How often shows are offered in lists: counted in the web process and written every few seconds, for figures only.

A process that is killed loses the counts of its last seconds; nothing that earns anybody money rests on them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from uuid import UUID

import structlog

from creators.visits import is_a_visit
from foundation import clock
from foundation.database import DB
from foundation.web import Web

EVERY = 5.0
log = structlog.get_logger(__name__)


class Reach:
    """The counts of one process that wait to be written."""

    def __init__(self) -> None:
        self._counts: Counter[UUID] = Counter()
        self._writer: asyncio.Task[None] | None = None

    def offered(self, request: Web, shows: Iterable[UUID]) -> None:
        """These shows stand on a page that somebody opened."""
        if not is_a_visit(request):
            return
        self._counts.update(shows)
        if self._counts and (self._writer is None or self._writer.done()):
            self._writer = asyncio.create_task(self._later())

    async def flush(self) -> None:
        """Write what waits."""
        counts, self._counts = self._counts, Counter()
        if not counts:
            return
        async with DB.connection() as connection:
            await connection.execute(
                """
                insert into show_reach (show, day, impressions)
                select s.id, $3, n from unnest($1::uuid[], $2::bigint[]) as x (show, n) join show s on s.id = x.show
                order by s.id on conflict (show, day) do update set impressions = show_reach.impressions + excluded.impressions
                """,
                list(counts),
                list(counts.values()),
                clock.now().date(),
            )

    async def _later(self) -> None:
        await asyncio.sleep(EVERY)
        try:
            await self.flush()
        except OSError as error:
            log.warning("impressions_not_counted", error=type(error).__name__)


here = Reach()


async def impressions(column: str, owner: UUID, begins: object, ends: object, show_id: UUID | None = None) -> int:
    """How often the shows of a `creator` or `brand` were offered on the days between."""
    names = {"creator": "s.creator", "brand": "s.brand"}
    query = f"""
        select coalesce(sum(r.impressions), 0) from show_reach r join show s on s.id = r.show
        where {names[column]} = $1 and r.day >= $2::timestamptz::date and r.day < $3::timestamptz::date and ($4::uuid is null or s.id = $4)
    """  # noqa: S608  # one of two names
    async with DB.connection() as connection:
        return int(await connection.fetchval(query, owner, begins, ends, show_id))
