"""Cases of suspicion: decided by moderation or finance, read and appealed by the creator."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from creators import fraud, fraud_cases
from creators.fraud_rules import Signal
from foundation import web
from foundation.accounts import By, Principal, role
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.money import Money
from foundation.web import Form, Web

JUDGES = [role(*fraud.JUDGES)]
MINE = "/studio/reviews"
SIGNALS = {
    Signal.CREATORS_ADDRESS: _("The parcel goes to the creator's own address"),
    Signal.BRAND_STAFF: _("The buyer works for the brand"),
    Signal.SHARED_ADDRESS: _("Several accounts order to one address"),
    Signal.CREATORS_CARD: _("The creator pays with the same card"),
    Signal.SHARED_CARD: _("Several accounts pay with one card"),
    Signal.CREATORS_DEVICE: _("Buyer and creator have used one device"),
    Signal.CREATORS_MAILBOX: _("The buyer's mail goes to the creator"),
    Signal.SHARED_DEVICE: _("Several accounts buy from one device"),
    Signal.TOO_QUICK: _("The order came within seconds of the click"),
    Signal.CLICK_SHARED: _("One click brought several orders"),
    Signal.CLICK_FLOOD: _("Far more clicks than usual in the hour before"),
    Signal.ORDER_BURST: _("Far more orders than usual in one hour"),
    Signal.RETURN_RATE: _("Far more comes back than with the brand's other sales"),
    Signal.CODE_LEAKED: _("The code is used by people who never saw the creator"),
    Signal.LARGE_FIRST_SALE: _("An unusually large first sale of a new creator"),
    Signal.FEW_VIEWERS: _("More people bought in the show than watched it"),
}
FIGURES = {
    "buyers": _("Buyers"),
    "seconds": _("Seconds"),
    "orders": _("Orders"),
    "clicks": _("Clicks"),
    "usual": _("Usual"),
    "hour": _("In this hour"),
    "month": _("In 30 days"),
    "returned": _("Came back"),
    "sales": _("Sales"),
    "without_view": _("Without a view"),
    "amount_minor": _("Amount, minor units"),
    "usual_minor": _("Usual amount, minor units"),
    "days": _("Days with us"),
    "viewers": _("Viewers"),
}


@get(["/moderation/cases", "/finance/cases"], guards=JUDGES, include_in_schema=False)
async def show_all(request: Web) -> Response[Any]:
    """The cases that wait, or all of them."""
    text = request.query_params.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    everything = request.query_params.get("which") == "all"
    found = await fraud_cases.cases(open_only=not everything, after=after)
    return web.page(
        request,
        "creators/fraud_cases.html",
        cases=found[: fraud_cases.PAGE],
        more=len(found) > fraud_cases.PAGE,
        after=after,
        page_size=fraud_cases.PAGE,
        everything=everything,
        here=request.url.path,
        money=Money,
        signals={signal.value: text for signal, text in SIGNALS.items()},
    )


@get(["/moderation/cases/{case_id:uuid}", "/finance/cases/{case_id:uuid}"], guards=JUDGES, include_in_schema=False)
async def show_one(request: Web, by: By, case_id: FromPath[UUID]) -> Response[Any]:
    """A case with everything that is known."""
    return await _case(request, by, case_id, Form())


@post(["/moderation/cases/{case_id:uuid}", "/finance/cases/{case_id:uuid}"], guards=JUDGES, include_in_schema=False)
async def decide(request: Web, by: By, case_id: FromPath[UUID]) -> Response[Any]:
    """Clear or confirm a case, or its appeal."""
    form = await web.read_form(request)
    clear = form.choice("outcome", ["clear", "confirm"]) == "clear"
    reason = form.text("reason", max=2000)
    here = request.url.path
    try:
        form.check()
        found = await fraud_cases.case(case_id=case_id)
        verb = fraud.decide_appeal if found.status == "appealed" else fraud.decide
        await verb(case_id=case_id, clear=clear, reason=reason, by=by)
    except Refusal as refusal:
        return await _case(request, by, case_id, form.refused(refusal), status=refusal.status)
    said = (
        _("Cleared: the commission is free.") if clear else _("Confirmed: the commission stays held, and the creator can appeal.")
    )
    return web.redirect(request, here.rpartition("/")[0], translate(said), "leaf")


@get(MINE, include_in_schema=False)
async def mine(request: Web, by: By) -> Response[Any]:
    """The creator's sales that are or were being checked."""
    return await _mine(request, by, Form())


@post("/studio/reviews/{case_id:uuid}", include_in_schema=False)
async def appeal(request: Web, by: By, case_id: FromPath[UUID]) -> Response[Any]:
    """Appeal a decision."""
    form = await web.read_form(request)
    try:
        text = form.text("reason", max=2000)
        form.check()
        await fraud.appeal(case_id=case_id, text=text, by=by)
    except Refusal as refusal:
        form.values["case"] = str(case_id)
        return await _mine(request, by, form.refused(refusal), status=refusal.status)
    return web.redirect(request, MINE, translate(_("Your appeal is here. Somebody else decides it.")), "leaf")


async def _case(request: Web, by: Principal, case_id: UUID, form: Form, *, status: int = 200) -> Response[Any]:
    found = await fraud_cases.case(case_id=case_id)
    return web.page(
        request,
        "creators/fraud_case.html",
        status=status,
        form=form,
        case=found,
        here=request.url.path,
        back=request.url.path.rpartition("/")[0],
        amount=Money(found.minor, found.currency),
        signals={signal.value: text for signal, text in SIGNALS.items()},
        figures=FIGURES,
        by=by,
    )


async def _mine(request: Web, by: Principal, form: Form, *, status: int = 200) -> Response[Any]:
    return web.page(
        request,
        "creators/reviews.html",
        status=status,
        form=form,
        cases=await fraud_cases.cases_of(by=by),
        money=Money,
        signals={signal.value: text for signal, text in SIGNALS.items()},
    )


ROUTES = [show_all, show_one, decide, mine, appeal]
