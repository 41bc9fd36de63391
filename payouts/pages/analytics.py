"""`/studio/figures` and `/brand/figures`: what people did and what came of it, on screen and as a file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get

from creators import reach, watching
from creators.profiles import creator_of
from foundation import clock, web
from foundation.accounts import By as Me
from foundation.accounts import Principal
from foundation.errors import InvalidField
from foundation.i18n import _, translate
from foundation.web import Web
from marketplace.pages.here import current_brand
from payouts import analytics, exports, ledger
from payouts.analytics import By, Figures, Side, Span
from payouts.pages.finance import currency_of

WORDS = {
    By.DAY: _("Day"),
    By.SHOW: _("Show"),
    By.SLOT: _("Part"),
    By.PRODUCT: _("Product"),
    By.LINK: _("Link"),
    By.CODE: _("Code"),
    By.CREATOR: _("Creator"),
}
COLUMNS = (
    "views",
    "product clicks",
    "link clicks",
    "carts",
    "direct orders",
    "direct revenue",
    "credited orders",
    "kept orders",
    "credited revenue",
    "commission",
    "commission per click",
    "currency",
)


BOOK_COLUMNS = tuple(
    f"{name} amount" if name in {"direct revenue", "credited revenue", "commission", "commission per click"} else name
    for name in COLUMNS
)


class SpanInvalid(InvalidField):
    """Not two days in their order, at most a year apart."""

    code = "span_invalid"
    message = _("Two days in their order, at most a year apart, please.")
    field = "from"


@get("/studio/figures", include_in_schema=False)
async def of_creator(request: Web, by: Me) -> Response[Any]:
    """The creator's figures."""
    creator = await creator_of(by=by)
    return await _page(request, by, Side.CREATOR, creator.id, "/studio/figures")


@get(["/studio/figures.csv", "/studio/figures.xlsx"], include_in_schema=False)
async def file_of_creator(request: Web, by: Me) -> Response[bytes]:
    """The creator's figures as a file for a program or a spreadsheet."""
    creator = await creator_of(by=by)
    return await _file(request, by, Side.CREATOR, creator.id)


@get("/brand/figures", include_in_schema=False)
async def of_brand(request: Web, by: Me) -> Response[Any]:
    """The brand's figures."""
    brand = await current_brand(request, by)
    return await _page(request, by, Side.BRAND, brand.id, "/brand/figures")


@get(["/brand/figures.csv", "/brand/figures.xlsx"], include_in_schema=False)
async def file_of_brand(request: Web, by: Me) -> Response[bytes]:
    """The brand's figures as a file for a program or a spreadsheet."""
    brand = await current_brand(request, by)
    return await _file(request, by, Side.BRAND, brand.id)


async def _page(request: Web, by: Principal, side: Side, owner: UUID, here: str) -> Response[Any]:
    span, dimension, currency, show_id = _span(request, by), _dimension(request, side), await currency_of(request), _show(request)
    rows = await analytics.figures(side, owner, dimension, span, currency, show_id=show_id)
    days = rows if dimension is By.DAY else await analytics.figures(side, owner, By.DAY, span, currency, show_id=show_id)
    query = {"by": dimension.value, "from": span.first, "to": span.last, "currency": currency} | (
        {"show": show_id} if show_id else {}
    )
    return web.page(
        request,
        "payouts/figures.html",
        block="figures",
        rows=rows,
        total=await analytics.total(side, owner, span, currency, show_id=show_id),
        days=await analytics.days_without_gaps(days, span, currency),
        live=await analytics.shows_on_air(side, owner),
        minutes=await watching.minutes(side.value, owner, span.begins, span.ends, show_id),
        impressions=await reach.impressions(side.value, owner, span.begins, span.ends, show_id),
        dimension=dimension,
        dimensions=[(each, text) for each, text in WORDS.items() if each is not By.CREATOR or side is Side.BRAND],
        span=span,
        currency=currency,
        currencies=await ledger.currencies(),
        here=here,
        query=query,
        show_id=show_id,
        most=analytics.MOST_ROWS,
    )


async def _file(request: Web, by: Principal, side: Side, owner: UUID) -> Response[bytes]:
    span, dimension, currency = _span(request, by), _dimension(request, side), await currency_of(request)
    rows = await analytics.figures(side, owner, dimension, span, currency, show_id=_show(request), limit=100_000)
    name, first = f"figures-{dimension.value}-{span.first}-{span.last}-{currency}", translate(WORDS[dimension])
    if request.url.path.endswith(".xlsx"):
        made = exports.as_xlsx(exports.Sheet(name, (first, *BOOK_COLUMNS), [_book_cells(row) for row in rows]))
    else:
        made = exports.csv_file(f"{name}.csv", (first, *COLUMNS), [_cells(row) for row in rows])
    headers = {"Content-Disposition": f'attachment; filename="{made.name}"', "Cache-Control": "no-store"}
    return Response(made.content, media_type=made.media_type, headers=headers)


def _cells(row: Figures) -> list[str | int]:
    counts: list[str | int] = [row.views, row.product_clicks, row.link_clicks, row.carts, row.direct_orders]
    money = [exports.plain(row.revenue), exports.plain(row.commission), exports.plain(row.per_click) if row.per_click else ""]
    return [exports.safe(row.label), *counts, exports.plain(row.direct), row.orders, row.kept, *money, row.direct.currency]


def _book_cells(row: Figures) -> tuple[exports.Cell, ...]:
    counts = (row.views, row.product_clicks, row.link_clicks, row.carts, row.direct_orders)
    per_click = (row.per_click,) if row.per_click else (None, None)  # an amount takes two columns
    return (row.label, *counts, row.direct, row.orders, row.kept, row.revenue, row.commission, *per_click, row.direct.currency)


def _span(request: Web, by: Principal) -> Span:
    """The days asked for, by default the last thirty."""
    form = web.Form(dict(request.query_params))
    today = (
        clock.now().astimezone(Span(first=clock.now().date(), last=clock.now().date(), zone=by.time_zone).begins.tzinfo).date()
    )
    first = form.day("from") if form.values.get("from") else today - timedelta(days=29)
    last = form.day("to") if form.values.get("to") else today
    if form.refusals or not first <= last or last - first > analytics.LONGEST:
        raise SpanInvalid
    return Span(first=first, last=last, zone=by.time_zone)


def _dimension(request: Web, side: Side) -> By:
    asked = request.query_params.get("by", "")
    found = By(asked) if asked in list(By) else By.DAY
    return By.DAY if found is By.CREATOR and side is Side.CREATOR else found


def _show(request: Web) -> UUID | None:
    try:
        return UUID(request.query_params.get("show", ""))
    except ValueError:
        return None


ROUTES = [of_creator, file_of_creator, of_brand, file_of_brand]
