"""`/finance/trace`: the way of a cent, from any id."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get

from creators.credit_words import REASONS, RULES
from foundation import web
from foundation.web import Web
from payouts import trace, trace_ids, trace_shop
from payouts.pages.finance import FINANCE


@get("/finance/trace", guards=[FINANCE], include_in_schema=False)
async def show(request: Web) -> Response[Any]:
    """Type any id, see the line's way: earned, booked, paid, and why."""
    text = request.query_params.get("q", "").strip()
    known = await trace_ids.find(text)
    line_id = _line(request.query_params.get("line", ""))
    chosen = next(
        (one for one in known.found if line_id and line_id in (one.line_id, one.sale_id)), next(iter(known.found), None)
    )
    sale = await trace_shop.shop_trace(chosen.sale_id) if chosen and chosen.sale_id else None
    traced = await trace.trace(chosen.order_id, line_id or chosen.line_id) if chosen and chosen.order_id else None
    return web.page(
        request,
        "payouts/trace.html",
        block="found",
        q=text,
        found=known.found,
        places=known.places,
        trace=traced,
        sale=sale,
        rules=RULES,
        reasons=REASONS,
    )


def _line(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


ROUTES = [show]
