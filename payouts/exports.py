"""Tables as CSV and XLSX files that no spreadsheet mistakes for formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from foundation.errors import Refusal
from foundation.i18n import _
from foundation.money import Money, decimals

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell as BookCell
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

BOOKS_ZONE = ZoneInfo("Europe/Paris")
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Cell = str | int | Money | date | None

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_SPAN = re.compile(r"(?:\d{4}(?:-(?:0[1-9]|1[0-2]))?)?")


class BadSpan(Refusal):
    """The span is neither a year nor a month of the books."""

    code = "bad_span"
    status = 422
    message = _("Write a year (2026), a month (2026-11), or nothing for everything.")
    field = "period"


class EuroOnly(Refusal):
    """The format carries euros only."""

    code = "euro_only"
    status = 422
    message = _("This format carries euros only.")
    field = "currency"


@dataclass(frozen=True)
class Sheet:
    """A table to be exported. A `Money` takes two columns: the amount with a dot and the minor units."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


@dataclass(frozen=True)
class File:
    """A file to download."""

    name: str
    media_type: str
    content: bytes


def span(text: str) -> str:
    """`2026`, `2026-11` or '' for everything, as the beginning of the names of the periods meant. Raises `BadSpan`."""
    if not _SPAN.fullmatch(text):
        raise BadSpan
    return text


def plain(amount: Money, point: str = ".") -> str:
    """The amount with the decimals of its currency and no other sign than a minus: `-1234.50`."""
    places = decimals(amount.currency)
    digits = str(abs(amount.minor)).rjust(places + 1, "0")
    whole = digits if places == 0 else f"{digits[:-places]}{point}{digits[-places:]}"
    return f"-{whole}" if amount.minor < 0 else whole


def safe(text: str) -> str:
    """The text as a CSV cell that a spreadsheet shows and does not calculate (OWASP, CSV injection)."""
    clean = _CONTROL.sub("", text)
    return f"'{clean}" if clean.startswith(_FORMULA) else clean


def local_day(moment: datetime) -> date:
    """The day of a moment in the time zone of the books."""
    return moment.astimezone(BOOKS_ZONE).date()


def csv_file(name: str, header: Iterable[str], rows: Iterable[Iterable[str | int]]) -> File:
    """UTF-8 with a byte order mark, commas. Cells of text must be `safe` already: amounts may begin with a minus."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return File(name, CSV_TYPE, text.getvalue().encode("utf-8-sig"))


def as_csv(sheet: Sheet) -> File:
    """The table with ISO dates and dots in amounts."""
    return csv_file(f"{sheet.name}.csv", _header(sheet), ([_csv_cell(cell) for cell in _spread(row)] for row in sheet.rows))


def as_xlsx(sheet: Sheet) -> File:
    """One sheet with a frozen head; every text is a string cell, whatever it begins with."""
    from openpyxl import Workbook  # loaded when somebody wants a book: no program should wait for it at its start

    book = Workbook(write_only=True)
    page = book.create_sheet(sheet.name[:31])
    page.freeze_panes = "A2"
    page.append(list(_header(sheet)))
    for row in sheet.rows:
        page.append([_text_cell(page, cell) if isinstance(cell, str) else cell for cell in map(_xlsx_value, _spread(row))])
    content = io.BytesIO()
    book.save(content)
    return File(f"{sheet.name}.xlsx", XLSX_TYPE, content.getvalue())


def _header(sheet: Sheet) -> list[str]:
    """The names of the columns, doubled for amounts; a column of amounts is one whose name ends in `amount`."""
    return [part for name in sheet.columns for part in ((name, f"{name}_minor") if name.endswith("amount") else (name,))]


def _spread(row: Iterable[Cell]) -> Iterable[Cell]:
    for cell in row:
        if isinstance(cell, Money):
            yield cell
            yield cell.minor
        else:
            yield cell


def _csv_cell(cell: Cell) -> str | int:
    if isinstance(cell, Money):
        return plain(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    return cell if isinstance(cell, int) else safe(cell or "")


def _xlsx_value(cell: Cell) -> str | int | Decimal | date | None:
    if isinstance(cell, Money):
        return Decimal(plain(cell))
    return cell.isoformat() if isinstance(cell, datetime) else cell


def _text_cell(page: WriteOnlyWorksheet, text: str) -> BookCell:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(page, value=_CONTROL.sub("", text))
    cell.data_type = "s"
    return cell
