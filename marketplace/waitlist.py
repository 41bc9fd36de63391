"""The line for what is sold out: who came first is offered first what comes back, for a quarter of an hour.

Nobody stands in a line while a unit is on the shelf, and an offered unit is off the shelf: for every variant stock + held + offered +
consumed is constant. All moves are made while the variant's row is locked, so that two units that come back at once go to two people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from foundation import audit, clock, mails, outbox
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, WrongState
from foundation.i18n import _
from marketplace.events import WaitlistOffered

OFFER: Final = timedelta(minutes=15)


class StillThere(WrongState):
    """Something is on the shelf: nobody needs to wait."""

    code = "still_there"
    message = _("Good news: it is available again. You can order it now.")


@dataclass(frozen=True)
class Place:
    """Somebody's place in a line. `ahead` counts who comes before; `until` is set while a unit is offered."""

    entry_id: int
    variant_id: UUID
    product_id: UUID
    title: str
    variant_name: str
    picture: str
    ahead: int
    until: datetime | None


async def join(*, variant_id: UUID, by: Principal, show_id: UUID | None = None) -> None:
    """Stand in the line for one unit; once, however often asked. Raises `NotFound`, `StillThere` when none has to wait."""
    async with DB.transaction(), DB.connection() as connection:
        found = await connection.fetchrow(
            "select v.stock, p.status from variant v join product p on p.id = v.product where v.id = $1 for update of v",
            variant_id,
        )
        if found is None or found["status"] != "active":
            raise NotFound
        if found["stock"] > 0:
            raise StillThere
        made = await connection.fetchval(
            """
            insert into waitlist_entry (variant, person, status, show_id, joined_at) values ($1, $2, 'waiting', $3, $4)
            on conflict (variant, person) where status in ('waiting', 'offered') do nothing returning id
            """,
            variant_id,
            by.id,
            show_id,
            clock.now(),
        )
        if made is not None:
            await audit.record(by=by, action="waitlist.joined", kind="variant", id=variant_id)


async def leave(*, variant_id: UUID, by: Principal) -> None:
    """Leave the line; a unit that was offered goes to the next. Safe to call twice."""
    async with DB.transaction():
        await _lock([variant_id])
        await _end(variant_id, "left", "person = $3", by.id)


async def pass_on() -> int:
    """Offers that nobody took in time go to the next in line, or back on the shelf; returns their number. For the scheduler."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            "select distinct variant from waitlist_entry where status = 'offered' and offer_until <= $1", clock.now()
        )
    ended = 0
    for row in rows:
        async with DB.transaction():
            await _lock([row["variant"]])
            ended += await _end(row["variant"], "passed", "status = 'offered' and offer_until <= $3", clock.now())
    return ended


async def serve(variant_id: UUID) -> int:
    """Offer what is on the shelf to the first in line; returns how many units. Inside the transaction that has put them there."""
    now = clock.now()
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            with line as (
                select e.id from waitlist_entry e where e.variant = $1 and e.status = 'waiting'
                and exists (select 1 from variant v join product p on p.id = v.product where v.id = $1 and p.status = 'active')
                order by e.id limit (select stock from variant where id = $1)
            ), offered as (
                update waitlist_entry set status = 'offered', offered_at = $2, offer_until = $3
                where id in (select id from line) returning id
            ), off_the_shelf as (
                update variant set stock = stock - (select count(*) from offered) where id = $1 and exists (select 1 from offered)
            )
            select id from offered order by id
            """,
            variant_id,
            now,
            now + OFFER,
        )
    for row in rows:
        await outbox.publish(WaitlistOffered(entry_id=row["id"]))
    return len(rows)


async def claim(*, variant_ids: Iterable[UUID], person_id: UUID, order_id: UUID) -> None:
    """Put what is offered to this person back on the shelf, for the order that takes it in the same transaction."""
    variants = sorted(variant_ids)
    async with DB.connection() as connection:
        offered = await connection.fetch(_OFFERED, variants, person_id)
        if not offered:
            return
        await _lock(variants)
        rows = await connection.fetch(
            """
            update waitlist_entry set status = 'taken', "order" = $3
            where variant = any($1) and person = $2 and status = 'offered' returning variant
            """,
            variants,
            person_id,
            order_id,
        )
        await connection.execute(
            "update variant set stock = stock + 1 where id = any($1)", [row["variant"] for row in rows]
        )  # at most one entry a person and variant


async def offered_to(*, variant_ids: Iterable[UUID], by: Principal | None) -> set[UUID]:
    """Those of the variants of which a unit is kept for this person now."""
    if by is None:
        return set()
    async with DB.connection() as connection:
        return {row["variant"] for row in await connection.fetch(_OFFERED, list(variant_ids), by.id)}


async def places_of(*, by: Principal, variant_id: UUID | None = None) -> list[Place]:
    """Where the person stands in lines, offers first; of one variant or of all."""
    async with DB.connection() as connection:
        rows = await connection.fetch(_PLACES, by.id, variant_id)
    return [_place(row) for row in rows]


async def tell(*, entry_id: int) -> None:
    """Mail somebody whose turn it is; nothing when the offer is over. Safe to call twice."""
    async with DB.transaction(), DB.connection() as connection:
        row = await connection.fetchrow(
            """
            select p.email, p.locale, p.time_zone, v.id as variant, v.name, d.id as product, d.title, e.offer_until
            from waitlist_entry e join person p on p.id = e.person join variant v on v.id = e.variant join product d on d.id = v.product
            where e.id = $1 and e.status = 'offered'
            """,
            entry_id,
        )
        if row is None:
            return
        await mails.write(
            to=row["email"],
            locale=row["locale"],
            template="waitlist_offer.html",
            once=f"waitlist {entry_id}",
            title=row["title"],
            variant=row["name"],
            minutes=int(OFFER.total_seconds() // 60),
            path=f"/shop/products/{row['product']}?variant={row['variant']}",
        )


_OFFERED = "select variant from waitlist_entry where variant = any($1) and person = $2 and status = 'offered'"
_PLACES = """
    select e.id, e.variant, e.offer_until, v.name, d.id as product, d.title, d.picture,
           (select count(*) from waitlist_entry a where a.variant = e.variant and a.status = 'waiting' and a.id < e.id) as ahead
    from waitlist_entry e join variant v on v.id = e.variant join product d on d.id = v.product
    where e.person = $1 and e.status in ('waiting', 'offered') and ($2::uuid is null or e.variant = $2)
    order by e.status, e.id limit 100
"""


async def _lock(variants: list[UUID]) -> None:
    async with DB.connection() as connection:
        await connection.execute("select 1 from variant where id = any($1) order by id for update", variants)


async def _end(variant_id: UUID, status: str, which: str, value: object) -> int:
    """End entries of a line; the units that were offered to them go on. The variant is locked."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            f"""
            with before as (
                select id, status from waitlist_entry where variant = $1 and status in ('waiting', 'offered') and {which} for update
            )
            update waitlist_entry e set status = $2 from before where e.id = before.id returning before.status
            """,  # noqa: S608  # constants of this module
            variant_id,
            status,
            value,
        )
        free = sum(row["status"] == "offered" for row in rows)
        if free:
            await connection.execute("update variant set stock = stock + $2 where id = $1", variant_id, free)
    if free:
        await serve(variant_id)
    return len(rows)


def _place(row: Any) -> Place:
    return Place(
        entry_id=row["id"],
        variant_id=row["variant"],
        product_id=row["product"],
        title=row["title"],
        variant_name=row["name"],
        picture=row["picture"],
        ahead=row["ahead"],
        until=row["offer_until"],
    )
