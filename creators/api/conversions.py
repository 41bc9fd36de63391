"""Sales and returns of a brand's own shop, told by its server."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from creators import conversion_desk, conversion_returns, conversions
from creators.api.reporting import SHOP, Shop
from creators.conversion_returns import Returned
from creators.conversion_tables import ConversionStatus
from creators.conversions import MOST_LINES, Sale, SoldLine
from foundation.accounts import By
from foundation.api_scopes import scoped
from foundation.api_tokens import Scope
from marketplace.brands import brand_of

PLAIN = r"^[^\x00-\x1f\x7f]+$"
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=PLAIN)]
Sku = Annotated[str, Meta(min_length=1, max_length=60, pattern=PLAIN)]
Minor = Annotated[int, Meta(ge=0, le=10**12)]
Units = Annotated[int, Meta(ge=1, le=100_000)]
Moment = Annotated[datetime, Meta(tz=True, description="With its offset from UTC.")]


class SoldIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Units of one article; `net_minor` is what the buyer paid for all of them, after discounts, without VAT and delivery."""

    sku: Sku
    quantity: Units
    net_minor: Minor
    title: Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class SaleIn(Struct, frozen=True, forbid_unknown_fields=True):
    """An order of the shop. `order` is its one name on every way that you report it: where Shopify or WooCommerce report too, their id of the order, not `#1001`.

    `click` is the `fanfare_click` that a link handed on; `consented`: the visitor agreed to keeping it.
    """

    order: Annotated[str, Meta(min_length=1, max_length=100, pattern=PLAIN, examples=["100042"])]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", examples=["EUR"])]
    happened_at: Moment
    lines: Annotated[list[SoldIn], Meta(min_length=1, max_length=MOST_LINES)]
    code: Annotated[str, Meta(max_length=100, pattern=r"^[^\x00]*$", examples=["NOUR10"])] = ""
    click: UUID | None = None
    consented: bool = False


class ReportOut(Struct, frozen=True):
    """What became of it: `new` is false for a repeated report; `creator` is the handle of who is credited, `reason` says why."""

    id: UUID
    new: bool
    status: ConversionStatus
    rule: str
    reason: str
    creator: str | None


class BackIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Of one article came back so many units, or so much money without VAT; with neither all that is left."""

    sku: Sku
    quantity: Units | None = None
    net_minor: Minor | None = None


class ReturnIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A return under the shop's own name for it; without lines the whole order comes back."""

    return_id: Name
    order: Name
    happened_at: Moment
    lines: Annotated[list[BackIn], Meta(max_length=MOST_LINES)] = []


class ReturnOut(Struct, frozen=True):
    """The return that was kept."""

    id: UUID
    new: bool


class ConversionOut(Struct, frozen=True):
    """A reported order and where it stands. Amounts are minor units without VAT."""

    id: UUID
    order: str
    currency: str
    net_minor: int
    returned_minor: int
    happened_at: datetime
    accepts_at: datetime
    status: ConversionStatus
    rule: str
    reason: str
    creator: str | None


@post("/api/v1/conversions", tags=["sales"], status_code=200, dependencies=SHOP, **scoped(Scope.CONVERSIONS_WRITE, signed=True))
async def report(shop: Shop, data: JSONBody[SaleIn]) -> ReportOut:
    """Report an order of the brand's own shop.

    The order's number is its name: the same report again is answered like the first, another one under the same number is refused
    (409 `report_differs`). The brand can decline it; its silence of 30 days accepts.
    """
    sale = Sale(
        order=data.order,
        currency=data.currency,
        happened_at=data.happened_at,
        lines=[SoldLine(sku=line.sku, quantity=line.quantity, net_minor=line.net_minor, title=line.title) for line in data.lines],
        code=data.code,
        click=str(data.click or ""),
        consented=data.consented,
    )
    done = await conversions.report_sale(brand_id=shop.brand_id, sale=sale, source=shop.source)
    return ReportOut(id=done.id, new=done.new, status=done.status, rule=done.rule, reason=done.reason, creator=done.handle)


@post("/api/v1/returns", tags=["sales"], status_code=200, dependencies=SHOP, **scoped(Scope.RETURNS_WRITE, signed=True))
async def report_return(shop: Shop, data: JSONBody[ReturnIn]) -> ReturnOut:
    """Report that something of a reported order came back."""
    done, new = await conversion_returns.report_return(
        brand_id=shop.brand_id,
        order=data.order,
        return_id=data.return_id,
        lines=[Returned(sku=line.sku, quantity=line.quantity, net_minor=line.net_minor) for line in data.lines],
        happened_at=data.happened_at,
        source=shop.source,
    )
    return ReturnOut(id=done, new=new)


@get("/api/v1/conversions", tags=["sales"], **scoped(Scope.CONVERSIONS_READ))
async def reported(by: By) -> list[ConversionOut]:
    """The hundred reported orders of the brand that wait longest, then the others."""
    brand = await brand_of(by=by)
    return [
        ConversionOut(
            id=row.id,
            order=row.order,
            currency=row.currency,
            net_minor=row.net_minor,
            returned_minor=row.returned_minor,
            happened_at=row.happened_at,
            accepts_at=row.accepts_at,
            status=row.status,
            rule=row.rule,
            reason=row.reason,
            creator=row.handle,
        )
        for row in await conversion_desk.conversions_of_brand(brand_id=brand.id, by=by)
    ]


ROUTES = [report, report_return, reported]
