"""The statement of a month as CSV and PDF."""

from __future__ import annotations

from fpdf.enums import TextEmphasis, XPos, YPos
from fpdf.fonts import FontFace

from foundation import paper
from foundation.i18n import locale, translate
from foundation.money import Money
from payouts.exports import File, Sheet, as_csv, local_day, plain
from payouts.monthly import MonthStatement

COLUMNS = (24, 22, 82, 25, 25)


def csv_file(found: MonthStatement, postings_url: str) -> File:
    """One row for each journal; `postings` is the address of its postings."""
    rows = [
        (
            local_day(line.at),
            translate(line.words),
            line.order_number,
            line.title or line.memo,
            line.amount,
            line.balance,
            f"J-{line.journal_id}",
            f"{postings_url}/{line.journal_id}",
        )
        for line in found.lines
    ]
    opening = (None, "opening", "", "", Money(0, found.currency), found.opening, "", "")
    closing = (None, "closing", "", "", Money(0, found.currency), found.closing, "", "")
    columns = ("day", "entry", "order", "text", "amount", "balance_amount", "journal", "postings")
    return as_csv(Sheet(f"statement-{found.month}-{found.currency}", columns, [opening, *rows, closing]))


def pdf_file(found: MonthStatement, title: str, labels: dict[str, str], postings_url: str) -> File:
    """A4 pages with opening, every journal and closing; each journal's number opens its postings."""
    pdf = paper.sheet(title=title, language=locale.get())
    pdf.set_font(paper.LETTERS, size=16)
    pdf.cell(0, 9, title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font(paper.LETTERS, size=10)
    pdf.cell(0, 6, f"{found.name} · {found.currency}", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(3)
    sums = [("opening", found.opening), ("earned", found.earned), ("withheld", -found.withheld), ("paid", -found.paid)]
    for name, amount in [*(pair for pair in sums if pair[0] != "withheld" or pair[1].minor), ("closing", found.closing)]:
        pdf.cell(60, 6, labels[name])
        pdf.cell(40, 6, plain(amount), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(4)
    pdf.set_font(paper.LETTERS, size=8)
    plainly = FontFace(emphasis=TextEmphasis.NONE)
    with pdf.table(col_widths=COLUMNS, text_align=("LEFT", "LEFT", "LEFT", "RIGHT", "RIGHT"), headings_style=plainly) as table:
        head = table.row()
        for name in ("day", "journal", "entry", "amount", "balance"):
            head.cell(labels[name])
        for line in found.lines:
            row = table.row()
            row.cell(f"{local_day(line.at):%Y-%m-%d}")
            row.cell(f"J-{line.journal_id}", link=f"{postings_url}/{line.journal_id}")
            row.cell(" · ".join(part for part in (translate(line.words), line.order_number, line.title or line.memo) if part))
            row.cell(plain(line.amount))
            row.cell(plain(line.balance))
    return File(f"statement-{found.month}-{found.currency}.pdf", "application/pdf", bytes(pdf.output()))
