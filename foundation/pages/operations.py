"""What went wrong in the background, for administrators and finance."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath

from foundation import operations, paging, web
from foundation.accounts import By, role
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.tables import Role
from foundation.web import Web

HERE = "/admin/operations"
WHO = (Role.ADMINISTRATOR, Role.FINANCE_MAKER, Role.FINANCE_CHECKER)


@get("/", include_in_schema=False)
async def show(request: Web) -> Response[Any]:
    """Dead messages, late webhooks and schedules."""
    return await _page(request, web.Form())


@post("/deliveries/{delivery_id:int}/send-again", include_in_schema=False)
async def send_again(request: Web, delivery_id: FromPath[int], by: By) -> Response[Any]:
    """Try a dead message again."""
    return await _do(
        request, operations.send_again(delivery_id=delivery_id, by=by), translate(_("The message is on its way again."))
    )


@post("/deliveries/{delivery_id:int}/drop", include_in_schema=False)
async def drop(request: Web, delivery_id: FromPath[int], by: By) -> Response[Any]:
    """Give a dead message up."""
    return await _do(request, operations.drop(delivery_id=delivery_id, by=by), translate(_("The message is dropped.")))


@post("/schedules/run", include_in_schema=False)
async def run_schedule(request: Web, by: By) -> Response[Any]:
    """Run a schedule now."""
    form = await web.read_form(request)
    name = form.text("name", max=80)
    return await _do(request, operations.run_schedule(name=name, by=by), translate(_("It runs within a moment.")))


async def _do(request: Web, verb: Awaitable[None], notice: str) -> Response[Any]:
    try:
        await verb
    except Refusal as refusal:
        return await _page(request, web.Form().refused(refusal), status=refusal.status)
    return web.redirect(request, HERE, notice, "leaf")


async def _page(request: Web, form: web.Form, *, status: int = 200) -> Response[Any]:
    page = paging.number(request)
    found = await operations.overview(page=page)
    return web.page(
        request,
        "foundation/operations.html",
        block="overview",
        form=form,
        status=status,
        overview=found,
        page=page,
        pages=paging.pages(found.dead_count, operations.SHOWN),
    )


ROUTES = [Router(HERE, route_handlers=[show, send_again, drop, run_schedule], guards=[role(*WHO)])]
