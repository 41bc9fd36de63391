"""`/finance/runs`: payout runs from simulation to the last transfer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import web
from foundation.accounts import By, Principal, role
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.tables import Role
from foundation.web import Form, Web
from payouts import drafting, requirements, run_lists, run_stops, runs, simulation, transfers, withholding
from payouts.pages.finance import FINANCE, currency_of
from payouts.simulation import BLOCK_WORDS, WAIT_WORDS, Block
from payouts.tables import ItemStatus, RunStatus

MAKER = role(Role.FINANCE_MAKER)
CHECKER = role(Role.FINANCE_CHECKER)


@get("/finance/runs", guards=[FINANCE], include_in_schema=False)
async def show_all(request: Web, by: By) -> Response[Any]:
    """What a run of today would pay, and the runs so far."""
    return await _list(request, by, Form())


@post("/finance/runs", guards=[MAKER], include_in_schema=False)
async def draft(request: Web, by: By) -> Response[Any]:
    """Draft a run of everybody who can be paid."""
    form = await web.read_form(request)
    try:
        run = await runs.draft(by=by, currency=await currency_of(request))
    except Refusal as refusal:
        return await _list(request, by, form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"/finance/runs/{run.number}")


@post("/finance/runs/by-itself", guards=[MAKER], include_in_schema=False)
async def choose_drafts(request: Web, by: By) -> Response[Any]:
    """On which days runs are drafted by themselves."""
    form, currency = await web.read_form(request), await currency_of(request)
    wanted = {each for each in drafting.SCHEDULES if form.flag(each.value)}
    await drafting.choose(currency=currency, wanted=wanted, by=by)
    return web.redirect(
        request, f"/finance/runs?currency={currency}", translate(_("Kept. A draft waits for somebody to submit it."))
    )


@get("/finance/runs/{number:str}", guards=[FINANCE], include_in_schema=False)
async def show(request: Web, by: By, number: FromPath[str]) -> Response[Any]:
    """One run: its steps, its amounts, who is blocked and why, and what this person may do next."""
    return await _page(request, by, number, Form())


@post("/finance/runs/{number:str}/submit", guards=[MAKER], include_in_schema=False)
async def submit(request: Web, by: By, number: FromPath[str]) -> Response[Any]:
    """Hand the draft to the second person."""
    return await _act(
        request, by, number, runs.submit(run_id=(await runs.by_number(number)).id, by=by), _("Submitted. Somebody else approves.")
    )


@post("/finance/runs/{number:str}/cancel", guards=[MAKER], include_in_schema=False)
async def cancel(request: Web, by: By, number: FromPath[str]) -> Response[Any]:
    """Give the run up; everybody keeps their money."""
    return await _act(
        request,
        by,
        number,
        runs.cancel(run_id=(await runs.by_number(number)).id, by=by),
        _("The run is deleted. Everybody keeps their money."),
    )


@post("/finance/runs/{number:str}/approve", guards=[CHECKER], include_in_schema=False)
async def approve(request: Web, by: By, number: FromPath[str]) -> Response[Any]:
    """Approve the list with the fingerprint that the page showed."""
    form = await web.read_form(request)
    run = await runs.by_number(number)
    act = runs.approve(run_id=run.id, content_hash=form.text("content_hash", max=64), by=by)
    return await _act(request, by, number, act, _("Approved. The transfers are leaving."))


@post("/finance/runs/{number:str}/refuse", guards=[CHECKER], include_in_schema=False)
async def refuse(request: Web, by: By, number: FromPath[str]) -> Response[Any]:
    """Refuse the list with a reason."""
    form = await web.read_form(request)
    run = await runs.by_number(number)
    try:
        reason = form.text("reason", min=3, max=500)
        form.check()
    except Refusal as refusal:
        return await _page(request, by, number, form.refused(refusal), status=refusal.status)
    return await _act(
        request, by, number, runs.refuse(run_id=run.id, reason=reason, by=by), _("Refused. Everybody keeps their money.")
    )


@post("/finance/runs/{number:str}/stop", guards=[FINANCE], include_in_schema=False)
async def stop(request: Web, by: By, number: FromPath[str]) -> Response[Any]:
    """Take out of an approved run what has not left yet."""
    form = await web.read_form(request)
    run = await runs.by_number(number)
    try:
        reason = form.text("stop_reason", min=3, max=500)
        form.check()
    except Refusal as refusal:
        return await _page(request, by, number, form.refused(refusal), status=refusal.status)
    act = run_stops.stop(run_id=run.id, reason=reason, by=by)
    return await _act(request, by, number, act, _("Stopped. What had not left stays with its payees."))


@post("/finance/runs/{number:str}/resume", guards=[FINANCE], include_in_schema=False)
async def resume(request: Web, by: By, number: FromPath[str]) -> Response[Any]:
    """Send now what still waits; Stripe is asked every minute about what is without an answer."""
    run = await runs.by_number(number)
    return await _act(request, by, number, run_stops.ask_to_resume(run_id=run.id, by=by), _("The run goes on."))


@post("/finance/items/{item_id:uuid}/retry", guards=[FINANCE], include_in_schema=False)
async def retry(request: Web, by: By, item_id: FromPath[UUID]) -> Response[Any]:
    """Send an item again of which Stripe has proved to know nothing."""
    number = await run_lists.number_of_item(item_id)
    return await _act(
        request, by, number, transfers.retry(item_id=item_id, by=by), _("Stripe had nothing, so it was sent again.")
    )


async def _act(request: Web, by: Principal, number: str, act: Any, done: str) -> Response[Any]:
    try:
        await act
    except Refusal as refusal:
        return await _page(request, by, number, Form().refused(refusal), status=refusal.status)
    return web.redirect(request, f"/finance/runs/{number}", translate(done))


async def _list(request: Web, by: Principal, form: Form, *, status: int = 200) -> Response[Any]:
    currency = await currency_of(request)
    return web.page(
        request,
        "payouts/runs.html",
        status=status,
        form=form,
        simulation=await simulation.simulate(currency=currency),
        runs=await run_lists.latest(),
        block_words=BLOCK_WORDS,
        asked=requirements.in_words,
        wait_words=WAIT_WORDS,
        may_draft=by.has(Role.FINANCE_MAKER),
        choices=await drafting.choices(currency),
        choice_words=drafting.WORDS,
    )


async def _page(request: Web, by: Principal, number: str, form: Form, *, status: int = 200) -> Response[Any]:
    run = await runs.by_number(number)
    text, state = request.query_params.get("after", ""), request.query_params.get("state", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    state = state if state in list(ItemStatus) else ""
    open_run = run.status in {RunStatus.DRAFT, RunStatus.SUBMITTED}
    found = await simulation.simulate(currency=run.currency) if open_run else simulation.nothing(run.currency)
    blocked = [line for line in found.blocked if line.reason != Block.IN_ANOTHER_RUN]
    return web.page(
        request,
        "payouts/run.html",
        block="progress",
        status=status,
        form=form,
        run=await run_lists.shown(run, after=after, state=state),
        after=after,
        state=state,
        page_size=run_lists.PAGE,
        simulation=found,
        blocked=blocked,
        blocked_total=simulation.summed((line.amount for line in blocked), run.currency),
        block_words=BLOCK_WORDS,
        asked=requirements.in_words,
        wait_words=WAIT_WORDS,
        tax_words=withholding.WORDS,
        may_stop=run.status in {RunStatus.APPROVED, RunStatus.EXECUTING},
        may_submit=run.status == RunStatus.DRAFT and by.has(Role.FINANCE_MAKER),
        may_cancel=run.status in {RunStatus.DRAFT, RunStatus.SUBMITTED} and by.has(Role.FINANCE_MAKER),
        may_decide=run.status == RunStatus.SUBMITTED and by.has(Role.FINANCE_CHECKER) and run.maker != by.id,
        own=run.maker == by.id,
    )


ROUTES = [show_all, draft, choose_drafts, show, submit, cancel, approve, refuse, stop, resume, retry]
