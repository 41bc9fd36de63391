"""`/finance/exports`: the books as files for spreadsheets, accountants and the tax office."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from foundation import audit, clock, web
from foundation.accounts import By
from foundation.database import DB
from foundation.errors import NotFound, Refusal
from foundation.i18n import _, translate
from foundation.web import Form, Web
from payouts import exports_books, journal_files, ledger
from payouts.datev import datev
from payouts.exports import File, as_csv, as_xlsx, span
from payouts.fec import fec
from payouts.pages.finance import FINANCE, currency_of

HERE = "/finance/exports"
SHEETS = {
    "ledger": exports_books.ledger_sheet,
    "trial-balance": exports_books.trial_sheet,
    "runs": exports_books.runs_sheet,
    "statements": exports_books.statements_sheet,
}
FORMATS = {
    "ledger": _("Ledger: every posting"),
    "trial-balance": _("Trial balance"),
    "runs": _("Payout runs: every payment"),
    "statements": _("Statements: what every order line earned"),
    "fec": _("FEC (France)"),
    "datev": _("DATEV (Germany)"),
    "quickbooks": _("QuickBooks journal"),
    "xero": _("Xero manual journal"),
}


@get(HERE, guards=[FINANCE], include_in_schema=False)
async def show(request: Web) -> Response[Any]:
    """What can be exported, for which span and currency; a link may name the span."""
    return await _page(request, Form({name: text for name, text in request.query_params.items() if name == "period"}))


@get(f"{HERE}/file", guards=[FINANCE], include_in_schema=False)
async def download(request: Web, by: By) -> Response[Any]:
    """The file; who took it is kept in the audit log."""
    try:
        file = await _file(request)
    except Refusal as refusal:
        if isinstance(refusal, NotFound):
            raise
        return await _page(request, Form(dict(request.query_params)).refused(refusal), status=refusal.status)
    async with DB.transaction():
        await audit.record(by=by, action="export", kind="books", id=file.name, bytes=len(file.content))
    headers = {"content-disposition": f'attachment; filename="{file.name}"', "cache-control": "private, no-store"}
    return Response(file.content, media_type=file.media_type, headers=headers)


async def _file(request: Web) -> File:
    asked = {name: value.strip() for name, value in request.query_params.items()}
    what, period, currency = asked.get("what", ""), span(asked.get("period", "")), await currency_of(request)
    if what in SHEETS:
        sheet = await SHEETS[what](period, currency)
        return as_xlsx(sheet) if asked.get("as") == "xlsx" else as_csv(sheet)
    if what not in FORMATS:
        raise NotFound
    lines = await exports_books.book_lines(period, currency)
    match what:
        case "fec":
            return fec(lines, siren=asked.get("siren", ""), year=period, currency=currency)
        case "datev":
            adviser, client = asked.get("adviser", ""), asked.get("client", "")
            return datev(lines, adviser=adviser, client=client, span=period, currency=currency, made_at=clock.now())
        case "quickbooks":
            return journal_files.quickbooks(lines, span=period, currency=currency)
        case _:
            return journal_files.xero(lines, span=period, currency=currency)


async def _page(request: Web, form: Form, *, status: int = 200) -> Response[Any]:
    currency = await currency_of(request)
    return web.page(
        request,
        "payouts/exports.html",
        status=status,
        form=form,
        formats=[(key, translate(name)) for key, name in FORMATS.items()],
        currency=currency,
        currencies=[(code, code) for code in await ledger.currencies() or [currency]],
        this_month=f"{clock.now():%Y-%m}",
    )


ROUTES = [show, download]
