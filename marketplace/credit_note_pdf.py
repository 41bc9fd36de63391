"""A credit note as it is printed, in the language of the invoice that it corrects."""

from __future__ import annotations

from foundation.i18n import _, day, money, percent_bp, translate
from foundation.money import Money
from marketplace import paper_pdf
from marketplace.credit_notes import DISPUTED, Content, NoteShown
from marketplace.invoices import Line
from marketplace.paper_pdf import Words


def drawn(note: NoteShown) -> bytes:
    """The PDF file."""
    with paper_pdf.language(note.locale) as language:
        return paper_pdf.printed(note.content, _words(note.content), language=language)


def file_name(note: NoteShown) -> str:
    """A name that says whose credit note it is, in plain letters."""
    return paper_pdf.file_name("credit-note", note.brand_name, note.content.number)


def _words(content: Content) -> Words:
    taken_back = bool(content.cancels)
    title = _("Cancellation %(number)s of a credit note") if taken_back else _("Credit note %(number)s")
    return Words(
        title=translate(title, number=content.number),
        facts=_facts(content),
        columns=[
            (translate(_("Description")), 80),
            (translate(_("VAT rate")), 22),
            (translate(_("Before VAT")), 24),
            (translate(_("VAT")), 24),
            (translate(_("With VAT")), 24),
        ],
        rows=[_row(line, content.currency) for line in content.lines],
        total=translate(_("Total owed again") if taken_back else _("Total given back")),
        mentions=paper_pdf.mentions(content),
    )


def _facts(content: Content) -> list[str]:
    said = [
        translate(_("Corrects invoice %(number)s of %(day)s"), number=content.invoice_number, day=day(content.invoiced_at)),
        translate(_("Order %(number)s of %(day)s"), number=content.order_number, day=day(content.placed_at)),
    ]
    if content.cancels:
        why = _("Cancels credit note %(number)s: its money could not be given back and returned on %(day)s")
        if content.reason == DISPUTED:
            why = _("Cancels credit note %(number)s: the bank decided the dispute for the seller on %(day)s")
        issued = translate(_("Issued on %(day)s"), day=day(content.issued_at))
        return [*said, issued, translate(why, number=content.cancels, day=day(content.refunded_at))]
    how = _("Issued on %(day)s, given back to the card on %(given)s")
    if content.reason == DISPUTED:
        how = _("Issued on %(day)s, the dispute was decided on %(given)s")
    issued = translate(how, day=day(content.issued_at), given=day(content.refunded_at))
    return [*said, issued, translate(_("Given back because: %(reason)s"), reason=translate(content.because))]


def _row(line: Line, currency: str) -> tuple[str, ...]:
    return (
        ", ".join(part for part in (line.title, line.variant) if part),
        percent_bp(line.vat_bp),
        money(Money(line.net, currency)),
        money(Money(line.vat, currency)),
        money(Money(line.gross, currency)),
    )
