"""What a payee chooses: when they are paid and from which amount, how they stand towards VAT; and asking to be paid."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, post

from foundation import clock, web
from foundation.accounts import By, Principal
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.web import Form, Web
from marketplace.pages.here import current_brand
from payouts import bank_sharing, cooling, payees, purses, requirements, schedules, statements, tax_reports, vat_parties
from payouts.exports import plain
from payouts.pages.finance import currency_of
from payouts.payee_tables import Schedule
from payouts.tables import Payee, PayeeKind
from payouts.vat_matrix import VatStatus

CREATOR = "/studio/payouts"
BRAND = "/brand/payouts"
VAT_WORDS = {
    VatStatus.UNKNOWN: _("I have not said yet"),
    VatStatus.REGISTERED: _("I charge VAT"),
    VatStatus.FRANCHISE: _("I do not charge VAT (small business, art. 293 B)"),
}


@post(f"{CREATOR}/plan", include_in_schema=False)
async def plan_creator(request: Web, by: By) -> Response[Any]:
    """When the creator is paid."""
    return await _choose(request, by, PayeeKind.CREATOR, (await statements.creator_of(by=by)).id)


@post(f"{BRAND}/plan", include_in_schema=False)
async def plan_brand(request: Web, by: By) -> Response[Any]:
    """When the brand is paid."""
    return await _choose(request, by, PayeeKind.BRAND, (await current_brand(request, by)).id)


@post(f"{CREATOR}/ask", include_in_schema=False)
async def ask_creator(request: Web, by: By) -> Response[Any]:
    """The creator asks for what is available."""
    return await _ask(request, by, PayeeKind.CREATOR, (await statements.creator_of(by=by)).id)


@post(f"{BRAND}/ask", include_in_schema=False)
async def ask_brand(request: Web, by: By) -> Response[Any]:
    """The brand asks for what is available."""
    return await _ask(request, by, PayeeKind.BRAND, (await current_brand(request, by)).id)


@post(f"{CREATOR}/vat", include_in_schema=False)
async def vat_creator(request: Web, by: By) -> Response[Any]:
    """How the creator stands towards VAT."""
    return await _declare(request, by, PayeeKind.CREATOR, (await statements.creator_of(by=by)).id)


@post(f"{BRAND}/vat", include_in_schema=False)
async def vat_brand(request: Web, by: By) -> Response[Any]:
    """How the brand stands towards VAT."""
    return await _declare(request, by, PayeeKind.BRAND, (await current_brand(request, by)).id)


async def show(
    request: Web, kind: PayeeKind, owner: UUID, payee: Payee | None, form: Form, *, status: int = 200
) -> Response[Any]:
    """The page of a payout account with everything that its payee may choose."""
    currency = await currency_of(request)
    plan = await schedules.plan_of(kind, owner)
    return web.page(
        request,
        "payouts/payee.html",
        status=status,
        payee=payee,
        missing=requirements.in_words(payees.requirements_of(payee)) if payee else [],
        here=BRAND if kind == PayeeKind.BRAND else CREATOR,
        form=form,
        currency=currency,
        plan=plan,
        minimum=plain(schedules.own_minimum(plan, currency)),
        next_day=schedules.next_day(Schedule(plan.schedule), clock.now()),
        schedules=[(each.value, translate(word)) for each, word in schedules.WORDS.items()],
        contents=await purses.contents(kind, owner, currency),
        profile=await vat_parties.profile_of(kind, owner),
        vat_choices=[(each.value, translate(word)) for each, word in VAT_WORDS.items()],
        said=await tax_reports.said_of(kind=kind, owner=owner),
        variant_words=tax_reports.WORDS,
        rests_until=cooling.until(payee.bank_changed_at, clock.now()) if payee else None,
        shared_bank=payee is not None and await bank_sharing.waits(payee),
    )


async def _choose(request: Web, by: Principal, kind: PayeeKind, owner: UUID) -> Response[Any]:
    form, currency = await web.read_form(request), await currency_of(request)
    try:
        schedule = Schedule(form.choice("schedule", Schedule))
        least = schedules.lowest_minimum(currency)
        minimum = form.money("minimum", currency, low=least.minor, high=schedules.HIGHEST_MINIMUM)
        form.check()
        await schedules.choose(kind=kind, owner=owner, schedule=schedule, minimum=minimum, by=by)
    except Refusal as refusal:
        return await _again(request, kind, owner, form.refused(refusal), refusal.status)
    return web.redirect(request, _here(kind), translate(_("Kept. It holds from the next run on.")))


async def _ask(request: Web, by: Principal, kind: PayeeKind, owner: UUID) -> Response[Any]:
    try:
        await schedules.ask(kind=kind, owner=owner, currency=await currency_of(request), by=by)
    except Refusal as refusal:
        return await _again(request, kind, owner, Form().refused(refusal), refusal.status)
    return web.redirect(request, _here(kind), translate(_("Asked. The next run pays it.")))


async def _declare(request: Web, by: Principal, kind: PayeeKind, owner: UUID) -> Response[Any]:
    form = await web.read_form(request)
    try:
        status = VatStatus(form.choice("vat_status", VatStatus))
        vat_id = form.text("vat_id", max=20, required=False)
        form.check()
        await vat_parties.declare(kind=kind, owner=owner, status=status, vat_id=vat_id, by=by)
    except Refusal as refusal:
        return await _again(request, kind, owner, form.refused(refusal), refusal.status)
    return web.redirect(request, _here(kind), translate(_("Kept. It counts for sales from now on.")))


async def _again(request: Web, kind: PayeeKind, owner: UUID, form: Form, status: int) -> Response[Any]:
    column = Payee.creator if kind == PayeeKind.CREATOR else Payee.brand
    return await show(request, kind, owner, await Payee.objects().where(column == owner).first(), form, status=status)


def _here(kind: PayeeKind) -> str:
    return BRAND if kind == PayeeKind.BRAND else CREATOR


ROUTES = [plan_creator, plan_brand, ask_creator, ask_brand, vat_creator, vat_brand]
