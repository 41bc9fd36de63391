"""`/finance/close`: the months of the books, the checklist, late facts, and opening a month again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import web
from foundation.accounts import By, Principal, role
from foundation.errors import NotFound, Refusal
from foundation.i18n import _, translate
from foundation.tables import Role
from foundation.web import Form, Web
from payouts import periods
from payouts.pages.finance import FINANCE

HERE = "/finance/close"
CHECKER = role(Role.FINANCE_CHECKER)
WHERE = {
    "before": HERE,
    "proved": "/finance/invariants",
    "read": "/finance/reconciliation",
    "sent": "/finance/runs",
    "invoiced": "/finance/invoices",
    "documented": "/finance/documents",
    "matched": "/finance/reconciliation",
}
"""The page on which a point of the checklist is worked on."""


@get(HERE, guards=[FINANCE], include_in_schema=False)
async def show_all(request: Web) -> Response[Any]:
    """The months."""
    return web.page(request, "payouts/periods.html", months=await periods.months())


@get(HERE + "/{period:str}", guards=[FINANCE], include_in_schema=False)
async def show(request: Web, by: By, period: FromPath[str]) -> Response[Any]:
    """One month: its checklist, what it took from closed months, and what may be done."""
    return await _page(request, by, period, Form())


@post(HERE + "/{period:str}", guards=[CHECKER], include_in_schema=False)
async def close(request: Web, by: By, period: FromPath[str]) -> Response[Any]:
    """Close it."""
    try:
        await periods.close(period=period, by=by)
    except Refusal as refusal:
        return await _page(request, by, period, Form().refused(refusal), status=refusal.status)
    return web.redirect(request, f"{HERE}/{period}", translate(_("The month is closed.")))


@post(HERE + "/{period:str}/reopen", guards=[FINANCE], include_in_schema=False)
async def ask(request: Web, by: By, period: FromPath[str]) -> Response[Any]:
    """Ask a second person to open it again."""
    form = await web.read_form(request)
    try:
        await periods.ask_reopening(period=period, reason=form.text("reason", max=500, required=False), by=by)
    except Refusal as refusal:
        return await _page(request, by, period, form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"{HERE}/{period}", translate(_("Asked. Somebody else has to agree.")))


@post(HERE + "/{period:str}/agree/{reopening_id:uuid}", guards=[FINANCE], include_in_schema=False)
async def agree(request: Web, by: By, period: FromPath[str], reopening_id: FromPath[UUID]) -> Response[Any]:
    """Agree, as the second person."""
    try:
        await periods.agree_reopening(reopening_id=reopening_id, by=by)
    except Refusal as refusal:
        return await _page(request, by, period, Form().refused(refusal), status=refusal.status)
    return web.redirect(request, f"{HERE}/{period}", translate(_("The month is open again.")))


async def _page(request: Web, by: Principal, period: str, form: Form, *, status: int = 200) -> Response[Any]:
    month = next((one for one in await periods.months() if one.id == period), None)
    if month is None:
        raise NotFound
    wish = await periods.waiting(period)
    return web.page(
        request,
        "payouts/period.html",
        status=status,
        form=form,
        month=month,
        points=await periods.checklist(period) if month.status == "open" else [],
        words=periods.POINTS,
        where=WHERE,
        late=await periods.late_facts(period),
        wish=wish,
        asker=await periods.name_of(wish.maker) if wish else "",
        may_close=by.has(Role.FINANCE_CHECKER),
        may_agree=wish is not None and wish.maker != by.id,
    )


ROUTES = [show_all, show, close, ask, agree]
