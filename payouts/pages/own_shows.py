"""What each show brought: the creator's part under `/studio/earnings/shows`, the brand's under `/brand/money/shows`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from foundation import web
from foundation.accounts import By
from foundation.web import Web
from marketplace.pages.here import current_brand
from payouts import show_dates, show_settlements, statements
from payouts.pages.finance import currency_of
from payouts.show_settlements import Whose

CREATOR = "/studio/earnings/shows"
BRAND = "/brand/money/shows"


@get(CREATOR, include_in_schema=False)
async def list_creator(request: Web, by: By, after: FromQuery[int] = 0) -> Response[Any]:
    """The shows that brought the creator something."""
    return await _list(request, Whose(creator=(await statements.creator_of(by=by)).id), CREATOR, after)


@get(f"{CREATOR}/{{show_id:uuid}}", include_in_schema=False)
async def show_creator(request: Web, by: By, show_id: FromPath[UUID]) -> Response[Any]:
    """One show's money, the creator's part."""
    return await _show(request, Whose(creator=(await statements.creator_of(by=by)).id), CREATOR, show_id)


@get(BRAND, include_in_schema=False)
async def list_brand(request: Web, by: By, after: FromQuery[int] = 0) -> Response[Any]:
    """The shows that sold something of the brand."""
    return await _list(request, Whose(brand=(await current_brand(request, by)).id), BRAND, after)


@get(f"{BRAND}/{{show_id:uuid}}", include_in_schema=False)
async def show_brand(request: Web, by: By, show_id: FromPath[UUID]) -> Response[Any]:
    """One show's money, the brand's part."""
    return await _show(request, Whose(brand=(await current_brand(request, by)).id), BRAND, show_id)


async def _list(request: Web, whose: Whose, here: str, after: int) -> Response[Any]:
    currency, begin = await currency_of(request), min(max(after, 0), 10**9)
    found = await show_settlements.latest(currency, whose=whose, after=begin)
    return web.page(
        request,
        "payouts/own_shows.html",
        shows=found[: show_settlements.PAGE],
        more=len(found) > show_settlements.PAGE,
        after=begin,
        page_size=show_settlements.PAGE,
        currency=currency,
        here=here,
        is_brand=whose.brand is not None,
    )


async def _show(request: Web, whose: Whose, here: str, show_id: UUID) -> Response[Any]:
    currency = await currency_of(request)
    found = await show_settlements.own(show_id, currency, whose=whose)
    return web.page(
        request,
        "payouts/own_show.html",
        show=found,
        share=found.brand_share if whose.brand else found.creator_share,
        dates=await show_dates.dates(show_id, currency, whose=whose),
        here=here,
        is_brand=whose.brand is not None,
    )


ROUTES = [list_creator, show_creator, list_brand, show_brand]
