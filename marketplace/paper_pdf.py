"""Papers of a sale as they are printed: who sells and buys, lines, sums by rate. What an invoice and a credit note say is their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from babel import Locale
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from foundation import i18n, paper
from foundation.i18n import _, money, percent_bp, translate
from marketplace.invoices import Paper, Party
from marketplace.vat_rates import EUROPEAN_UNION

HEAD = (244, 239, 232)


@dataclass(frozen=True)
class Words:
    """What is said on a paper, in its reader's language; `columns` are headings with their widths in millimetres, 174 together."""

    title: str
    facts: Sequence[str]
    columns: Sequence[tuple[str, int]]
    rows: Sequence[Sequence[str]]
    total: str
    mentions: Sequence[str]


@contextmanager
def language(wanted: str) -> Iterator[str]:
    """Speak the language in which the buyer ordered."""
    token = i18n.locale.set(i18n.negotiate(wanted))
    try:
        yield i18n.locale.get()
    finally:
        i18n.locale.reset(token)


def printed(content: Paper, words: Words, *, language: str) -> bytes:
    """The PDF file: the same bytes whenever it is drawn."""
    pdf = paper.sheet(title=words.title, language=language, author=content.seller.name)
    pdf.set_creation_date(content.issued_at)
    _say(pdf, words.title, 18, 10)
    for fact in words.facts:
        _say(pdf, fact)
    pdf.ln(5)
    _parties(pdf, content)
    pdf.ln(5)
    _table(pdf, words)
    pdf.ln(3)
    _sums(pdf, content, words.total)
    pdf.ln(6)
    for sentence in words.mentions:
        _say(pdf, sentence, 8.5, 4.5)
    return bytes(pdf.output())


def file_name(kind: str, brand_name: str, number: str) -> str:
    """A name that says whose paper it is, in plain letters."""
    brand = "".join(sign for sign in brand_name.lower() if sign.isascii() and sign.isalnum())
    return f"{kind}-{brand or 'seller'}-{number}.pdf"


def mentions(content: Paper) -> list[str]:
    """What the law wants said on every paper: for whom it is issued, and why this VAT."""
    said = [translate(_("Issued by Fanfare in the name and on behalf of %(seller)s."), seller=content.seller.name)]
    if content.buyer.country not in EUROPEAN_UNION:
        said.append(translate(_("Export outside the European Union: no VAT, directive 2006/112/EC art. 146 (CGI art. 262 I).")))
    elif content.buyer.country != content.seller.country:
        said.append(translate(_("VAT of the country of arrival, directive 2006/112/EC art. 33.")))
    return said


def _parties(pdf: FPDF, content: Paper) -> None:
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


def _table(pdf: FPDF, words: Words) -> None:
    pdf.set_font(paper.LETTERS, size=9)
    with pdf.table(
        col_widths=tuple(width for _name, width in words.columns),
        text_align=("LEFT", *["RIGHT"] * (len(words.columns) - 1)),
        borders_layout="HORIZONTAL_LINES",
        headings_style=FontFace(fill_color=HEAD),
    ) as table:
        for texts in ([name for name, _width in words.columns], *words.rows):
            row = table.row()
            for text in texts:
                row.cell(text)


def _sums(pdf: FPDF, content: Paper, total: str) -> None:
    rows = []
    for rate, net, vat in content.by_rate():
        rows += [(translate(_("Before VAT")), net), (translate(_("VAT at %(rate)s"), rate=percent_bp(rate)), vat)]
    for words, amount in [*rows, (total, content.total)]:
        pdf.set_x(paper.MARGIN + 84)
        pdf.cell(54, 6, words, align="R")
        pdf.cell(36, 6, money(amount), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _say(pdf: FPDF, text: str, size: float = 10, height: float = 5.5) -> None:
    pdf.set_font(paper.LETTERS, size=size)
    pdf.multi_cell(0, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font(paper.LETTERS, size=10)
