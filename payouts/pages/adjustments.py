"""`/finance/adjustments` and `/finance/debts`: corrections by two persons, and who owes since when."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import web
from foundation.accounts import By, Principal, role
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.money import Money
from foundation.tables import Role
from foundation.web import Form, Web
from payouts import adjustments, debts, payee_search
from payouts.adjustment_tables import AdjustmentKind
from payouts.pages.finance import FINANCE, currency_of
from payouts.tables import PayeeKind

HERE = "/finance/adjustments"
CHECKER = role(Role.FINANCE_CHECKER)
KIND_WORDS = {
    AdjustmentKind.GOODWILL: _("Goodwill: give"),
    AdjustmentKind.WRITE_OFF: _("Write off a debt"),
    AdjustmentKind.CHARGE: _("Charge: take"),
}


@get(HERE, guards=[FINANCE], include_in_schema=False)
async def show(request: Web, by: By) -> Response[Any]:
    """What waits for a second person, what was decided, and the form of a new one."""
    asked = {name: request.query_params.get(name, "") for name in ("q", "payee", "kind", "amount")}
    return await _page(request, by, Form(asked))


@post(HERE, guards=[FINANCE], include_in_schema=False)
async def propose(request: Web, by: By) -> Response[Any]:
    """Propose a correction."""
    form = await web.read_form(request)
    currency = await currency_of(request)
    try:
        kind = AdjustmentKind(form.choice("kind", AdjustmentKind))
        payee_kind, _colon, owner = form.text("payee", max=60).partition(":")
        chosen = Form({"kind": payee_kind, "owner": owner})
        payee = (PayeeKind(chosen.choice("kind", PayeeKind)), chosen.uuid("owner"))
        amount = form.money("amount", currency, low=1)
        reason, key = form.text("reason", min=5, max=500), form.uuid("client_key")
        if chosen.refusals:
            form.refusals["payee"] = next(iter(chosen.refusals.values()))
        form.check()
        await adjustments.propose(
            kind=kind, payee_kind=payee[0], owner=payee[1], amount=amount, reason=reason, client_key=key, by=by
        )
    except Refusal as refusal:
        return await _page(request, by, form.refused(refusal), status=refusal.status)
    return web.redirect(request, HERE, translate(_("Proposed. Somebody else decides.")))


@post(f"{HERE}/{{adjustment_id:uuid}}/book", guards=[CHECKER], include_in_schema=False)
async def book(request: Web, by: By, adjustment_id: FromPath[UUID]) -> Response[Any]:
    """Book it, as the second person."""
    try:
        await adjustments.book(adjustment_id=adjustment_id, by=by)
    except Refusal as refusal:
        return await _page(request, by, Form().refused(refusal), status=refusal.status)
    return web.redirect(request, HERE, translate(_("Booked.")))


@post(f"{HERE}/{{adjustment_id:uuid}}/refuse", guards=[CHECKER], include_in_schema=False)
async def refuse(request: Web, by: By, adjustment_id: FromPath[UUID]) -> Response[Any]:
    """Refuse it with a reason."""
    form = await web.read_form(request)
    try:
        reason = form.text("decision", min=3, max=500)
        form.check()
        await adjustments.refuse(adjustment_id=adjustment_id, reason=reason, by=by)
    except Refusal as refusal:
        return await _page(request, by, form.refused(refusal), status=refusal.status)
    return web.redirect(request, HERE, translate(_("Refused.")))


@get("/finance/debts", guards=[FINANCE], include_in_schema=False)
async def show_debts(request: Web) -> Response[Any]:
    """Who owes, how much, and since when."""
    currency = await currency_of(request)
    found = await debts.debtors(currency)
    columns = [Money(sum(debtor.ages[place].minor for debtor in found), currency) for place in range(len(debts.BUCKETS) + 1)]
    total = Money(sum(debtor.total.minor for debtor in found), currency)
    return web.page(request, "payouts/debts.html", debtors=found[:200], columns=columns, total=total, currency=currency)


async def _page(request: Web, by: Principal, form: Form, *, status: int = 200) -> Response[Any]:
    text = request.query_params.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    found = await adjustments.latest(after=after)
    return web.page(
        request,
        "payouts/adjustments.html",
        status=status,
        form=form,
        adjustments=found[: adjustments.PAGE],
        more=len(found) > adjustments.PAGE,
        after=after,
        page_size=adjustments.PAGE,
        kinds=[(kind.value, translate(word)) for kind, word in KIND_WORDS.items()],
        kind_words=KIND_WORDS,
        payees=await payee_search.find(str(form.values.get("q") or ""), str(form.values.get("payee") or "")),
        currency=await currency_of(request),
        client_key=form.values.get("client_key") or uuid4(),
        me=by.id,
        may_decide=by.has(Role.FINANCE_CHECKER),
    )


ROUTES = [show, propose, book, refuse, show_debts]
