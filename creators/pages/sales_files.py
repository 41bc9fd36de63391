"""Files of sales: sent by a brand, worked off beside the pages, with every row's problem to download."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from creators import conversion_uploads
from creators.conversion_files import COLUMNS, NEEDED
from creators.conversion_uploads import LARGEST, FileEmpty
from foundation import rate_limits, web
from foundation.accounts import By, Principal
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.web import Form, Web
from marketplace.pages.here import current_brand

HERE = "/brand/conversions/files"
PART = 1024 * 1024
PROBLEMS = {
    "order_invalid": _("The order's number is missing or too long"),
    "order_differs": _("The rows of one order name different dates or currencies"),
    "too_many_lines": _("The order has more than 200 articles"),
    "sku_invalid": _("The article number is missing or too long"),
    "quantity_invalid": _("The quantity is no whole number above zero"),
    "net_invalid": _("The amount is no amount of this currency"),
    "currency_unknown": _("We do not know this currency"),
    "date_invalid": _("The date is not written as 2026-11-21 or 2026-11-21T14:30:00+01:00"),
    "moment_invalid": _("The date lies in the future or more than 90 days back"),
    "click_invalid": _("The click is not one that we gave"),
    "report_differs": _("The order is known with other contents; the first report stands"),
    "row_unreadable": _("The row cannot be read: a quotation mark may be missing"),
    "columns_missing": _("The head does not name all needed columns"),
    "file_gone": _("The file was not to be found any more; please send it again"),
}


@get(HERE, include_in_schema=False)
async def show(request: Web, by: By) -> Response[Any]:
    """The form, how a file looks, and the last files."""
    return await _page(request, by, Form())


@post(HERE, include_in_schema=False, request_max_body_size=LARGEST + PART)
async def send(request: Web, by: By) -> Response[Any]:
    """Keep a file; a job works it off."""
    brand = await current_brand(request, by)
    form = await web.read_form(request)
    file = form.file("file")
    try:
        await rate_limits.spend(f"sales-files:{brand.id}", limit=20, seconds=3600)
        if file is None:
            raise FileEmpty
        upload = await conversion_uploads.receive(brand_id=brand.id, name=file.filename, content=_parts(file), by=by)
    except Refusal as refusal:
        return await _page(request, by, form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"{HERE}/{upload}", translate(_("The file is here. We are reading it.")), "leaf")


@get("/brand/conversions/files/{upload_id:uuid}", include_in_schema=False)
async def follow(request: Web, by: By, upload_id: FromPath[UUID]) -> Response[Any]:
    """How far a file is, and the rows that were not taken."""
    brand = await current_brand(request, by)
    upload = await conversion_uploads.upload_of(upload_id=upload_id, brand_id=brand.id, by=by)
    text = request.query_params.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    problems = await conversion_uploads.problems_of(upload_id=upload.id, after=after)
    return web.page(
        request,
        "creators/sales_file.html",
        block="progress",
        upload=upload,
        problems=problems[: conversion_uploads.PAGE],
        more=len(problems) > conversion_uploads.PAGE,
        after=after,
        page_size=conversion_uploads.PAGE,
        words=PROBLEMS,
    )


@get("/brand/conversions/files/{upload_id:uuid}/problems.csv", include_in_schema=False)
async def download(request: Web, by: By, upload_id: FromPath[UUID]) -> Response[bytes]:
    """All rows that were not taken, for a spreadsheet; what it would take for formulas is made text."""
    brand = await current_brand(request, by)
    upload = await conversion_uploads.upload_of(upload_id=upload_id, brand_id=brand.id, by=by)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("row", "order", "reason", "what we read"))
    for problem in await conversion_uploads.problems_of(upload_id=upload.id, limit=1_000_000):
        reason = translate(PROBLEMS[problem.code]) if problem.code in PROBLEMS else problem.code
        writer.writerow((problem.row, _safe(problem.order), reason, _safe(problem.value)))
    headers = {"Content-Disposition": 'attachment; filename="problems.csv"', "Cache-Control": "no-store"}
    return Response(text.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


def _safe(text: str) -> str:
    """OWASP, CSV injection."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


async def _parts(file: UploadFile) -> AsyncIterator[bytes]:
    while part := await file.read(PART):
        yield part


async def _page(request: Web, by: Principal, form: Form, *, status: int = 200) -> Response[Any]:
    brand = await current_brand(request, by)
    return web.page(
        request,
        "creators/sales_files.html",
        form=form,
        status=status,
        uploads=await conversion_uploads.uploads_of(brand_id=brand.id, by=by),
        columns=[(name, name in NEEDED) for name in COLUMNS],
        megabytes=LARGEST // 1024 // 1024,
        words=PROBLEMS,
    )


ROUTES = [show, send, follow, download]
