"""`/finance/vat-rates`: what consumers pay in each country on a day, what comes, and how it went; finance adds what a law has fixed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import web
from foundation.accounts import By, role
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.tables import Role
from foundation.web import Form, Web
from marketplace import vat_book, vat_rates
from marketplace.pages.addresses import countries_of_the_union, country_name
from marketplace.pages.catalogue import VAT
from marketplace.vat_rates import EUROPEAN_UNION
from marketplace.vat_tables import VatClass

HERE: Final = "/finance/vat-rates"
FINANCE: Final = (Role.FINANCE_MAKER, Role.FINANCE_CHECKER)
RATED: Final = {vat_class: words for vat_class, words in VAT.items() if vat_class != VatClass.NONE}


@get(HERE, guards=[role(*FINANCE, Role.AUDITOR, Role.ADMINISTRATOR)], include_in_schema=False)
async def show(request: Web, by: By) -> Response[Any]:
    """The rates of a day, of all countries or of one with its history."""
    country = _country(request)
    return await _page(request, by, Form({"country": country, "vat_class": VatClass.STANDARD}))


@post(HERE, guards=[role(*FINANCE)], include_in_schema=False)
async def add(request: Web, by: By) -> Response[Any]:
    """One more rate, from a later day on."""
    form = await web.read_form(request)
    country, vat_class = form.choice("country", sorted(EUROPEAN_UNION)), form.choice("vat_class", list(RATED))
    rate_bp, valid_from = form.percent_bp("rate", low=0, high=5000), form.day("valid_from")
    try:
        form.check()
        await vat_rates.add_rate(country=country, vat_class=VatClass(vat_class), rate_bp=rate_bp, valid_from=valid_from, by=by)
    except Refusal as refusal:
        return await _page(request, by, form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"{HERE}?of={country}", translate(_("The rate is kept and holds from its day on.")))


@post(f"{HERE}/{{rate_id:uuid}}/withdraw", guards=[role(*FINANCE)], include_in_schema=False)
async def withdraw(request: Web, by: By, rate_id: FromPath[UUID]) -> Response[Any]:
    """Take back a rate that has not begun."""
    await vat_rates.withdraw_rate(rate_id=rate_id, by=by)
    return web.redirect(request, HERE, translate(_("The rate was taken back.")))


async def _page(request: Web, by: By, form: Form, *, status: int = 200) -> Response[Any]:
    country, day, now = _country(request), _day(request), vat_rates.today()
    book = await vat_book.read(country=country)
    standing = vat_book.on_day(book, day)
    return web.page(
        request,
        "marketplace/vat_rates.html",
        status=status,
        form=form,
        country=country,
        day=day,
        rows=sorted(((code, country_name(code), rates) for code, rates in standing.items()), key=lambda row: row[1]),
        coming=vat_book.after_day(book, now),
        history=vat_book.newest_first(book) if country else [],
        classes=list(RATED.items()),
        class_names=RATED,
        countries=countries_of_the_union(),
        country_name=country_name,
        tomorrow=now + timedelta(days=1),
        now=now,
        may_change=vat_rates.may_change(by),
    )


def _country(request: Web) -> str:
    asked = request.query_params.get("of", "").upper()
    return asked if asked in EUROPEAN_UNION else ""


def _day(request: Web) -> date:
    try:
        return date.fromisoformat(request.query_params.get("on", ""))
    except ValueError:
        return vat_rates.today()


ROUTES = [show, add, withdraw]
