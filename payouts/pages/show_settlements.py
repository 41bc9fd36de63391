"""`/finance/shows`: the money of each show."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from foundation import web
from foundation.web import Web
from payouts import show_settlements
from payouts.pages.finance import FINANCE, currency_of

HERE = "/finance/shows"


@get(HERE, guards=[FINANCE], include_in_schema=False)
async def show_all(request: Web) -> Response[Any]:
    """Shows with sales, the newest first."""
    text = request.query_params.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    currency = await currency_of(request)
    found = await show_settlements.latest(currency, after=after)
    return web.page(
        request,
        "payouts/shows.html",
        shows=found[: show_settlements.PAGE],
        more=len(found) > show_settlements.PAGE,
        after=after,
        page_size=show_settlements.PAGE,
        currency=currency,
    )


@get(f"{HERE}/{{slug:str}}", guards=[FINANCE], include_in_schema=False)
async def show(request: Web, slug: FromPath[str]) -> Response[Any]:
    """One show: sold, refunded, shared, paid, kept."""
    found = await show_settlements.settlement(slug, await currency_of(request))
    return web.page(request, "payouts/show.html", show=found)


ROUTES = [show_all, show]
