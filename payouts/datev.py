"""DATEV's posting batch: EXTF, header 700, category 21, format 13 (developer.datev.de, "Buchungsstapel")."""

from __future__ import annotations

import re
from datetime import date, datetime

from foundation.errors import Refusal
from foundation.i18n import _
from foundation.money import Money
from payouts.chart import Code
from payouts.exports import BOOKS_ZONE, EuroOnly, File, plain
from payouts.exports_books import BookLine, by_journal
from payouts.tables import Side

COLUMNS = (
    "Umsatz (ohne Soll/Haben-Kz)", "Soll/Haben-Kennzeichen", "WKZ Umsatz", "Kurs", "Basis-Umsatz", "WKZ Basis-Umsatz", "Konto",
    "Gegenkonto (ohne BU-Schlüssel)", "BU-Schlüssel", "Belegdatum", "Belegfeld 1", "Belegfeld 2", "Skonto", "Buchungstext",
)  # fmt: skip
_NOT_IN_A_REFERENCE = re.compile(r"[^A-Za-z0-9$&%*+/-]")


class DatevNumbersWanted(Refusal):
    """DATEV wants the numbers of the tax adviser (1001 up, seven digits at most) and of the client (1 up, five at most)."""

    code = "datev_numbers_wanted"
    status = 422
    message = _("DATEV wants the adviser's number (4 to 7 digits) and the client's (1 to 5 digits).")
    field = "adviser"


class OneYearWanted(Refusal):
    """A DATEV batch lies within one fiscal year: its dates have no year."""

    code = "datev_year_wanted"
    status = 422
    message = _("A DATEV batch lies within one year. Write a year or a month.")
    field = "period"


def datev(lines: list[BookLine], *, adviser: str, client: str, span: str, currency: str, made_at: datetime) -> File:
    """The batch of a year or month: one line for each pair of a debited and a credited account, so nothing needs a clearing account.

    Raises `DatevNumbersWanted`, `OneYearWanted`, `EuroOnly`.
    """
    if not (re.fullmatch(r"[1-9]\d{3,6}", adviser, re.ASCII) and re.fullmatch(r"[1-9]\d{0,4}", client, re.ASCII)):
        raise DatevNumbersWanted
    if not span:
        raise OneYearWanted
    if currency != "EUR":
        raise EuroOnly
    rows = [_head(adviser, client, span, made_at), ";".join(COLUMNS)]
    rows += [_row(*pair) for journal in by_journal(lines) for pair in pairs(journal)]
    content = ("\r\n".join(rows) + "\r\n").encode("cp1252", errors="replace")
    return File(f"EXTF_Buchungsstapel_{span}.csv", "text/csv; charset=windows-1252", content)


def pairs(journal: list[BookLine]) -> list[tuple[BookLine, Code, Money]]:
    """A balanced journal as (debit line, credited code, amount), each amount above zero; the sums per account stay."""
    debited_lines = [(line, line.amount) for line in journal if line.side == Side.D]
    credited_lines = [(line, line.amount) for line in journal if line.side == Side.C]
    found = []
    while debited_lines and credited_lines:
        (debited, left), (credited, right) = debited_lines.pop(0), credited_lines.pop(0)
        amount = min(left, right)
        found.append((debited, credited.code, amount))
        if left > amount:
            debited_lines.insert(0, (debited, left - amount))
        if right > amount:
            credited_lines.insert(0, (credited, right - amount))
    return found


def _head(adviser: str, client: str, span: str, made_at: datetime) -> str:
    first, last = _days(span)
    local = made_at.astimezone(BOOKS_ZONE)
    made = f"{local:%Y%m%d%H%M%S}{local.microsecond // 1000:03}"
    year = f"{first:%Y}0101"
    return (
        f'"EXTF";700;21;"Buchungsstapel";13;{made};;"RE";"";"";{adviser};{client};{year};4;{first:%Y%m%d};{last:%Y%m%d};'
        f'"Fanfare {span}";"";1;0;0;"EUR";;"";;;"";;;"";""'
    )


def _days(span: str) -> tuple[date, date]:
    year, _dash, month = span.partition("-")
    first = date(int(year), int(month or 1), 1)
    after = date(first.year + (not month or month == "12"), int(month) % 12 + 1 if month else 1, 1)
    return first, date.fromordinal(after.toordinal() - 1)


def _row(debited: BookLine, credited: Code, amount: Money) -> str:
    reference = _NOT_IN_A_REFERENCE.sub("-", debited.source_id)[:36]
    cells = [
        plain(amount, ","), '"S"', '"EUR"', "", "", '""', debited.code.value, credited.value, '""', f"{debited.day:%d%m}",
        _quoted(reference), _quoted(str(debited.number)), "", _quoted(debited.text[:60]),
    ]  # fmt: skip
    return ";".join(cells)


def _quoted(text: str) -> str:
    clean = " ".join(text.split()).replace('"', '""')
    return f'"{clean}"'
