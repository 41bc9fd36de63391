"""A variant's price and what lies on its shelf, changed by its brand."""

from __future__ import annotations

from uuid import UUID

from foundation import audit
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound
from marketplace import waitlist
from marketplace.catalogue import StockChanged, check_was, product_of_brand
from marketplace.tables import Variant


async def change_price(*, variant_id: UUID, price_minor: int, was_minor: int | None, by: Principal) -> None:
    """Set a variant's price; orders that were placed keep theirs. Raises `NotFound`, `WasPriceTooLow`."""
    async with DB.transaction():
        before = await _variant_of_brand(variant_id, by)
        check_was(price_minor, was_minor)
        await Variant.update({Variant.price_minor: price_minor, Variant.was_minor: was_minor}).where(Variant.id == variant_id)
        await audit.record(
            by=by, action="variant.priced", kind="variant", id=variant_id, price_minor=[before.price_minor, price_minor]
        )


async def change_stock(*, variant_id: UUID, change: int, by: Principal) -> int:
    """Add `change` units to the shelf (negative: take away); return what is there now that those in line were served.

    A difference and not a new total, so that units sold meanwhile are not brought back. Raises `NotFound`, `StockChanged`.
    """
    async with DB.transaction():
        before = await _variant_of_brand(variant_id, by)
        rows = (
            await Variant.update({Variant.stock: Variant.stock + change})
            .where((Variant.id == variant_id) & (Variant.stock >= -change))
            .returning(Variant.stock)
        )
        if not rows:
            raise StockChanged(left=before.stock)
        offered = await waitlist.serve(variant_id)
        await audit.record(
            by=by, action="variant.restocked", kind="variant", id=variant_id, change=change, stock=rows[0]["stock"]
        )
    return int(rows[0]["stock"]) - offered


async def _variant_of_brand(variant_id: UUID, by: Principal) -> Variant:
    variant = await Variant.objects().where(Variant.id == variant_id).first()
    if variant is None:
        raise NotFound
    await product_of_brand(product_id=variant.product, by=by)
    return variant
