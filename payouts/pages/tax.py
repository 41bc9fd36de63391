"""`/finance/tax`: the report of sellers of a year, what was withheld and what of it was paid; `/studio/tax`: where a creator stands, their forms, what was said of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import clock, web
from foundation.accounts import By, Principal, role
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.money import Money
from foundation.paging import part_of
from foundation.tables import Role
from foundation.web import Form, Web
from payouts import (
    dac7_sellers,
    identities,
    seller_requests,
    statements,
    tax_payments,
    tax_reports,
    us_forms,
    withheld_lists,
    withholding,
)
from payouts.exports import local_day
from payouts.pages.finance import FINANCE
from payouts.tables import PayeeKind
from payouts.tax_tables import DpiVariant, UsForm
from payouts.us_forms import Signed

HOUSE = "/finance/tax"
CREATOR = "/studio/tax"
MAKER, CHECKER = role(Role.FINANCE_MAKER), role(Role.FINANCE_CHECKER)
FIRST_YEAR = 2023
"""The first year that DAC7 covers."""


@get(HOUSE, guards=[FINANCE], include_in_schema=False)
async def show(request: Web, by: By) -> Response[Any]:
    """The sellers of a year with what is missing, its reports, and what was withheld in it."""
    return await _house(request, by, Form())


@post(f"{HOUSE}/{{year:int}}", guards=[MAKER], include_in_schema=False)
async def prepare(request: Web, by: By, year: FromPath[int]) -> Response[Any]:
    """Prepare the file of a year."""
    form = await web.read_form(request)
    try:
        variant = DpiVariant(form.choice("variant", DpiVariant))
        form.check()
        await tax_reports.prepare(year=_bounded(year), variant=variant, leave_out=form.flag("leave_out"), by=by)
    except Refusal as refusal:
        return await _house(request, by, form.refused(refusal), status=refusal.status, year=_bounded(year))
    return web.redirect(request, f"{HOUSE}?year={year}", translate(_("Prepared. Somebody else confirms it.")))


@post(f"{HOUSE}/reports/{{report_id:uuid}}/confirm", guards=[CHECKER], include_in_schema=False)
async def confirm(request: Web, by: By, report_id: FromPath[UUID]) -> Response[Any]:
    """Confirm the file with the hash that the page showed."""
    form = await web.read_form(request)
    act = tax_reports.confirm(report_id=report_id, digest=form.text("sha256", max=64), by=by)
    return await _act(request, by, form, act, _("Confirmed. It can be given to the tax office."))


@post(f"{HOUSE}/reports/{{report_id:uuid}}/discard", guards=[FINANCE], include_in_schema=False)
async def discard(request: Web, by: By, report_id: FromPath[UUID]) -> Response[Any]:
    """Give up a report that nobody has confirmed."""
    form = await web.read_form(request)
    return await _act(request, by, form, tax_reports.discard(report_id=report_id, by=by), _("Discarded."))


@get(f"{HOUSE}/reports/{{report_id:uuid}}/file", guards=[FINANCE], include_in_schema=False)
async def file(by: By, report_id: FromPath[UUID]) -> Response[Any]:
    """The file; who took it is kept."""
    found = await tax_reports.file_of(report_id=report_id, by=by)
    headers = {"content-disposition": f'attachment; filename="{found.name}"', "cache-control": "private, no-store"}
    return Response(found.content, media_type=found.media_type, headers=headers)


@post(f"{HOUSE}/payments", guards=[FINANCE], include_in_schema=False)
async def enter_payment(request: Web, by: By) -> Response[Any]:
    """Enter a payment of withheld tax."""
    form = await web.read_form(request)
    year = _year(form.text("year", max=4, required=False))
    try:
        currency = form.choice("currency", [*await tax_payments.owed()])
        amount = form.money("amount", currency or "EUR", low=1)
        paid_on, reference, key = form.day("paid_on"), form.text("reference", min=3, max=140), form.uuid("client_key")
        form.check()
        await tax_payments.propose(amount=amount, paid_on=paid_on, reference=reference, client_key=key, by=by)
    except Refusal as refusal:
        return await _house(request, by, form.refused(refusal), status=refusal.status, year=year)
    return web.redirect(request, f"{HOUSE}?year={year}#payments", translate(_("Entered. Somebody else books it.")))


@post(f"{HOUSE}/payments/{{tax_payment_id:uuid}}/book", guards=[CHECKER], include_in_schema=False)
async def book_payment(request: Web, by: By, tax_payment_id: FromPath[UUID]) -> Response[Any]:
    """Book a payment, as the second person."""
    form = await web.read_form(request)
    return await _act(request, by, form, tax_payments.book(payment_id=tax_payment_id, by=by), _("Booked."))


@post(f"{HOUSE}/payments/{{tax_payment_id:uuid}}/refuse", guards=[CHECKER], include_in_schema=False)
async def refuse_payment(request: Web, by: By, tax_payment_id: FromPath[UUID]) -> Response[Any]:
    """Refuse a payment with a reason."""
    form = await web.read_form(request)
    reason = form.text("decision", min=3, max=500)
    if form.refusals:
        return await _house(request, by, form, status=422, year=_year(str(form.values.get("year") or "")))
    return await _act(request, by, form, tax_payments.refuse(payment_id=tax_payment_id, reason=reason, by=by), _("Refused."))


@get(CREATOR, include_in_schema=False)
async def show_creator(request: Web, by: By) -> Response[Any]:
    """Where the creator stands towards tax offices."""
    return await _creator(request, by, Form())


@post(f"{CREATOR}/form", include_in_schema=False)
async def sign(request: Web, by: By) -> Response[Any]:
    """A form of the United States."""
    form = await web.read_form(request)
    try:
        told = Signed(
            form=UsForm(form.choice("us_form", UsForm)),
            legal_name=form.text("us_name", max=140),
            signature=form.text("signature", min=3, max=140),
            tin=form.text("us_tin", max=20, required=False),
            treaty_bp=form.percent_bp("treaty", low=0, high=withholding.FOREIGN_BP) if form.values.get("treaty") else None,
            treaty_article=form.text("treaty_article", max=40, required=False),
        )
        form.check()
        await us_forms.sign(told=told, by=by)
    except Refusal as refusal:
        return await _creator(request, by, form.refused(refusal), status=refusal.status)
    return web.redirect(request, CREATOR, translate(_("Signed and kept. It counts from the next payout run on.")))


async def _act(request: Web, by: Principal, form: Form, act: Any, done: str) -> Response[Any]:
    year = _year(form.text("year", max=4, required=False))
    try:
        await act
    except Refusal as refusal:
        return await _house(request, by, Form().refused(refusal), status=refusal.status, year=year)
    return web.redirect(request, f"{HOUSE}?year={year}", translate(done))


async def _house(request: Web, by: Principal, form: Form, *, status: int = 200, year: int | None = None) -> Response[Any]:
    shown = year or _year(request.query_params.get("year", ""))
    this_year = local_day(clock.now()).year
    looked = await tax_reports.preview(shown)
    incomplete = sum(1 for one in looked if one.missing)
    owed = await tax_payments.owed()
    return web.page(
        request,
        "payouts/tax.html",
        status=status,
        form=form,
        year=shown,
        years=list(range(this_year, max(FIRST_YEAR, this_year - 5) - 1, -1)),
        over=shown < this_year,
        part=part_of(request, looked, 50),
        reported=sum(1 for one in looked if one.ready),
        incomplete=incomplete,
        left_out=len(looked) - incomplete - sum(1 for one in looked if one.ready),
        operator=tax_reports.operator(),
        reports=await tax_reports.reports(shown),
        asked=await seller_requests.all_open(),
        variants=[(each.value, translate(word)) for each, word in tax_reports.WORDS.items()],
        variant_words=tax_reports.WORDS,
        excluded_words=dac7_sellers.EXCLUDED_WORDS,
        missing_words=dac7_sellers.MISSING_WORDS,
        withheld=await withheld_lists.of_year(shown),
        tax_words=withholding.WORDS,
        owed=owed,
        currencies=[(currency, currency) for currency in owed],
        payments=await tax_payments.latest(),
        today=local_day(clock.now()),
        client_key=form.values.get("client_key") or uuid4(),
        may_prepare=by.has(Role.FINANCE_MAKER),
        may_confirm=by.has(Role.FINANCE_CHECKER),
        me=by.id,
        euros=_euros,
    )


async def _creator(request: Web, by: Principal, form: Form, *, status: int = 200) -> Response[Any]:
    creator = await statements.creator_of(by=by)
    today = local_day(clock.now())
    standing, current = await us_forms.standing_of(creator.id), await us_forms.current(creator.id)
    asked = await seller_requests.open_of(PayeeKind.CREATOR, creator.id)
    return web.page(
        request,
        "payouts/tax_creator.html",
        status=status,
        form=form,
        identity=await identities.identity_of(creator.id),
        standing=standing,
        tax=withholding.withheld(standing, today),
        tax_words=withholding.WORDS,
        current=current,
        ended=current is not None and current.expires_on is not None and current.expires_on < today,
        ends_soon=us_forms.ends_soon(current, today),
        us_forms=[(each.value, translate(word)) for each, word in us_forms.WORDS.items()],
        form_words=us_forms.WORDS,
        said=await tax_reports.said_of(kind=PayeeKind.CREATOR, owner=creator.id),
        asked=asked,
        asked_words=[translate(dac7_sellers.OWN_WORDS[one]) for one in asked.missing] if asked else [],
        variant_words=tax_reports.WORDS,
        withheld=await withheld_lists.of_year(today.year, owner=creator.id),
        year=today.year,
    )


def _euros(minor: int) -> Money:
    return Money(minor, dac7_sellers.CURRENCY)


def _year(text: str) -> int:
    """The year asked for, else the one before this."""
    digits = text.isascii() and text.isdigit() and len(text) == 4
    return _bounded(int(text)) if digits else local_day(clock.now()).year - 1


def _bounded(year: int) -> int:
    """A year that can have been one of the house."""
    return min(max(year, FIRST_YEAR), local_day(clock.now()).year)


ROUTES = [show, prepare, confirm, discard, file, enter_payment, book_payment, refuse_payment, show_creator, sign]
