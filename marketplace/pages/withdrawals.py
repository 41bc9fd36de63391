"""Withdrawing without an account: name, order number and e-mail address are all that the law lets us ask for."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from foundation import client_address, rate_limits, web
from foundation.accounts import Visitor
from foundation.errors import Refusal
from foundation.web import Form, Web
from marketplace import returns
from marketplace.tables import Order

TEMPLATE = "marketplace/withdraw_anywhere.html"


@get("/withdraw", include_in_schema=False)
async def show(request: Web, principal: Visitor) -> Response[Any]:
    """The form, filled with what we know of who asks."""
    values = {"name": principal.display_name, "email": principal.email} if principal else {}
    return web.page(request, TEMPLATE, form=Form(values), step="fill")


@post("/withdraw", include_in_schema=False)
async def withdraw(request: Web) -> Response[Any]:
    """Two steps: look once more, then confirm. The answer is the same whether the order exists or not: the acknowledgement is a mail."""
    form = await web.read_form(request)
    name, number = form.text("name", max=80), form.text("number", max=16).upper()
    email = form.text("email", max=254).lower()
    try:
        form.check()
        await rate_limits.spend(f"withdraw:{client_address.of(request)}", limit=10, seconds=600)
    except Refusal as refusal:
        return web.page(request, TEMPLATE, form=form.refused(refusal), step="fill", status=refusal.status)
    if not form.flag("confirm"):
        return web.page(request, TEMPLATE, form=form, step="confirm")
    order = await Order.select(Order.id).where((Order.number == number) & (Order.email == email)).first()
    if order is not None:
        try:
            await returns.withdraw(order_id=order["id"], lines=None, name=name, by=None)
        except Refusal:
            await returns.could_not(order_id=order["id"])
    return web.page(request, TEMPLATE, form=form, step="done")


ROUTES = [show, withdraw]
