"""`/brand/rules`: a brand's list of commission rules, its versions, and what a draft would have paid."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import web
from foundation.accounts import By, Principal
from foundation.errors import NotFound, Refusal
from foundation.i18n import _, translate
from foundation.web import Form, Web
from marketplace.pages.here import current_brand
from payouts import platform_rules, rule_book, rule_choices, rule_preview
from payouts.commission_tables import RuleKind
from payouts.pages import rule_form
from payouts.pages.finance import currency_of

HERE = "/brand/rules"
KIND_WORDS = {
    RuleKind.PERCENT: _("Percent of the sale"),
    RuleKind.FLAT: _("Amount for each piece"),
    RuleKind.TIERS: _("Tiers of the month"),
    RuleKind.OFF: _("Ended"),
}


@get(HERE, include_in_schema=False)
async def show(request: Web, by: By) -> Response[Any]:
    """The list in its order, and every version."""
    brand = await current_brand(request, by)
    return web.page(
        request,
        "payouts/rules.html",
        brand=brand,
        rules=await rule_book.list_of(brand.id),
        versions=await rule_book.versions(brand.id),
        kind_words=KIND_WORDS,
        here=HERE,
        own=True,
        ladders=await rule_choices.ladders(brand.id),
        house=await platform_rules.standing(),
    )


@get(f"{HERE}/new", include_in_schema=False)
async def new(request: Web, by: By) -> Response[Any]:
    """A new rule."""
    brand = await current_brand(request, by)
    place = max((version.plan.place for version in await rule_book.list_of(brand.id)), default=0) + 1
    return await _form(request, by, None, Form({"kind": "percent", "place": min(place, 999), "version": 0}))


@get(f"{HERE}/categories", include_in_schema=False)
async def show_categories(request: Web, by: By) -> Response[Any]:
    """The brand's products and the category of each."""
    brand = await current_brand(request, by)
    return web.page(request, "payouts/rule_categories.html", products=await rule_choices.categories(brand.id), form=Form())


@post(f"{HERE}/categories", include_in_schema=False)
async def set_categories(request: Web, by: By) -> Response[Any]:
    """Keep the category of each product that was sent."""
    brand = await current_brand(request, by)
    form = await web.read_form(request)
    sent = {name.removeprefix("category_"): str(value) for name, value in form.values.items() if name.startswith("category_")}
    await rule_choices.set_categories(brand_id=brand.id, categories=sent, by=by)
    return web.redirect(request, HERE, translate(_("The categories are kept. They count for orders from now on.")))


@get(f"{HERE}/{{rule:uuid}}", include_in_schema=False)
async def edit(request: Web, by: By, rule: FromPath[UUID]) -> Response[Any]:
    """A new version of a rule, begun from the one in force."""
    return await _form(
        request, by, rule, Form(rule_form.typed(await rule_book.current(brand_id=await _brand(request, by), rule=rule)))
    )


@post(f"{HERE}/new", include_in_schema=False)
async def publish_new(request: Web, by: By) -> Response[Any]:
    """Preview or publish a new rule."""
    return await _publish(request, by, None)


@post(f"{HERE}/{{rule:uuid}}", include_in_schema=False)
async def publish(request: Web, by: By, rule: FromPath[UUID]) -> Response[Any]:
    """Preview or publish a new version of a rule."""
    return await _publish(request, by, rule)


@post(f"{HERE}/{{rule:uuid}}/end", include_in_schema=False)
async def end(request: Web, by: By, rule: FromPath[UUID]) -> Response[Any]:
    """End a rule."""
    plan = await rule_book.current(brand_id=await _brand(request, by), rule=rule)
    form = await web.read_form(request)
    version = form.integer("version", low=1, high=30_000)
    form.check()
    await rule_book.end(brand_id=await _brand(request, by), rule=plan.rule, version=version, by=by)
    return web.redirect(request, HERE, translate(_("The rule has ended. Sales until now keep it.")))


async def _brand(request: Web, by: Principal) -> UUID:
    brand_id: UUID = (await current_brand(request, by)).id
    return brand_id


async def _publish(request: Web, by: Principal, rule: UUID | None) -> Response[Any]:
    brand = await current_brand(request, by)
    if rule is not None:
        await rule_book.current(brand_id=brand.id, rule=rule)
    form = await web.read_form(request)
    try:
        draft = rule_form.read(form, rule=rule, currency=await currency_of(request))
        if form.values.get("do") != "publish":
            found = await rule_preview.preview(brand_id=brand.id, draft=draft)
            return await _form(request, by, rule, form, preview=found)
        await rule_book.publish(brand_id=brand.id, draft=draft, by=by)
    except Refusal as refusal:
        if isinstance(refusal, NotFound):
            raise
        return await _form(request, by, rule, form.refused(refusal), status=refusal.status)
    return web.redirect(request, HERE, translate(_("Published. It holds for orders from now on.")))


async def _form(
    request: Web, by: Principal, rule: UUID | None, form: Form, *, status: int = 200, **context: Any
) -> Response[Any]:
    brand = await current_brand(request, by)
    return web.page(
        request,
        "payouts/rule_form.html",
        status=status,
        form=form,
        rule=rule,
        here=HERE,
        house=False,
        currency=await currency_of(request),
        kinds=[(kind.value, translate(KIND_WORDS[kind])) for kind in rule_form.KINDS],
        choices=await rule_choices.choices(brand.id),
        history=[version for version in await rule_book.versions(brand.id) if version.plan.rule == rule],
        kind_words=KIND_WORDS,
        **{"preview": None, **context},
    )


ROUTES = [
    show,
    new,
    show_categories,
    set_categories,
    edit,
    publish_new,
    publish,
    end,
]
