"""Brands: the public page, and the profile in the brand's console."""

from __future__ import annotations

import re
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import paging, web
from foundation.accounts import By, normal_email
from foundation.errors import InvalidField, Refusal
from foundation.i18n import _, translate
from foundation.web import Form, Web
from marketplace import brand_figures, brands, briefs, catalogue, order_lists
from marketplace.brands import COUNTRIES, TRADES, NoBrandYet
from marketplace.pages.addresses import country_name, homes_of_sellers
from marketplace.pages.here import CHOSEN, current_brand
from marketplace.pages.uploads import uploaded_picture


class VatIdInvalid(InvalidField):
    """Not the form of a VAT id of the European Union."""

    code = "vat_id_invalid"
    message = _("A VAT id such as FR12345678901, please.")
    field = "vat_id"


NEW = "marketplace/brand_new.html"
PROFILE = "marketplace/brand_profile.html"
SHELF = 24
NEWEST = 6


@get("/brands/{slug:str}", include_in_schema=False)
async def show(request: Web, slug: FromPath[str]) -> Response[Any]:
    """What everybody sees of a brand: who it is, what it sells, which briefs are open, who the seller is by law."""
    brand = await brands.brand_named(slug=slug)
    part = paging.part_of(request, await catalogue.products_on_sale(brand_id=brand.id), SHELF)
    open_briefs, _count = await briefs.open_briefs(brand_id=brand.id, size=6)
    return web.page(
        request,
        "marketplace/brand.html",
        brand=brand,
        products=part.rows,
        part=part,
        briefs=open_briefs,
        trade=TRADES.get(brand.trade, brand.trade),
        country_name=country_name,
    )


@get("/brand", include_in_schema=False)
async def overview(request: Web, by: By) -> Response[Any]:
    """The brand's console: the figures of the last days, what waits, the newest orders."""
    try:
        brand = await current_brand(request, by)
    except NoBrandYet:
        return web.redirect(request, "/brand/new")
    return web.page(
        request,
        "marketplace/brand_overview.html",
        brand=brand,
        mine=await brands.brands_of(by=by),
        figures=await brand_figures.figures(brand_id=brand.id),
        waiting=await order_lists.counts(brand_id=brand.id),
        newest=(await order_lists.orders_for(brand_id=brand.id, wanted=order_lists.Wanted(), size=NEWEST))[0],
    )


@post("/brand/choose", include_in_schema=False)
async def choose(request: Web, by: By) -> Response[Any]:
    """Work for another of one's brands."""
    form = await web.read_form(request)
    brand = await brands.brand_of(by=by, brand_id=form.uuid("brand"))
    request.session[CHOSEN] = str(brand.id)
    return web.redirect(request, "/brand")


@get("/brand/new", include_in_schema=False)
async def show_new(request: Web, by: By) -> Response[Any]:
    """The form with which a person founds a brand."""
    return _form_page(request, NEW, Form({"email": by.email, "country": "FR"}))


@post("/brand/new", include_in_schema=False)
async def found(request: Web, by: By) -> Response[Any]:
    """Found the brand; the person is its owner and lands in its console."""
    form = await web.read_form(request)
    name = form.text("name", min=2, max=80)
    fields = _read(form)
    try:
        fields["email"] = normal_email(fields["email"])
        form.check()
        picture = await uploaded_picture(form) or ""
        brand = await brands.found_brand(name=name, picture=picture, by=by, **fields)
    except Refusal as refusal:
        return _form_page(request, NEW, form.refused(refusal), status=refusal.status)
    request.session[CHOSEN] = str(brand.id)
    return web.redirect(request, "/brand", translate(_("%(name)s is here. Add your first product."), name=name))


@get("/brand/profile", include_in_schema=False)
async def show_profile(request: Web, by: By) -> Response[Any]:
    """What the brand says of itself."""
    brand = await current_brand(request, by)
    names = ("tagline", "about", "trade", "legal_name", "legal_address", "country", "email", "vat_id", "registration")
    return _form_page(request, PROFILE, Form({name: getattr(brand, name) for name in names}), brand=brand)


@post("/brand/profile", include_in_schema=False)
async def edit(request: Web, by: By) -> Response[Any]:
    """Keep the profile."""
    brand = await current_brand(request, by)
    form = await web.read_form(request)
    fields = _read(form)
    try:
        fields["email"] = normal_email(fields["email"])
        form.check()
        await brands.edit_brand(brand_id=brand.id, picture=await uploaded_picture(form), by=by, **fields)
    except Refusal as refusal:
        return _form_page(request, PROFILE, form.refused(refusal), status=refusal.status, brand=brand)
    return web.redirect(request, "/brand/profile", translate(_("Your profile is kept.")))


def _read(form: Form) -> dict[str, str]:
    return {
        "tagline": form.text("tagline", max=140, required=False),
        "about": form.text("about", max=4000, required=False),
        "trade": form.choice("trade", list(TRADES)),
        "legal_name": form.text("legal_name", min=2, max=140),
        "legal_address": form.text("legal_address", min=5, max=400),
        "country": form.choice("country", COUNTRIES),
        "email": form.text("email", max=254),
        "vat_id": _vat_id(form),
        "registration": form.text("registration", max=60, required=False),
    }


def _vat_id(form: Form) -> str:
    """A VAT id as it is written in the Union: two letters of the state, then figures and letters."""
    typed = form.text("vat_id", max=20, required=False).upper().replace(" ", "").replace(".", "")
    if typed and not re.fullmatch(r"[A-Z]{2}[0-9A-Z+*]{2,13}", typed):
        form.refused(VatIdInvalid())
    return typed


def _form_page(request: Web, template: str, form: Form, *, status: int = 200, **context: Any) -> Response[Any]:
    return web.page(
        request, template, form=form, status=status, trades=list(TRADES.items()), countries=homes_of_sellers(), **context
    )


ROUTES = [show, overview, choose, show_new, found, show_profile, edit]
