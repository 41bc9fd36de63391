"""Reading a file of sales row by row, however large: what was read, how many bytes of the file are done, what was wrong. No database.

The head names the columns, in any order; `,`, `;` or a tab between them; UTF-8 or Windows-1252. Rows of one order stand together.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from creators.conversions import MOST_LINES, Sale, SoldLine
from foundation.money import Money, decimals

COLUMNS = ("order", "date", "currency", "sku", "quantity", "net", "code", "click", "consented", "title")
NEEDED = ("order", "date", "currency", "sku", "quantity", "net")
LONGEST_ROW = 20_000
csv.field_size_limit(LONGEST_ROW)


class Unreadable(ValueError):
    """The file as a whole cannot be read; the first argument is the code of the reason."""


@dataclass(frozen=True)
class Problem:
    """A row that was not taken."""

    row: int
    order: str
    code: str
    value: str = ""


@dataclass
class Group:
    """The rows of one order: a sale, or what is wrong with them. `done` are the bytes of the file up to its end."""

    order: str
    first_row: int
    rows: int = 0
    done: int = 0
    lines: list[SoldLine] = field(default_factory=list)
    head: Sale | None = None
    problems: list[Problem] = field(default_factory=list)

    @property
    def sale(self) -> Sale:
        """The order as one sale. Only without problems."""
        head = self.head
        if head is None:
            raise ValueError(self.order)
        return Sale(
            order=head.order,
            currency=head.currency,
            happened_at=head.happened_at,
            lines=self.lines,
            code=head.code,
            click=head.click,
            consented=head.consented,
        )


class RowWrong(ValueError):
    """A cell cannot be what it should; arguments: the code and what stood there."""


def groups(path: Path, *, done: int = 0, rows: int = 0) -> Iterator[Group]:
    """The orders of a file in its order, from the byte `done` on, `rows` rows (without the head) having been read. Raises `Unreadable`."""
    with path.open("rb") as file:
        names, encoding, delimiter, begins = _head(file)
        file.seek(max(done, begins))
        lines = _Lines(file, encoding)
        reader = csv.reader(lines, delimiter=delimiter)
        group: Group | None = None
        number = rows + 1
        while True:
            cells, wrong = _next(reader)
            if cells is None and wrong is None:
                break
            number += 1
            values = dict(zip(names, (cell.strip() for cell in cells or []), strict=False))
            order = values.get("order", "")[:100]
            if cells is not None and not any(values.values()):
                group = group or Group("", number)
                group.rows, group.done = group.rows + 1, lines.read
                continue
            if group is None or order != group.order or wrong:
                if group is not None:
                    yield group
                group = Group(order, number)
            _add(group, number, values, wrong)
            group.rows += 1
            group.done = lines.read
        if group is not None:
            yield group


class _Lines:
    """Lines of a file as text; `read` is the place of the file after the last one that was given out."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file, self._encoding, self.read = file, encoding, file.tell()

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._file.readline(LONGEST_ROW)
        if not line:
            raise StopIteration
        self.read += len(line)
        return line.decode(self._encoding, errors="replace").replace("\x00", "")


def _head(file: BinaryIO) -> tuple[list[str], str, str, int]:
    line = file.readline(LONGEST_ROW)
    bom = line.startswith(b"\xef\xbb\xbf")
    sample = line + file.read(65_536)
    encoding = "utf-8"
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(sample) < 65_536 or error.start < len(sample) - 4:  # a letter may be cut at the sample's end
            encoding = "cp1252"
    text = line[3 if bom else 0 :].decode(encoding, errors="replace").strip()
    delimiter = max(",;\t", key=text.count)
    names = [name.strip().strip('"').strip().lower() for name in text.split(delimiter)]
    if any(name not in names for name in NEEDED):
        raise Unreadable("columns_missing")
    return names, encoding, delimiter, len(line)


def _next(reader: Iterator[list[str]]) -> tuple[list[str] | None, str | None]:
    try:
        return next(reader), None
    except StopIteration:
        return None, None
    except csv.Error:
        return None, "row_unreadable"


def _add(group: Group, number: int, values: Mapping[str, str], wrong: str | None) -> None:
    """A row joins its order: its line is kept, or its problem."""
    try:
        if wrong:
            raise RowWrong(wrong, "")
        head, line = _head_of(values), _line_of(values)
        if group.head is None:
            group.head = head
        elif (head.happened_at, head.currency) != (group.head.happened_at, group.head.currency):
            raise RowWrong("order_differs", values.get("date", ""))
        if len(group.lines) >= MOST_LINES:
            raise RowWrong("too_many_lines", "")
        group.lines.append(line)
    except RowWrong as error:
        group.problems.append(Problem(number, group.order, str(error.args[0]), str(error.args[1])[:100]))


def _head_of(values: Mapping[str, str]) -> Sale:
    order, currency = values.get("order", ""), values.get("currency", "").upper()
    if not order or len(order) > 100 or not order.isprintable():
        raise RowWrong("order_invalid", order)
    try:
        decimals(currency)
    except ValueError:
        raise RowWrong("currency_unknown", currency) from None
    click = values.get("click", "")
    if click:
        try:
            click = str(UUID(click))
        except ValueError:
            raise RowWrong("click_invalid", click) from None
    return Sale(
        order=order,
        currency=currency,
        happened_at=_moment(values.get("date", "")),
        lines=(),
        code=values.get("code", "")[:100],
        click=click,
        consented=values.get("consented", "").lower() in {"1", "yes", "true", "oui"},
    )


def _line_of(values: Mapping[str, str]) -> SoldLine:
    sku, units = values.get("sku", ""), values.get("quantity", "")
    if not sku or len(sku) > 60 or not sku.isprintable():
        raise RowWrong("sku_invalid", sku)
    if not (units.isascii() and units.isdigit() and 0 < int(units[:7]) <= 100_000 and len(units) < 7):
        raise RowWrong("quantity_invalid", units)
    try:
        net = Money.parse(values.get("net", ""), values.get("currency", "").upper()).minor
    except ValueError:
        net = -1
    if not 0 <= net <= 10**12:
        raise RowWrong("net_invalid", values.get("net", ""))
    return SoldLine(sku=sku, quantity=int(units), net_minor=net, title=values.get("title", "")[:200])


def _moment(text: str) -> datetime:
    """ISO 8601; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        raise RowWrong("date_invalid", text) from None
