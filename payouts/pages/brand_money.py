"""`/brand/money`: what a brand has and will have."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from foundation import web
from foundation.accounts import By
from foundation.web import Web
from marketplace.pages.here import current_brand
from payouts import payees, requirements, statements
from payouts.pages.finance import currency_of
from payouts.tables import PayeeKind


@get("/brand/money", include_in_schema=False)
async def show(request: Web, by: By) -> Response[Any]:
    """The brand's share of every line, with dates and reasons."""
    brand = await current_brand(request, by)
    text = request.query_params.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    found = await statements.statement(PayeeKind.BRAND, brand.id, await currency_of(request), after)
    missing = requirements.in_words(payees.requirements_of(found.payee)) if found.payee else []
    return web.page(
        request, "payouts/brand_money.html", statement=found, brand=brand, missing=missing, after=after, page_size=statements.PAGE
    )


@get("/brand/money/forecast", include_in_schema=False)
async def forecast(request: Web, by: By) -> Response[Any]:
    """What becomes available on which day, and when it is paid."""
    currency, brand = await currency_of(request), await current_brand(request, by)
    days = await statements.forecast(PayeeKind.BRAND, brand.id, currency)
    return web.page(request, "payouts/forecast.html", days=days, currency=currency, here="/brand/money")


ROUTES = [show, forecast]
