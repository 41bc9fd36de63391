"""The catalogue of a brand's console."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import i18n, paging, web
from foundation.accounts import By
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.web import Form, Web
from marketplace import catalogue, variants, vat_rates
from marketplace.catalogue import NewVariant, Offered
from marketplace.pages.here import current_brand
from marketplace.pages.uploads import uploaded_picture
from marketplace.tables import Brand, ProductStatus
from marketplace.vat_tables import VatClass

TEMPLATE = "marketplace/brand_product.html"
CURRENCIES = ("EUR", "CHF", "GBP", "USD")
VAT = {
    VatClass.STANDARD: _("Standard rate"),
    VatClass.REDUCED: _("Reduced rate"),
    VatClass.LOWER: _("Lower reduced rate"),
    VatClass.NONE: _("Without VAT"),
}
"""Which of the destination's rates a product falls under; the percentage is each country's own (`marketplace/vat_rates.py`)."""


@get("/brand/products", include_in_schema=False)
async def show_all(request: Web, by: By) -> Response[Any]:
    """Every product with price and stock."""
    brand = await current_brand(request, by)
    found, words = await catalogue.products_of_brand(brand_id=brand.id), request.query_params.get("q", "")[:100].strip()
    part = paging.part_of(request, [product for product in found if words.lower() in product.title.lower()])
    return web.page(
        request, "marketplace/brand_products.html", brand=brand, products=part.rows, part=part, whole=len(found), words=words
    )


@get("/brand/products/new", include_in_schema=False)
async def show_new(request: Web, by: By) -> Response[Any]:
    """An empty product."""
    brand = await current_brand(request, by)
    return await _page(request, brand, Form({"currency": "EUR", "vat": VatClass.STANDARD, "stock": "10"}), None)


@post("/brand/products/new", include_in_schema=False)
async def add(request: Web, by: By) -> Response[Any]:
    """Put a product with its first variant into the catalogue."""
    brand = await current_brand(request, by)
    form = await web.read_form(request)
    title, description = form.text("title", min=2, max=120), form.text("description", max=4000, required=False)
    currency, vat = form.choice("currency", CURRENCIES), form.choice("vat", VatClass)
    variant = _read_variant(form, currency)
    try:
        form.check()
        product_id = await catalogue.add_product(
            brand_id=brand.id,
            title=title,
            description=description,
            currency=currency,
            vat_class=VatClass(vat),
            variants=[variant],
            picture=await uploaded_picture(form) or "",
            by=by,
        )
    except Refusal as refusal:
        return await _page(request, brand, form.refused(refusal), None, status=refusal.status)
    return web.redirect(request, f"/brand/products/{product_id}", translate(_("%(title)s is on sale."), title=title))


@get("/brand/products/{product_id:uuid}", include_in_schema=False)
async def show(request: Web, by: By, product_id: FromPath[UUID]) -> Response[Any]:
    """One product with its variants."""
    product = await catalogue.product_of_brand(product_id=product_id, by=by)
    return await _page(request, product.brand, Form(_values(product)), product)


@post("/brand/products/{product_id:uuid}", include_in_schema=False)
async def edit(request: Web, by: By, product_id: FromPath[UUID]) -> Response[Any]:
    """Keep what the product says."""
    product = await catalogue.product_of_brand(product_id=product_id, by=by)
    form = await web.read_form(request)
    title, description = form.text("title", min=2, max=120), form.text("description", max=4000, required=False)
    vat, state = form.choice("vat", VatClass), form.choice("status", ProductStatus)
    try:
        form.check()
        await catalogue.edit_product(
            product_id=product_id,
            title=title,
            description=description,
            vat_class=VatClass(vat),
            status=ProductStatus(state),
            picture=await uploaded_picture(form),
            by=by,
        )
    except Refusal as refusal:
        return await _page(request, product.brand, form.refused(refusal), product, status=refusal.status)
    return web.redirect(request, f"/brand/products/{product_id}", translate(_("The product is kept.")))


@post("/brand/products/{product_id:uuid}/variants", include_in_schema=False)
async def add_variant(request: Web, by: By, product_id: FromPath[UUID]) -> Response[Any]:
    """Add a size, a colour, another form of the product."""
    product = await catalogue.product_of_brand(product_id=product_id, by=by)
    form = await web.read_form(request)
    variant = _read_variant(form, product.currency)
    try:
        form.check()
        await catalogue.add_variant(product_id=product_id, variant=variant, by=by)
    except Refusal as refusal:
        return await _page(
            request, product.brand, Form({**_values(product), **form.values}).refused(refusal), product, status=refusal.status
        )
    return web.redirect(request, f"/brand/products/{product_id}", translate(_("The variant is on sale.")))


@post("/brand/products/{product_id:uuid}/variants/{variant_id:uuid}", include_in_schema=False)
async def change_variant(request: Web, by: By, product_id: FromPath[UUID], variant_id: FromPath[UUID]) -> Response[Any]:
    """Change price and stock of a variant: the stock by a difference, so that units sold meanwhile stay sold."""
    product = await catalogue.product_of_brand(product_id=product_id, by=by)
    choice = product.choice(variant_id)
    form = await web.read_form(request)
    price = form.money("price", product.currency, low=1)
    was = form.money("was", product.currency) if form.values.get("was") else None
    change = form.integer("change", low=-100_000, high=100_000) if form.values.get("change") else 0
    try:
        form.check()
        if (price, was) != (choice.price, choice.was):
            await variants.change_price(
                variant_id=variant_id, price_minor=price.minor, was_minor=was.minor if was else None, by=by
            )
        if change:
            await variants.change_stock(variant_id=variant_id, change=change, by=by)
    except Refusal as refusal:
        shown = Form({**_values(product), "variant": str(variant_id), "variant_values": form.values})
        shown.refusals = form.refused(refusal).refusals
        return await _page(request, product.brand, shown, product, status=refusal.status)
    return web.redirect(request, f"/brand/products/{product_id}", translate(_("Price and stock are kept.")))


def _read_variant(form: Form, currency: str) -> NewVariant:
    was = form.money("was", currency) if form.values.get("was") else None
    return NewVariant(
        name=form.text("variant_name", max=60, required=False),
        sku=form.text("sku", max=60),
        price_minor=form.money("price", currency, low=1).minor,
        was_minor=was.minor if was else None,
        stock=form.integer("stock", low=0, high=1_000_000),
    )


def _values(product: Offered) -> dict[str, Any]:
    return {
        "title": product.title,
        "description": product.description,
        "vat": product.vat_class,
        "status": product.status,
        "currency": product.currency,
    }


async def _page(request: Web, brand: Brand, form: Form, product: Offered | None, *, status: int = 200) -> Response[Any]:
    """The form; each class of VAT with the rate that buyers in the brand's own country pay today."""
    rates = await vat_rates.rates(country=brand.country)
    named = [(str(kind), f"{translate(name)} ({i18n.percent_bp(rates[kind])})") for kind, name in VAT.items()]
    return web.page(request, TEMPLATE, form=form, product=product, status=status, currencies=CURRENCIES, vat_rates=named)


ROUTES = [show_all, show_new, add, show, edit, add_variant, change_variant]
