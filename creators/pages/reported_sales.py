"""A brand's desk for the sales of its own shop, its codes and its connected shops."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from creators import codes, collaborations, conversion_desk, links, shop_credit, shop_refusals, shops
from creators.attribution_facts import Rule as CreditRule
from creators.conversion_rules import Rule
from creators.conversion_tables import ConversionStatus, ShopKind
from creators.credit import ALL_EYES
from creators.credit_words import RULES, SHOP_REASONS, STRONGER
from creators.pages.sales_files import PROBLEMS
from foundation import paging, settings, web
from foundation.accounts import By, Principal, role
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.money import Money
from foundation.web import Form, Web
from marketplace.discounts import MOST_BP, NO_DISCOUNT, Discount
from marketplace.pages.catalogue import CURRENCIES
from marketplace.pages.here import current_brand

QUEUE, CODES = "/brand/conversions", "/brand/codes"
PAGE = 50
REFUSALS = {
    "not_found": _("The order of this return was never reported"),
    "unreadable": _("We could not read this report"),
    "return_too_large": _("More comes back than was sold"),
    "edit_untold": _("The order was edited, and your shop did not tell us how: send us orders/updated too"),
    "report_differs": _("The order names another code, click or currency than before; the first report stands"),
    "return_differs": _("The return is known with other contents; the first report stands"),
}
SOURCES = {
    "api": _("Our API"),
    "signature": _("Our API"),
    "pixel": _("Pixel"),
    "csv": _("File"),
    "shopify": "Shopify",
    "woocommerce": "WooCommerce",
}
KINDS = {ShopKind.API: _("Our API"), ShopKind.SHOPIFY: "Shopify", ShopKind.WOOCOMMERCE: "WooCommerce"}


@get(QUEUE, include_in_schema=False)
async def show_queue(request: Web, by: By, which: FromQuery[str] = "waiting") -> Response[Any]:
    """The reported sales that wait, or those that were decided."""
    return await _queue(request, by, Form(), state=which)


@post("/brand/conversions/{conversion_id:uuid}/accept", include_in_schema=False)
async def accept(request: Web, by: By, conversion_id: FromPath[UUID]) -> Response[Any]:
    """Agree to a reported sale."""
    brand = await current_brand(request, by)
    await conversion_desk.accept(conversion_id=conversion_id, brand_id=brand.id, by=by)
    return web.redirect(request, QUEUE, translate(_("The sale is accepted.")), "leaf")


@post("/brand/conversions/{conversion_id:uuid}/decline", include_in_schema=False)
async def decline(request: Web, by: By, conversion_id: FromPath[UUID]) -> Response[Any]:
    """Decline a reported sale, with a reason."""
    brand = await current_brand(request, by)
    form = await web.read_form(request)
    try:
        reason = form.text("reason", max=500)
        form.check()
        await conversion_desk.decline(conversion_id=conversion_id, brand_id=brand.id, reason=reason, by=by)
    except Refusal as refusal:
        form.values["conversion"] = str(conversion_id)
        return await _queue(request, by, form.refused(refusal), status=refusal.status)
    return web.redirect(request, QUEUE, translate(_("The sale is declined. The creator can read why.")), "leaf")


@get("/brand/conversions/{conversion_id:uuid}", include_in_schema=False)
async def brand_why(request: Web, by: By, conversion_id: FromPath[UUID]) -> Response[Any]:
    """Why a sale of the brand's own shop is credited."""
    return await _why(request, by, conversion_id, "brand")


@get("/studio/shop-sales/{conversion_id:uuid}", include_in_schema=False)
async def creator_why(request: Web, by: By, conversion_id: FromPath[UUID]) -> Response[Any]:
    """Why a sale in a brand's own shop is the creator's."""
    return await _why(request, by, conversion_id, "studio")


@get("/finance/shop-sales/{conversion_id:uuid}", include_in_schema=False, guards=[role(*ALL_EYES)])
async def finance_why(request: Web, by: By, conversion_id: FromPath[UUID]) -> Response[Any]:
    """Why any sale in a shop is credited."""
    return await _why(request, by, conversion_id, "finance")


async def _why(request: Web, by: Principal, conversion_id: UUID, space: str) -> Response[Any]:
    why = await shop_credit.why_shop_sale(conversion_id=conversion_id, by=by, as_staff=space == "finance")
    words = {reason.value: text for reason, text in SHOP_REASONS.items()}
    return web.page(
        request,
        "creators/why_shop.html",
        why=why,
        space=space,
        reasons=words,
        rule=RULES[CreditRule(why.rule.value)],
        click_verdict=STRONGER[CreditRule.CODE] if why.rule is Rule.CODE and why.click_would else None,
        sources=SOURCES,
    )


