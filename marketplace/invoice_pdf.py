"""An invoice as it is printed: drawn from its frozen content, in the language in which the buyer ordered."""

from __future__ import annotations

from babel import Locale
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from foundation import i18n, paper
from foundation.i18n import _, day, money, percent_bp, translate
from foundation.money import Money
from marketplace.invoices import Content, InvoiceLine, InvoiceShown, Party
from marketplace.vat_rates import EUROPEAN_UNION

HEAD = (244, 239, 232)
COLUMNS = (64, 18, 24, 20, 24, 24)


def drawn(invoice: InvoiceShown) -> bytes:
    """The PDF file."""
    token = i18n.locale.set(i18n.negotiate(invoice.locale))
    try:
        return _drawn(invoice.content, i18n.locale.get())
    finally:
        i18n.locale.reset(token)


def file_name(invoice: InvoiceShown) -> str:
    """A name that says whose invoice it is, in plain letters."""
    brand = "".join(sign for sign in invoice.brand_name.lower() if sign.isascii() and sign.isalnum())
    return f"invoice-{brand or 'seller'}-{invoice.content.number}.pdf"


def _drawn(content: Content, language: str) -> bytes:
    title = translate(_("Invoice %(number)s"), number=content.number)
    pdf = paper.sheet(title=title, language=language, author=content.seller.name)
    pdf.set_creation_date(content.issued_at)  # the same file whenever it is drawn
    _say(pdf, title, 18, 10)
    _say(pdf, translate(_("Order %(number)s of %(day)s"), number=content.order_number, day=day(content.placed_at)))
    _say(pdf, translate(_("Issued on %(day)s, paid by card on %(paid)s"), day=day(content.issued_at), paid=day(content.paid_at)))
    pdf.ln(5)
    _parties(pdf, content)
    pdf.ln(5)
    _table(pdf, content)
    pdf.ln(3)
    _sums(pdf, content)
    pdf.ln(6)
    for sentence in _mentions(content):
        _say(pdf, sentence, 8.5, 4.5)
    return bytes(pdf.output())


def _parties(pdf: FPDF, content: Content) -> None:
    top = bottom = pdf.get_y()
    for place, (heading, party) in enumerate(((_("Seller"), content.seller), (_("Buyer"), content.buyer))):
        pdf.set_xy(paper.MARGIN + place * 90, top)
        pdf.multi_cell(84, 5, "\n".join([translate(heading), party.name, *_address(party)]), new_x=XPos.LEFT, new_y=YPos.NEXT)
        bottom = max(bottom, pdf.get_y())
    pdf.set_xy(paper.MARGIN, bottom)


def _address(party: Party) -> list[str]:
    country = str(Locale(i18n.locale.get()).territories.get(party.country, party.country))
    return [
        *party.address.split("\n"),
        country,
        *([party.registration] if party.registration else []),
        *([translate(_("VAT id %(number)s"), number=party.vat_id)] if party.vat_id else []),
        *([party.email] if party.email else []),
    ]


def _table(pdf: FPDF, content: Content) -> None:
    pdf.set_font(paper.LETTERS, size=9)
    with pdf.table(
        col_widths=COLUMNS,
        text_align=("LEFT", *["RIGHT"] * 5),
        borders_layout="HORIZONTAL_LINES",
        headings_style=FontFace(fill_color=HEAD),
    ) as table:
        head = table.row()
        for name in (_("Description"), _("Quantity"), _("Unit price"), _("VAT rate"), _("Before VAT"), _("With VAT")):
            head.cell(translate(name))
        for line in content.lines:
            row = table.row()
            for text in _row(line, content.currency):
                row.cell(text)


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


def _sums(pdf: FPDF, content: Content) -> None:
    rows = []
    for rate, net, vat in content.by_rate():
        rows += [(translate(_("Before VAT")), net), (translate(_("VAT at %(rate)s"), rate=percent_bp(rate)), vat)]
    for words, amount in [*rows, (translate(_("Total paid")), content.total)]:
        pdf.set_x(paper.MARGIN + 84)
        pdf.cell(54, 6, words, align="R")
        pdf.cell(36, 6, money(amount), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _mentions(content: Content) -> list[str]:
    said = [translate(_("Issued by Fanfare in the name and on behalf of %(seller)s."), seller=content.seller.name)]
    if content.buyer.country not in EUROPEAN_UNION:
        said.append(translate(_("Export outside the European Union: no VAT, directive 2006/112/EC art. 146 (CGI art. 262 I).")))
    elif content.buyer.country != content.seller.country:
        said.append(translate(_("VAT of the country of arrival, directive 2006/112/EC art. 33.")))
    said.append(translate(_("You can withdraw from this purchase within 14 days of delivery without giving a reason.")))
    return said


def _say(pdf: FPDF, text: str, size: float = 10, height: float = 5.5) -> None:
    pdf.set_font(paper.LETTERS, size=size)
    pdf.multi_cell(0, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font(paper.LETTERS, size=10)
