"""`/finance/bank`: statements of our bank, what their lines are, and the payouts that wait for theirs."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import rate_limits, web
from foundation.accounts import By
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.web import Form, Web
from payouts import bank, bank_matching, bank_waiting
from payouts.bank_files import LARGEST, bad
from payouts.pages.finance import FINANCE

HERE: Final = "/finance/bank"
SHOWN: Final = 200
"""So many lines of a file are shown before it is taken."""


@get(HERE, guards=[FINANCE], include_in_schema=False)
async def show(request: Web) -> Response[Any]:
    """The lines of the bank, the files, and a form for the next one."""
    return await _page(request, Form())


@post(HERE, guards=[FINANCE], include_in_schema=False, request_max_body_size=LARGEST + 64 * 1024)
async def send(request: Web, by: By) -> Response[Any]:
    """Look at a file; nothing is booked yet."""
    form = await web.read_form(request)
    file = form.file("file")
    try:
        await rate_limits.spend(f"bank-files:{by.id}", limit=60, seconds=3600)
        if file is None:
            raise bad(_("it is empty"))
        statement = await bank.receive(
            name=file.filename, content=await file.read(), account=form.text("account", max=40, required=False), by=by
        )
    except Refusal as refusal:
        return await _page(request, form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"{HERE}/statements/{statement}")


@get(HERE + "/statements/{statement_id:uuid}", guards=[FINANCE], include_in_schema=False)
async def look(request: Web, statement_id: FromPath[UUID]) -> Response[Any]:
    """What a file holds, before or after it was taken."""
    found = await bank.preview(statement_id)
    return web.page(request, "payouts/bank_statement.html", preview=found, lines=found.statement.lines[:SHOWN])


@post(HERE + "/statements/{statement_id:uuid}/take", guards=[FINANCE], include_in_schema=False)
async def take(request: Web, by: By, statement_id: FromPath[UUID]) -> Response[Any]:
    """Take a statement's lines and match them."""
    new = await bank.take(statement_id=statement_id, by=by)
    return web.redirect(request, HERE, translate(_("%(count)s new lines were taken and matched where it was sure."), count=new))


@post(HERE + "/lines/{line_id:uuid}/match", guards=[FINANCE], include_in_schema=False)
async def match(request: Web, by: By, line_id: FromPath[UUID]) -> Response[Any]:
    """A person matches a line with a payout."""
    form = await web.read_form(request)
    try:
        await bank_matching.match(payout_ids=[form.text("payout", max=80)], line_ids=[line_id], by=by)
    except Refusal as refusal:
        return await _page(request, form.refused(refusal), status=refusal.status)
    return web.redirect(request, HERE, translate(_("Matched.")))


@get(HERE + "/match", guards=[FINANCE], include_in_schema=False)
async def choose(request: Web) -> Response[Any]:
    """Lines and payouts that nothing explains, to be matched by their sums."""
    return await _choices(request, Form())


@post(HERE + "/match", guards=[FINANCE], include_in_schema=False)
async def match_sums(request: Web, by: By) -> Response[Any]:
    """A person matches one line with several payouts, or one payout with several lines."""
    form = await web.read_form(request)
    try:
        form.check()
        await bank_matching.match(payout_ids=form.texts("payout"), line_ids=form.uuids("line"), by=by)
    except Refusal as refusal:
        return await _choices(request, form.refused(refusal), status=refusal.status)
    return web.redirect(request, HERE, translate(_("Matched.")))


@post(HERE + "/matches/{match_id:uuid}/apart", guards=[FINANCE], include_in_schema=False)
async def apart(request: Web, by: By, match_id: FromPath[UUID]) -> Response[Any]:
    """Take a match apart."""
    form = await web.read_form(request)
    try:
        await bank_matching.take_apart(match_id=match_id, reason=form.text("reason", max=1000, required=False), by=by)
    except Refusal as refusal:
        return await _page(request, form.refused(refusal), status=refusal.status)
    return web.redirect(request, HERE, translate(_("Taken apart. The match stays in the history.")))


async def _choices(request: Web, form: Form, *, status: int = 200) -> Response[Any]:
    lines = await bank.lines(only_open=True)
    return web.page(
        request,
        "payouts/bank_match.html",
        status=status,
        form=form,
        lines=lines[: bank.PAGE],
        waiting=await bank_waiting.payouts(),
        chosen={*form.texts("payout"), *form.texts("line")},
    )


async def _page(request: Web, form: Form, *, status: int = 200) -> Response[Any]:
    after = request.query_params.get("after", "")
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    only_open = request.query_params.get("state") == "open"
    lines = await bank.lines(only_open=only_open, after=start)
    return web.page(
        request,
        "payouts/bank.html",
        status=status,
        form=form,
        lines=lines[: bank.PAGE],
        more=len(lines) > bank.PAGE,
        after=start,
        page_size=bank.PAGE,
        only_open=only_open,
        statements=await bank.statements(),
        waiting=await bank_waiting.payouts(),
        reasons=bank_matching.REASONS,
        balances=await bank_waiting.balances(),
    )


ROUTES = [show, send, look, take, match, choose, match_sums, apart]
