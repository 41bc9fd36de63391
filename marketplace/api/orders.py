"""Orders and refunds for programs."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from foundation import rate_limits
from foundation.accounts import By
from foundation.api_scopes import scoped
from foundation.api_tokens import Scope
from marketplace import checkout, orders, refunds
from marketplace.api.shapes import OrderOut, OrderRowOut, QuoteOut, order_out, order_row_out, quote_out
from marketplace.discounts import fold
from marketplace.postal import ShipTo
from marketplace.prices import MAX_LINES, MAX_QUANTITY, quote
from marketplace.refunds import Reason

ORDERS_A_MINUTE = 10
Quantity = Annotated[int, Meta(ge=1, le=MAX_QUANTITY)]
Code = Annotated[str, Meta(max_length=80)]
MOST_CODES = 5
Line = Annotated[str, Meta(min_length=1, max_length=120)]


class LineIn(Struct, frozen=True, forbid_unknown_fields=True):
    """How many of a variant."""

    variant_id: UUID
    quantity: Quantity


class AddressIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the parcel goes; `country` is ISO 3166-1 alpha-2, `area` the state of an address in the United States."""

    name: Line
    line1: Line
    postcode: Annotated[str, Meta(min_length=3, max_length=12)]
    city: Line
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")]
    line2: Annotated[str, Meta(max_length=120)] = ""
    area: Annotated[str, Meta(max_length=60)] = ""


class OrderIn(Struct, frozen=True, forbid_unknown_fields=True):
    """An order to place. `cart_key` names the cart: the same key again is the same order. Prices are the catalogue's.

    `codes` are promo codes as somebody types them, `deliveries` maps a brand to the way of delivery that was chosen (null: the free
    standard delivery); a brand that is not named delivers by its cheapest way. `/api/v1/quotes` says what there is to choose.
    """

    lines: Annotated[list[LineIn], Meta(min_length=1, max_length=MAX_LINES)]
    ship_to: AddressIn
    cart_key: Annotated[str, Meta(min_length=8, max_length=64)]
    show_id: UUID | None = None
    touch_id: UUID | None = None
    expected_minor: int | None = None
    codes: Annotated[list[Code], Meta(max_length=MOST_CODES)] = msgspec.field(default_factory=list)
    deliveries: dict[UUID, UUID | None] = msgspec.field(default_factory=dict)


class QuoteIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A cart to price: as an order, without an address; `country` is where it goes."""

    lines: Annotated[list[LineIn], Meta(min_length=1, max_length=MAX_LINES)]
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")]
    codes: Annotated[list[Code], Meta(max_length=MOST_CODES)] = msgspec.field(default_factory=list)
    deliveries: dict[UUID, UUID | None] = msgspec.field(default_factory=dict)


class RefundIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A refund to decide: `lines` maps an order line to minor units; without it all that is left of the brand's lines."""

    reason: Reason
    lines: dict[UUID, Annotated[int, Meta(ge=1)]] | None = None
    note: Annotated[str, Meta(max_length=500)] = ""


class RefundOut(Struct, frozen=True):
    """The refund that was decided; its money is sent by a job."""

    id: UUID


@get("/api/v1/orders", tags=["orders"], **scoped(Scope.ORDERS_READ))
async def my_orders(by: By) -> list[OrderRowOut]:
    """The person's own orders, newest first."""
    return [order_row_out(row) for row in await orders.orders_of_buyer(by=by)]


@post("/api/v1/quotes", tags=["orders"], status_code=200, **scoped(Scope.ORDERS_WRITE))
async def price(by: By, data: JSONBody[QuoteIn]) -> QuoteOut:  # noqa: ARG001  # somebody must be signed in
    """What a cart costs now, delivered to a country, and the ways of delivery that each brand offers there. Nothing is held."""
    found = await quote(
        {line.variant_id: line.quantity for line in data.lines},
        country=data.country,
        ways=data.deliveries,
        codes=[fold(code) for code in data.codes],
    )
    return quote_out(found)


@post("/api/v1/orders", tags=["orders"], **scoped(Scope.ORDERS_WRITE))
async def place(by: By, data: JSONBody[OrderIn]) -> OrderOut:
    """Place an order and hold its stock for ten minutes; it is paid in the page `/checkout/{id}`."""
    await rate_limits.spend(f"orders:{by.id}", limit=ORDERS_A_MINUTE, seconds=60)
    address = data.ship_to
    order_id = await checkout.place_order(
        lines=[(line.variant_id, line.quantity) for line in data.lines],
        show_id=data.show_id,
        touch_id=data.touch_id,
        cart_key=data.cart_key,
        ship_to=ShipTo(
            name=address.name,
            line1=address.line1,
            line2=address.line2,
            postcode=address.postcode,
            city=address.city,
            country=address.country,
            area=address.area,
        ),
        expected_minor=data.expected_minor,
        ways=data.deliveries,
        codes=[fold(code) for code in data.codes],
        by=by,
    )
    return order_out(await orders.order_of_buyer(order_id=order_id, by=by))


@get("/api/v1/orders/{number:str}", tags=["orders"], **scoped(Scope.ORDERS_READ))
async def show(by: By, number: FromPath[str]) -> OrderOut:
    """One of the person's own orders."""
    return order_out(await orders.order_of_buyer(number=number, by=by))


@get("/api/v1/brand/orders", tags=["orders"], **scoped(Scope.ORDERS_READ))
async def orders_of_brand(by: By) -> list[OrderRowOut]:
    """The paid orders with lines of the brand that the person acts for."""
    return [order_row_out(row) for row in await orders.orders_of_brand(by=by)]


@get("/api/v1/brand/orders/{number:str}", tags=["orders"], **scoped(Scope.ORDERS_READ))
async def show_of_brand(by: By, number: FromPath[str]) -> OrderOut:
    """One paid order, with the brand's lines only."""
    return order_out(await orders.order_of_brand(number=number, by=by))


@post("/api/v1/brand/orders/{number:str}/refunds", tags=["orders"], **scoped(Scope.REFUNDS_WRITE))
async def refund(by: By, number: FromPath[str], data: JSONBody[RefundIn]) -> RefundOut:
    """Refund the brand's lines of an order, whole or by amount."""
    order = await orders.order_of_brand(number=number, by=by)
    lines = data.lines if data.lines is not None else {line.id: line.left.minor for line in order.lines}
    return RefundOut(id=await refunds.ask_refund(order_id=order.id, lines=lines, reason=data.reason, note=data.note, by=by))


ROUTES = [my_orders, price, place, show, orders_of_brand, show_of_brand, refund]