async def _queue(request: Web, by: Principal, form: Form, *, state: str = "waiting", status: int = 200) -> Response[Any]:
    brand = await current_brand(request, by)
    wanted = ConversionStatus(state) if state in list(ConversionStatus) else ConversionStatus.WAITING
    text = request.query_params.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    sales = await conversion_desk.conversions_of_brand(brand_id=brand.id, by=by, status=wanted, limit=PAGE + 1, after=after)
    return web.page(
        request,
        "creators/conversions.html",
        form=form,
        status=status,
        state=wanted.value,
        sales=sales[:PAGE],
        more=len(sales) > PAGE,
        after=after,
        page_size=PAGE,
        refused=await shop_refusals.refusals_of(brand_id=brand.id, by=by),
        refusal_words=PROBLEMS | REFUSALS,
        money=Money,
        reasons={reason.value: text for reason, text in SHOP_REASONS.items()},
    )


@get(CODES, include_in_schema=False)
async def show_codes(request: Web, by: By) -> Response[Any]:
    """Codes, links and connected shops."""
    return await _codes(request, by, Form())


@post(CODES, include_in_schema=False)
async def give_code(request: Web, by: By) -> Response[Any]:
    """Give a creator a code, with or without something off."""
    form = await web.read_form(request)
    collaboration_id, code = form.uuid("collaboration"), form.text("code", max=40)
    discount = _discount(form)
    try:
        form.check()
        await codes.give_code(collaboration_id=collaboration_id, code=code, discount=discount, by=by)
    except Refusal as refusal:
        return await _codes(request, by, form.refused(refusal), status=refusal.status)
    return web.redirect(request, CODES, translate(_("The code works from now on.")), "leaf")


@post("/brand/codes/{code_id:uuid}/end", include_in_schema=False)
async def end_code(request: Web, by: By, code_id: FromPath[UUID]) -> Response[Any]:
    """End a code."""
    await codes.end_code(code_id=code_id, by=by)
    return web.redirect(request, CODES, translate(_("The code has ended.")), "leaf")


@post("/brand/shops", include_in_schema=False)
async def connect(request: Web, by: By) -> Response[Any]:
    """Connect a shop and show its secret and address, this once."""
    brand = await current_brand(request, by)
    form = await web.read_form(request)
    kind, host = ShopKind(form.choice("kind", list(KINDS))), form.text("host", max=253)
    secret = form.text("secret", max=200, required=False)
    try:
        form.check()
        connection_id, secret = await shops.connect_shop(brand_id=brand.id, kind=kind, name=host, host=host, secret=secret, by=by)
    except Refusal as refusal:
        return await _codes(request, by, form.refused(refusal), status=refusal.status)
    address = "/api/v1/conversions" if kind is ShopKind.API else f"/webhooks/{kind.value}/{connection_id}"
    fresh = {"id": str(connection_id), "secret": secret, "address": settings.current().base_url + address}
    return await _codes(request, by, Form(), status=201, fresh=fresh)


@post("/brand/shops/{connection_id:uuid}/end", include_in_schema=False)
async def disconnect(request: Web, by: By, connection_id: FromPath[UUID]) -> Response[Any]:
    """End a connection."""
    brand = await current_brand(request, by)
    await shops.disconnect_shop(connection_id=connection_id, brand_id=brand.id, by=by)
    return web.redirect(request, CODES, translate(_("The shop is disconnected.")), "leaf")


async def _codes(
    request: Web, by: Principal, form: Form, *, status: int = 200, fresh: dict[str, str] | None = None
) -> Response[Any]:
    brand = await current_brand(request, by)
    form.values = {"collaboration": "", "code": "", "kind": "", "host": "", **form.values}
    partners = await collaborations.collaborations_of_brand(brand_id=brand.id, by=by)
    return web.page(
        request,
        "creators/codes.html",
        form=form,
        status=status,
        fresh=fresh,
        codes=paging.part_of(request, await codes.codes_of_brand(brand_id=brand.id, by=by)),
        links=paging.part_of(request, await links.links_of_brand(brand_id=brand.id, by=by), name="links"),
        shops=await shops.shops_of(brand_id=brand.id, by=by),
        partners=[
            (str(each["id"]), f"{each['display_name']} · {each['brief_title']}")
            for each in partners
            if each["status"] == "active"
        ],
        kinds=list(KINDS.items()),
        units=[("%", "%"), *((currency, currency) for currency in CURRENCIES)],
    )


def _discount(form: Form) -> Discount:
    """What was typed into the field: so many percent, or an amount of a currency."""
    if not form.values.get("discount"):
        return NO_DISCOUNT
    if str(form.values.get("discount_unit") or "%") == "%":
        return Discount(percent_bp=form.money("discount", "EUR", low=1, high=MOST_BP).minor)  # 12.5 percent are 1250 basis points
    currency = form.choice("discount_unit", CURRENCIES)
    return Discount(amount=form.money("discount", currency, low=1))


ROUTES = [show_queue, accept, decline, brand_why, creator_why, finance_why, show_codes, give_code, end_code, connect, disconnect]
