"""`/studio/payouts` and `/brand/payouts`: where the money goes, and what still blocks it."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from foundation import web
from foundation.accounts import By, Principal
from foundation.errors import Refusal
from foundation.web import Form, Web
from marketplace.pages.here import current_brand
from payouts import payees, statements
from payouts.pages import payee_choices
from payouts.pages.payee_choices import BRAND, CREATOR
from payouts.tables import PayeeKind


@get(CREATOR, include_in_schema=False)
async def show_creator(request: Web, by: By) -> Response[Any]:
    """The creator's payout account."""
    return await _creator_page(request, by, Form())


@post(CREATOR, include_in_schema=False)
async def onboard_creator(request: Web, by: By) -> Response[Any]:
    """Go to Stripe's pages; the row, and so the key of the account, is made before Stripe is asked."""
    return await _to_stripe_creator(request, by)


@get(f"{CREATOR}/refresh", include_in_schema=False)
async def refresh_creator(request: Web, by: By) -> Response[Any]:
    """Stripe's link was used up: a new one."""
    return await _to_stripe_creator(request, by)


@get(f"{CREATOR}/return", include_in_schema=False)
async def return_creator(request: Web, by: By) -> Response[Any]:
    """Back from Stripe, which proves nothing: ask what it knows."""
    await payees.sync_own(await payees.of_creator(by=by))
    return web.redirect(request, CREATOR)


@get(BRAND, include_in_schema=False)
async def show_brand(request: Web, by: By) -> Response[Any]:
    """The brand's payout account."""
    return await _brand_page(request, by, Form())


@post(BRAND, include_in_schema=False)
async def onboard_brand(request: Web, by: By) -> Response[Any]:
    """As for creators."""
    return await _to_stripe_brand(request, by)


@get(f"{BRAND}/refresh", include_in_schema=False)
async def refresh_brand(request: Web, by: By) -> Response[Any]:
    """Stripe's link was used up: a new one."""
    return await _to_stripe_brand(request, by)


@get(f"{BRAND}/return", include_in_schema=False)
async def return_brand(request: Web, by: By) -> Response[Any]:
    """Back from Stripe, which proves nothing: ask what it knows."""
    brand = await current_brand(request, by)
    await payees.sync_own(await payees.of_brand(brand_id=brand.id, by=by))
    return web.redirect(request, BRAND)


async def _to_stripe_creator(request: Web, by: Principal) -> Response[Any]:
    try:
        return _away(request, await payees.onboard_creator(return_path=CREATOR, by=by))
    except Refusal as refusal:
        return await _creator_page(request, by, Form().refused(refusal), status=refusal.status)


async def _to_stripe_brand(request: Web, by: Principal) -> Response[Any]:
    brand = await current_brand(request, by)
    try:
        return _away(request, await payees.onboard_brand(brand_id=brand.id, return_path=BRAND, by=by))
    except Refusal as refusal:
        return await _brand_page(request, by, Form().refused(refusal), status=refusal.status)


async def _creator_page(request: Web, by: Principal, form: Form, *, status: int = 200) -> Response[Any]:
    payee, creator = await payees.of_creator(by=by), await statements.creator_of(by=by)
    return await payee_choices.show(request, PayeeKind.CREATOR, creator.id, payee, form, status=status)


async def _brand_page(request: Web, by: Principal, form: Form, *, status: int = 200) -> Response[Any]:
    brand = await current_brand(request, by)
    payee = await payees.of_brand(brand_id=brand.id, by=by)
    return await payee_choices.show(request, PayeeKind.BRAND, brand.id, payee, form, status=status)


def _away(request: Web, address: str) -> Response[Any]:
    if request.headers.get("hx-request") == "true":
        return Response("", status_code=204, headers={"HX-Redirect": address})
    return Redirect(address, status_code=303)


ROUTES = [
    show_creator,
    onboard_creator,
    refresh_creator,
    return_creator,
    show_brand,
    onboard_brand,
    refresh_brand,
    return_brand,
]
