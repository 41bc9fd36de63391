"""How a guest comes back: the link of the receipt opens the order, and another one makes an account of the address."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import client_address, guests, one_time_links, rate_limits, sessions, web
from foundation.errors import NotFound, Refusal
from foundation.i18n import _, translate
from foundation.one_time_links import LinkSpent, Purpose
from foundation.web import Web
from marketplace import order_links
from marketplace.pages import own_orders
from marketplace.tables import Order

TRIES_AN_HOUR = 60


@get("/orders/link/{token:str}", include_in_schema=False)
async def open_order(request: Web, token: FromPath[str]) -> Response[Any]:
    """Open a guest's order: the browser remembers it, and the secret leaves the address line."""
    await rate_limits.spend(f"order-link:{client_address.of(request)}", limit=TRIES_AN_HOUR, seconds=3600)
    order_id = order_links.read_link(token)
    row = await Order.select(Order.number, Order.guest).where(Order.id == order_id).first()
    if row is None:
        raise NotFound
    if row["guest"]:
        own_orders.remember(request, order_id)
    return web.redirect(request, f"/orders/{row['number']}")


@get("/claim/{token:str}", include_in_schema=False)
async def show_claim(request: Web, token: FromPath[str]) -> Response[Any]:
    """The form with which a guest chooses a password."""
    try:
        await one_time_links.look(token=token, purpose=Purpose.CLAIM)
    except LinkSpent as refusal:
        return web.page(request, "account/link_spent.html", status=refusal.status, again="/reset")
    return web.page(request, "account/claim.html", token=token)


@post("/claim/{token:str}", include_in_schema=False)
async def claim(request: Web, token: FromPath[str]) -> Response[Any]:
    """Make the account and sign in; the orders of this address are there."""
    form = await web.read_form(request)
    try:
        person_id = await guests.claim(token=token, password=str(form.values.get("password") or ""))
    except LinkSpent as refusal:
        return web.page(request, "account/link_spent.html", status=refusal.status, again="/reset")
    except Refusal as refusal:
        return web.page(request, "account/claim.html", form=form.refused(refusal), status=refusal.status, token=token)
    sessions.sign_in(request, person_id)
    return web.redirect(request, "/orders", translate(_("Welcome. Your orders are here.")), "leaf")


ROUTES = [open_order, show_claim, claim]
