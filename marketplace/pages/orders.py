"""The buyer's orders."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from foundation import web
from foundation.accounts import By
from foundation.web import Web
from marketplace import orders
from marketplace.pages.addresses import country_name


@get("/orders", include_in_schema=False)
async def show_all(request: Web, by: By) -> Response[Any]:
    """Everything the person has ordered, newest first."""
    return web.page(request, "marketplace/orders.html", orders=await orders.orders_of_buyer(by=by))


@get("/orders/{number:str}", include_in_schema=False)
async def show(request: Web, by: By, number: FromPath[str]) -> Response[Any]:
    """One order: lines, VAT, what happened."""
    order = await orders.order_of_buyer(number=number, by=by)
    return web.page(request, "marketplace/order.html", order=order, country_name=country_name)


ROUTES = [show_all, show]
