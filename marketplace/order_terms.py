"""On what terms an order was placed, besides its lines: how each brand's goods travel, and which codes counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from foundation.database import DB
from foundation.money import Money
from marketplace.discount_tables import OrderCode


@dataclass(frozen=True)
class DeliveryShown:
    """How one brand's goods travel. `option_id` None is free standard delivery."""

    brand_id: UUID
    option_id: UUID | None
    line_id: UUID | None
    name: str
    days_min: int
    days_max: int


@dataclass(frozen=True)
class CodeShown:
    """A code that counted for one brand's goods."""

    brand_id: UUID
    code: str
    folded: str
    discount: Money


async def deliveries_of(order_id: UUID) -> list[DeliveryShown]:
    """How the goods of an order travel, one entry a brand."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            'select brand, option, order_line, name, days_min, days_max from order_delivery where "order" = $1 order by brand',
            order_id,
        )
    return [DeliveryShown(*row) for row in rows]


async def codes_of(order_id: UUID) -> list[CodeShown]:
    """The codes that counted for an order."""
    rows = await OrderCode.select(
        OrderCode.brand,
        OrderCode.folded,
        OrderCode.discount_minor,
        OrderCode.code.code.as_alias("code"),
        OrderCode.order.currency.as_alias("currency"),
    ).where(OrderCode.order == order_id)
    return [CodeShown(row["brand"], row["code"], row["folded"], Money(row["discount_minor"], row["currency"])) for row in rows]


def chosen_ways(deliveries: Sequence[DeliveryShown]) -> dict[UUID, UUID | None]:
    """The same choice for another order: brand id -> option id."""
    return {one.brand_id: one.option_id for one in deliveries}
