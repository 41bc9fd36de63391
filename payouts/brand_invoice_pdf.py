"""An invoice to a brand as it is printed: the sums as they were written, then the sales as they stand (docs/money.md, chapter 12)."""

from __future__ import annotations

from collections.abc import Sequence

from fpdf import FPDF
from fpdf.enums import TextEmphasis, XPos, YPos
from fpdf.fonts import FontFace

from foundation import i18n, paper, settings
from foundation.i18n import _, day, money, percent_bp, translate
from foundation.money import Money
from payouts.brand_invoice_lists import InvoiceLine, InvoiceShown
from payouts.exports import File, local_day

MOST_LINES = 5_000
COLUMNS = (24, 64, 38, 24, 24)
HEAD = (244, 239, 232)


def file(found: InvoiceShown, lines: Sequence[InvoiceLine]) -> File:
    """The PDF in the language of the reader; the same invoice gives the same file."""
    number = found.row.number
    title = translate(_("Invoice %(number)s"), number=number)
    house = settings.current()
    pdf = paper.sheet(title=title, language=i18n.locale.get(), author=house.platform_legal_name)
    pdf.set_creation_date(found.row.issued_at)
    _say(pdf, title, 18, 10)
    issued, due = day(local_day(found.row.issued_at)), day(local_day(found.row.due_at))
    _say(pdf, translate(_("Issued on %(day)s, due on %(due)s"), day=issued, due=due))
    _say(pdf, translate(_("Sales accepted until the end of %(month)s"), month=found.row.period))
    pdf.ln(4)
    _parties(pdf, found)
    pdf.ln(4)
    _sums(pdf, found)
    pdf.ln(4)
    for note in _notes(found):
        _say(pdf, note, 8.5, 4.5)
    pdf.ln(4)
    _table(pdf, lines[:MOST_LINES])
    if len(lines) > MOST_LINES:
        _say(pdf, translate(_("and %(count)s more"), count=len(lines) - MOST_LINES), 8.5, 4.5)
    return File(f"{number}.pdf", "application/pdf", bytes(pdf.output()))


def _parties(pdf: FPDF, found: InvoiceShown) -> None:
    house = settings.current()
    sides = (
        (_("Seller"), (house.platform_legal_name, house.platform_legal_address, house.platform_vat_id)),
        (_("Customer"), (found.legal_name, found.legal_address, "")),
    )
    top = bottom = pdf.get_y()
    for place, (heading, lines) in enumerate(sides):
        pdf.set_xy(paper.MARGIN + place * 90, top)
        pdf.multi_cell(84, 5, "\n".join([translate(heading), *filter(None, lines)]), new_x=XPos.LEFT, new_y=YPos.NEXT)
        bottom = max(bottom, pdf.get_y())
    pdf.set_xy(paper.MARGIN, bottom)


def _sums(pdf: FPDF, found: InvoiceShown) -> None:
    row, currency = found.row, found.row.currency
    rate = f" ({percent_bp(row.vat_bp)})" if row.vat_bp else ""
    for words, minor in (
        (translate(_("Commissions, in the creators' names and for their account")), row.commission_minor),
        (translate(_("Platform fee")), row.fee_minor),
        (translate(_("VAT on the fee")) + rate, row.vat_minor),
        (translate(_("In all")), row.total_minor),
        (translate(_("Set off")), -row.credited_minor),
        (translate(_("Paid")), -row.paid_minor),
        (translate(_("Open")), found.open.minor),
    ):
        pdf.cell(130, 6, words, align="R")
        pdf.cell(44, 6, money(Money(minor, currency)), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _notes(found: InvoiceShown) -> list[str]:
    wording = [found.row.vat_wording] if found.row.vat_wording else []
    return [
        *wording,
        translate(_("The sales stand here as they are on the day of printing; what came back since is your credit.")),
    ]


def _table(pdf: FPDF, lines: Sequence[InvoiceLine]) -> None:
    pdf.set_font(paper.LETTERS, size=8)
    plainly = FontFace(emphasis=TextEmphasis.NONE, fill_color=HEAD)
    with pdf.table(
        col_widths=COLUMNS, text_align=("LEFT", "LEFT", "LEFT", "RIGHT", "RIGHT"), headings_style=plainly,
        borders_layout="HORIZONTAL_LINES",
    ) as table:  # fmt: skip
        head = table.row()
        for name in (_("Day"), _("Sale"), _("Creator"), _("Commission"), _("Fee")):
            head.cell(translate(name))
        for line in lines:
            row = table.row()
            for text in (
                day(local_day(line.at)),
                f"{line.order} · {line.title}",
                line.creator,
                money(line.commission),
                money(line.fee),
            ):
                row.cell(text)


def _say(pdf: FPDF, text: str, size: float = 10, height: float = 5.5) -> None:
    pdf.set_font(paper.LETTERS, size=size)
    pdf.multi_cell(0, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font(paper.LETTERS, size=10)
