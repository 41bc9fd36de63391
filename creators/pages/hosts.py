"""Hosting together: the host invites and sees the split, the invited creator answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from creators import hosts
from creators.attribution_facts import WHOLE
from creators.shows import hosted_show
from foundation import web
from foundation.accounts import By, Principal
from foundation.errors import Refusal
from foundation.i18n import translate
from foundation.web import Form, Web

INVITATIONS = "/studio/hosting"


@get("/studio/shows/{show_id:uuid}/hosts", include_in_schema=False)
async def of_show(request: Web, by: By, show_id: FromPath[UUID]) -> Response[Any]:
    """Who hosts a show together, for which share, and the form to invite one more."""
    return await _page(request, by, show_id, Form())


@post("/studio/shows/{show_id:uuid}/hosts", include_in_schema=False)
async def invite(request: Web, by: By, show_id: FromPath[UUID]) -> Response[Any]:
    """Invite a creator."""
    form = await web.read_form(request)
    try:
        handle = form.text("handle", max=41)
        share_bp = form.percent_bp("share", low=100, high=hosts.MOST_BP)
        form.check()
        await hosts.invite(show_id=show_id, handle=handle, share_bp=share_bp, by=by)
    except Refusal as refusal:
        return await _page(request, by, show_id, form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"/studio/shows/{show_id}/hosts", translate("The invitation is sent."))


@post("/studio/shows/{show_id:uuid}/hosts/{invitation_id:uuid}/withdraw", include_in_schema=False)
async def withdraw(request: Web, by: By, show_id: FromPath[UUID], invitation_id: FromPath[UUID]) -> Response[Any]:
    """Take an invitation back."""
    await hosts.withdraw(invitation_id=invitation_id, by=by)
    return web.redirect(request, f"/studio/shows/{show_id}/hosts", translate("The invitation is taken back."))


@get(INVITATIONS, include_in_schema=False)
async def mine(request: Web, by: By) -> Response[Any]:
    """Shows that one is invited to."""
    return web.page(request, "creators/hosting.html", rows=await hosts.invitations(by=by))


@post(INVITATIONS + "/{invitation_id:uuid}/accept", include_in_schema=False)
async def accept(request: Web, by: By, invitation_id: FromPath[UUID]) -> Response[Any]:
    """Host it together."""
    await hosts.answer(invitation_id=invitation_id, accept=True, by=by)
    return web.redirect(request, INVITATIONS, translate("You host this show together."))


@post(INVITATIONS + "/{invitation_id:uuid}/decline", include_in_schema=False)
async def decline(request: Web, by: By, invitation_id: FromPath[UUID]) -> Response[Any]:
    """Rather not."""
    await hosts.answer(invitation_id=invitation_id, accept=False, by=by)
    return web.redirect(request, INVITATIONS, translate("You declined."), "plain")


async def _page(request: Web, by: Principal, show_id: UUID, form: Form, *, status: int = 200) -> Response[Any]:
    show = await hosted_show(show_id=show_id, by=by)
    rows = await hosts.hosts_of(show_id)
    together = sum(row.share_bp for row in rows if row.status == "accepted")
    return web.page(
        request,
        "creators/hosts.html",
        status=status,
        show=show,
        rows=rows,
        mine_bp=WHOLE - together,
        form=form,
        most=hosts.MOST_HOSTS,
    )


ROUTES = [of_show, invite, withdraw, mine, accept, decline]
