"""Corrections of credit: asked on the page that says why, answered by another person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from creators import correction_lists, corrections
from creators.pages.credit import why_page
from foundation import paging, web
from foundation.accounts import By, role
from foundation.errors import InvalidForm, NotFound, Refusal
from foundation.i18n import translate
from foundation.web import Form, Web

DESK = [role(*corrections.DESK)]


@get("/finance/credits", include_in_schema=False, guards=DESK)
async def show(request: Web, by: By) -> Response[Any]:  # noqa: ARG001  # whoever is signed in
    """All corrections, those that wait first; `?order=` leads to the lines of an order."""
    number = str(request.query_params.get("order", "")).strip()
    form = Form({"order": number})
    lines = await correction_lists.lines_of(number) if number else []
    shop_sales = await correction_lists.shop_sales_of(number) if number else []
    found = bool(lines or shop_sales)
    if number and not found:
        form.refused(corrections.OrderUnknown())
    page = paging.number(request)
    rows, whole = await correction_lists.page_of(page)
    return web.page(
        request,
        "creators/credits.html",
        rows=rows,
        lines=lines,
        shop_sales=shop_sales,
        page=page,
        pages=-(-whole // correction_lists.PAGE),
        form=form,
        status=404 if number and not found else 200,
    )


@post("/finance/sales/{order_line:uuid}/corrections", include_in_schema=False, guards=DESK)
async def ask(request: Web, by: By, order_line: FromPath[UUID]) -> Response[Any]:
    """Ask to credit a line otherwise."""
    form = await web.read_form(request)
    try:
        handle = form.text("handle", max=41, required=False)
        reason = form.text("reason", max=500)
        form.check()
        await corrections.ask(order_line_id=order_line, handle=handle, reason=reason, by=by)
    except NotFound:
        raise
    except Refusal as refusal:
        return await why_page(request, by, order_line, form=form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"/finance/sales/{order_line}#corrections", translate("Another person has to agree now."))


@post("/finance/credits/{correction_id:uuid}/agree", include_in_schema=False, guards=DESK)
async def agree(request: Web, by: By, correction_id: FromPath[UUID]) -> Response[Any]:
    """The second person agrees."""
    line = await correction_lists.line_of(correction_id)
    await corrections.agree(correction_id=correction_id, by=by)
    return web.redirect(request, f"/finance/sales/{line}#corrections", translate("The line is credited anew."))


@post("/finance/credits/{correction_id:uuid}/refuse", include_in_schema=False, guards=DESK)
async def refuse(request: Web, by: By, correction_id: FromPath[UUID]) -> Response[Any]:
    """The second person does not agree, or the first takes it back."""
    form = await web.read_form(request)
    line = await correction_lists.line_of(correction_id)
    try:
        answer = form.text("answer", max=500)
        form.check()
        await corrections.refuse(correction_id=correction_id, answer=answer, by=by)
    except (corrections.ReasonMissing, InvalidForm) as refusal:
        if isinstance(refusal, corrections.ReasonMissing):
            refusal.field = "answer"
        return await why_page(request, by, line, form=form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"/finance/sales/{line}#corrections", translate("It stays as it is."), "plain")


@post("/finance/credits/{correction_id:uuid}/undo", include_in_schema=False, guards=DESK)
async def undo(request: Web, by: By, correction_id: FromPath[UUID]) -> Response[Any]:
    """Ask to take a correction back."""
    form = await web.read_form(request)
    line = await correction_lists.line_of(correction_id)
    try:
        reason = form.text("reason", max=500)
        form.check()
        await corrections.ask_undo(correction_id=correction_id, reason=reason, by=by)
    except (corrections.ReasonMissing, InvalidForm) as refusal:
        return await why_page(request, by, line, form=form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"/finance/sales/{line}#corrections", translate("Another person has to agree now."))


ROUTES = [show, ask, agree, refuse, undo]
