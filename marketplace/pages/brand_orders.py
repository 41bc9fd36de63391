"""The orders of a brand's console: what is to be sent, the brand's own lines, parcels, returns and refunds of them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import web
from foundation.accounts import By
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.money import Money
from foundation.web import Form, Web
from marketplace import credit_notes, invoices, order_lists, order_story, orders, refunds, returns, shipping
from marketplace.order_lists import PAGE, Desk, Wanted
from marketplace.orders import OrderShown
from marketplace.pages.addresses import country_name
from marketplace.pages.here import current_brand
from marketplace.refunds import Reason
from marketplace.shipping import CARRIERS
from marketplace.tables import Brand
from marketplace.units import units_of

REASONS = {
    Reason.WITHDRAWAL: _("The buyer withdrew"),
    Reason.RETURNED: _("Sent back"),
    Reason.DAMAGED: _("Damaged or wrong"),
    Reason.NOT_DELIVERED: _("Did not arrive"),
    Reason.GOODWILL: _("Goodwill"),
}
DESKS = {
    Desk.ALL: _("All"),
    Desk.TO_SEND: _("To send"),
    Desk.SENT: _("Sent"),
    Desk.RETURNS: _("Returns"),
    Desk.DISPUTED: _("Disputed"),
    Desk.REFUNDED: _("Refunded"),
}


@get("/brand/orders", include_in_schema=False)
async def show_all(request: Web, by: By) -> Response[Any]:
    """The paid orders with lines of the brand: by what is to be done, searched, page by page."""
    brand = await current_brand(request, by)
    wanted, page = wanted_of(request), _page_of(request)
    found, total = await order_lists.orders_for(brand_id=brand.id, wanted=wanted, page=page)
    query = {name: str(value) for name, value in request.query_params.items() if name != "page" and value}
    return web.page(
        request,
        "marketplace/brand_orders.html",
        brand=brand,
        orders=found,
        total=total,
        page=page,
        pages=max(1, -(-total // PAGE)),
        wanted=wanted,
        query=query,
        desks=list(DESKS.items()),
        counts=await order_lists.counts(brand_id=brand.id),
        carriers=[(key, carrier.name) for key, carrier in CARRIERS.items()],
    )


@get("/brand/orders/{number:str}", include_in_schema=False)
async def show(request: Web, by: By, number: FromPath[str]) -> Response[Any]:
    """One order: the brand's lines, where they go, parcels, returns, what was refunded."""
    brand = await current_brand(request, by)
    order = await orders.order_of_brand(number=number, by=by, brand_id=brand.id)
    return await _page(request, brand, order, Form({"scope": "all", "reason": Reason.RETURNED}))


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
        return await _page(request, brand, order, form.refused(_beside_its_line(refusal)), status=refusal.status)
    amount = Money(sum((whole if scope == "all" else lines).values()), order.currency)
    return web.redirect(request, f"/brand/orders/{number}", translate(_("%(amount)s go back to the buyer."), amount=amount))


@post("/brand/orders/{number:str}/ship", include_in_schema=False)
async def ship(request: Web, by: By, number: FromPath[str]) -> Response[Any]:
    """A parcel has left, with all that waits or with some units."""
    brand = await current_brand(request, by)
    order = await orders.order_of_brand(number=number, by=by, brand_id=brand.id)
    form = await web.read_form(request)
    carrier, tracking = form.choice("carrier", list(CARRIERS)), form.text("tracking", max=80, required=False)
    units = await _units(form, order, "ship")
    try:
        form.check()
        await shipping.ship(number=number, carrier=carrier, tracking=tracking, units=units, by=by, brand_id=brand.id)
    except Refusal as refusal:
        return await _page(request, brand, order, form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"/brand/orders/{number}", translate(_("The parcel is noted; the buyer gets a mail.")))


