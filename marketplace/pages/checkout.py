"""Checkout after the order was placed: the payment form is shown, and the page asks what became of it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import clock, i18n, rate_limits, web
from foundation.accounts import Principal, Visitor
from foundation.errors import Refusal
from foundation.vendor import VendorError
from foundation.web import Form, Web
from marketplace import bag, catalogue, checkout, orders, payments
from marketplace.orders import OrderShown
from marketplace.pages import bags, buying, own_orders, shop
from marketplace.pages.addresses import address_values, country_name
from marketplace.pages.bag_owner import owner_of
from marketplace.pages.own_orders import buyer_of
from marketplace.payments import PaymentForm, PaymentWaits, ReservationEnded
from marketplace.tables import OrderStatus, PaymentStatus

TEMPLATE = "marketplace/checkout.html"
ORDERS_A_MINUTE = 10


@get("/checkout/{order_id:uuid}", include_in_schema=False)
async def show(request: Web, principal: Visitor, order_id: FromPath[UUID]) -> Response[Any]:
    """The payment form of the order, or what became of it."""
    return await paying(request, order_id, await buyer_of(request, principal, order_id=order_id))


@get("/checkout/{order_id:uuid}/status", include_in_schema=False)
async def status(request: Web, principal: Visitor, order_id: FromPath[UUID]) -> Response[Any]:
    """What became of the payment, as we know it; the page asks again while it is open."""
    by = await buyer_of(request, principal, order_id=order_id)
    return await _became(request, principal, await orders.order_of_buyer(order_id=order_id, by=by), by)


@post("/checkout/{order_id:uuid}/confirmed", include_in_schema=False)
async def confirmed(request: Web, principal: Visitor, order_id: FromPath[UUID]) -> Response[Any]:
    """The buyer's browser says that it has confirmed: look at Stripe, believe only that, and show what is known."""
    by = await buyer_of(request, principal, order_id=order_id)
    order = await orders.order_of_buyer(order_id=order_id, by=by)
    await rate_limits.spend(f"confirmed:{by.id}", limit=30, seconds=60)
    with suppress(VendorError):  # the webhook or the sweeper will tell; the page goes on asking
        await payments.look_now(order_id=order_id)
        order = await orders.order_of_buyer(order_id=order_id, by=by)
    return await _became(request, principal, order, by)


@post("/checkout/{order_id:uuid}/give-up", include_in_schema=False)
async def give_up(request: Web, principal: Visitor, order_id: FromPath[UUID]) -> Response[Any]:
    """Back to the choice, with everything kept; the stock is free again, or will be when Stripe answers."""
    by = await buyer_of(request, principal, order_id=order_id)
    order = await orders.order_of_buyer(order_id=order_id, by=by)
    with suppress(VendorError):
        await checkout.give_up(order_id=order_id, by=by)
    return await _choose_again(request, principal, order)


@post("/checkout/{order_id:uuid}/again", include_in_schema=False)
async def again(request: Web, principal: Visitor, order_id: FromPath[UUID]) -> Response[Any]:
    """Reserve the same things once more after a reservation has ended."""
    by = await buyer_of(request, principal, order_id=order_id)
    order = await orders.order_of_buyer(order_id=order_id, by=by)
    if order.status == OrderStatus.PLACED:
        with suppress(VendorError):
            await checkout.give_up(order_id=order_id, by=by)
        order = await orders.order_of_buyer(order_id=order_id, by=by)
    if order.status != OrderStatus.CANCELLED:
        return await paying(request, order_id, by)
    try:
        await rate_limits.spend(f"orders:{by.id}", limit=ORDERS_A_MINUTE, seconds=60)
        renewed = await checkout.place_again(order_id=order_id, by=by)
    except Refusal as refusal:
        return await _choose_again(request, principal, order, refusal)
    if principal is None:
        own_orders.remember(request, renewed)
    if is_fragment(request):
        return await paying(request, renewed, by)
    return web.redirect(request, f"/checkout/{renewed}")


async def paying(request: Web, order_id: UUID, by: Principal) -> Response[Any]:
    """The payment form of an order, for a fragment or a page of its own; or what became of it."""
    payment: PaymentForm | None = None
    with suppress(PaymentWaits, ReservationEnded):
        payment = await payments.payment_form(order_id=order_id, by=by)
    order = await orders.order_of_buyer(order_id=order_id, by=by)
    return _render(request, order, payment=payment)


async def _became(request: Web, principal: Principal | None, order: OrderShown, by: Principal) -> Response[Any]:
    """After a confirmation: a refused card leads back to the form, everything else is waited for."""
    if order.status == OrderStatus.PLACED and order.payment_status == PaymentStatus.FAILED:
        return await paying(request, order.id, by)
    if order.paid_at is not None and (owner := await owner_of(request, principal)):
        await bag.bought(owner=owner, order_id=order.id)
    return _render(request, order)


def _render(request: Web, order: OrderShown, payment: PaymentForm | None = None) -> Response[Any]:
    part = _part(order, payment)
    return web.page(
        request,
        TEMPLATE,
        block=part,
        part=part,
        order=order,
        payment=payment,
        country_name=country_name,
        stripe_locale=i18n.locale.get(),
    )


def _part(order: OrderShown, payment: PaymentForm | None) -> str:
    """Which block of the template tells how the order stands."""
    if order.status in {OrderStatus.PAID, OrderStatus.REFUNDED}:
        return "refunded" if order.sold_out else "paid"
    if payment is not None:
        return "checking" if payment.processing else "pay"
    if order.status == OrderStatus.CANCELLED or order.held_until is None or order.held_until <= clock.now():
        return "ended"
    return "silent" if order.payment_status == PaymentStatus.INTENDED else "checking"


async def _choose_again(
    request: Web, principal: Principal | None, order: OrderShown, refusal: Refusal | None = None
) -> Response[Any]:
    """Back to the product, or to the bag for an order of several things, with everything kept."""
    goods = [(line.variant_id, line.quantity) for line in order.lines if line.variant_id is not None]
    variant_id, quantity = goods[0]
    kept = {"show": order.show_id, "touch": order.touch_id, **{f"{buying.WAY}{b}": w or "" for b, w in order.ways.items()}}
    form = Form({**address_values(order.ship_to), "email": order.email, **kept})
    if refusal is not None:
        form.refused(refusal)
    status = status_of(request, refusal) if refusal else 200
    if len(goods) > 1:
        return (
            await bags.shown(request, principal, form=form, status=status)
            if is_fragment(request)
            else web.redirect(request, "/bag")
        )
    offered = await catalogue.product_of_variant(variant_id=variant_id)
    if not is_fragment(request):
        return web.redirect(request, f"/shop/products/{offered.id}?variant={variant_id}&quantity={quantity}")
    form.values |= {"variant": variant_id, "quantity": quantity}
    return await shop.choosing(request, principal, offered, form=form, status=status)


def is_fragment(request: Web) -> bool:
    return request.headers.get("hx-request") == "true"


def status_of(request: Web, refusal: Refusal) -> int:
    """HTMX shows the answers 2xx and 422; a page answers what it means."""
    return 422 if is_fragment(request) else refusal.status


ROUTES = [show, status, confirmed, give_up, again]
