"""The mirror: our copy of every movement of the platform's Stripe balance (docs/money.md, chapter 7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from foundation import clock, stripe_gateway
from foundation.database import DB
from foundation.stripe_gateway import Movement
from payouts.tables import MirrorCursor

CURSOR = "stripe"
OVERLAP = timedelta(days=1)
"""Each reading begins this long before the last known moment, so that nothing that appeared late is missed."""


async def pull() -> int:
    """Copy what is new; return how many movements were. The mark moves only when the whole stretch is stored.

    Any number of times and at once. Raises the gateway's errors; what was stored stays stored.
    """
    began = clock.now()
    mark = await _mark()
    new, newest, page = 0, mark, list[Movement]()
    async for movement in stripe_gateway.balance_transactions(since=mark - OVERLAP if mark else None):
        newest = max(newest or movement.created, movement.created)
        page.append(movement)
        if len(page) == 500:
            new += await _store(page)
            page = []
    new += await _store(page)
    await _set_mark(newest, began)
    return new


async def synced_at() -> datetime | None:
    """When the mirror was last read to its end; None before the first time."""
    row = await MirrorCursor.objects().where(MirrorCursor.name == CURSOR).first()
    return row.synced_at if row else None


async def _store(page: list[Movement]) -> int:
    """Store movements that are not there yet, in one statement."""
    if not page:
        return 0
    now = clock.now()
    columns = zip(
        *(
            (
                one.id,
                one.type,
                one.reporting_category,
                one.amount.minor,
                one.fee.minor,
                one.net.minor,
                one.amount.currency,
                one.source or one.id,
                one.created,
                one.available_on,
                now,
            )
            for one in page
        ),
        strict=True,
    )
    async with DB.connection() as connection:
        done = await connection.execute(
            """
            insert into mirror_transaction
                (id, kind, category, amount_minor, fee_minor, net_minor, currency, source_id, created_at, available_on, mirrored_at)
            select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[],
                                 $9::timestamptz[], $10::timestamptz[], $11::timestamptz[])
            on conflict (id) do nothing
            """,
            *(list(column) for column in columns),
        )
    return int(done.split()[-1])


async def _mark() -> datetime | None:
    row = await MirrorCursor.objects().where(MirrorCursor.name == CURSOR).first()
    return datetime.fromtimestamp(int(row.position), UTC) if row and row.position else None


async def _set_mark(newest: datetime | None, began: datetime) -> None:
    """Forward only: of two readings at once the one that saw more wins."""
    async with DB.connection() as connection:
        await connection.execute(
            """
            insert into mirror_cursor (name, position, synced_at) values ($1, $2, $3)
            on conflict (name) do update set
                position = case when excluded.position = '' or excluded.position::bigint < coalesce(nullif(mirror_cursor.position, ''), '0')::bigint
                           then mirror_cursor.position else excluded.position end,
                synced_at = greatest(mirror_cursor.synced_at, excluded.synced_at)
            """,
            CURSOR,
            str(int(newest.timestamp())) if newest else "",
            began,
        )
