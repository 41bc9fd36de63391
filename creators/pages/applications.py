"""Applications, the creator's side: apply, follow, agree on terms."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from creators import applications, collaborations, counter_offers
from creators.counter_offer_tables import Side
from creators.counter_offers import Proposed
from creators.pages.terms_form import read_terms, terms_values
from creators.profiles import NotACreator, creator_of
from foundation import clock, paging, web
from foundation.accounts import By, Principal
from foundation.errors import NotFound, Refusal
from foundation.i18n import translate
from foundation.money import Money
from foundation.web import Form, Web
from marketplace.tables import Brand, Brief, BriefStatus

HERE = "/studio/applications"


@get("/briefs/{brief_id:uuid}/apply", include_in_schema=False)
async def apply_form(request: Web, by: By, brief_id: FromPath[UUID]) -> Response[Any]:
    """The form of an application; somebody who is not a creator yet becomes one first."""
    try:
        await creator_of(by=by)
    except NotACreator:
        return web.redirect(request, "/studio/profile", translate("Create your creator profile first."), "plain")
    return await _apply_page(request, by, await _brief(brief_id), Form())


@post("/briefs/{brief_id:uuid}/apply", include_in_schema=False)
async def apply(request: Web, by: By, brief_id: FromPath[UUID]) -> Response[Any]:
    """Apply to a brief, for its terms or for others."""
    form, brief = await web.read_form(request), await _brief(brief_id)
    try:
        message = form.text("message", max=applications.LONGEST_MESSAGE)
        asked = read_terms(form, brief.currency) if form.values.get("commission") else None
        form.check()
        await applications.apply(brief_id=brief_id, message=message, asked=asked, by=by)
    except Refusal as refusal:
        return await _apply_page(request, by, brief, form.refused(refusal), status=refusal.status)
    return web.redirect(request, HERE, translate("Your application is with the brand."))


@get(HERE, include_in_schema=False)
async def mine(request: Web, by: By) -> Response[Any]:
    """One's own applications and what became of them."""
    number = paging.number(request)
    rows, whole = await applications.my_applications(by=by, page=number), await applications.count_of(by=by)
    pages = paging.pages(whole, applications.PAGE)
    return web.page(request, "creators/my_applications.html", rows=rows, page=number, pages=pages)


@get(f"{HERE}/{{application_id:uuid}}", include_in_schema=False)
async def mine_one(request: Web, by: By, application_id: FromPath[UUID]) -> Response[Any]:
    """One application: the terms on the table, who said what, and the answers."""
    return await _one_page(request, by, application_id, Form())


@post(f"{HERE}/{{application_id:uuid}}/accept", include_in_schema=False)
async def accept(request: Web, by: By, application_id: FromPath[UUID]) -> Response[Any]:
    """Accept the brand's counter-offer."""
    form = await web.read_form(request)
    try:
        version = form.integer("version", low=1, high=100)
        form.check()
        await collaborations.accept_offer(application_id=application_id, version=version, by=by)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _one_page(request, by, application_id, Form().refused(refusal), status=refusal.status)
    return web.redirect(request, f"{HERE}/{application_id}", translate("Agreed. The terms are frozen: plan your show."))


@post(f"{HERE}/{{application_id:uuid}}/ask", include_in_schema=False)
async def ask(request: Web, by: By, application_id: FromPath[UUID]) -> Response[Any]:
    """Answer with terms of one's own."""
    row = await applications.my_application(application_id=application_id, by=by)
    form = await web.read_form(request)
    try:
        note = form.text("note", max=counter_offers.LONGEST_NOTE, required=False)
        wanted = read_terms(form, row["currency"])
        await counter_offers.ask(application_id=application_id, wanted=wanted, note=note, by=by)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _one_page(request, by, application_id, form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"{HERE}/{application_id}", translate("The brand has your terms now."))


@post(f"{HERE}/{{application_id:uuid}}/decline", include_in_schema=False)
async def decline(request: Web, by: By, application_id: FromPath[UUID]) -> Response[Any]:
    """Refuse the brand's counter-offer: the application is over."""
    form = await web.read_form(request)
    try:
        reason = form.text("reason", max=counter_offers.LONGEST_NOTE, required=False)
        form.check()
        await counter_offers.decline_offer(application_id=application_id, reason=reason, by=by)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _one_page(request, by, application_id, form.refused(refusal), status=refusal.status)
    return web.redirect(request, HERE, translate("Declined. The brand has been told."))


@post(f"{HERE}/{{application_id:uuid}}/withdraw", include_in_schema=False)
async def withdraw(request: Web, by: By, application_id: FromPath[UUID]) -> Response[Any]:
    """Take an application back."""
    await applications.withdraw(application_id=application_id, by=by)
    return web.redirect(request, HERE, translate("Your application is withdrawn."))


async def _brief(brief_id: UUID) -> Brief:
    brief = await Brief.objects().where(Brief.id == brief_id).where(Brief.status != BriefStatus.DRAFT).first()
    if brief is None:
        raise NotFound
    return brief


async def _apply_page(request: Web, by: Principal, brief: Brief, form: Form, *, status: int = 200) -> Response[Any]:
    form.values = {**terms_values(counter_offers.proposed(brief)), **form.values}
    return web.page(
        request,
        "creators/apply.html",
        status=status,
        brief=brief,
        brand=await Brand.objects().where(Brand.id == brief.brand).first(),
        fee=Money(brief.fee_minor, brief.currency),
        applied=await applications.application_to(brief_id=brief.id, by=by),
        form=form,
    )


async def _one_page(request: Web, by: Principal, application_id: UUID, form: Form, *, status: int = 200) -> Response[Any]:
    row = await applications.my_application(application_id=application_id, by=by)
    offers = (await counter_offers.offers_of([application_id]))[application_id]
    theirs = counter_offers.last_word(offers, Side.BRAND)
    brief = Proposed(row["commission_bp"], row["fee_minor"], row["currency"], row["window_days"])
    mine = counter_offers.last_word(offers, Side.CREATOR)
    start = counter_offers.proposed(mine) if mine else brief
    form.values = {**terms_values(start), **form.values}
    return web.page(
        request,
        "creators/my_application.html",
        status=status,
        row=row,
        offers=offers,
        theirs=theirs,
        good=counter_offers.good(theirs, clock.now()),
        brief_terms=brief,
        my_terms=start,
        rounds_left=counter_offers.MOST_ROUNDS - sum(offer.side == Side.CREATOR for offer in offers),
        rounds=counter_offers.MOST_ROUNDS,
        mine_decided=row["decided_by"] == by.id,
        form=form,
    )


ROUTES = [apply_form, apply, mine, mine_one, accept, ask, decline, withdraw]
