"""`/finance/reconciliation`: the board of differences."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import web
from foundation.accounts import By
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.vendor import VendorError
from foundation.web import Form, Web
from payouts import bank_matching, bank_payouts, differences, differences_booked, differences_found, funds, mirror, reconciliation
from payouts.chart import NAMES
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
        await funds.sweep()
        await bank_payouts.pull()
    except VendorError:
        return await _page(request, Form().refused(StripeUnavailable()), status=503)
    await bank_matching.match_all()
    found = await reconciliation.reconcile()
    await differences_found.find()
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
        await differences_booked.propose(case=case, reason=form.text("resolution", max=1000, required=False), by=by)
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


async def _page(request: Web, form: Form, *, status: int = 200, chosen: UUID | None = None) -> Response[Any]:
    code = request.query_params.get("code", "")
    shown = "resolved" if request.query_params.get("state") == "resolved" else "open"
    found = await differences.cases(code if code in reconciliation.CODES else "", status=shown)
    wanted = str(chosen) if chosen else request.query_params.get("case", "")
    case = next((one for one in found if str(one.id) == wanted), found[0] if found else None)
    return web.page(
        request,
        "payouts/reconciliation.html",
        status=status,
        form=form,
        queues=await differences.queues(),
        cases=found,
        case=case,
        journal=await differences.journal_of(case) if case else None,
        code=code,
        shown=shown,
        codes=reconciliation.CODES,
        coverage=await reconciliation.coverage(),
        read_at=await mirror.synced_at(),
        proposal=differences_booked.proposal(case) if case and case.status == "open" else None,
        asked=await differences_booked.asked(case) if case else None,
        names=NAMES,
    )


ROUTES = [show, match_again, resolve, propose, book]
