"""Stock for programs."""

from __future__ import annotations

from typing import Annotated

from litestar import put
from litestar.params import JSONBody
from msgspec import Meta, Struct

from foundation.accounts import By
from foundation.api_scopes import scoped
from foundation.api_tokens import Scope
from marketplace import stock
from marketplace.brands import brand_of

Sku = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")]


class StockIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Units by article (`sku`): what the shop has, including what is being paid here."""

    units: Annotated[dict[Sku, Annotated[int, Meta(ge=0, le=10_000_000)]], Meta(min_length=1, max_length=500)]


class StockOut(Struct, frozen=True):
    """What can be sold now, without what is reserved."""

    units: dict[str, int]


@put("/api/v1/stock", tags=["sales"], **scoped(Scope.STOCK_WRITE))
async def set_stock(by: By, data: JSONBody[StockIn]) -> StockOut:
    """Set the stock of the brand's articles, all or none."""
    brand = await brand_of(by=by)
    return StockOut(units=await stock.set_stock(brand_id=brand.id, units=data.units, by=by))


ROUTES = [set_stock]
