"""The orders of a brand's console: its own lines, and refunds of them."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import web
from foundation.accounts import By
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.money import Money
from foundation.web import Form, Web
from marketplace import orders, refunds
from marketplace.orders import OrderShown
from marketplace.pages.addresses import country_name
from marketplace.pages.here import current_brand
from marketplace.refunds import Reason

REASONS = {
    Reason.WITHDRAWAL: _("The buyer withdrew"),
    Reason.RETURNED: _("Sent back"),
    Reason.DAMAGED: _("Damaged or wrong"),
    Reason.NOT_DELIVERED: _("Did not arrive"),
    Reason.GOODWILL: _("Goodwill"),
}


@get("/brand/orders", include_in_schema=False)
async def show_all(request: Web, by: By) -> Response[Any]:
    """The paid orders with lines of the brand, newest first."""
    brand = await current_brand(request, by)
    found = await orders.orders_of_brand(by=by, brand_id=brand.id)
    return web.page(request, "marketplace/brand_orders.html", brand=brand, orders=found)


@get("/brand/orders/{number:str}", include_in_schema=False)
async def show(request: Web, by: By, number: FromPath[str]) -> Response[Any]:
    """One order: the brand's lines, where they go, what was refunded."""
    brand = await current_brand(request, by)
    order = await orders.order_of_brand(number=number, by=by, brand_id=brand.id)
    return _page(request, order, Form({"scope": "all", "reason": Reason.RETURNED}))


@post("/brand/orders/{number:str}/refund", include_in_schema=False)
async def refund(request: Web, by: By, number: FromPath[str]) -> Response[Any]:
    """Refund all that is left of the brand's lines, or an amount on each."""
    brand = await current_brand(request, by)
    order = await orders.order_of_brand(number=number, by=by, brand_id=brand.id)
    form = await web.read_form(request)
    scope, reason = form.choice("scope", ("all", "lines")), form.choice("reason", [str(one) for one in REASONS])
    note = form.text("note", max=500, required=False)
    lines = {
        line.id: form.money(f"line-{line.id}", order.currency, high=line.gross.minor).minor
        for line in order.lines
        if scope == "lines" and form.values.get(f"line-{line.id}")
    }
    whole = {line.id: line.left.minor for line in order.lines}
    try:
        form.check()
        await refunds.ask_refund(
            order_id=order.id, lines=whole if scope == "all" else lines, reason=Reason(reason), note=note, by=by
        )
    except Refusal as refusal:
        return _page(request, order, form.refused(_beside_its_line(refusal)), status=refusal.status)
    amount = Money(sum((whole if scope == "all" else lines).values()), order.currency)
    return web.redirect(request, f"/brand/orders/{number}", translate(_("%(amount)s go back to the buyer."), amount=amount))


def _beside_its_line(refusal: Refusal) -> Refusal:
    if "line_id" in refusal.data:
        refusal.field = f"line-{refusal.data['line_id']}"
    return refusal


def _page(request: Web, order: OrderShown, form: Form, *, status: int = 200) -> Response[Any]:
    return web.page(
        request,
        "marketplace/brand_order.html",
        order=order,
        form=form,
        status=status,
        reasons=list(REASONS.items()),
        country_name=country_name,
    )


ROUTES = [show_all, show, refund]
