"""Orders as a file that leaves, and parcels as a file that comes: CSV that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from foundation.accounts import Principal
from foundation.errors import InvalidField, Refusal
from foundation.i18n import _
from marketplace import shipping
from marketplace.order_lists import DeskRow
from marketplace.tables import Brand

MOST_ROWS: Final = 2_000
MOST_BYTES: Final = 1_000_000
COLUMNS: Final = (
    *("order", "paid_at", "state", "units", "to_send", "products", "total", "refunded", "currency"),
    *("email", "name", "line1", "line2", "postcode", "city", "country"),
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class NotAParcelFile(InvalidField):
    """The file cannot be read, is too long, or lacks a column."""

    code = "not_a_parcel_file"
    message = _("Please send a CSV file with the columns order, carrier and tracking, at most 2,000 lines.")
    field = "file"


@dataclass(frozen=True)
class Shipped:
    """What became of one line of a parcel file: `refusal` is None when the parcel is kept."""

    place: int
    number: str
    refusal: Refusal | None


def orders_file(rows: Iterable[DeskRow]) -> str:
    """The orders of a brand as CSV: UTF-8, a dot in amounts, cells that look like formulas made text."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        to = row.ship_to
        goods = (row.number, row.paid_at.isoformat(), row.state, row.units, row.to_send, row.titles)
        money = (str(row.total.decimal()), str(row.refunded.decimal()), row.total.currency)
        writer.writerow(
            [_plain(cell) for cell in (*goods, *money, row.email, to.name, to.line1, to.line2, to.postcode, to.city, to.country)]
        )
    return written.getvalue()


async def ship_file(*, content: bytes, brand: Brand, by: Principal) -> list[Shipped]:
    """Ship what a file of `order, carrier, tracking` says: each line for itself, everything of its order that waits.

    A file sent twice ships once. Raises `NotAParcelFile`.
    """
    found: list[Shipped] = []
    for place, (number, carrier, tracking) in enumerate(_parcels(content), 2):
        refusal: Refusal | None = None
        try:
            await shipping.ship(number=number, carrier=carrier, tracking=tracking, by=by, brand_id=brand.id)
        except Refusal as said:
            refusal = said
        found.append(Shipped(place, number, refusal))
    return found


async def ship_chosen(*, numbers: list[str], carrier: str, brand: Brand, by: Principal) -> list[Shipped]:
    """Ship the orders of a selection without tracking numbers, each as one parcel."""
    found: list[Shipped] = []
    for place, number in enumerate(numbers[:MOST_ROWS], 1):
        refusal: Refusal | None = None
        try:
            await shipping.ship(number=number, carrier=carrier, tracking="", by=by, brand_id=brand.id)
        except Refusal as said:
            refusal = said
        found.append(Shipped(place, number, refusal))
    return found


def _parcels(content: bytes) -> Iterator[tuple[str, str, str]]:
    if len(content) > MOST_BYTES:
        raise NotAParcelFile
    try:
        text = content.decode("utf-8-sig")
        head = text.splitlines()[0] if text.strip() else ""
        rows = list(csv.DictReader(io.StringIO(text), delimiter=";" if ";" in head else ",", strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise NotAParcelFile from None
    if (
        not rows
        or len(rows) > MOST_ROWS
        or not {"order", "carrier", "tracking"} <= {str(name).strip().lower() for name in rows[0]}
    ):
        raise NotAParcelFile
    for row in rows:
        cells = {str(name).strip().lower(): value.strip() for name, value in row.items() if isinstance(value, str)}
        carrier = cells.get("carrier", "").lower().replace(" ", "_")
        yield cells.get("order", "").upper(), carrier if carrier in shipping.CARRIERS else "other", cells.get("tracking", "")


def _plain(cell: object) -> str:
    text = str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text
