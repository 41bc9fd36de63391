"""`/finance/reconciliation`: the board of differences."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import web
from foundation.accounts import By, require_principal
from foundation.errors import NotFound, Refusal
from foundation.i18n import _, translate
from foundation.vendor import VendorError
from foundation.web import Form, Web
from payouts import (
    difference_subjects,
    differences,
    differences_booked,
    differences_proposed,
    findings,
    looks,
    mirror,
    reconciliation,
)
from payouts.chart import NAMES
from payouts.differences import Case
from payouts.differences_proposed import ADVICE, DAYS, STAKE_WORDS
from payouts.pages.finance import FINANCE
from payouts.payees import StripeUnavailable

HERE = "/finance/reconciliation"


@get(HERE, guards=[FINANCE], include_in_schema=False)
async def show(request: Web) -> Response[Any]:
    """The match rate, the queue by code and the chosen case with both sides."""
    return await _page(request, Form())


@post(HERE, guards=[FINANCE], include_in_schema=False)
async def match_again(request: Web) -> Response[Any]:
    """Read Stripe's movements and compare again, now."""
    try:
        found = await looks.look()
    except VendorError:
        return await _page(request, Form().refused(StripeUnavailable()), status=503)
    text = _("%(matched)s matched, %(found)s new differences, %(resolved)s gone.")
    return web.redirect(request, HERE, translate(text, matched=found.matched, found=found.found, resolved=found.resolved))


@post(HERE + "/{case_id:uuid}/resolve", guards=[FINANCE], include_in_schema=False)
async def resolve(request: Web, by: By, case_id: FromPath[UUID]) -> Response[Any]:
    """Explain a difference."""
    form = await web.read_form(request)
    try:
        await reconciliation.resolve(exception_id=case_id, resolution=form.text("resolution", max=1000, required=False), by=by)
    except Refusal as refusal:
        return await _page(request, form.refused(refusal), status=refusal.status, chosen=case_id)
    return web.redirect(request, HERE, translate(_("Resolved. Your reason is kept with it.")))


@post(HERE + "/{case_id:uuid}/propose", guards=[FINANCE], include_in_schema=False)
async def propose(request: Web, by: By, case_id: FromPath[UUID]) -> Response[Any]:
    """Ask a second person to book the proposed posting."""
    form = await web.read_form(request)
    case = await differences.case_of(case_id)
    try:
        against = differences_proposed.choices(case.code, case.leg, case.difference)
        chosen = next((code for code in against if code.value == form.values.get("against")), None)
        reason = form.text("resolution", max=1000, required=False)
        await differences_booked.propose(case=case, reason=reason, by=by, against=chosen)
    except Refusal as refusal:
        return await _page(request, form.refused(refusal), status=refusal.status, chosen=case_id)
    return web.redirect(request, f"{HERE}?case={case_id}#case", translate(_("Asked. Somebody else has to book it.")))


@post(HERE + "/{case_id:uuid}/book", guards=[FINANCE], include_in_schema=False)
async def book(request: Web, by: By, case_id: FromPath[UUID]) -> Response[Any]:
    """Book it, as the second person."""
    try:
        await differences_booked.confirm(exception_id=case_id, by=by)
    except Refusal as refusal:
        return await _page(request, Form().refused(refusal), status=refusal.status, chosen=case_id)
    return web.redirect(request, HERE, translate(_("Booked. The difference is resolved.")))


@post(HERE + "/{case_id:uuid}/refuse", guards=[FINANCE], include_in_schema=False)
async def refuse(request: Web, by: By, case_id: FromPath[UUID]) -> Response[Any]:
    """Say no to it, as the second person."""
    form = await web.read_form(request)
    try:
        await differences_booked.refuse(exception_id=case_id, reason=form.text("resolution", max=1000, required=False), by=by)
    except Refusal as refusal:
        return await _page(request, form.refused(refusal), status=refusal.status, chosen=case_id)
    return web.redirect(request, f"{HERE}?case={case_id}#case", translate(_("Refused. Another posting may be proposed.")))


@post(HERE + "/{case_id:uuid}/owner", guards=[FINANCE], include_in_schema=False)
async def assign(request: Web, by: By, case_id: FromPath[UUID]) -> Response[Any]:
    """Take a difference, give it to somebody, or to nobody."""
    form = await web.read_form(request)
    try:
        owner = form.uuid("owner") if form.values.get("owner") else None
        form.check()
        await differences.assign(exception_id=case_id, owner=owner, by=by)
    except Refusal as refusal:
        return await _page(request, form.refused(refusal), status=refusal.status, chosen=case_id)
    return web.redirect(request, f"{HERE}?case={case_id}#case")


async def _page(request: Web, form: Form, *, status: int = 200, chosen: UUID | None = None) -> Response[Any]:
    asked_for = request.query_params
    code = asked_for.get("code", "") if asked_for.get("code", "") in reconciliation.CODES else ""
    shown = "resolved" if asked_for.get("state") == "resolved" else "open"
    sort = asked_for.get("sort", "") if asked_for.get("sort", "") in differences.SORTS else "urgent"
    mine = asked_for.get("mine") == "1"
    after = _number(asked_for.get("after", ""))
    owner = (await require_principal(request)).id if mine else None
    found = await differences.cases(code, status=shown, sort=sort, owner=owner, after=after)
    case = await _chosen(str(chosen) if chosen else asked_for.get("case", "")) or (found[0] if found else None)
    proposals = await differences_booked.asked(case.id) if case else []
    return web.page(
        request,
        "payouts/reconciliation.html",
        status=status,
        form=form,
        queues=await differences.queues(),
        cases=found[: differences.PAGE],
        more=len(found) > differences.PAGE,
        after=after,
        page_size=differences.PAGE,
        case=case,
        journal=await differences.journal_of(case) if case else None,
        code=code,
        shown=shown,
        sort=sort,
        mine=mine,
        people=await differences.people(),
        codes=reconciliation.CODES,
        findings=findings.WORDS,
        stakes=STAKE_WORDS,
        days=DAYS,
        advice=ADVICE,
        coverage=await reconciliation.coverage(),
        read_at=await mirror.synced_at(),
        proposal=await differences_booked.proposal(case) if case and case.status == "open" else (),
        waiting=next((one for one in proposals if one.waits), None),
        refused=[one for one in proposals if one.refused_because],
        names=NAMES,
        against=differences_proposed.choices(case.code, case.leg, case.difference) if case else {},
        subjects=await difference_subjects.of([*found, *([case] if case else [])]),
    )


async def _chosen(case_id: str) -> Case | None:
    try:
        return await differences.case_of(UUID(case_id))
    except (ValueError, NotFound):
        return None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


ROUTES = [show, match_again, resolve, propose, book, refuse, assign]
