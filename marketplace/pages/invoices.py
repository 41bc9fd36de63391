"""Invoices on the pages: of an order for its buyer, of all orders for a brand."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from anyio import to_thread
from litestar import Response, get
from litestar.params import FromPath

from foundation import web
from foundation.accounts import By, Visitor
from foundation.errors import NotFound
from foundation.web import Web
from marketplace import invoices, orders
from marketplace.invoices import InvoiceShown
from marketplace.pages.here import current_brand
from marketplace.pages.own_orders import buyer_of

PAGE = 50


@get("/orders/{number:str}/invoices", include_in_schema=False)
async def of_order(request: Web, principal: Visitor, number: FromPath[str]) -> Response[Any]:
    """The invoices of an order; a fragment of its page."""
    by = await buyer_of(request, principal, number=number)
    order = await orders.order_of_buyer(number=number, by=by)
    found = await invoices.of_order(order_id=order.id)
    return web.page(request, "marketplace/invoices.html", block="papers", order=order, invoices=found)


@get("/orders/{number:str}/invoices/{invoice_id:uuid}", include_in_schema=False)
async def file_of_order(request: Web, principal: Visitor, number: FromPath[str], invoice_id: FromPath[UUID]) -> Response[bytes]:
    """One invoice as PDF, for the buyer."""
    by = await buyer_of(request, principal, number=number)
    order = await orders.order_of_buyer(number=number, by=by)
    return await _file(await invoices.of_order(order_id=order.id), invoice_id)


@get("/brand/buyer-invoices", include_in_schema=False)
async def of_brand(request: Web, by: By) -> Response[Any]:
    """What was invoiced to buyers in the brand's name, newest first."""
    brand = await current_brand(request, by)
    before = _before(request)
    found = await invoices.of_brand(brand_id=brand.id, by=by, limit=PAGE + 1, before=before)
    older = found[PAGE - 1].content.issued_at.isoformat() if len(found) > PAGE else None
    return web.page(request, "marketplace/brand_invoices.html", brand=brand, invoices=found[:PAGE], older=older, later=before)


@get("/brand/orders/{number:str}/invoice", include_in_schema=False)
async def file_of_brand(request: Web, by: By, number: FromPath[str]) -> Response[bytes]:
    """The brand's invoice of an order as PDF."""
    brand = await current_brand(request, by)
    order = await orders.order_of_brand(number=number, by=by, brand_id=brand.id)
    found = await invoices.of_order(order_id=order.id, brand_id=brand.id)
    return await _file(found, found[0].id if found else UUID(int=0))


async def _file(found: list[InvoiceShown], invoice_id: UUID) -> Response[bytes]:
    from marketplace import invoice_pdf  # what draws PDF takes as long to load as the rest of the program

    invoice = next((one for one in found if one.id == invoice_id), None)
    if invoice is None:
        raise NotFound
    drawn = await to_thread.run_sync(invoice_pdf.drawn, invoice)
    headers = {
        "Content-Disposition": f'attachment; filename="{invoice_pdf.file_name(invoice)}"',
        "Cache-Control": "private, no-store",
    }
    return Response(drawn, media_type="application/pdf", headers=headers)


def _before(request: Web) -> datetime | None:
    try:
        found = datetime.fromisoformat(request.query_params.get("before", ""))
    except ValueError:
        return None
    return found if found.tzinfo else None


ROUTES = [of_order, file_of_order, of_brand, file_of_brand]
