"""People and their roles, for administrators."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath

from foundation import accounts, people, web
from foundation.accounts import By, role
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.tables import Role
from foundation.web import Web

PAGE = 25
GIVEN = tuple(each for each in Role if each is not Role.VIEWER)


@get("/", include_in_schema=False)
async def show(request: Web) -> Response[Any]:
    """Search people."""
    return await _page(request, web.Form())


@post("/{person_id:uuid}/roles", include_in_schema=False)
async def change_role(request: Web, person_id: FromPath[UUID], by: By) -> Response[Any]:
    """Give or take one role."""
    form = await web.read_form(request)
    chosen, act = form.choice("role", [str(each) for each in GIVEN]), form.choice("act", ("grant", "take"))
    try:
        form.check()
        change = accounts.grant if act == "grant" else accounts.take
        await change(person_id=person_id, role=Role(chosen), by=by)
    except Refusal as refusal:
        return await _page(request, form.refused(refusal), status=refusal.status)
    return web.redirect(
        request, _here(form), translate(_("The role is given.") if act == "grant" else _("The role is taken.")), "leaf"
    )


@post("/{person_id:uuid}/disable", include_in_schema=False)
async def disable(request: Web, person_id: FromPath[UUID], by: By) -> Response[Any]:
    """Close an account; its sessions end at once."""
    form = await web.read_form(request)
    try:
        await accounts.disable(person_id=person_id, by=by)
    except Refusal as refusal:
        return await _page(request, form.refused(refusal), status=refusal.status)
    return web.redirect(request, _here(form), translate(_("The account is closed.")), "leaf")


@post("/{person_id:uuid}/enable", include_in_schema=False)
async def enable(request: Web, person_id: FromPath[UUID], by: By) -> Response[Any]:
    """Open a closed account again."""
    form = await web.read_form(request)
    await accounts.enable(person_id=person_id, by=by)
    return web.redirect(request, _here(form), translate(_("The account is open again.")), "leaf")


async def _page(request: Web, form: web.Form, *, status: int = 200) -> Response[Any]:
    text, wanted = request.query_params.get("q", "")[:100], request.query_params.get("role", "")
    page = max(1, min(400, int(number))) if (number := request.query_params.get("page", "1")).isdecimal() else 1
    found = await people.search(text=text, role=wanted, limit=PAGE + 1, offset=(page - 1) * PAGE)
    return web.page(
        request,
        "account/people.html",
        block="results",
        form=form,
        status=status,
        found=found[:PAGE],
        more=len(found) > PAGE,
        number=page,
        text=text,
        wanted=wanted,
        given=GIVEN,
        role_names=ROLE_NAMES,
    )


def _here(form: web.Form) -> str:
    return web.own_path(form.values.get("back"), "/admin/people")


ROLE_NAMES = {
    Role.VIEWER: _("Viewer"),
    Role.CREATOR: _("Creator"),
    Role.BRAND_MEMBER: _("Brand member"),
    Role.MODERATOR: _("Moderator"),
    Role.FINANCE_MAKER: _("Finance: prepares"),
    Role.FINANCE_CHECKER: _("Finance: approves"),
    Role.AUDITOR: _("Finance: only reads"),
    Role.ADMINISTRATOR: _("Administrator"),
}

ROUTES = [
    Router("/admin/people", route_handlers=[show, change_role, disable, enable], guards=[role(Role.ADMINISTRATOR)]),
]
