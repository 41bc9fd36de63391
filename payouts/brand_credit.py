"""A brand's credit with us: paid in advance or given back for returns, and set off against its open invoices, oldest first."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.money import Money
from payouts import chart, ledger
from payouts.chart import Code
from payouts.ledger import Entry, Source, credit, debit
from payouts.off_platform_tables import BrandInvoice, InvoiceStatus


async def balance(*, brand_id: UUID, currency: str) -> Money:
    """What the brand has with us."""
    return await ledger.balance(chart.of_brand(Code.BRAND_CREDIT, brand_id), currency)


async def apply(*, brand_id: UUID, currency: str) -> None:
    """Set the brand's credit off against its open invoices (S3c); one that is paid by it is paid. Call it with the brand locked."""
    there = await balance(brand_id=brand_id, currency=currency)
    if there.minor <= 0:
        return
    entries: list[Entry] = []
    for invoice in await _open(brand_id, currency):
        part = min(there, unpaid(invoice))
        if part.minor > 0:
            there -= part
            await count(invoice, credited=part)
            entries.append(_set_off(invoice, part))
    await ledger.post_all(entries)


def unpaid(invoice: BrandInvoice) -> Money:
    """What is still open of an invoice."""
    return Money(invoice.total_minor - invoice.credited_minor - invoice.paid_minor, invoice.currency)


async def count(invoice: BrandInvoice, *, credited: Money | None = None, paid: Money | None = None) -> None:
    """Note what an invoice was paid by; with nothing left open it is paid. Its commissions are released soon after."""
    invoice.credited_minor += credited.minor if credited else 0
    invoice.paid_minor += paid.minor if paid else 0
    if unpaid(invoice).minor <= 0:
        invoice.status, invoice.paid_at = InvoiceStatus.PAID, clock.now()
    await BrandInvoice.update(
        {
            BrandInvoice.credited_minor: invoice.credited_minor,
            BrandInvoice.paid_minor: invoice.paid_minor,
            BrandInvoice.status: invoice.status,
            BrandInvoice.paid_at: invoice.paid_at,
        }
    ).where(BrandInvoice.id == invoice.id)


async def _open(brand_id: UUID, currency: str) -> list[BrandInvoice]:
    return (
        await BrandInvoice.objects()
        .where((BrandInvoice.brand == brand_id) & (BrandInvoice.currency == currency))
        .where(BrandInvoice.status == InvoiceStatus.OPEN)
        .order_by(BrandInvoice.issued_at)
        .order_by(BrandInvoice.id)
        .lock_rows("UPDATE")
    )


def _set_off(invoice: BrandInvoice, part: Money) -> Entry:
    lines = (
        debit(chart.of_brand(Code.BRAND_CREDIT, invoice.brand), part),
        credit(chart.of_brand(Code.BRAND_INVOICED, invoice.brand), part),
    )
    return Entry(
        key=f"credit:{invoice.id}:{invoice.credited_minor}",
        kind="S3c",
        event_at=clock.now(),
        source=Source(kind="brand_invoice", id=str(invoice.id)),
        lines=lines,
        memo=invoice.number,
    )
