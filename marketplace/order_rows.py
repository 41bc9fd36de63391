"""The rows of an order as it is placed: copies of what was quoted, so that later prices, rates and ways change nothing."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec

from foundation.accounts import Principal
from marketplace.delivery_tables import OrderDelivery
from marketplace.discount_tables import OrderCode
from marketplace.postal import ShipTo
from marketplace.prices import PricedDelivery, PricedLine, Quote
from marketplace.tables import LineKind, Order, OrderLine, OrderStatus, Payment, PaymentStatus

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no letter that looks like a digit


def order_row(
    priced: Quote,
    *,
    show_id: UUID | None,
    touch_id: UUID | None,
    cart_key: str,
    ship_to: ShipTo,
    by: Principal,
    guest: bool,
    locale: str,
    at: datetime,
) -> Order:
    """The order itself, not yet in the database."""
    return Order(
        id=uuid4(),
        number=_number(),
        buyer=by.id,
        email=by.email,
        guest=guest,
        locale=locale,
        status=OrderStatus.PLACED,
        currency=priced.currency,
        total_minor=priced.total.minor,
        vat_minor=priced.vat.minor,
        show_id=show_id,
        touch_id=touch_id,
        cart_key=cart_key,
        ship_to=msgspec.json.encode(ship_to).decode(),
        placed_at=at,
    )


async def write(order: Order, priced: Quote) -> None:
    """The lines of the order, its deliveries and codes, and its payment before Stripe has heard of it."""
    charged = [one for one in priced.deliveries if one.price]
    paid_by = {one.brand_id: uuid4() for one in charged}
    await OrderLine.insert(
        *(_goods_line(order.id, line) for line in priced.lines),
        *(_delivery_line(order.id, one, paid_by[one.brand_id]) for one in charged),
    )
    await OrderDelivery.insert(*(_delivery(order.id, one, paid_by.get(one.brand_id)) for one in priced.deliveries))
    if priced.codes:
        await OrderCode.insert(
            *(
                OrderCode(
                    order=order.id,
                    brand=code.brand_id,
                    code=code.id,
                    folded=code.folded,
                    discount_minor=priced.discount_of(code.brand_id).minor,
                )
                for code in priced.codes
            )
        )
    await Payment(
        order=order.id,
        status=PaymentStatus.INTENDED,
        amount_minor=order.total_minor,
        currency=order.currency,
        idempotency_key=f"payment:{order.id}:a1",
        created_at=order.placed_at,
    ).save()


def _number() -> str:
    """An order number that can be read out and not guessed: 50 random bits."""
    signs = [secrets.choice(_ALPHABET) for _place in range(10)]
    return f"F-{''.join(signs[:5])}-{''.join(signs[5:])}"


def _goods_line(order_id: UUID, line: PricedLine) -> OrderLine:
    return OrderLine(
        order=order_id,
        kind=LineKind.GOODS,
        variant=line.goods.variant_id,
        brand=line.goods.brand_id,
        title=line.goods.title,
        variant_name=line.goods.variant_name,
        picture=line.goods.picture,
        quantity=line.goods.quantity,
        unit_minor=line.goods.unit.minor,
        discount_minor=line.discount.minor,
        gross_minor=line.gross.minor,
        vat_bp=line.vat_bp,
        vat_minor=line.vat.minor,
    )


def _delivery_line(order_id: UUID, one: PricedDelivery, line_id: UUID) -> OrderLine:
    return OrderLine(
        id=line_id,
        order=order_id,
        kind=LineKind.DELIVERY,
        variant=None,
        brand=one.brand_id,
        title=one.way.name if one.way else "",
        quantity=1,
        unit_minor=one.price.minor,
        gross_minor=one.price.minor,
        vat_bp=one.vat_bp,
        vat_minor=one.vat.minor,
    )


def _delivery(order_id: UUID, one: PricedDelivery, line_id: UUID | None) -> OrderDelivery:
    way = one.way
    return OrderDelivery(
        order=order_id,
        brand=one.brand_id,
        option=way.id if way else None,
        order_line=line_id,
        name=way.name if way else "",
        days_min=way.days_min if way else 0,
        days_max=way.days_max if way else 0,
    )
