"""`/brand/money/bonuses`: what a brand owes creators besides sales, and promising a bonus."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import web
from foundation.accounts import By, Principal
from foundation.errors import NotFound, Refusal
from foundation.i18n import _, translate
from foundation.web import Form, Web
from marketplace.pages.here import current_brand
from payouts import bonuses, rule_choices
from payouts.pages.finance import currency_of

HERE = "/brand/money/bonuses"


@get(HERE, include_in_schema=False)
async def show(request: Web, by: By) -> Response[Any]:
    """Fixed fees and bonuses, the newest first."""
    return await _page(request, by, Form())


@post(HERE, include_in_schema=False)
async def promise(request: Web, by: By) -> Response[Any]:
    """Promise a creator a bonus."""
    brand = await current_brand(request, by)
    form = await web.read_form(request)
    try:
        creator, key = form.uuid("creator"), form.uuid("client_key")
        net = form.money("amount", await currency_of(request), low=1)
        reason = form.text("reason", min=3, max=200)
        form.check()
        await bonuses.promise(brand_id=brand.id, creator_id=creator, net=net, reason=reason, client_key=key, by=by)
    except Refusal as refusal:
        if isinstance(refusal, NotFound):
            raise
        return await _page(request, by, form.refused(refusal), status=refusal.status)
    return web.redirect(request, HERE, translate(_("Promised. It is paid as soon as you have the money available.")))


@post(f"{HERE}/{{bonus_id:uuid}}/cancel", include_in_schema=False)
async def cancel(request: Web, by: By, bonus_id: FromPath[UUID]) -> Response[Any]:
    """Take a bonus back that still waits."""
    brand = await current_brand(request, by)
    try:
        await bonuses.cancel(bonus_id=bonus_id, brand_id=brand.id, by=by)
    except bonuses.BonusSettled as refusal:
        return await _page(request, by, Form().refused(refusal), status=refusal.status)
    return web.redirect(request, HERE, translate(_("Taken back.")))


async def _page(request: Web, by: Principal, form: Form, *, status: int = 200) -> Response[Any]:
    brand = await current_brand(request, by)
    return web.page(
        request,
        "payouts/bonuses.html",
        status=status,
        form=form,
        bonuses=await bonuses.of_brand(brand.id),
        creators=(await rule_choices.choices(brand.id)).creators,
        client_key=form.values.get("client_key") or uuid4(),
        currency=await currency_of(request),
    )


ROUTES = [show, promise, cancel]
