"""The brief builder of a brand's console."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import paging, web
from foundation.accounts import By, Principal
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.money import Money
from foundation.web import Form, Web
from marketplace import briefs, catalogue
from marketplace.brands import TRADES
from marketplace.briefs import LANGUAGES, BriefShown, Wanted
from marketplace.catalogue import Offered
from marketplace.pages.here import current_brand
from marketplace.tables import Brand

TEMPLATE = "marketplace/brand_brief.html"
PREVIEW = "marketplace/pieces/brief_preview.html"
DEFAULTS = {
    "commission": "12",
    "window_days": "7",
    "model": "last_touch",
    "hold_days": "14",
    "places": "5",
    "language": "fr",
    "fee": "0",
}


@get("/brand/briefs", include_in_schema=False)
async def show_all(request: Web, by: By) -> Response[Any]:
    """Every brief of the brand with its state."""
    brand = await current_brand(request, by)
    found = await briefs.briefs_of_brand(brand_id=brand.id, by=by)
    part = paging.part_of(request, found)
    return web.page(request, "marketplace/brand_briefs.html", brand=brand, briefs=part.rows, part=part, languages=LANGUAGES)


@get("/brand/briefs/new", include_in_schema=False)
async def show_new(request: Web, by: By) -> Response[Any]:
    """An empty brief with the usual conditions filled in."""
    return await _page(request, await current_brand(request, by), Form(DEFAULTS), None)


@post("/brand/briefs/new", include_in_schema=False)
async def draft(request: Web, by: By) -> Response[Any]:
    """Keep the draft, and publish it at once when asked to."""
    brand = await current_brand(request, by)
    form = await web.read_form(request)
    try:
        brief_id = await briefs.draft_brief(brand_id=brand.id, wanted=_read(form), by=by)
    except Refusal as refusal:
        return await _page(request, brand, form.refused(refusal), None, status=refusal.status)
    return await _after(request, form, brief_id, by)


@get("/brand/briefs/{brief_id:uuid}", include_in_schema=False)
async def show(request: Web, by: By, brief_id: FromPath[UUID]) -> Response[Any]:
    """One brief: a draft to work on, or a published one as creators read it."""
    brief = await briefs.brief_of_brand(brief_id=brief_id, by=by)
    return await _page(request, brief.brand, Form(_values(brief)), brief)


@post("/brand/briefs/{brief_id:uuid}", include_in_schema=False)
async def edit(request: Web, by: By, brief_id: FromPath[UUID]) -> Response[Any]:
    """Keep a draft's changes, and publish it when asked to."""
    brief = await briefs.brief_of_brand(brief_id=brief_id, by=by)
    form = await web.read_form(request)
    try:
        await briefs.edit_brief(brief_id=brief_id, wanted=_read(form), by=by)
    except Refusal as refusal:
        return await _page(request, brief.brand, form.refused(refusal), brief, status=refusal.status)
    return await _after(request, form, brief_id, by)


@post("/brand/briefs/{brief_id:uuid}/close", include_in_schema=False)
async def close(request: Web, by: By, brief_id: FromPath[UUID]) -> Response[Any]:
    """Take no more applications."""
    await briefs.close_brief(brief_id=brief_id, by=by)
    return web.redirect(request, f"/brand/briefs/{brief_id}", translate(_("The brief takes no more applications.")))


async def _after(request: Web, form: Form, brief_id: UUID, by: Principal) -> Response[Any]:
    here = f"/brand/briefs/{brief_id}"
    if form.values.get("act") != "publish":
        return web.redirect(request, here, translate(_("The draft is kept.")))
    try:
        await briefs.publish_brief(brief_id=brief_id, by=by)
    except Refusal as refusal:
        brief = await briefs.brief_of_brand(brief_id=brief_id, by=by)
        return await _page(request, brief.brand, form.refused(refusal), brief, status=refusal.status)
    return web.redirect(request, here, translate(_("Published. Creators can apply now.")))


