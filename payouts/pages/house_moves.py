"""`/finance/moves`: sums that two persons move between accounts of the house."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import web
from foundation.accounts import By, Principal, role
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.tables import Role
from foundation.web import Form, Web
from payouts import house_moves
from payouts.chart import NAMES, Code
from payouts.pages.finance import FINANCE, currency_of

HERE = "/finance/moves"
CHECKER = role(Role.FINANCE_CHECKER)


@get(HERE, guards=[FINANCE], include_in_schema=False)
async def show(request: Web, by: By) -> Response[Any]:
    """What the accounts stand at, what waits for a second person, what was decided, and the form of a new move."""
    asked = {name: request.query_params.get(name, "") for name in ("debited", "credited", "amount")}
    return await _page(request, by, Form(asked))


@post(HERE, guards=[FINANCE], include_in_schema=False)
async def propose(request: Web, by: By) -> Response[Any]:
    """Propose a move."""
    form = await web.read_form(request)
    currency = await currency_of(request)
    codes = [code.value for code in house_moves.MOVABLE]
    try:
        debited, credited = form.choice("debited", codes), form.choice("credited", codes)
        amount = form.money("amount", currency, low=1)
        reason, key = form.text("reason", min=5, max=500), form.uuid("client_key")
        form.check()
        await house_moves.propose(
            debited=Code(debited), credited=Code(credited), amount=amount, reason=reason, client_key=key, by=by
        )
    except Refusal as refusal:
        return await _page(request, by, form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"{HERE}?currency={currency}", translate(_("Proposed. Somebody else decides.")))


@post(f"{HERE}/{{proposal_id:uuid}}/book", guards=[CHECKER], include_in_schema=False)
async def book(request: Web, by: By, proposal_id: FromPath[UUID]) -> Response[Any]:
    """Book it, as the second person."""
    try:
        await house_moves.book(move_id=proposal_id, by=by)
    except Refusal as refusal:
        return await _page(request, by, Form().refused(refusal), status=refusal.status)
    return web.redirect(request, HERE, translate(_("Booked.")))


@post(f"{HERE}/{{proposal_id:uuid}}/refuse", guards=[CHECKER], include_in_schema=False)
async def refuse(request: Web, by: By, proposal_id: FromPath[UUID]) -> Response[Any]:
    """Refuse it with a reason."""
    form = await web.read_form(request)
    try:
        reason = form.text("decision", min=3, max=500)
        form.check()
        await house_moves.refuse(move_id=proposal_id, reason=reason, by=by)
    except Refusal as refusal:
        return await _page(request, by, form.refused(refusal), status=refusal.status)
    return web.redirect(request, HERE, translate(_("Refused.")))


async def _page(request: Web, by: Principal, form: Form, *, status: int = 200) -> Response[Any]:
    text = request.query_params.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    found = await house_moves.latest(after=after)
    currency = await currency_of(request)
    return web.page(
        request,
        "payouts/house_moves.html",
        status=status,
        form=form,
        moves=found[: house_moves.PAGE],
        more=len(found) > house_moves.PAGE,
        after=after,
        page_size=house_moves.PAGE,
        standing=await house_moves.standing(currency),
        accounts=[(code.value, f"{code.value} {translate(NAMES[code])}") for code in house_moves.MOVABLE],
        names=NAMES,
        currency=currency,
        client_key=form.values.get("client_key") or uuid4(),
        me=by.id,
        may_decide=by.has(Role.FINANCE_CHECKER),
    )


ROUTES = [show, propose, book, refuse]
