"""`/finance`: the cash position."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from foundation import web
from foundation.web import Web
from payouts import cash, cash_history, ledger, mirror, reconciliation
from payouts.invariants import WORDS
from payouts.pages.finance import FINANCE, currency_of


@get("/finance", guards=[FINANCE], include_in_schema=False)
async def show(request: Web) -> Response[Any]:
    """What Stripe holds, what is owed, what is free, and the lights."""
    currency = await currency_of(request)
    return web.page(
        request,
        "payouts/cash.html",
        position=await cash.position(currency),
        currencies=await ledger.currencies(),
        words=WORDS,
        evenings=await cash_history.evenings(currency),
        read_at=await mirror.synced_at(),
        coverage=await reconciliation.coverage(),
        open_differences=await reconciliation.open_count(),
    )


ROUTES = [show]
