"""Invoices and credit notes on the pages: of an order for its buyer, of all orders for a brand."""

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
from marketplace import credit_notes, invoices, orders
from marketplace.credit_notes import NoteShown
from marketplace.invoices import InvoiceShown
from marketplace.pages.here import current_brand
from marketplace.pages.own_orders import buyer_of

PAGE = 50


@get("/orders/{number:str}/invoices", include_in_schema=False)
async def of_order(request: Web, principal: Visitor, number: FromPath[str]) -> Response[Any]:
    """The invoices and credit notes of an order; a fragment of its page."""
    by = await buyer_of(request, principal, number=number)
    order = await orders.order_of_buyer(number=number, by=by)
    found = await invoices.of_order(order_id=order.id)
    notes = await credit_notes.of_order(order_id=order.id)
    return web.page(request, "marketplace/invoices.html", block="papers", order=order, invoices=found, notes=notes)


@get("/orders/{number:str}/invoices/{invoice_id:uuid}", include_in_schema=False)
async def file_of_order(request: Web, principal: Visitor, number: FromPath[str], invoice_id: FromPath[UUID]) -> Response[bytes]:
    """One invoice as PDF, for the buyer."""
    by = await buyer_of(request, principal, number=number)
    order = await orders.order_of_buyer(number=number, by=by)
    return await _file(await invoices.of_order(order_id=order.id), invoice_id)


@get("/orders/{number:str}/credit-notes/{note_id:uuid}", include_in_schema=False)
async def note_of_order(request: Web, principal: Visitor, number: FromPath[str], note_id: FromPath[UUID]) -> Response[bytes]:
    """One credit note as PDF, for the buyer."""
    by = await buyer_of(request, principal, number=number)
    order = await orders.order_of_buyer(number=number, by=by)
    return await _note(await credit_notes.of_order(order_id=order.id), note_id)


@get("/brand/buyer-invoices", include_in_schema=False)
async def of_brand(request: Web, by: By) -> Response[Any]:
    """What was invoiced to buyers in the brand's name, or credited to them, newest first."""
    brand = await current_brand(request, by)
    before, kind = _before(request), "credit-notes" if request.query_params.get("kind") == "credit-notes" else "invoices"
    read = credit_notes.of_brand if kind == "credit-notes" else invoices.of_brand
    found = await read(brand_id=brand.id, by=by, limit=PAGE + 1, before=before)
    older = found[PAGE - 1].content.issued_at.isoformat() if len(found) > PAGE else None
    return web.page(
        request, "marketplace/brand_invoices.html", brand=brand, papers=found[:PAGE], kind=kind, older=older, later=before
    )


@get("/brand/orders/{number:str}/invoice", include_in_schema=False)
async def file_of_brand(request: Web, by: By, number: FromPath[str]) -> Response[bytes]:
    """The brand's invoice of an order as PDF."""
    brand = await current_brand(request, by)
    order = await orders.order_of_brand(number=number, by=by, brand_id=brand.id)
    found = await invoices.of_order(order_id=order.id, brand_id=brand.id)
    return await _file(found, found[0].id if found else UUID(int=0))


@get("/brand/orders/{number:str}/credit-notes/{note_id:uuid}", include_in_schema=False)
async def note_of_brand(request: Web, by: By, number: FromPath[str], note_id: FromPath[UUID]) -> Response[bytes]:
    """One of the brand's credit notes of an order as PDF."""
    brand = await current_brand(request, by)
    order = await orders.order_of_brand(number=number, by=by, brand_id=brand.id)
    return await _note(await credit_notes.of_order(order_id=order.id, brand_id=brand.id), note_id)


async def _file(found: list[InvoiceShown], invoice_id: UUID) -> Response[bytes]:
    from marketplace import invoice_pdf  # what draws PDF takes as long to load as the rest of the program

    invoice = next((one for one in found if one.id == invoice_id), None)
    if invoice is None:
        raise NotFound
    return _pdf(await to_thread.run_sync(invoice_pdf.drawn, invoice), invoice_pdf.file_name(invoice))


async def _note(found: list[NoteShown], note_id: UUID) -> Response[bytes]:
    from marketplace import credit_note_pdf  # as above

    note = next((one for one in found if one.id == note_id), None)
    if note is None:
        raise NotFound
    return _pdf(await to_thread.run_sync(credit_note_pdf.drawn, note), credit_note_pdf.file_name(note))


def _pdf(drawn: bytes, name: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(drawn, media_type="application/pdf", headers=headers)


def _before(request: Web) -> datetime | None:
    try:
        found = datetime.fromisoformat(request.query_params.get("before", ""))
    except ValueError:
        return None
    return found if found.tzinfo else None


ROUTES = [of_order, file_of_order, note_of_order, of_brand, file_of_brand, note_of_brand]
