"""The tap or the link of somebody who was not signed in: once they order under an e-mail address, it is that person's."""

from __future__ import annotations

from uuid import UUID

from creators.consent import CLICK_KEPT
from creators.young_clicks import wait_for_clicks
from foundation.database import DB


async def join_guest_touch(*, order_id: UUID) -> bool:
    """Give the touch that a guest's checkout carried to the guest: a tap, or a click that its visitor lets us recognise. Its id was
    given to that browser alone; what is of somebody signed in is never moved. Safe to call again. True when it was moved now.
    """
    async with DB.connection() as connection:
        carried = await connection.fetchval("select touch_id from shop_order where id = $1 and guest", order_id)
    await wait_for_clicks([carried])
    async with DB.connection() as connection:
        clicked = await connection.fetchval(
            """
            insert into touch (id, show, creator, person, visitor, kind, product, at, source)
            select k.id, k.show, k.creator, o.buyer, 'p' || replace(o.buyer::text, '-', ''), 'link_click', k.product, k.at, 'link'
            from shop_order o join click k on k.id = o.touch_id
            where o.id = $1 and o.guest and k.kind = 'person' and k.consented and k.at <= o.placed_at and k.at > o.placed_at - $2::interval
            on conflict (id) do nothing returning true
            """,
            order_id,
            CLICK_KEPT,
        )
        moved = await connection.fetchval(
            """
            update touch t set person = o.buyer from shop_order o
            where o.id = $1 and o.guest and t.id = o.touch_id and t.show = o.show_id and t.person is null and t.at <= o.placed_at
            returning true
            """,
            order_id,
        )
    return bool(clicked or moved)
