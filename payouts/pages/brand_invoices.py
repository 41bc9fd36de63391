"""`/brand/invoices`: what a brand owes for the sales of its own shop, and how it pays."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import i18n, rate_limits, web
from foundation.accounts import By, Principal
from foundation.errors import Refusal
from foundation.vendor import VendorError
from foundation.web import Form, Web
from marketplace.pages.here import current_brand
from payouts import brand_credit, brand_invoice_lists, brand_payments, exports
from payouts.brand_invoice_lists import InvoiceLine, InvoiceShown
from payouts.off_platform_tables import BrandPayment, BrandPaymentStatus
from payouts.pages.finance import currency_of

HERE = "/brand/invoices"
WORDS = ("Order", "Article", "Sold at", "Creator", "Net", "Returned", "Rate", "Commission", "Fee", "Currency")


def number_in(request: Web, name: str = "after") -> int:
    """A page's offset from the address."""
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@get(HERE, include_in_schema=False)
async def show(request: Web, by: By) -> Response[Any]:
    """The invoices, what is not invoiced yet, the credit and the statement."""
    return await _show(request, by, Form())


@post(f"{HERE}/credit", include_in_schema=False)
async def pay_ahead(request: Web, by: By) -> Response[Any]:
    """Pay in advance: the amount becomes credit."""
    brand = await current_brand(request, by)
    form = await web.read_form(request)
    currency = await currency_of(request)
    amount = form.money("amount", currency)
    try:
        await rate_limits.spend(f"brand-pays:{brand.id}", limit=20, seconds=60)
        form.check()
        payment = await brand_payments.pay_in_advance(brand_id=brand.id, amount=amount, by=by)
    except Refusal as refusal:
        return await _show(request, by, form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"/brand/payments/{payment}")


@get("/brand/invoices/{number:str}", include_in_schema=False)
async def show_one(request: Web, by: By, number: FromPath[str]) -> Response[Any]:
    """One invoice with its lines."""
    brand = await current_brand(request, by)
    found = await brand_invoice_lists.invoice_of_brand(number=number, brand_id=brand.id, by=by)
    return await invoice_page(request, found, HERE, payable=True)


@get("/brand/invoices/{number:str}/lines.csv", include_in_schema=False)
async def download(request: Web, by: By, number: FromPath[str]) -> Response[bytes]:
    """The lines of an invoice for a spreadsheet."""
    brand = await current_brand(request, by)
    found = await brand_invoice_lists.invoice_of_brand(number=number, brand_id=brand.id, by=by)
    return await lines_file(found)


@get("/brand/invoices/{number:str}/invoice.pdf", include_in_schema=False)
async def print_one(request: Web, by: By, number: FromPath[str]) -> Response[bytes]:
    """An invoice on paper."""
    brand = await current_brand(request, by)
    return await paper_file(await brand_invoice_lists.invoice_of_brand(number=number, brand_id=brand.id, by=by))


@post("/brand/invoices/{number:str}/pay", include_in_schema=False)
async def pay(request: Web, by: By, number: FromPath[str]) -> Response[Any]:
    """Go and pay what is open."""
    brand = await current_brand(request, by)
    await rate_limits.spend(f"brand-pays:{brand.id}", limit=20, seconds=60)
    payment = await brand_payments.pay_invoice(number=number, brand_id=brand.id, by=by)
    return web.redirect(request, f"/brand/payments/{payment}")


@get("/brand/payments/{payment_id:uuid}", include_in_schema=False)
async def payment(request: Web, by: By, payment_id: FromPath[UUID]) -> Response[Any]:
    """The payment form, or what became of the payment."""
    brand = await current_brand(request, by)
    row = await brand_payments.payment_of(payment_id=payment_id, brand_id=brand.id, by=by)
    return await _payment(request, row, brand.id, by)


@post("/brand/payments/{payment_id:uuid}/confirmed", include_in_schema=False)
async def confirmed(request: Web, by: By, payment_id: FromPath[UUID]) -> Response[Any]:
    """The browser says that it has confirmed: look at Stripe, believe only that, and show what is known."""
    brand = await current_brand(request, by)
    await rate_limits.spend(f"confirmed:{by.id}", limit=30, seconds=60)
    row = await brand_payments.payment_of(payment_id=payment_id, brand_id=brand.id, by=by)
    if row.intent_id:
        with suppress(VendorError):  # the webhook or the sweeper will tell
            await brand_payments.settle(intent_id=row.intent_id)
        row = await brand_payments.payment_of(payment_id=payment_id, brand_id=brand.id, by=by)
    return await _payment(request, row, brand.id, by)


