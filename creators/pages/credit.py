"""Why a sale is credited: for the buyer a line, for creator, brand and finance a page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from creators import credit, why_not
from foundation import paging, web
from foundation.accounts import By, Principal, Visitor, role
from foundation.web import Form, Web
from marketplace.pages.own_orders import buyer_of


@get("/orders/{number:str}/credit", include_in_schema=False)
async def order_credit(request: Web, principal: Visitor, number: FromPath[str]) -> Response[Any]:
    """A fragment for the buyer's order page: whom the order supports. A guest reads it too."""
    by = await buyer_of(request, principal, number=number)
    supported = await credit.supported(number=number, by=by)
    return web.page(request, "creators/credit.html", block="credit", supported=supported, number=number)


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


@get("/studio/sales/why-not", include_in_schema=False)
async def why_not_mine(request: Web, by: By) -> Response[Any]:
    """Why an order, or what followed a visit, is not the creator's; `?asked=` its number."""
    asked = str(request.query_params.get("asked", ""))
    answers = await why_not.why_not(asked=asked, by=by) if asked.strip() else None
    return web.page(request, "creators/why_not.html", answers=answers, form=Form({"asked": asked}))


@get("/studio/sales/{order_line:uuid}", include_in_schema=False)
async def sale(request: Web, by: By, order_line: FromPath[UUID]) -> Response[Any]:
    """Why one line is the creator's."""
    return await why_page(request, by, order_line)


@get("/brand/sales/{order_line:uuid}", include_in_schema=False)
async def brand_sale(request: Web, by: By, order_line: FromPath[UUID]) -> Response[Any]:
    """Why one line of the brand is credited."""
    return await why_page(request, by, order_line)


@get("/finance/sales/{order_line:uuid}", include_in_schema=False, guards=[role(*credit.ALL_EYES)])
async def finance_sale(request: Web, by: By, order_line: FromPath[UUID]) -> Response[Any]:
    """Why any line is credited."""
    return await why_page(request, by, order_line)


async def why_page(
    request: Web, by: Principal, order_line: UUID, *, form: Form | None = None, status: int = 200
) -> Response[Any]:
    """The page, in the space that the reader stands in; also after a correction that was not accepted."""
    space = request.url.path.split("/")[1]
    space = space if space in {"studio", "brand", "finance"} else "finance"
    return web.page(
        request,
        "creators/why.html",
        status=status,
        why=await credit.why(order_line_id=order_line, by=by, as_staff=space == "finance"),
        form=form or Form(),
        money_href=f"/{space}/sales/{order_line}/money",
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


ROUTES = [order_credit, sales, why_not_mine, sale, brand_sale, finance_sale]
