"""`/studio/earnings`: what a creator has and will have."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from foundation import web
from foundation.accounts import By
from foundation.web import Web
from payouts import bonuses, payees, requirements, statements
from payouts.pages.finance import currency_of
from payouts.tables import PayeeKind


@get("/studio/earnings", include_in_schema=False)
async def show(request: Web, by: By) -> Response[Any]:
    """Pending, available, in payout, paid and debt, with dates and reasons; every line opens its sale."""
    text = request.query_params.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    found = await statements.of_creator(by=by, currency=await currency_of(request), after=after)
    return web.page(
        request,
        "payouts/earnings.html",
        statement=found,
        missing=_missing(found),
        after=after,
        page_size=statements.PAGE,
        bonuses=await bonuses.of_creator(found.owner),
    )


@get("/studio/earnings/summary", include_in_schema=False)
async def summary(request: Web, by: By) -> Response[Any]:
    """The card of the dashboard."""
    found = await statements.of_creator(by=by, currency=await currency_of(request))
    return web.page(request, "payouts/earnings_summary.html", block="card", statement=found, missing=_missing(found))


@get("/studio/earnings/forecast", include_in_schema=False)
async def forecast(request: Web, by: By) -> Response[Any]:
    """What becomes available on which day, and when it is paid."""
    currency, creator = await currency_of(request), await statements.creator_of(by=by)
    days = await statements.forecast(PayeeKind.CREATOR, creator.id, currency)
    return web.page(request, "payouts/forecast.html", days=days, currency=currency, here="/studio/earnings")


def _missing(found: statements.Statement) -> list[str]:
    return requirements.in_words(payees.requirements_of(found.payee)) if found.payee else []


ROUTES = [show, summary, forecast]
