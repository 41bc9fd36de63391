"""Why a sale is credited: for the buyer a line, for creator, brand and finance a page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from creators import credit
from foundation import paging, web
from foundation.accounts import By
from foundation.web import Web


@get("/orders/{number:str}/credit", include_in_schema=False)
async def order_credit(request: Web, by: By, number: FromPath[str]) -> Response[Any]:
    """A fragment for the buyer's order page: whom the order supports."""
    handles = await credit.credited_handles(number=number, by=by)
    return web.page(request, "creators/credit.html", block="credit", handles=handles, number=number)


@get("/studio/sales", include_in_schema=False)
async def sales(request: Web, by: By) -> Response[Any]:
    """The creator's credited sales; `?show=` of one show."""
    asked = request.query_params.get("show", "")
    show_id = _uuid(asked)
    here = paging.number(request)
    rows = await credit.sales_of(by=by, show_id=show_id, limit=paging.SIZE + 1, offset=paging.SIZE * (here - 1))
    kept = f"&show={show_id}" if show_id else ""
    return web.page(
        request,
        "creators/sales.html",
        rows=rows[: paging.SIZE],
        show_id=show_id,
        newer=f"?page={here - 1}{kept}" if here > 1 else None,
        older=f"?page={here + 1}{kept}" if len(rows) > paging.SIZE else None,
    )


@get("/studio/sales/{order_line:uuid}", include_in_schema=False)
async def sale(request: Web, by: By, order_line: FromPath[UUID]) -> Response[Any]:
    """Why one line is the creator's."""
    return web.page(request, "creators/why.html", why=await credit.why(order_line_id=order_line, by=by))


@get("/brand/sales/{order_line:uuid}", include_in_schema=False)
async def brand_sale(request: Web, by: By, order_line: FromPath[UUID]) -> Response[Any]:
    """Why one line of the brand is credited."""
    return web.page(request, "creators/why.html", why=await credit.why(order_line_id=order_line, by=by))


@get("/finance/sales/{order_line:uuid}", include_in_schema=False)
async def finance_sale(request: Web, by: By, order_line: FromPath[UUID]) -> Response[Any]:
    """Why any line is credited."""
    return web.page(request, "creators/why.html", why=await credit.why(order_line_id=order_line, by=by))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


ROUTES = [order_credit, sales, sale, brand_sale, finance_sale]
