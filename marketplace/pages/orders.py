"""The buyer's orders: what was bought, where it is, and giving it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import clock, rate_limits, web
from foundation.accounts import By, Visitor
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.web import Form, Web
from marketplace import order_story, orders, returns, shipping, waitlist
from marketplace.orders import OrderShown
from marketplace.pages.addresses import country_name
from marketplace.pages.own_orders import buyer_of
from marketplace.refunds import Reason
from marketplace.shipping import Parcel
from marketplace.tables import OrderStatus
from marketplace.units import Units, units_of
from marketplace.withdrawal_rules import may_withdraw, withdraw_until

PAGE = 25


@get("/orders", include_in_schema=False)
async def show_all(request: Web, by: By) -> Response[Any]:
    """Everything the person has ordered, newest first, and what they wait for."""
    before = _before(request)
    found = await orders.orders_of_buyer(by=by, limit=PAGE + 1, before=before)
    return web.page(
        request,
        "marketplace/orders.html",
        orders=found[:PAGE],
        older=found[PAGE - 1].placed_at.isoformat() if len(found) > PAGE else None,
        later=before is not None,
        places=await waitlist.places_of(by=by) if before is None else [],
    )


@get("/orders/{number:str}", include_in_schema=False)
async def show(request: Web, principal: Visitor, number: FromPath[str]) -> Response[Any]:
    """One order: lines, VAT, parcels, what happened, and what can still be done."""
    buyer = await buyer_of(request, principal, number=number)
    return await _order(request, await orders.order_of_buyer(number=number, by=buyer))


@get("/orders/{number:str}/withdraw", include_in_schema=False)
async def withdrawal(request: Web, principal: Visitor, number: FromPath[str]) -> Response[Any]:
    """First step of a withdrawal: what goes back, and who says so."""
    buyer = await buyer_of(request, principal, number=number)
    order = await orders.order_of_buyer(number=number, by=buyer)
    values = {f"units-{one.line_id}": one.to_return for one in (await units_of(order.id))[order.id].values()}
    return await _withdrawing(request, order, Form({"name": order.ship_to.name, **values}))


@post("/orders/{number:str}/withdraw", include_in_schema=False)
async def withdraw(request: Web, principal: Visitor, number: FromPath[str]) -> Response[Any]:
    """The chosen units are shown once more; with `confirm` the withdrawal is made, and acknowledged by mail with its time."""
    buyer = await buyer_of(request, principal, number=number)
    order = await orders.order_of_buyer(number=number, by=buyer)
    form = await web.read_form(request)
    name = form.text("name", max=80)
    lines = await _chosen(form, order)
    try:
        form.check()
        if not any(lines.values()):
            raise returns.NothingToReturn(left=sum(one.to_return for one in (await units_of(order.id))[order.id].values()))
        if not form.flag("confirm"):
            return await _withdrawing(request, order, form, lines=lines)
        await rate_limits.spend(f"returns:{buyer.id}", limit=20, seconds=60)
        await returns.withdraw(order_id=order.id, lines=lines, name=name, by=buyer)
    except Refusal as refusal:
        return await _withdrawing(request, order, form.refused(refusal), status=refusal.status)
    said = translate(
        _("Your withdrawal has reached the seller. A mail to %(email)s confirms it with the time."), email=order.email
    )
    return web.redirect(request, f"/orders/{number}", said)


@post("/orders/{number:str}/return", include_in_schema=False)
async def ask_return(request: Web, principal: Visitor, number: FromPath[str]) -> Response[Any]:
    """Ask the seller to take units back, line by line."""
    buyer = await buyer_of(request, principal, number=number)
    order = await orders.order_of_buyer(number=number, by=buyer)
    form = await web.read_form(request)
    reason = Reason(form.choice("reason", [str(one) for one in returns.WHY]))
    note = form.text("note", max=1000, required=False)
    lines = await _chosen(form, order)
    try:
        form.check()
        await rate_limits.spend(f"returns:{buyer.id}", limit=20, seconds=60)
        await returns.ask_return(order_id=order.id, lines=lines, reason=reason, note=note, by=buyer)
    except Refusal as refusal:
        return await _order(request, order, form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"/orders/{number}", translate(_("The seller has been asked and will answer you by mail.")))


@post("/orders/{number:str}/parcels/{parcel:uuid}/arrived", include_in_schema=False)
async def arrived(request: Web, principal: Visitor, number: FromPath[str], parcel: FromPath[UUID]) -> Response[Any]:
    """The buyer has a parcel."""
    buyer = await buyer_of(request, principal, number=number)
    await shipping.mark_delivered(shipment_id=parcel, by=buyer)
    return web.redirect(request, f"/orders/{number}", translate(_("Thank you. The 14 days for a withdrawal count from today.")))


async def _order(request: Web, order: OrderShown, form: Form | None = None, *, status: int = 200) -> Response[Any]:
    units = (await units_of(order.id))[order.id]
    parcels = (await shipping.parcels_of([order.id]))[order.id]
    until = _until(units, parcels)
    paid = order.status in {OrderStatus.PAID, OrderStatus.REFUNDED}
    left = paid and any(one.to_return for one in units.values())
    return web.page(
        request,
        "marketplace/order.html",
        status=status,
        order=order,
        form=form or Form(),
        units=units,
        parcels=parcels,
        happened=await order_story.story_of(order),
        requests=await order_story.requests_of(order.id),
        sellers=order_story.sellers_of(order),
        disputes=await order_story.disputes_of(order.id),
        withdraw_until=until,
        may_withdraw=left and may_withdraw(clock.now(), until),
        may_return=left and any(one.shipped for one in units.values()),
        why=list(returns.WHY.items()),
        country_name=country_name,
    )


async def _withdrawing(
    request: Web, order: OrderShown, form: Form, *, lines: dict[UUID, int] | None = None, status: int = 200
) -> Response[Any]:
    units = (await units_of(order.id))[order.id]
    parcels = (await shipping.parcels_of([order.id]))[order.id]
    return web.page(
        request,
        "marketplace/withdraw.html",
        status=status,
        order=order,
        form=form,
        units=units,
        chosen=lines,
        withdraw_until=_until(units, parcels),
    )


def _until(units: dict[UUID, Units], parcels: list[Parcel]) -> datetime | None:
    return withdraw_until(
        [(parcel.shipped_at, parcel.delivered_at) for parcel in parcels], all_sent=not any(one.to_send for one in units.values())
    )


async def _chosen(form: Form, order: OrderShown) -> dict[UUID, int]:
    """The units that the form names: `units-<line>`."""
    units = (await units_of(order.id))[order.id]
    return {
        line: form.integer(f"units-{line}", low=0, high=max(0, one.to_return))
        for line, one in units.items()
        if form.values.get(f"units-{line}")
    }


def _before(request: Web) -> datetime | None:
    try:
        return datetime.fromisoformat(str(request.query_params.get("before") or ""))
    except ValueError:
        return None


ROUTES = [show_all, show, withdrawal, withdraw, ask_return, arrived]