async def _payment(request: Web, row: BrandPayment, brand_id: UUID, by: Principal) -> Response[Any]:
    form = None
    if row.status in {BrandPaymentStatus.INTENDED, BrandPaymentStatus.OPEN}:
        with suppress(VendorError):
            form = await brand_payments.payment_form(payment_id=row.id, brand_id=brand_id, by=by)
    part = {"succeeded": "paid", "processing": "processing", "cancelled": "cancelled"}.get(
        row.status, "pay" if form else "silent"
    )
    return web.page(
        request,
        "payouts/brand_payment.html",
        block=part,
        part=part,
        row=row,
        payment=form,
        amount=brand_payments.amount_of(row),
        stripe_locale=i18n.locale.get(),
    )


async def invoice_page(request: Web, found: InvoiceShown, back: str, *, payable: bool) -> Response[Any]:
    """An invoice as the brand and finance see it."""
    after = number_in(request)
    lines = await brand_invoice_lists.lines_of(invoice_id=found.row.id, after=after)
    return web.page(
        request,
        "payouts/brand_invoice.html",
        invoice=found,
        lines=lines[: brand_invoice_lists.PAGE],
        more=len(lines) > brand_invoice_lists.PAGE,
        after=after,
        page_size=brand_invoice_lists.PAGE,
        back=back,
        payable=payable,
    )


async def lines_file(found: InvoiceShown) -> Response[bytes]:
    """All lines of an invoice as CSV; cells that a spreadsheet would take for formulas are made text."""
    lines = await brand_invoice_lists.lines_of(invoice_id=found.row.id, limit=1_000_000)
    made = exports.csv_file(f"{found.row.number}.csv", WORDS, [_cells(line) for line in lines])
    headers = {"Content-Disposition": f'attachment; filename="{made.name}"', "Cache-Control": "no-store"}
    return Response(made.content, media_type="text/csv", headers=headers)


async def paper_file(found: InvoiceShown) -> Response[bytes]:
    """An invoice as a PDF."""
    from payouts import brand_invoice_pdf  # what draws is loaded when somebody wants it

    lines = await brand_invoice_lists.lines_of(invoice_id=found.row.id, limit=brand_invoice_pdf.MOST_LINES + 1)
    made = brand_invoice_pdf.file(found, lines)
    headers = {"Content-Disposition": f'attachment; filename="{made.name}"', "Cache-Control": "no-store"}
    return Response(made.content, media_type=made.media_type, headers=headers)


def _cells(line: InvoiceLine) -> list[str]:
    amounts = [exports.plain(each) for each in (line.net, line.returned)]
    parts = [exports.plain(line.commission), exports.plain(line.fee), line.net.currency]
    names = [exports.safe(line.order), exports.safe(line.title), line.at.isoformat(), exports.safe(line.creator)]
    return [*names, *amounts, f"{line.rate_bp / 100:.2f}", *parts]


async def _show(request: Web, by: Principal, form: Form, *, status: int = 200) -> Response[Any]:
    brand, currency, after = await current_brand(request, by), await currency_of(request), number_in(request)
    invoices = await brand_invoice_lists.invoices_of_brand(brand_id=brand.id, by=by, after=after)
    standing = await brand_invoice_lists.standing(currency, brand.id)
    form.values = {"amount": "", **form.values}
    return web.page(
        request,
        "payouts/brand_invoices.html",
        status=status,
        form=form,
        invoices=invoices[: brand_invoice_lists.PAGE],
        more=len(invoices) > brand_invoice_lists.PAGE,
        after=after,
        page_size=brand_invoice_lists.PAGE,
        standing=standing[0] if standing else None,
        credit=await brand_credit.balance(brand_id=brand.id, currency=currency),
        movements=await brand_invoice_lists.statement(brand_id=brand.id, currency=currency),
        currency=currency,
    )


ROUTES = [show, pay_ahead, show_one, download, print_one, pay, payment, confirmed]
