"""Reports of a brand's connected shop that our rules refused: shown to the brand, which can put them right in its shop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from foundation import clock
from foundation.accounts import Principal
from foundation.database import DB
from marketplace.brands import brand_of

KEPT = 200
"""So many different ones of a shop are kept; after that the oldest goes."""


@dataclass(frozen=True)
class RefusalShown:
    """What was refused, how often, and when last."""

    host: str
    topic: str
    order: str
    code: str
    times: int
    at: datetime


async def keep_refusal(*, connection_id: UUID, topic: str, order: str, code: str) -> None:
    """Note that a report was refused; the same one again counts up."""
    async with DB.transaction(), DB.connection() as connection:
        await connection.execute(
            """
            insert into shop_refusal (brand, connection, topic, shop_order, code, times, at)
            select brand, id, $2, $3, $4, 1, $5 from shop_connection where id = $1
            on conflict (connection, topic, shop_order, code) do update set times = shop_refusal.times + 1, at = excluded.at
            """,
            connection_id,
            topic[:40],
            order[:100],
            code[:40],
            clock.now(),
        )
        await connection.execute(
            "delete from shop_refusal where connection = $1 and id not in"
            " (select id from shop_refusal where connection = $1 order by at desc, id desc limit $2)",
            connection_id,
            KEPT,
        )


async def refusals_of(*, brand_id: UUID, by: Principal, limit: int = 20) -> list[RefusalShown]:
    """The last ones of all the brand's shops. Raises `NotFound`."""
    brand = await brand_of(by=by, brand_id=brand_id)
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select c.host, r.topic, coalesce(nullif(n.called, ''), r.shop_order) as "order", r.code, r.times, r.at
            from shop_refusal r join shop_connection c on c.id = r.connection
            left join conversion v on v.brand = r.brand and v.shop_order = r.shop_order left join shop_standing n on n.conversion = v.id
            where r.brand = $1 order by r.at desc, r.id desc limit $2
            """,
            brand.id,
            limit,
        )
    return [RefusalShown(**dict(row)) for row in rows]
