"""`/finance/trace`: the way of a cent, from any id."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get

from creators.credit_words import REASONS, RULES
from foundation import web
from foundation.web import Web
from payouts import trace
from payouts.pages.finance import FINANCE


@get("/finance/trace", guards=[FINANCE], include_in_schema=False)
async def show(request: Web) -> Response[Any]:
    """Type any id, see the line's way: earned, booked, paid, and why."""
    text = request.query_params.get("q", "").strip()
    found = await trace.find(text)
    line_id = _line(request.query_params.get("line", ""))
    chosen = next((one for one in found if one.line_id == line_id), found[0] if found else None)
    traced = await trace.trace(chosen.order_id, line_id or chosen.line_id) if chosen else None
    return web.page(request, "payouts/trace.html", block="found", q=text, found=found, trace=traced, rules=RULES, reasons=REASONS)


def _line(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


ROUTES = [show]
