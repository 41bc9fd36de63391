"""The ways of delivery in a brand's console."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import web
from foundation.accounts import By
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.web import Form, NotAChoice, Web
from marketplace import delivery
from marketplace.delivery import DESTINATIONS, NewWay
from marketplace.pages.addresses import countries, country_name
from marketplace.pages.catalogue import CURRENCIES
from marketplace.pages.here import current_brand
from marketplace.tables import Brand
from marketplace.vat_rates import EUROPEAN_UNION

TEMPLATE = "marketplace/brand_delivery.html"
HIGHEST = 100_000


@get("/brand/delivery", include_in_schema=False)
async def show(request: Web, by: By) -> Response[Any]:
    """What the brand offers, and a form for another way."""
    brand = await current_brand(request, by)
    first = {"countries": [brand.country], "currency": "EUR", "days_min": "2", "days_max": "4"}
    return await _page(request, brand, Form(first))


@post("/brand/delivery", include_in_schema=False)
async def offer(request: Web, by: By) -> Response[Any]:
    """Offer another way."""
    brand = await current_brand(request, by)
    form = await web.read_form(request)
    way = _read(form)
    try:
        form.check()
        await delivery.offer_way(brand_id=brand.id, way=way, by=by)
    except Refusal as refusal:
        return await _page(request, brand, form.refused(refusal), status=refusal.status)
    return web.redirect(request, "/brand/delivery", translate(_("%(name)s is offered."), name=way.name))


@get("/brand/delivery/{option_id:uuid}", include_in_schema=False)
async def show_one(request: Web, by: By, option_id: FromPath[UUID]) -> Response[Any]:
    """One way, to be changed."""
    brand, way = await delivery.way_of_brand(option_id=option_id, by=by)
    values = {
        "name": way.name,
        "countries": list(way.countries),
        "currency": way.price.currency,
        "price": way.price.decimal(),
        "free_from": way.free_from.decimal() if way.free_from else "",
        "days_min": way.days_min,
        "days_max": way.days_max,
    }
    return await _page(request, brand, Form(values), changed=option_id)


@post("/brand/delivery/{option_id:uuid}", include_in_schema=False)
async def change(request: Web, by: By, option_id: FromPath[UUID]) -> Response[Any]:
    """Offer it differently; orders that took it as it was keep that."""
    brand, _way = await delivery.way_of_brand(option_id=option_id, by=by)
    form = await web.read_form(request)
    way = _read(form)
    try:
        form.check()
        await delivery.change_way(option_id=option_id, way=way, by=by)
    except Refusal as refusal:
        return await _page(request, brand, form.refused(refusal), status=refusal.status, changed=option_id)
    return web.redirect(request, "/brand/delivery", translate(_("%(name)s is offered."), name=way.name))


@post("/brand/delivery/{option_id:uuid}/end", include_in_schema=False)
async def end(request: Web, by: By, option_id: FromPath[UUID]) -> Response[Any]:
    """Offer it no longer."""
    await delivery.end_way(option_id=option_id, by=by)
    return web.redirect(request, "/brand/delivery", translate(_("It is no longer offered.")))


def _read(form: Form) -> NewWay:
    currency = form.choice("currency", CURRENCIES)
    chosen = form.values.get("countries") or []
    chosen = [chosen] if isinstance(chosen, str) else [str(one) for one in chosen]
    form.values["countries"] = chosen
    if not chosen or any(country not in DESTINATIONS for country in chosen):
        form.refused(NotAChoice(field="countries"))
    return NewWay(
        name=form.text("name", min=2, max=60),
        countries=tuple(sorted(set(chosen))),
        price=form.money("price", currency, high=HIGHEST),
        free_from=form.money("free_from", currency, low=1) if form.values.get("free_from") else None,
        days_min=form.integer("days_min", low=0, high=90),
        days_max=form.integer("days_max", low=0, high=90),
    )


async def _page(request: Web, brand: Brand, form: Form, *, status: int = 200, changed: UUID | None = None) -> Response[Any]:
    return web.page(
        request,
        TEMPLATE,
        status=status,
        brand=brand,
        ways=await delivery.ways_of_brand(brand_id=brand.id),
        form=form,
        changed=changed,
        countries=countries(),
        country_name=country_name,
        union=EUROPEAN_UNION,
        currencies=[(code, code) for code in CURRENCIES],
        most=delivery.MOST_OPTIONS,
    )


ROUTES = [show, offer, show_one, change, end]
