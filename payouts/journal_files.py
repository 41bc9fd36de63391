"""Journals as QuickBooks Online and Xero import them (CSV)."""

from __future__ import annotations

from payouts.chart import NAMES
from payouts.exports import File, csv_file, plain, safe
from payouts.exports_books import BookLine
from payouts.tables import Side

QUICKBOOKS = ("JournalNo", "Date", "Account", "Debits", "Credits", "Description", "Name", "Currency")
XERO = ("*Narration", "*Date", "Description", "*AccountCode", "*TaxRate", "*Amount")


def quickbooks(lines: list[BookLine], *, span: str, currency: str) -> File:
    """QuickBooks Online's journal entries: one posting a line, its amount under Debits or Credits."""
    rows = [
        [
            str(line.journal_id),
            line.day.isoformat(),
            f"{line.code.value} {NAMES[line.code]}",
            plain(line.amount) if line.side == Side.D else "",
            plain(line.amount) if line.side == Side.C else "",
            safe(line.text),
            safe(line.owner),
            currency,
        ]
        for line in lines
    ]
    return csv_file(f"quickbooks-{span or 'all'}-{currency}.csv", QUICKBOOKS, rows)


def xero(lines: list[BookLine], *, span: str, currency: str, tax_rate: str = "Tax Exempt") -> File:
    """Xero's manual journals: lines of one narration and date are one journal; a debit is above zero, a credit below.

    `tax_rate` is the name of the organisation's rate without tax.
    """
    rows = [
        [
            safe(f"{line.journal_id} {line.kind} {line.source_id}"),
            line.day.isoformat(),
            safe(" · ".join(part for part in (line.text, line.owner) if part)),
            line.code.value,
            safe(tax_rate),
            ("-" if line.side == Side.C else "") + plain(line.amount),
        ]
        for line in lines
    ]
    return csv_file(f"xero-{span or 'all'}-{currency}.csv", XERO, rows)
