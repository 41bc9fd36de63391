"""`/finance/debts/take`: a debt taken back from the payee's Stripe balance; and the two persons of a dispute that is given up."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import web
from foundation.accounts import By
from foundation.errors import NotFound, Refusal
from foundation.i18n import _, translate
from foundation.money import Money
from foundation.vendor import VendorError
from foundation.web import Form, Web
from payouts import dispute_losses, recovery
from payouts.connected_tables import DecisionStatus
from payouts.pages.disputes import page_for_finance
from payouts.pages.finance import FINANCE, currency_of
from payouts.payees import StripeUnavailable
from payouts.tables import PayeeKind

HERE: Final = "/finance/debts/take"
TOLD: Final = {
    DecisionStatus.DONE: _("Taken back: the debt is smaller."),
    DecisionStatus.FAILED: _("Stripe said no. The debt stays as it is."),
    DecisionStatus.SENDING: _("Stripe does not answer. It is looked up and goes on by itself."),
}
GIVEN_UP: Final = {
    DecisionStatus.DONE: _("The dispute is given up. The shares go back."),
    DecisionStatus.FAILED: _("The bank has decided already."),
    DecisionStatus.SENDING: _("Stripe does not answer. It goes on by itself."),
}


@get(HERE, guards=[FINANCE], include_in_schema=False)
async def show(request: Web) -> Response[Any]:
    """How much could be taken back from one payee now, and what was taken back lately."""
    return await _page(request, Form())


@post(HERE, guards=[FINANCE], include_in_schema=False)
async def propose(request: Web, by: By) -> Response[Any]:
    """Ask a second person to take it back."""
    form = await web.read_form(request)
    currency = await currency_of(request)
    try:
        kind, owner = _payee(form.text("payee", max=60))
        amount = form.money("amount", currency, low=1)
        form.check()
        await recovery.propose(kind=kind, owner=owner, amount=amount, reason=form.text("reason", max=1000, required=False), by=by)
    except Refusal as refusal:
        return await _page(request, form.refused(refusal), status=refusal.status)
    except VendorError:
        return await _page(request, form.refused(StripeUnavailable()), status=503)
    return web.redirect(request, f"{HERE}?currency={currency}", translate(_("Asked. Somebody else has to agree.")))


@post("/finance/recoveries/{recovery_id:uuid}/agree", guards=[FINANCE], include_in_schema=False)
async def agree(request: Web, by: By, recovery_id: FromPath[UUID]) -> Response[Any]:
    """Take it back, as the second person."""
    try:
        status = await recovery.agree(recovery_id=recovery_id, by=by)
    except Refusal as refusal:
        return await _page(request, Form().refused(refusal), status=refusal.status)
    return web.redirect(request, HERE, translate(TOLD[status]), tone="done" if status == DecisionStatus.DONE else "error")


@post("/finance/recoveries/{recovery_id:uuid}/refuse", guards=[FINANCE], include_in_schema=False)
async def refuse(request: Web, by: By, recovery_id: FromPath[UUID]) -> Response[Any]:
    """Say no to it."""
    try:
        await recovery.refuse(recovery_id=recovery_id, by=by)
    except Refusal as refusal:
        return await _page(request, Form().refused(refusal), status=refusal.status)
    return web.redirect(request, HERE, translate(_("Refused. The debt stays.")))


@post("/finance/disputes/{dispute_id:uuid}/give-up/{step:str}", guards=[FINANCE], include_in_schema=False)
async def give_up(request: Web, by: By, dispute_id: FromPath[UUID], step: FromPath[str]) -> Response[Any]:
    """`propose`, `agree` or `refuse` to give a dispute up."""
    form = await web.read_form(request)
    told = _("Refused. The dispute goes on.")
    try:
        if step == "propose":
            await dispute_losses.propose(dispute_id=dispute_id, reason=form.text("reason", max=1000, required=False), by=by)
            told = _("Asked. Somebody else has to agree.")
        elif step == "agree":
            told = GIVEN_UP[await dispute_losses.agree(dispute_id=dispute_id, by=by)]
        elif step == "refuse":
            await dispute_losses.refuse(dispute_id=dispute_id, by=by)
        else:
            raise NotFound
    except Refusal as refusal:
        if isinstance(refusal, NotFound):
            raise
        return await page_for_finance(request, by, dispute_id, form=form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"/finance/disputes/{dispute_id}", translate(told))


async def _page(request: Web, form: Form, *, status: int = 200) -> Response[Any]:
    currency = await currency_of(request)
    payee = str(form.values.get("payee") or request.query_params.get("payee", ""))
    chance: recovery.Chance | None = None
    if payee and not form.errors:
        try:
            kind, owner = _payee(payee)
            chance = await recovery.chance(kind=kind, owner=owner, currency=currency)
        except recovery.NothingToTake as nothing:
            form.refused(nothing)
        except VendorError:
            form.refused(StripeUnavailable())
            status = 503
    return web.page(
        request,
        "payouts/recovery.html",
        status=status,
        form=form,
        payee=payee,
        chance=chance,
        name=await _name(payee),
        recoveries=await recovery.latest(currency=currency),
        currency=currency,
        zero=Money.zero(currency),
    )


def _payee(text: str) -> tuple[PayeeKind, UUID]:
    """`creator:<id>` or `brand:<id>`. Raises `NotFound`."""
    kind, _colon, owner = text.partition(":")
    try:
        return PayeeKind(kind), UUID(owner)
    except ValueError:
        raise NotFound from None


async def _name(payee: str) -> str:
    return await recovery.name_of(*_payee(payee)) if payee else ""


ROUTES = [show, propose, agree, refuse, give_up]
