"""What one order line pays: a piece of the page that says why it is credited."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from creators.credit import ALL_EYES
from foundation import web
from foundation.accounts import By, Principal, role
from foundation.web import Web
from payouts import line_money


@get(["/studio/sales/{order_line:uuid}/money", "/brand/sales/{order_line:uuid}/money"], include_in_schema=False)
async def of_line(request: Web, by: By, order_line: FromPath[UUID]) -> Response[Any]:
    """Base, rate, rounding, and where the money stands."""
    return await _piece(request, by, order_line, as_staff=False)


@get("/finance/sales/{order_line:uuid}/money", include_in_schema=False, guards=[role(*ALL_EYES)])
async def of_any_line(request: Web, by: By, order_line: FromPath[UUID]) -> Response[Any]:
    """The same for finance."""
    return await _piece(request, by, order_line, as_staff=True)


async def _piece(request: Web, by: Principal, order_line: UUID, *, as_staff: bool) -> Response[Any]:
    found = await line_money.of_line(order_line_id=order_line, by=by, as_staff=as_staff)
    return web.page(request, "payouts/line_money.html", block="money", rows=found.rows, whole=found.whole, number=found.number)


ROUTES = [of_line, of_any_line]
