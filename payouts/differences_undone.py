"""What two persons booked for a difference goes back when its own facts come after all (docs/money.md, chapter 7)."""

from __future__ import annotations

from typing import Any, Final

from foundation import audit, clock
from foundation.database import DB
from payouts import ledger
from payouts.differences_booked import STANDING, opposite
from payouts.ledger import Entry, Source
from payouts.reconciliation import COMPARED

_EXPLAINED: Final = """
    and (exists (
             select 1 from mirror_transaction t join movement_match m on m.movement = t.number where t.id = e.transaction and m.matched_at > d.booked_at
         )
         or (e.transaction is null and exists (
             select 1 from mirror_transaction t join movement_match m on m.movement = t.number
             where t.source_id = e.source_id and t.category = e.finding and m.matched_at > d.booked_at
         )))
    order by d.booked_at, d.id limit 500
"""


async def take_back_explained() -> int:
    """Book back what two persons booked for differences whose own facts came after all; how many. Safe to repeat.

    A sale that nobody knew is put in suspense, then its late notice credits it: without this its money would stand in the books twice.
    """
    rows = await _rows()
    for row in rows:
        await _take_back(row)
    return len(rows)


async def _rows() -> list[Any]:
    async with DB.connection() as connection:
        return list(await connection.fetch(STANDING + _EXPLAINED, list(COMPARED)))


async def _take_back(row: Any) -> None:
    async with DB.transaction():
        now = clock.now()
        entry = Entry(
            key=f"difference-back:{row['id']}",
            kind="A2",
            event_at=now,
            source=Source(kind="difference", id=row["source_id"]),
            lines=tuple(opposite(row["lines"])),
            memo=f"J-{row['journal']}",
            reverses=row["journal"],
        )
        (posted,) = await ledger.post_all([entry])
        if not posted.replayed:
            await audit.record(
                by=None,
                action="difference posting taken back",
                kind="reconciliation_exception",
                id=row["exception"],
                journal=posted.id,
            )
