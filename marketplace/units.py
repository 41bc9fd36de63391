"""How many units of an order's lines have left, are still to leave, and may come back: counted from rows, never kept."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from foundation.database import DB


@dataclass(frozen=True)
class Units:
    """The units of one line of goods. `to_send` still lie with the seller, `to_return` can still be given back by the buyer."""

    line_id: UUID
    brand_id: UUID
    ordered: int
    shipped: int
    unsent_back: int
    given_back: int
    money_left: bool

    @property
    def to_send(self) -> int:
        """What was bought, less what has left and what was given back before it left; nothing when all its money went back."""
        return max(0, self.ordered - self.shipped - self.unsent_back) if self.money_left else 0

    @property
    def to_return(self) -> int:
        return max(0, self.ordered - self.given_back) if self.money_left else 0


async def units_of(*order_ids: UUID, brand_id: UUID | None = None) -> dict[UUID, dict[UUID, Units]]:
    """The units of the goods of these orders, by order and line; of one brand or of all."""
    async with DB.connection() as connection:
        rows = await connection.fetch(_UNITS, list(order_ids), brand_id)
    found: dict[UUID, dict[UUID, Units]] = {order_id: {} for order_id in order_ids}
    for row in rows:
        found[row["order"]][row["id"]] = Units(
            line_id=row["id"],
            brand_id=row["brand"],
            ordered=row["quantity"],
            shipped=row["shipped"],
            unsent_back=row["unsent_back"],
            given_back=row["given_back"],
            money_left=row["money_left"],
        )
    return found


def part_of(gross_minor: int, quantity: int, before: int, count: int) -> int:
    """The price of `count` units of a line when `before` went back already: any sequence of parts adds up to the whole line."""
    return gross_minor * (before + count) // quantity - gross_minor * before // quantity


_UNITS = """
    select l.id, l."order", l.brand, l.quantity, l.refunded_minor < l.gross_minor as money_left,
           coalesce((select sum(s.quantity) from shipment_line s where s.order_line = l.id), 0)::int as shipped,
           coalesce(sum(r.unsent) filter (where q.status <> 'declined'), 0)::int as unsent_back,
           coalesce(sum(r.quantity) filter (where q.status <> 'declined'), 0)::int as given_back
    from order_line l left join return_line r on r.order_line = l.id left join return_request q on q.id = r.request
    where l."order" = any($1) and l.kind = 'goods' and ($2::uuid is null or l.brand = $2)
    group by l.id
"""
