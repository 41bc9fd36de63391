"""Statements month by month, for creators and brands: pages, CSV and PDF, and the postings behind every line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from foundation import settings, web
from foundation.accounts import By, Principal
from foundation.errors import NotFound
from foundation.i18n import _, translate
from foundation.web import Web
from marketplace.pages.here import current_brand
from payouts import exports, monthly, statements
from payouts.chart import NAMES, Code
from payouts.exports import File
from payouts.pages.finance import currency_of
from payouts.tables import PayeeKind

CREATOR = "/studio/earnings"
BRAND = "/brand/money"


@dataclass(frozen=True)
class Reader:
    """Whose statements are read, and from which page."""

    kind: PayeeKind
    owner: UUID
    name: str
    here: str


@get(f"{CREATOR}/months", include_in_schema=False)
async def creator_months(request: Web, by: By) -> Response[Any]:
    """The creator's months."""
    return await _months(request, await _creator(by))


@get(f"{CREATOR}/months/{{month:str}}", include_in_schema=False)
async def creator_month(request: Web, by: By, month: FromPath[str]) -> Response[Any]:
    """One month: `2026-11`, or with `.csv` or `.pdf` the file of it."""
    return await _month(request, await _creator(by), month)


@get(f"{CREATOR}/postings/{{journal_id:int}}", include_in_schema=False)
async def creator_postings(request: Web, by: By, journal_id: FromPath[int]) -> Response[Any]:
    """The creator's own postings of a journal."""
    return await _postings(request, await _creator(by), journal_id)


@get(f"{BRAND}/months", include_in_schema=False)
async def brand_months(request: Web, by: By) -> Response[Any]:
    """The brand's months."""
    return await _months(request, await _brand(request, by))


@get(f"{BRAND}/months/{{month:str}}", include_in_schema=False)
async def brand_month(request: Web, by: By, month: FromPath[str]) -> Response[Any]:
    """One month of the brand, or the file of it."""
    return await _month(request, await _brand(request, by), month)


@get(f"{BRAND}/postings/{{journal_id:int}}", include_in_schema=False)
async def brand_postings(request: Web, by: By, journal_id: FromPath[int]) -> Response[Any]:
    """The brand's own postings of a journal."""
    return await _postings(request, await _brand(request, by), journal_id)


async def _creator(by: Principal) -> Reader:
    creator = await statements.creator_of(by=by)
    return Reader(PayeeKind.CREATOR, creator.id, creator.display_name, CREATOR)


async def _brand(request: Web, by: Principal) -> Reader:
    brand = await current_brand(request, by)
    return Reader(PayeeKind.BRAND, brand.id, brand.name, BRAND)


async def _months(request: Web, reader: Reader) -> Response[Any]:
    currency = await currency_of(request)
    found = await monthly.months(reader.kind, reader.owner, currency)
    return web.page(request, "payouts/months.html", months=found, here=reader.here, currency=currency)


async def _month(request: Web, reader: Reader, month: str) -> Response[Any]:
    from payouts import monthly_files  # what draws PDF takes as long to load as the rest of the program

    name, _dot, suffix = month.partition(".")
    if len(exports.span(name)) != 7:
        raise NotFound
    found = await monthly.statement(reader.kind, reader.owner, reader.name, name, await currency_of(request))
    address = f"{settings.current().base_url}{reader.here}/postings"
    if suffix == "csv":
        return _file(monthly_files.csv_file(found, address))
    if suffix == "pdf":
        return _file(monthly_files.pdf_file(found, translate(_("Statement %(month)s"), month=name), _labels(), address))
    if suffix:
        raise NotFound
    return web.page(request, "payouts/month.html", statement=found, here=reader.here)


async def _postings(request: Web, reader: Reader, journal_id: int) -> Response[Any]:
    if journal_id >= 2**63:
        raise NotFound
    head, lines = await monthly.own_postings(reader.kind, reader.owner, journal_id)
    names = {code: NAMES[Code(code)] for code in monthly.OF_PAYEE}
    return web.page(request, "payouts/own_postings.html", head=head, lines=lines, names=names, here=reader.here)


def _labels() -> dict[str, str]:
    words = {
        "opening": _("At the beginning"),
        "earned": _("Earned, less refunds"),
        "withheld": _("Tax withheld"),
        "paid": _("Paid out"),
        "closing": _("At the end"),
        "day": _("Day"),
        "journal": _("Journal"),
        "entry": _("Entry"),
        "amount": _("Amount"),
        "balance": _("Balance"),
    }
    return {key: translate(word) for key, word in words.items()}


def _file(file: File) -> Response[Any]:
    headers = {"content-disposition": f'attachment; filename="{file.name}"', "cache-control": "private, no-store"}
    return Response(file.content, media_type=file.media_type, headers=headers)


ROUTES = [creator_months, creator_month, creator_postings, brand_months, brand_month, brand_postings]