@post("/brand/orders/{number:str}/refuse", include_in_schema=False)
async def refuse(request: Web, by: By, number: FromPath[str]) -> Response[Any]:
    """What has not left cannot be sent: it is refunded at once."""
    brand = await current_brand(request, by)
    order = await orders.order_of_brand(number=number, by=by, brand_id=brand.id)
    form = await web.read_form(request)
    note = form.text("answer", max=500)
    try:
        form.check()
        await returns.refuse(number=number, lines=None, note=note, by=by, brand_id=brand.id)
    except Refusal as refusal:
        return await _page(request, brand, order, form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"/brand/orders/{number}", translate(_("The buyer is told and gets the money back.")))


@post("/brand/orders/{number:str}/parcels/{parcel:uuid}/arrived", include_in_schema=False)
async def arrived(request: Web, by: By, number: FromPath[str], parcel: FromPath[UUID]) -> Response[Any]:
    """The carrier says that a parcel has arrived."""
    await shipping.mark_delivered(shipment_id=parcel, by=by)
    return web.redirect(request, f"/brand/orders/{number}")


@post("/brand/orders/{number:str}/returns/{request_id:uuid}", include_in_schema=False)
async def answer_return(request: Web, by: By, number: FromPath[str], request_id: FromPath[UUID]) -> Response[Any]:
    """Accept or decline a return, or say that the goods are back."""
    brand = await current_brand(request, by)
    order = await orders.order_of_brand(number=number, by=by, brand_id=brand.id)
    form = await web.read_form(request)
    step, words = form.choice("step", ("accept", "decline", "received")), form.text("answer", max=500, required=False)
    try:
        form.check()
        if step == "accept":
            await returns.accept(request_id=request_id, answer=words, by=by)
        elif step == "decline":
            await returns.decline(request_id=request_id, answer=words, by=by)
        else:
            await returns.received(request_id=request_id, by=by)
    except Refusal as refusal:
        return await _page(request, brand, order, form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"/brand/orders/{number}", translate(_("Done. The buyer is told.")))


def wanted_of(request: Web) -> Wanted:
    """Which orders the address asks for; what makes no sense is passed over."""
    asked = request.query_params
    desk = asked.get("desk", "")
    return Wanted(
        desk=Desk(desk) if desk in {one.value for one in Desk} else Desk.ALL,
        words=str(asked.get("q", "")).replace("\x00", "")[:80],
        first=_day(asked.get("first", "")),
        last=_day(asked.get("last", "")),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _page_of(request: Web) -> int:
    text = str(request.query_params.get("page", "1"))
    return min(max(1, int(text)), 100_000) if text.isascii() and text.isdigit() and len(text) < 7 else 1


async def _units(form: Form, order: OrderShown, name: str) -> dict[UUID, int] | None:
    """The units that the form names, `<name>-<line>`; None when it names none: then all that waits."""
    known = (await units_of(order.id))[order.id]
    named = {line: one for line, one in known.items() if form.values.get(f"{name}-{line}")}
    return {line: form.integer(f"{name}-{line}", low=0, high=one.ordered) for line, one in named.items()} or None


def _beside_its_line(refusal: Refusal) -> Refusal:
    if "line_id" in refusal.data:
        refusal.field = f"line-{refusal.data['line_id']}"
    return refusal


async def _page(request: Web, brand: Brand, order: OrderShown, form: Form, *, status: int = 200) -> Response[Any]:
    units = (await units_of(order.id, brand_id=brand.id))[order.id]
    return web.page(
        request,
        "marketplace/brand_order.html",
        order=order,
        form=form,
        status=status,
        reasons=list(REASONS.items()),
        why={**REASONS, **returns.WHY, Reason.REFUSED: _("The seller cannot send it")},
        units=units,
        to_send=sum(one.to_send for one in units.values()),
        parcels=(await shipping.parcels_of([order.id], brand.id))[order.id],
        requests=await order_story.requests_of(order.id, brand.id),
        disputes=await order_story.disputes_of(order.id),
        invoices=await invoices.of_order(order_id=order.id, brand_id=brand.id),
        notes=await credit_notes.of_order(order_id=order.id, brand_id=brand.id),
        happened=await order_story.story_of(order, brand.id),
        carriers=[(key, carrier.name) for key, carrier in CARRIERS.items()],
        country_name=country_name,
    )


ROUTES = [show_all, show, refund, ship, refuse, arrived, answer_return]
