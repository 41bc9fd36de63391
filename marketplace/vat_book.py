"""The table of VAT rates as people read it: what holds on a day, what comes, how a country's rates went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from uuid import UUID

from marketplace.vat_tables import VatClass, VatRate


@dataclass(frozen=True)
class Held:
    """A rate in basis points from `first` to `last`, both days inside; no `last` while nothing follows."""

    id: UUID
    country: str
    vat_class: VatClass
    rate_bp: int
    first: date
    last: date | None

    def holds(self, on: date) -> bool:
        return self.first <= on and (self.last is None or on <= self.last)


async def read(*, country: str = "") -> list[Held]:
    """Every rate that is kept, of one country or of all, by country, class and day."""
    query = VatRate.objects()
    rows = await (query.where(VatRate.country == country) if country else query)
    return held(rows)


def held(rows: Iterable[VatRate]) -> list[Held]:
    """Each rate with the day before the next one of its country and class."""
    found: list[Held] = []
    ordered = sorted(rows, key=lambda row: (row.country, row.vat_class, row.valid_from))
    for _key, group in groupby(ordered, key=lambda row: (row.country, row.vat_class)):
        own = list(group)
        ends = [row.valid_from - timedelta(days=1) for row in own[1:]]
        found += [
            Held(row.id, row.country, VatClass(row.vat_class), row.rate_bp, row.valid_from, last)
            for row, last in zip(own, [*ends, None], strict=True)
        ]
    return found


def on_day(book: Iterable[Held], day: date) -> Mapping[str, Mapping[VatClass, Held]]:
    """What holds on a day: by country, then by class; a country or class of which nothing is known is not there."""
    found: dict[str, dict[VatClass, Held]] = {}
    for one in book:
        if one.holds(day):
            found.setdefault(one.country, {})[one.vat_class] = one
    return found


def after_day(book: Iterable[Held], day: date) -> list[Held]:
    """What begins after a day, the next first."""
    return sorted((one for one in book if one.first > day), key=lambda one: (one.first, one.country, one.vat_class))


def newest_first(book: Iterable[Held]) -> list[Held]:
    """The history, class by class."""
    order = list(VatClass)
    return sorted(book, key=lambda one: (one.country, order.index(one.vat_class), -one.first.toordinal()))
