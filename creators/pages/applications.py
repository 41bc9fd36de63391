"""Applications: the creator's side and the brand's inbox."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from creators import applications, collaborations
from creators.profiles import NotACreator, creator_of
from foundation import web
from foundation.accounts import By, Principal
from foundation.errors import NotFound, Refusal
from foundation.i18n import translate
from foundation.money import Money
from foundation.web import Form, Web
from marketplace.brands import brand_of
from marketplace.tables import Brand, Brief, BriefStatus


@get("/briefs/{brief_id:uuid}/apply", include_in_schema=False)
async def apply_form(request: Web, by: By, brief_id: FromPath[UUID]) -> Response[Any]:
    """The form of an application; somebody who is not a creator yet becomes one first."""
    try:
        await creator_of(by=by)
    except NotACreator:
        return web.redirect(request, "/studio/profile", translate("Create your creator profile first."), "plain")
    return await _apply_page(request, by, brief_id, Form())


@post("/briefs/{brief_id:uuid}/apply", include_in_schema=False)
async def apply(request: Web, by: By, brief_id: FromPath[UUID]) -> Response[Any]:
    """Apply to a brief."""
    form = await web.read_form(request)
    try:
        message = form.text("message", max=applications.LONGEST_MESSAGE)
        form.check()
        await applications.apply(brief_id=brief_id, message=message, by=by)
    except Refusal as refusal:
        return await _apply_page(request, by, brief_id, form.refused(refusal), status=refusal.status)
    return web.redirect(request, "/studio/applications", translate("Your application is with the brand."))


@get("/studio/applications", include_in_schema=False)
async def mine(request: Web, by: By) -> Response[Any]:
    """One's own applications and what became of them."""
    return web.page(request, "creators/my_applications.html", rows=await applications.my_applications(by=by))


@post("/studio/applications/{application_id:uuid}/withdraw", include_in_schema=False)
async def withdraw(request: Web, by: By, application_id: FromPath[UUID]) -> Response[Any]:
    """Take an application back."""
    await applications.withdraw(application_id=application_id, by=by)
    return web.redirect(request, "/studio/applications", translate("Your application is withdrawn."))


@get("/brand/applications", include_in_schema=False)
async def inbox(request: Web, by: By) -> Response[Any]:
    """The brand's inbox; the first application is open."""
    await brand_of(by=by)
    return await _inbox_page(request, by, None, Form())


@get("/brand/applications/{application_id:uuid}", include_in_schema=False)
async def application(request: Web, by: By, application_id: FromPath[UUID]) -> Response[Any]:
    """One application beside the list."""
    return await _inbox_page(request, by, application_id, Form())


@post("/brand/applications/{application_id:uuid}/accept", include_in_schema=False)
async def accept(request: Web, by: By, application_id: FromPath[UUID]) -> Response[Any]:
    """Accept: the terms are frozen."""
    try:
        await collaborations.accept(application_id=application_id, by=by)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _inbox_page(request, by, application_id, Form().refused(refusal), status=refusal.status)
    return web.redirect(
        request, f"/brand/applications/{application_id}", translate("Accepted. The terms are frozen and the creator can plan.")
    )


@post("/brand/applications/{application_id:uuid}/decline", include_in_schema=False)
async def decline(request: Web, by: By, application_id: FromPath[UUID]) -> Response[Any]:
    """Decline with a reason."""
    form = await web.read_form(request)
    try:
        await applications.decline(application_id=application_id, reason=form.text("reason", max=1000, required=False), by=by)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _inbox_page(request, by, application_id, form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"/brand/applications/{application_id}", translate("Declined. The creator reads your reason."))


async def _apply_page(request: Web, by: Principal, brief_id: UUID, form: Form, *, status: int = 200) -> Response[Any]:
    brief = await Brief.objects().where(Brief.id == brief_id).where(Brief.status != BriefStatus.DRAFT).first()
    if brief is None:
        raise NotFound
    brand = await Brand.objects().where(Brand.id == brief.brand).first()
    return web.page(
        request,
        "creators/apply.html",
        status=status,
        brief=brief,
        brand=brand,
        fee=Money(brief.fee_minor, brief.currency),
        applied=await applications.application_to(brief_id=brief_id, by=by),
        form=form,
    )


async def _inbox_page(
    request: Web, by: Principal, application_id: UUID | None, form: Form, *, status: int = 200
) -> Response[Any]:
    rows = await applications.inbox(by=by, brief_id=_brief_asked(request) if application_id is None else None)
    if application_id is not None and all(row["id"] != application_id for row in rows):
        raise NotFound
    chosen = next((row for row in rows if row["id"] == application_id), rows[0] if rows else None)
    return web.page(
        request,
        "creators/inbox.html",
        status=status,
        rows=rows,
        chosen=chosen,
        picked=application_id is not None,
        terms=await _terms(chosen, by) if chosen else None,
        form=form,
    )


def _brief_asked(request: Web) -> UUID | None:
    try:
        return UUID(request.query_params.get("brief", ""))
    except ValueError:
        return None


async def _terms(chosen: dict[str, Any], by: Principal) -> dict[str, Any] | None:
    return await collaborations.collaboration_of_application(application_id=chosen["id"], by=by)


ROUTES = [apply_form, apply, mine, withdraw, inbox, application, accept, decline]
