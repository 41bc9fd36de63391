"""Figures of one brand for its console: sales by day, what waits, what runs low."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from foundation import clock
from foundation.database import DB
from foundation.money import Money
from marketplace.catalogue import Offered, products_of_brand
from marketplace.tables import ProductStatus

DAYS = 14
LOW = 5

_SALES_BY_DAY = """
    select (o.paid_at at time zone 'UTC')::date as day, o.currency, sum(l.gross_minor)::bigint as gross,
           sum(l.refunded_minor)::bigint as refunded, coalesce(sum(l.quantity) filter (where l.kind = 'goods'), 0)::bigint as units, count(distinct o.id) as orders
    from order_line l join shop_order o on o.id = l."order"
    where l.brand = $1 and o.paid_at >= $2
    group by 1, 2 order by 1
"""


@dataclass(frozen=True)
class Figures:
    """`sales` is one Money a day for the last fourteen days, oldest first, in the currency most sold in."""

    days: tuple[date, ...]
    sales: tuple[Money, ...]
    total: Money
    refunded: Money
    orders: int
    units: int
    low: tuple[Offered, ...]
    open_briefs: int
    drafts: int


async def figures(*, brand_id: UUID) -> Figures:
    """The figures of a brand whose door the caller has passed. Days are UTC days of payment."""
    today = clock.now().date()
    first = today - timedelta(days=DAYS - 1)
    async with DB.connection() as connection:
        rows = await connection.fetch(_SALES_BY_DAY, brand_id, clock.now() - timedelta(days=DAYS))
        briefs = await connection.fetchrow(
            "select count(*) filter (where status = 'published' and ends_on >= $2) as open, "
            "count(*) filter (where status = 'draft') as drafts from brief where brand = $1",
            brand_id,
            today,
        )
    products = await products_of_brand(brand_id=brand_id)
    gross: dict[str, int] = {}
    for row in rows:
        gross[row["currency"]] = gross.get(row["currency"], 0) + row["gross"]
    currency = max(gross, key=lambda code: gross[code], default="EUR")
    mine = [row for row in rows if row["currency"] == currency]
    by_day = {row["day"]: row["gross"] for row in mine}
    days = tuple(first + timedelta(days=step) for step in range(DAYS))
    return Figures(
        days=days,
        sales=tuple(Money(by_day.get(day, 0), currency) for day in days),
        total=Money(gross.get(currency, 0), currency),
        refunded=Money(sum(row["refunded"] for row in mine), currency),
        orders=sum(row["orders"] for row in mine),
        units=sum(row["units"] for row in mine),
        low=tuple(product for product in products if product.status == ProductStatus.ACTIVE and product.stock <= LOW),
        open_briefs=briefs["open"] if briefs else 0,
        drafts=briefs["drafts"] if briefs else 0,
    )
