"""Corrections and order lines as finance looks them up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.database import DB
from foundation.errors import NotFound

PAGE = 50


async def page_of(page: int) -> tuple[list[dict[str, Any]], int]:
    """One page of all corrections, those that wait first, then the newest; and how many there are."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select c.id, c.order_line, c.status, c.reason, c.asked_at, o.number, l.title, m.display_name as maker
            from attribution_correction c join order_line l on l.id = c.order_line join shop_order o on o.id = c."order"
            join person m on m.id = c.maker
            order by (c.status = 'asked') desc, c.asked_at desc, c.id limit $1 offset $2
            """,
            PAGE,
            PAGE * (page - 1),
        )
        whole = await connection.fetchval("select count(*) from attribution_correction")
    return [dict(row) for row in rows], int(whole)


async def lines_of(number: str) -> list[dict[str, Any]]:
    """The lines of an order with whom each is credited to, once they are decided."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select l.id, l.title, l.quantity, c.handle from shop_order o join order_line l on l."order" = o.id
            join lateral (
                select d.creator from attribution_decision d where d.order_line = l.id order by d.version desc limit 1
            ) d on true left join creator c on c.id = d.creator
            where o.number = upper($1) order by l.gross_minor desc, l.id
            """,
            number[:20],
        )
    return [dict(row) for row in rows]


async def shop_sales_of(number: str) -> list[dict[str, Any]]:
    """The sales of that number in brands' own shops, with whom each is credited to: two shops may have one number."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select v.id, coalesce(nullif(s.called, ''), v.shop_order) as shop_order, b.name as brand, c.handle
            from conversion v join brand b on b.id = v.brand left join creator c on c.id = v.creator
            left join shop_standing s on s.conversion = v.id
            where v.id in (select id from conversion where shop_order = $1 union select conversion from shop_standing where called = $1)
            order by v.happened_at desc, v.id limit 20
            """,
            number[:100],
        )
    return [dict(row) for row in rows]


async def line_of(correction_id: UUID) -> UUID:
    """The order line that a correction is about. Raises `NotFound`."""
    async with DB.connection() as connection:
        found = await connection.fetchval("select order_line from attribution_correction where id = $1", correction_id)
    if found is None:
        raise NotFound
    return UUID(str(found))
