"""The tap of somebody who was not signed in: once they order under an e-mail address, it is that person's."""

from __future__ import annotations

from uuid import UUID

from foundation.database import DB


async def join_guest_touch(*, order_id: UUID) -> bool:
    """Give the touch that a guest's checkout carried to the guest. Its id was given to that browser alone; a touch of somebody
    signed in is never moved. Safe to call again. True when it was moved now.
    """
    async with DB.connection() as connection:
        moved = await connection.fetchval(
            """
            update touch t set person = o.buyer from shop_order o
            where o.id = $1 and o.guest and t.id = o.touch_id and t.show = o.show_id and t.person is null and t.at <= o.placed_at
            returning true
            """,
            order_id,
        )
    return bool(moved)
