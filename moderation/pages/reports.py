"""The report form, for everybody, and the reports that wait, for moderators."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import client_address, paging, rate_limits, web
from foundation.accounts import By, Visitor
from foundation.errors import Refusal
from foundation.i18n import translate
from foundation.web import Form, NotAChoice, Web
from moderation import reports
from moderation.pages.console import MODERATORS
from moderation.reports import Outcome

KINDS = ("show", "clip", "chat_message", "creator", "product", "brand")
PLACES = {"product": "/shop/products/", "clip": "/clips/"}
"""Where the public sees a reported thing whose id is its address; a show and a message are reached by their room."""

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


@get("/report", include_in_schema=False)
async def report_form(request: Web) -> Response[Any]:
    """The form; `?kind=`, `?id=` and `?place=` name what it is about."""
    return _page(request, Form(dict(request.query_params)))


@post("/report", include_in_schema=False)
async def report(request: Web, principal: Visitor) -> Response[Any]:
    """File a report, with or without an account."""
    form = await web.read_form(request)
    try:
        await rate_limits.spend(f"report:{client_address.of(request)}", limit=10, seconds=3600)
        kind = form.choice("kind", KINDS)
        object_id = form.text("id", max=64)
        if not _ID.fullmatch(object_id):
            form.refusals["id"] = NotAChoice(field="id")
        place = form.text("place", max=80, required=False)
        reason = form.text("reason", max=2000, required=False)
        form.check()
        await reports.report(object_kind=kind, object_id=object_id, place=place, snapshot={}, reason=reason, by=principal)
    except Refusal as refusal:
        return _page(request, form.refused(refusal), status=refusal.status)
    return web.page(request, "moderation/report.html", form=Form(), sent=True)


@get("/moderation/reports", include_in_schema=False, guards=MODERATORS)
async def open_reports(request: Web) -> Response[Any]:
    """The reports that wait."""
    part = paging.part_of(request, await reports.open_reports())
    return web.page(request, "moderation/reports.html", rows=part.rows, part=part, places=PLACES)


@post("/moderation/reports/{report_id:uuid}", include_in_schema=False, guards=MODERATORS)
async def decide(request: Web, by: By, report_id: FromPath[UUID]) -> Response[Any]:
    """Close a report."""
    form = await web.read_form(request)
    outcome = Outcome(form.choice("outcome", Outcome))
    form.check()
    await reports.decide_report(report_id=report_id, outcome=outcome, by=by)
    return web.redirect(request, "/moderation/reports", translate("The report is closed."))


def _page(request: Web, form: Form, *, status: int = 200) -> Response[Any]:
    return web.page(request, "moderation/report.html", status=status, form=form, sent=False)


ROUTES = [report_form, report, open_reports, decide]
