"""What a running flash offer does to a price: read wherever a price is read, so that all pages and the checkout say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from foundation import clock
from foundation.database import DB

_RUNNING = """
    select id, variant, price_minor, was_minor from flash_offer
    where variant = any($1::uuid[]) and status = 'running' and starts_at <= $2 and ends_at > $2 and taken < units
"""


@dataclass(frozen=True)
class OfferPrice:
    """The price of a variant while its offer runs, in minor units, and the price that may be struck (None: none may)."""

    offer_id: UUID
    price_minor: int
    was_minor: int | None


async def running_prices(variants: Sequence[UUID]) -> dict[UUID, OfferPrice]:
    """Variant -> its offer's price, for those that have a running one."""
    if not variants:
        return {}
    async with DB.connection() as connection:
        rows = await connection.fetch(_RUNNING, list(variants), clock.now())
    return {row["variant"]: OfferPrice(row["id"], row["price_minor"], row["was_minor"]) for row in rows}
