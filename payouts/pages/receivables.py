"""`/finance/invoices`: what brands owe and how old it is; `/studio/shop-sales`: what that means for a creator."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from foundation import web
from foundation.accounts import By
from foundation.web import Web
from payouts import brand_invoice_lists, ledger, shop_earnings
from payouts.pages.brand_invoices import invoice_page, lines_file, number_in, paper_file
from payouts.pages.finance import FINANCE, currency_of

HERE = "/finance/invoices"


@get(HERE, guards=[FINANCE], include_in_schema=False)
async def show(request: Web) -> Response[Any]:
    """Every brand's open amounts by age, and the open invoices, the oldest first."""
    currency, after = await currency_of(request), number_in(request)
    invoices = await brand_invoice_lists.open_invoices(currency, after=after)
    return web.page(
        request,
        "payouts/receivables.html",
        brands=await brand_invoice_lists.standing(currency),
        invoices=invoices[: brand_invoice_lists.PAGE],
        more=len(invoices) > brand_invoice_lists.PAGE,
        after=after,
        page_size=brand_invoice_lists.PAGE,
        currency=currency,
        currencies=await ledger.currencies(),
    )


@get("/finance/invoices/{number:str}", guards=[FINANCE], include_in_schema=False)
async def show_one(request: Web, number: FromPath[str]) -> Response[Any]:
    """Any brand's invoice."""
    return await invoice_page(request, await brand_invoice_lists.invoice(number=number), HERE, payable=False)


@get("/finance/invoices/{number:str}/lines.csv", guards=[FINANCE], include_in_schema=False)
async def download(number: FromPath[str]) -> Response[bytes]:
    """The lines of any invoice for a spreadsheet."""
    return await lines_file(await brand_invoice_lists.invoice(number=number))


@get("/finance/invoices/{number:str}/invoice.pdf", guards=[FINANCE], include_in_schema=False)
async def print_one(number: FromPath[str]) -> Response[bytes]:
    """Any invoice on paper."""
    return await paper_file(await brand_invoice_lists.invoice(number=number))


@get("/studio/shop-sales", include_in_schema=False)
async def mine(request: Web, by: By) -> Response[Any]:
    """The creator's sales in brands' own shops, from the report to the payment."""
    after = number_in(request)
    rows = await shop_earnings.shop_earnings(by=by, after=after)
    page = shop_earnings.PAGE
    return web.page(request, "payouts/shop_earnings.html", rows=rows[:page], more=len(rows) > page, after=after, page_size=page)


ROUTES = [show, show_one, download, print_one, mine]
