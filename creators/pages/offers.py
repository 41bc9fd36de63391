"""The brand's flash offers: prepared for its coming shows, started by the host."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from creators import audience_news, listings
from creators.shows import line_up
from creators.tables import Show, ShowStatus
from foundation import web
from foundation.accounts import By, Principal
from foundation.errors import NotFound, Refusal, WrongState
from foundation.i18n import translate
from foundation.web import Form, Web
from marketplace import catalogue, offers
from marketplace.pages.here import current_brand
from marketplace.tables import Brand

MOST_UNITS = 100_000
LONGEST = 60


@get("/brand/offers", include_in_schema=False)
async def show_offers(request: Web, by: By) -> Response[Any]:
    """The brand's coming shows with their offers."""
    return await _page(request, await current_brand(request, by), Form({"minutes": 5, "units": 20}))


@post("/brand/offers", include_in_schema=False)
async def prepare(request: Web, by: By) -> Response[Any]:
    """Prepare an offer of a product of the show's line-up."""
    brand = await current_brand(request, by)
    form = await web.read_form(request)
    try:
        show = await _show_of(form.uuid("show"), brand)
        choice, currency = await _choice(form, show, by)
        price = form.money("price", currency, low=1)
        units = form.integer("units", low=1, high=MOST_UNITS)
        minutes = form.integer("minutes", low=1, high=LONGEST)
        form.check()
        await offers.prepare(show_id=show.id, variant_id=choice, price_minor=price.minor, units=units, minutes=minutes, by=by)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _page(request, brand, form.refused(refusal), status=refusal.status)
    return web.redirect(request, "/brand/offers", translate("The offer is ready. The host starts it during the show."))


@post("/brand/offers/{offer_id:uuid}/end", include_in_schema=False)
async def withdraw(request: Web, by: By, offer_id: FromPath[UUID]) -> Response[Any]:
    """Take a prepared offer back, or end a running one."""
    show_id = await offers.withdraw(offer_id=offer_id, by=by)
    await audience_news.tell_offer(show_id)
    return web.redirect(request, "/brand/offers", translate("The offer has ended."))


async def _show_of(show_id: UUID, brand: Brand) -> Show:
    show = await Show.objects().where((Show.id == show_id) & (Show.brand == brand.id)).first()
    if show is None:
        raise NotFound
    if show.status not in (ShowStatus.SCHEDULED, ShowStatus.LIVE):
        raise WrongState
    return show


async def _choice(form: Form, show: Show, by: Principal) -> tuple[UUID, str]:
    """The chosen variant, which must be in the show's line-up, and its currency."""
    variant_id = form.uuid("variant")
    form.check()
    for slot in await line_up(show.id):
        product = await catalogue.product_of_brand(product_id=slot.product, by=by)
        if any(choice.id == variant_id for choice in product.choices):
            return variant_id, product.currency
    raise NotFound


async def _page(request: Web, brand: Brand, form: Form, *, status: int = 200) -> Response[Any]:
    coming = [
        listed for listed in await listings.of_brand(brand.slug, 60) if listed.status in (ShowStatus.SCHEDULED, ShowStatus.LIVE)
    ]
    shows = []
    for listed in coming:
        ids = list(dict.fromkeys(slot.product for slot in await line_up(listed.id)))
        products = await catalogue.products_on_sale(ids=ids)
        shows.append((listed, await offers.of_show(show_id=listed.id), products))
    return web.page(request, "creators/brand_offers.html", status=status, brand=brand, shows=shows, form=form)


ROUTES = [show_offers, prepare, withdraw]
