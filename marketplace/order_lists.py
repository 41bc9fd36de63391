"""The paid orders of a brand as its desk works through them: by what is to be done, searched, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from foundation.database import DB
from foundation.money import Money
from marketplace.postal import ShipTo

PAGE = 50


class Desk(StrEnum):
    """What an order asks of its seller."""

    ALL = "all"
    TO_SEND = "to_send"
    SENT = "sent"
    RETURNS = "returns"
    DISPUTED = "disputed"
    REFUNDED = "refunded"


@dataclass(frozen=True)
class Wanted:
    """Which orders: `words` is part of a number, an e-mail address or a title; the days are those of the payment, both included."""

    desk: Desk = Desk.ALL
    words: str = ""
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class DeskRow:
    """One order; amounts and units are those of the brand's lines. `to_send` units wait, `returns` requests are open."""

    id: UUID
    number: str
    paid_at: datetime
    email: str
    ship_to: ShipTo
    titles: str
    picture: str
    units: int
    to_send: int
    returns: int
    disputed: bool
    total: Money
    refunded: Money

    @property
    def state(self) -> str:
        """The word of its pill."""
        if self.disputed:
            return "disputed"
        if self.refunded == self.total:
            return "refunded"
        if self.to_send:
            return "partially_refunded" if self.refunded.minor else "paid"
        return "partially_refunded" if self.refunded.minor else "sent"


@dataclass(frozen=True)
class PickRow:
    """Units of one variant that are to be packed, over all orders that wait for them."""

    title: str
    variant_name: str
    sku: str
    picture: str
    units: int
    orders: int


async def orders_for(*, brand_id: UUID, wanted: Wanted, page: int = 1, size: int = PAGE) -> tuple[list[DeskRow], int]:
    """One page of the brand's orders, newest payment first (to be sent: oldest first), and how many there are."""
    order = "o.paid_at, o.id" if wanted.desk == Desk.TO_SEND else "o.paid_at desc, o.id"
    async with DB.connection() as connection:
        rows = await connection.fetch(
            f"{_ROWS} where {_CHOSEN} order by {order} limit $6 offset $7",  # constants of this module
            *_values(brand_id, wanted),
            size,
            (page - 1) * size,
        )
        total = await connection.fetchval(
            f"select count(*) from ({_ROWS} where {_CHOSEN}) as found",  # noqa: S608  # constants of this module
            *_values(brand_id, wanted),
        )
    return [_row(row) for row in rows], int(total)


async def counts(*, brand_id: UUID) -> dict[Desk, int]:
    """How many orders stand where."""
    async with DB.connection() as connection:
        row = await connection.fetchrow(
            f"""
            select count(*) as all, count(*) filter (where to_send > 0) as to_send, count(*) filter (where {_SENT}) as sent,
                   count(*) filter (where returns > 0) as returns, count(*) filter (where disputed) as disputed,
                   count(*) filter (where refunded = total) as refunded
            from ({_ROWS}) as o
            """,  # noqa: S608  # constants of this module
            brand_id,
        )
    return {desk: row[desk.value] for desk in Desk}


async def pick_list(*, brand_id: UUID) -> list[PickRow]:
    """What is to be taken from the shelves for all orders that wait, by article."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            f"""
            select l.title, l.variant_name, coalesce(v.sku, '') as sku, max(l.picture) as picture, sum(w.waiting)::int as units,
                   count(distinct l."order") as orders
            from ({_WAITING}) w join order_line l on l.id = w.id left join variant v on v.id = l.variant
            where w.waiting > 0 group by 1, 2, 3 order by 1, 2, 3
            """,  # noqa: S608  # constants of this module
            brand_id,
        )
    return [PickRow(**dict(row)) for row in rows]


_TO_SEND = """
    case when l.refunded_minor = l.gross_minor then 0 else greatest(0, l.quantity
        - coalesce((select sum(s.quantity) from shipment_line s where s.order_line = l.id), 0)
        - coalesce((select sum(r.unsent) from return_line r join return_request q on q.id = r.request
                    where r.order_line = l.id and q.status <> 'declined'), 0)) end
"""
_WAITING = f"""
    select l.id, l."order", {_TO_SEND} as waiting from order_line l join shop_order o on o.id = l."order"
    where l.brand = $1 and l.kind = 'goods' and o.status in ('paid', 'refunded')
"""  # noqa: S608  # constants of this module
_ROWS = f"""
    select * from (
        select o.id, o.number, o.paid_at, o.email, o.ship_to, o.currency,
               string_agg(distinct l.title, ', ') filter (where l.kind = 'goods') as titles,
               max(l.picture) as picture, (sum(l.quantity) filter (where l.kind = 'goods'))::int as units,
               sum(l.gross_minor)::bigint as total, sum(l.refunded_minor)::bigint as refunded,
               coalesce(sum({_TO_SEND}) filter (where l.kind = 'goods'), 0)::int as to_send,
               (select count(*) from return_request q where q."order" = o.id and q.brand = $1 and q.status in ('asked', 'accepted')) as returns,
               exists (select 1 from dispute d where d."order" = o.id and (d.closed_at is null or d.withdrawn_minor > d.reinstated_minor)) as disputed
        from shop_order o join order_line l on l."order" = o.id and l.brand = $1
        where o.status in ('paid', 'refunded') group by o.id
    ) as o
"""  # noqa: S608  # constants of this module
_SENT = "to_send = 0 and refunded < total and not disputed"
_CHOSEN = f"""
    ($2 = 'all' or ($2 = 'to_send' and to_send > 0) or ($2 = 'sent' and {_SENT}) or ($2 = 'returns' and returns > 0)
     or ($2 = 'disputed' and disputed) or ($2 = 'refunded' and refunded = total))
    and ($3 = '' or position(lower($3) in lower(o.number)) > 0 or position(lower($3) in lower(o.email)) > 0
         or position(lower($3) in lower(o.titles)) > 0)
    and ($4::date is null or o.paid_at >= $4::date) and ($5::date is null or o.paid_at < $5::date + 1)
"""


def _values(brand_id: UUID, wanted: Wanted) -> tuple[object, ...]:
    return (brand_id, wanted.desk.value, wanted.words.strip(), wanted.first, wanted.last)


def _row(row: Any) -> DeskRow:
    return DeskRow(
        id=row["id"],
        number=row["number"],
        paid_at=row["paid_at"],
        email=row["email"],
        ship_to=msgspec.json.decode(row["ship_to"], type=ShipTo),
        titles=row["titles"] or "",
        picture=row["picture"] or "",
        units=row["units"] or 0,
        to_send=row["to_send"],
        returns=row["returns"],
        disputed=row["disputed"],
        total=Money(row["total"], row["currency"]),
        refunded=Money(row["refunded"], row["currency"]),
    )
