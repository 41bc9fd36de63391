"""A brand's inbox: read, compare, accept, counter, decline."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from creators import applications, collaborations, counter_offers, inbox
from creators.counter_offer_tables import Side
from creators.counter_offers import Proposed
from creators.inbox import Group
from creators.pages.terms_form import read_terms, terms_values
from foundation import paging, web
from foundation.accounts import By, Principal
from foundation.errors import InvalidForm, NotFound, Refusal
from foundation.i18n import translate
from foundation.web import Form, Web
from marketplace.brands import brand_of

HERE = "/brand/applications"
LONGEST_REASON = 1000


@get(HERE, include_in_schema=False)
async def show(request: Web, by: By) -> Response[Any]:
    """The inbox, by group, brief and page; the first application is open."""
    await brand_of(by=by)
    return await _page(request, by, None, Form())


@get(f"{HERE}/compare", include_in_schema=False)
async def compare(request: Web, by: By) -> Response[Any]:
    """The applications of `?with=…&with=…` side by side; with fewer than two back to the inbox."""
    await brand_of(by=by)
    wanted = [found for text in request.query_params.getall("with", []) if (found := _uuid(text))]
    if len(set(wanted)) < 2:
        return web.redirect(request, HERE, translate("Tick at least two applications to compare them."), "plain")
    rows = await inbox.compared(application_ids=wanted, by=by)
    offers = await counter_offers.offers_of([row["id"] for row in rows])
    return web.page(
        request, "creators/compare.html", rows=rows, offers={key: _brands_word(found) for key, found in offers.items()}
    )


@get(f"{HERE}/{{application_id:uuid}}", include_in_schema=False)
async def show_one(request: Web, by: By, application_id: FromPath[UUID]) -> Response[Any]:
    """One application beside the list."""
    return await _page(request, by, application_id, Form())


@get(f"{HERE}/{{application_id:uuid}}/estimate", include_in_schema=False)
async def estimate(request: Web, by: By, application_id: FromPath[UUID]) -> Response[Any]:
    """A fragment: what the terms being typed would bring the creator."""
    chosen = await inbox.application_for_brand(application_id=application_id, by=by)
    form = Form(dict(request.query_params))
    try:
        wanted = read_terms(form, chosen["currency"])
    except InvalidForm:
        wanted = chosen["asked"]
    found = await inbox.estimate(brief_id=chosen["brief_id"], terms=wanted)
    return web.page(request, "creators/pieces/estimate.html", estimate=found, chosen=chosen)


@post(f"{HERE}/{{application_id:uuid}}/accept", include_in_schema=False)
async def accept(request: Web, by: By, application_id: FromPath[UUID]) -> Response[Any]:
    """Accept the creator's last word: the terms are frozen."""
    form = await web.read_form(request)
    try:
        version = form.integer("version", low=0, high=100) if "version" in form.values else None
        form.check()
        await collaborations.accept(application_id=application_id, version=version, by=by)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _page(request, by, application_id, Form().refused(refusal), status=refusal.status)
    return web.redirect(
        request, f"{HERE}/{application_id}", translate("Accepted. The terms are frozen and the creator can plan.")
    )


@post(f"{HERE}/{{application_id:uuid}}/counter", include_in_schema=False)
async def counter(request: Web, by: By, application_id: FromPath[UUID]) -> Response[Any]:
    """Propose other terms."""
    chosen = await inbox.application_for_brand(application_id=application_id, by=by)
    form = await web.read_form(request)
    try:
        note = form.text("note", max=counter_offers.LONGEST_NOTE, required=False)
        wanted = read_terms(form, chosen["currency"])
        await counter_offers.propose(application_id=application_id, wanted=wanted, note=note, by=by)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _page(request, by, application_id, form.refused(refusal), status=refusal.status)
    return web.redirect(
        request, f"{HERE}/{application_id}", translate("Your counter-offer is with the creator. It is good for 48 hours.")
    )


@post(f"{HERE}/{{application_id:uuid}}/decline", include_in_schema=False)
async def decline(request: Web, by: By, application_id: FromPath[UUID]) -> Response[Any]:
    """Decline with a reason."""
    form = await web.read_form(request)
    try:
        reason = form.text("reason", max=LONGEST_REASON, required=False)
        await applications.decline(application_id=application_id, reason=reason, by=by)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _page(request, by, application_id, form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"{HERE}/{application_id}", translate("Declined. The creator reads your reason."))


async def _page(request: Web, by: Principal, application_id: UUID | None, form: Form, *, status: int = 200) -> Response[Any]:
    query = request.query_params
    group = Group(query["group"]) if query.get("group") in set(Group) else None
    brief_id, number = _uuid(query.get("brief", "")), paging.number(request)
    rows = await inbox.inbox(by=by, brief_id=brief_id, group=group, page=number)
    counts = await inbox.counts(by=by, brief_id=brief_id)
    chosen: dict[str, Any] | None
    if application_id is not None:
        chosen = await inbox.application_for_brand(application_id=application_id, by=by)
        if chosen["status"] == "withdrawn":
            raise NotFound
    else:
        chosen = rows[0] if rows else None
    kept = {name: value for name in ("group", "brief") if (value := query.get(name))}
    whole = counts[group] if group else sum(counts.values())
    return web.page(
        request,
        "creators/inbox.html",
        status=status,
        rows=rows,
        counts=counts,
        group=group,
        page=number,
        pages=paging.pages(whole, inbox.PAGE),
        query=kept,
        chosen=chosen,
        picked=application_id is not None,
        **(await _opened(chosen, form, by) if chosen else {}),
        form=form,
    )


async def _opened(chosen: dict[str, Any], form: Form, by: Principal) -> dict[str, Any]:
    """What the open application needs besides its row."""
    offers = (await counter_offers.offers_of([chosen["id"]]))[chosen["id"]]
    ours = _brands_word(offers)
    start = counter_offers.proposed(ours) if ours else chosen["asked"]
    form.values = {**terms_values(start), **form.values}
    return {
        "terms": await collaborations.collaboration_of_application(application_id=chosen["id"], by=by),
        "offers": offers,
        "ours": ours,
        "rounds_left": counter_offers.MOST_ROUNDS - sum(offer.side == Side.BRAND for offer in offers),
        "rounds": counter_offers.MOST_ROUNDS,
        "estimate": await inbox.estimate(brief_id=chosen["brief_id"], terms=_typed(form, start)),
    }


def _brands_word(offers: list[Any]) -> Any:
    return counter_offers.last_word(offers, Side.BRAND)


def _typed(form: Form, start: Proposed) -> Proposed:
    try:
        return read_terms(Form(form.values), start.currency)
    except InvalidForm:
        return start


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


ROUTES = [show, compare, show_one, estimate, accept, counter, decline]
