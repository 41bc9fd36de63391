"""The receipt: one mail for a paid order, with each brand's invoice, and for a guest the links that lead back."""

from __future__ import annotations

from uuid import UUID

from anyio import to_thread

from foundation import guests, mails
from foundation.database import DB
from foundation.mails import Attachment
from foundation.money import Money
from marketplace import invoices
from marketplace.invoices import InvoiceShown
from marketplace.order_notices import path_of
from marketplace.tables import LineKind, Order, OrderLine


async def send(*, order_id: UUID) -> None:
    """Issue the invoices and write the mail, once however often this is called. Nothing for what was sold out while it was paid."""
    order = await Order.objects().where(Order.id == order_id).first()
    if order is None or not await invoices.are_due(order_id=order_id):
        return
    issued = await invoices.issue(order_id=order_id)
    attached = [] if mails.are_kept() else [await _attached(one) for one in issued]
    lines = await OrderLine.objects().where(OrderLine.order == order_id).order_by(OrderLine.kind, ascending=False)
    async with DB.transaction():
        once = f"receipt {order_id}"
        if await mails.is_written(to=order.email, once=once):
            return
        claim = await guests.claim_link(person_id=order.buyer) if order.guest else None
        await mails.write(
            to=order.email,
            locale=order.locale,
            template="receipt.html",
            once=once,
            attachments=attached,
            attached=bool(attached),
            number=order.number,
            lines=[_line(line, order.currency) for line in lines],
            total=Money(order.total_minor, order.currency),
            vat=Money(order.vat_minor, order.currency),
            sellers=sorted({one.brand_name for one in issued}),
            way_back=path_of(order),
            claim=f"/claim/{claim}" if claim else "",
        )


async def _attached(invoice: InvoiceShown) -> Attachment:
    """Drawing takes a third of a second of a processor, so nothing is drawn for mails that never leave; the order's page has the files."""
    from marketplace import invoice_pdf  # what draws PDF takes as long to load as the rest of the program

    drawn = await to_thread.run_sync(invoice_pdf.drawn, invoice)
    return Attachment(invoice_pdf.file_name(invoice), "application/pdf", drawn)


def _line(line: OrderLine, currency: str) -> tuple[str, Money]:
    what = ", ".join(part for part in (line.title, line.variant_name) if part)
    counted = f"{line.quantity} × {what}" if line.kind == LineKind.GOODS else what
    return counted, Money(line.gross_minor, currency)
