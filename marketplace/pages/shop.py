"""A product as a page of its own, and as the sheet that rises over a running show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from litestar import Response, get
from litestar.params import FromPath

from foundation import web
from foundation.accounts import Principal, Visitor
from foundation.money import Money
from foundation.web import Form, Web
from marketplace import bag, catalogue, checkout, postal, waitlist
from marketplace.catalogue import Choice, Offered
from marketplace.pages import buying
from marketplace.pages.addresses import countries, country_name
from marketplace.pages.bag_owner import owner_of
from marketplace.pages.here import here
from marketplace.prices import MAX_QUANTITY

TEMPLATE = "marketplace/product.html"
FEW = 10


@get("/shop/products/{product_id:uuid}", include_in_schema=False)
async def show(request: Web, principal: Visitor, product_id: FromPath[UUID]) -> Response[Any]:
    """The product's own page, with everything needed to order it without JavaScript."""
    offered = await catalogue.product_on_sale(product_id=product_id)
    return await choosing(request, principal, offered, form=_asked(request))


@get("/shop/products/{product_id:uuid}/sheet", include_in_schema=False)
async def sheet(request: Web, principal: Visitor, product_id: FromPath[UUID]) -> Response[Any]:
    """The product as a sheet for a room: `?show=` and `?touch=` say where the tap came from."""
    offered = await catalogue.product_on_sale(product_id=product_id)
    return await choosing(request, principal, offered, form=_asked(request), block="sheet")


@get("/shop/products/{product_id:uuid}/total", include_in_schema=False)
async def total(request: Web, principal: Visitor, product_id: FromPath[UUID]) -> Response[Any]:
    """What the choice of the moment costs, for the foot of the sheet."""
    offered = await catalogue.product_on_sale(product_id=product_id)
    return await choosing(request, principal, offered, form=_asked(request), block="total")


async def choosing(
    request: Web, principal: Principal | None, offered: Offered, *, form: Form, block: str = "choose", status: int = 200
) -> Response[Any]:
    """Render the choice of variant, quantity and address, as it stands in `form`; shared with the checkout."""
    kept = await waitlist.offered_to(variant_ids=[choice.id for choice in offered.choices], by=principal)
    offered = replace(offered, choices=tuple(_with_own(choice, kept) for choice in offered.choices))
    chosen = _chosen(offered, form)
    quantity = _quantity(form, chosen)
    await buying.known_address(principal, form, request)
    priced = await buying.priced(form, {chosen.id: quantity})
    buying.remember_code(request, form, priced)
    open_ids = [choice.id for choice in offered.choices]
    waiting = await checkout.open_orders(variant_ids=open_ids, by=principal) if principal is not None else []
    return web.page(
        request,
        TEMPLATE,
        block=block,
        status=status,
        product=offered,
        chosen=chosen,
        quantity=quantity,
        most=min(MAX_QUANTITY, chosen.stock) or 1,
        priced=priced,
        few=FEW,
        form=form,
        cart_key=uuid4(),
        show_id=_uuid_or_empty(form, "show"),
        touch_id=_uuid_or_empty(form, "touch"),
        waiting=waiting[0] if waiting else None,
        in_bag=await bag.units(owner=await owner_of(request, principal)),
        countries=countries(),
        states=postal.states(),
        country_name=country_name,
        here=here(request),
        difference=_difference,
        refreshed=block == "total",
        total_url=f"/shop/products/{offered.id}/total",
    )


def _with_own(choice: Choice, kept: set[UUID]) -> Choice:
    """The choice with the unit that is kept for this very person."""
    return replace(choice, stock=choice.stock + 1) if choice.id in kept else choice


def _asked(request: Web) -> Form:
    return Form(dict(request.query_params))


def _chosen(offered: Offered, form: Form) -> Choice:
    wanted = str(form.values.get("variant") or "")
    for choice in offered.choices:
        if str(choice.id) == wanted:
            return choice
    return next((choice for choice in offered.choices if not choice.sold_out), offered.choices[0])


def _quantity(form: Form, chosen: Choice) -> int:
    text = str(form.values.get("quantity") or "1")
    wanted = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 1
    return max(1, min(wanted, MAX_QUANTITY, chosen.stock or 1))


def _uuid_or_empty(form: Form, name: str) -> UUID | None:
    try:
        return UUID(str(form.values.get(name) or ""))
    except ValueError:
        return None


def _difference(choice: Choice, chosen: Choice) -> Money | None:
    """How much more (or less) another variant costs than the chosen one."""
    return choice.price - chosen.price if choice.price != chosen.price else None


ROUTES = [show, sheet, total]
