"""An invoice as it is printed: drawn from its frozen content, in the language in which the buyer ordered."""

from __future__ import annotations

from foundation.i18n import _, day, money, percent_bp, translate
from foundation.money import Money
from marketplace import paper_pdf
from marketplace.invoices import Content, InvoiceLine, InvoiceShown
from marketplace.paper_pdf import Words


def drawn(invoice: InvoiceShown) -> bytes:
    """The PDF file."""
    with paper_pdf.language(invoice.locale) as language:
        return paper_pdf.printed(invoice.content, _words(invoice.content), language=language)


def file_name(invoice: InvoiceShown) -> str:
    """A name that says whose invoice it is, in plain letters."""
    return paper_pdf.file_name("invoice", invoice.brand_name, invoice.content.number)


def _words(content: Content) -> Words:
    withdraw = translate(_("You can withdraw from this purchase within 14 days of delivery without giving a reason."))
    return Words(
        title=translate(_("Invoice %(number)s"), number=content.number),
        facts=[
            translate(_("Order %(number)s of %(day)s"), number=content.order_number, day=day(content.placed_at)),
            translate(_("Issued on %(day)s, paid by card on %(paid)s"), day=day(content.issued_at), paid=day(content.paid_at)),
        ],
        columns=[
            (translate(_("Description")), 64),
            (translate(_("Quantity")), 18),
            (translate(_("Unit price")), 24),
            (translate(_("VAT rate")), 20),
            (translate(_("Before VAT")), 24),
            (translate(_("With VAT")), 24),
        ],
        rows=[_row(line, content.currency) for line in content.lines],
        total=translate(_("Total paid")),
        mentions=[*paper_pdf.mentions(content), withdraw],
    )


def _row(line: InvoiceLine, currency: str) -> tuple[str, ...]:
    what = ", ".join(part for part in (line.title, line.variant) if part)
    if line.discount:
        what += "\n" + translate(_("Discount %(amount)s"), amount=-Money(line.discount, currency))
    return (
        what,
        str(line.quantity),
        money(Money(line.unit, currency)),
        percent_bp(line.vat_bp),
        money(Money(line.net, currency)),
        money(Money(line.gross, currency)),
    )