@post("/brand/briefs/preview", include_in_schema=False)
async def preview(request: Web, by: By) -> Response[Any]:
    """For the builder: what creators will see of what is typed so far."""
    brand = await current_brand(request, by)
    form = await web.read_form(request)
    products = await catalogue.products_on_sale(brand_id=brand.id)
    return web.page(request, PREVIEW, brand=brand, languages=LANGUAGES, trades=TRADES, shown=_preview(form, products))


def _preview(form: Form, products: Sequence[Offered]) -> dict[str, Any]:
    """The brief as far as it can be read; what cannot is `None`."""
    form = Form(form.values)
    wanted = _wanted(form)
    fields = ("title", "commission", "fee", "window_days", "hold_days", "places", "ends_on")
    missing = {name for name in fields if name in form.refusals}
    names = {"commission": "commission_bp"}
    known = {name: None if name in missing else getattr(wanted, names.get(name, name), None) for name in fields}
    chosen = [product for product in products if product.id in wanted.products]
    return {**known, "fee": Money(wanted.fee_minor, wanted.currency), "wanted": wanted, "products": chosen}


def _read(form: Form) -> Wanted:
    """The brief of the form. Raises `InvalidForm`."""
    wanted = _wanted(form)
    form.check()
    return wanted


def _wanted(form: Form) -> Wanted:
    """The brief of the form; what is wrong stands in `form.refusals`."""
    fee = form.money("fee", "EUR") if form.values.get("fee") else None
    return Wanted(
        title=form.text("title", min=5, max=120),
        summary=form.text("summary", min=20, max=2000),
        wanted=form.text("wanted", max=2000, required=False),
        products=form.uuids("products"),
        commission_bp=form.percent_bp("commission", low=briefs.MIN_COMMISSION_BP, high=briefs.MAX_COMMISSION_BP),
        window_days=form.integer("window_days", low=briefs.MIN_WINDOW_DAYS, high=briefs.MAX_WINDOW_DAYS),
        model=form.choice("model", list(briefs.MODELS)) if form.values.get("model") else "last_touch",
        hold_days=form.integer("hold_days", low=0, high=briefs.MAX_HOLD_DAYS),
        places=form.integer("places", low=1, high=briefs.MAX_PLACES),
        language=form.choice("language", list(LANGUAGES)),
        starts_on=form.day("starts_on"),
        ends_on=form.day("ends_on"),
        fee_minor=fee.minor if fee else 0,
        samples=form.flag("samples"),
        viewer_clips=form.flag("viewer_clips"),
    )


def _values(brief: BriefShown) -> dict[str, Any]:
    whole, part = divmod(brief.commission_bp, 100)
    return {
        "title": brief.title,
        "summary": brief.summary,
        "wanted": brief.wanted,
        "products": [str(product.id) for product in brief.products],
        "commission": f"{whole}.{part:02}" if part else str(whole),
        "window_days": brief.window_days,
        "model": brief.model,
        "hold_days": brief.hold_days,
        "places": brief.places,
        "language": brief.language,
        "starts_on": brief.starts_on.isoformat(),
        "ends_on": brief.ends_on.isoformat(),
        "fee": str(brief.fee.decimal()),
        "samples": "1" if brief.samples else "",
        "viewer_clips": "1" if brief.viewer_clips else "",
    }


async def _page(request: Web, brand: Brand, form: Form, brief: BriefShown | None, *, status: int = 200) -> Response[Any]:
    chosen = form.values.get("products") or []
    products = await catalogue.products_on_sale(brand_id=brand.id)
    return web.page(
        request,
        TEMPLATE,
        status=status,
        brand=brand,
        form=form,
        brief=brief,
        chosen=[str(product) for product in (chosen if isinstance(chosen, list) else [chosen])],
        products=products,
        shown=_preview(form, products),
        trades=TRADES,
        languages=LANGUAGES,
        models={key: translate(word) for key, word in briefs.MODELS.items()},
    )


ROUTES = [show_all, show_new, draft, preview, show, edit, close]
