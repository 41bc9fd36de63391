"""The bag: a page of its own, and a sheet over a running show; several brands, one payment."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import client_address, rate_limits, web
from foundation.accounts import Principal, Visitor
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.web import Form, Web
from marketplace import bag, postal, waitlist
from marketplace.bag import Trouble
from marketplace.pages import buying
from marketplace.pages.addresses import countries, country_name
from marketplace.pages.bag_owner import owner_for_adding, owner_of
from marketplace.pages.here import here
from marketplace.prices import MAX_QUANTITY

TEMPLATE = "marketplace/bag.html"
ADDS_A_MINUTE = 120
TROUBLES = {
    Trouble.GONE: _("No longer on sale"),
    Trouble.SOLD_OUT: _("Sold out"),
    Trouble.FEWER: _("Fewer are left than you chose"),
    Trouble.OTHER_CURRENCY: _("Sold in another currency: order it by itself"),
}


@get("/bag", include_in_schema=False)
async def show(request: Web, principal: Visitor) -> Response[Any]:
    """The bag as a page."""
    return await shown(request, principal, form=Form(dict(request.query_params)))


@get("/bag/sheet", include_in_schema=False)
async def sheet(request: Web, principal: Visitor) -> Response[Any]:
    """The bag as a sheet over a room: `?show=` says which."""
    return await shown(request, principal, form=Form(dict(request.query_params)), block="sheet")


@get("/bag/total", include_in_schema=False)
async def total(request: Web, principal: Visitor) -> Response[Any]:
    """What the choice of the moment costs, for the foot of the sheet."""
    return await shown(request, principal, form=Form(dict(request.query_params)), block="total")


@post("/bag/add", include_in_schema=False)
async def add(request: Web, principal: Visitor) -> Response[Any]:
    """Put a variant into the bag, and show the bag."""
    form = await web.read_form(request)
    variant, quantity = form.uuid("variant"), form.integer("quantity", low=1, high=MAX_QUANTITY)
    show_id, touch_id = _maybe(form, "show"), _maybe(form, "touch")
    form.check()
    await rate_limits.spend(f"bag:{client_address.of(request)}", limit=ADDS_A_MINUTE, seconds=60)
    await bag.add(
        owner=await owner_for_adding(request, principal),
        variant_id=variant,
        quantity=quantity,
        show_id=show_id,
        touch_id=touch_id,
    )
    if request.headers.get("hx-request") != "true":
        return web.redirect(request, "/bag", translate(_("It is in your bag.")))
    return await shown(request, principal, form=_only(form), added=True)


@post("/bag/lines/{variant_id:uuid}", include_in_schema=False)
async def change(request: Web, principal: Visitor, variant_id: FromPath[UUID]) -> Response[Any]:
    """Have another count of a variant in the bag; 0 takes it out."""
    form = await web.read_form(request)
    quantity = 0 if form.flag("remove") else form.integer("quantity", low=0, high=MAX_QUANTITY)
    try:
        form.check()
        owner = await owner_of(request, principal)
        if owner is not None:
            await bag.change(owner=owner, variant_id=variant_id, quantity=quantity)
    except Refusal as refusal:
        return await shown(request, principal, form=form.refused(refusal), status=422)
    if request.headers.get("hx-request") != "true":
        return web.redirect(request, "/bag")
    return await shown(request, principal, form=form)


async def shown(
    request: Web, principal: Principal | None, *, form: Form, block: str = "choose", status: int = 200, added: bool = False
) -> Response[Any]:
    """Render the bag with the form of its purchase, as it stands in `form`; shared with the checkout. `added` says so on top."""
    found = await bag.contents(owner=await owner_of(request, principal), kept=await kept_for(principal))
    await buying.known_address(principal, form, request)
    priced = await buying.priced(form, found.able)
    buying.remember_code(request, form, priced)
    return web.page(
        request,
        TEMPLATE,
        block=block,
        status=status,
        bag=found,
        added=added,
        priced=priced,
        form=form,
        cart_key=uuid4(),
        show_id=_maybe(form, "show"),
        countries=countries(),
        states=postal.states(),
        country_name=country_name,
        here=here(request),
        troubles=TROUBLES,
        most=MAX_QUANTITY,
        refreshed=block == "total",
        total_url="/bag/total",
    )


async def kept_for(principal: Principal | None) -> dict[UUID, int]:
    """The units that wait for this very person because they stood in line: variant id -> count."""
    if principal is None:
        return {}
    return {place.variant_id: 1 for place in await waitlist.places_of(by=principal) if place.until is not None}


def _only(form: Form) -> Form:
    """What the form of a product leaves for the form of the bag."""
    return Form(
        {name: value for name, value in form.values.items() if name not in {"quantity", "variant", "product", "cart_key"}}
    )


def _maybe(form: Form, name: str) -> UUID | None:
    try:
        return UUID(str(form.values.get(name) or ""))
    except ValueError:
        return None


ROUTES = [show, sheet, total, add, change]
