"""Checkout: the order is placed, the payment form is shown, and the page asks what became of it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import clock, i18n, rate_limits, web
from foundation.accounts import By, Principal
from foundation.errors import Refusal
from foundation.vendor import VendorError
from foundation.web import Form, Web
from marketplace import catalogue, checkout, orders, payments
from marketplace.orders import OrderShown
from marketplace.pages import shop
from marketplace.pages.addresses import address_values, country_name, read_address
from marketplace.payments import PaymentForm, PaymentWaits, ReservationEnded
from marketplace.prices import MAX_QUANTITY
from marketplace.tables import OrderStatus, PaymentStatus

TEMPLATE = "marketplace/checkout.html"
ORDERS_A_MINUTE = 10


@post("/checkout", include_in_schema=False)
async def place(request: Web, by: By) -> Response[Any]:
    """Place the order and go on to its payment; what is wrong comes back beside its field with everything kept."""
    form = await web.read_form(request)
    product_id, variant_id = form.uuid("product"), form.uuid("variant")
    quantity = form.integer("quantity", low=1, high=MAX_QUANTITY)
    ship_to = read_address(form)
    cart_key = str(form.uuid("cart_key"))
    expected = form.integer("expected", low=0, high=10**12) if form.values.get("expected") else None
    try:
        form.check()
        await rate_limits.spend(f"orders:{by.id}", limit=ORDERS_A_MINUTE, seconds=60)
        await _give_up_others(variant_id, cart_key, by)
        order_id = await checkout.place_order(
            lines=[(variant_id, quantity)],
            show_id=_maybe(form, "show"),
            touch_id=_maybe(form, "touch"),
            cart_key=cart_key,
            ship_to=ship_to,
            by=by,
            expected_minor=expected,
        )
    except Refusal as refusal:
        offered = await catalogue.product_on_sale(product_id=product_id)
        return await shop.choosing(request, by, offered, form=form.refused(refusal), status=_status(request, refusal))
    if _fragment(request):
        return await _paying(request, order_id, by)
    return web.redirect(request, f"/checkout/{order_id}")


@get("/checkout/{order_id:uuid}", include_in_schema=False)
async def show(request: Web, by: By, order_id: FromPath[UUID]) -> Response[Any]:
    """The payment form of the order, or what became of it."""
    return await _paying(request, order_id, by)


@get("/checkout/{order_id:uuid}/status", include_in_schema=False)
async def status(request: Web, by: By, order_id: FromPath[UUID]) -> Response[Any]:
    """What became of the payment, as we know it; the page asks again while it is open."""
    return await _became(request, await orders.order_of_buyer(order_id=order_id, by=by), by)


@post("/checkout/{order_id:uuid}/confirmed", include_in_schema=False)
async def confirmed(request: Web, by: By, order_id: FromPath[UUID]) -> Response[Any]:
    """The buyer's browser says that it has confirmed: look at Stripe, believe only that, and show what is known."""
    order = await orders.order_of_buyer(order_id=order_id, by=by)
    await rate_limits.spend(f"confirmed:{by.id}", limit=30, seconds=60)
    with suppress(VendorError):  # the webhook or the sweeper will tell; the page goes on asking
        await payments.look_now(order_id=order_id)
        order = await orders.order_of_buyer(order_id=order_id, by=by)
    return await _became(request, order, by)


@post("/checkout/{order_id:uuid}/give-up", include_in_schema=False)
async def give_up(request: Web, by: By, order_id: FromPath[UUID]) -> Response[Any]:
    """Back to the choice, with everything kept; the stock is free again, or will be when Stripe answers."""
    order = await orders.order_of_buyer(order_id=order_id, by=by)
    with suppress(VendorError):
        await checkout.give_up(order_id=order_id, by=by)
    return await _choose_again(request, order, by)


@post("/checkout/{order_id:uuid}/again", include_in_schema=False)
async def again(request: Web, by: By, order_id: FromPath[UUID]) -> Response[Any]:
    """Reserve the same things once more after a reservation has ended."""
    order = await orders.order_of_buyer(order_id=order_id, by=by)
    if order.status == OrderStatus.PLACED:
        with suppress(VendorError):
            await checkout.give_up(order_id=order_id, by=by)
        order = await orders.order_of_buyer(order_id=order_id, by=by)
    if order.status != OrderStatus.CANCELLED:
        return await _paying(request, order_id, by)
    try:
        await rate_limits.spend(f"orders:{by.id}", limit=ORDERS_A_MINUTE, seconds=60)
        renewed = await checkout.place_order(
            lines=[(line.variant_id, line.quantity) for line in order.lines],
            show_id=order.show_id,
            touch_id=order.touch_id,
            cart_key=f"again:{order.id}",
            ship_to=order.ship_to,
            by=by,
        )
    except Refusal as refusal:
        return await _choose_again(request, order, by, refusal)
    if _fragment(request):
        return await _paying(request, renewed, by)
    return web.redirect(request, f"/checkout/{renewed}")


async def _paying(request: Web, order_id: UUID, by: Principal) -> Response[Any]:
    payment: PaymentForm | None = None
    with suppress(PaymentWaits, ReservationEnded):
        payment = await payments.payment_form(order_id=order_id, by=by)
    order = await orders.order_of_buyer(order_id=order_id, by=by)
    return _render(request, order, payment=payment)


async def _became(request: Web, order: OrderShown, by: Principal) -> Response[Any]:
    """After a confirmation: a refused card leads back to the form, everything else is waited for."""
    if order.status == OrderStatus.PLACED and order.payment_status == PaymentStatus.FAILED:
        return await _paying(request, order.id, by)
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


async def _choose_again(request: Web, order: OrderShown, by: Principal, refusal: Refusal | None = None) -> Response[Any]:
    line = order.lines[0]
    offered = await catalogue.product_of_variant(variant_id=line.variant_id)
    if not _fragment(request):
        return web.redirect(request, f"/shop/products/{offered.id}?variant={line.variant_id}&quantity={line.quantity}")
    values = {"variant": line.variant_id, "quantity": line.quantity, "show": order.show_id, "touch": order.touch_id}
    form = Form({**address_values(order.ship_to), **values})
    if refusal is not None:
        form.refused(refusal)
    return await shop.choosing(request, by, offered, form=form, status=_status(request, refusal) if refusal else 200)


async def _give_up_others(variant_id: UUID, cart_key: str, by: Principal) -> None:
    """An order of the same thing that still waits for its payment gives way to this one: nobody outbids themselves."""
    for order_id in await checkout.open_orders(variant_ids=[variant_id], by=by, except_cart=cart_key):
        with suppress(VendorError):
            await checkout.give_up(order_id=order_id, by=by)


def _fragment(request: Web) -> bool:
    return request.headers.get("hx-request") == "true"


def _status(request: Web, refusal: Refusal) -> int:
    """HTMX shows the answers 2xx and 422; a page answers what it means."""
    return 422 if _fragment(request) else refusal.status


def _maybe(form: Form, name: str) -> UUID | None:
    return form.uuid(name) if form.values.get(name) else None


ROUTES = [place, show, status, confirmed, give_up, again]
