"""Sellers of a year as DAC7 sees them: what was credited to them by quarters, who they are, what is missing (docs/money.md, chapter 17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from foundation.i18n import _
from foundation.money import round_half_even
from payouts.tables import PayeeKind
from payouts.vat_matrix import EU

CURRENCY: Final = "EUR"
SMALL_SALES: Final = 30
SMALL_MINOR: Final = 200_000
"""A seller of goods with fewer sales and no more than this is left out (directive (EU) 2021/514, annex V, I B 4 d)."""


WAITS_AFTER: Final = timedelta(days=60)
"""So long after the request, and after two reminders, payouts wait for what a seller has not said (annex V, IV A 2)."""

WAITS: Final = """
    exists (select 1 from seller_request q where q.kind = {kind} and q.owner = {owner} and q.closed_at is null
            and q.reminded_again_at is not null and q.asked_at <= {now} - interval '60 days')
"""
"""SQL: whether the payouts of a payee wait for that."""


class Excluded(StrEnum):
    """Why a seller is not reported."""

    OUTSIDE = "outside"
    SMALL = "small"
    NOTHING = "nothing"


class Missing(StrEnum):
    """What a seller still has to say before they can be reported."""

    IDENTITY = "identity"
    NAME = "name"
    ADDRESS = "address"
    TIN = "tin"
    BIRTH = "birth"
    BIRTHPLACE = "birthplace"
    CURRENCY = "currency"


EXCLUDED_WORDS: Final = {
    Excluded.OUTSIDE: _("Lives outside the European Union"),
    Excluded.SMALL: _("Fewer than 30 sales and no more than 2,000 euros"),
    Excluded.NOTHING: _("Nothing was credited"),
}
MISSING_WORDS: Final = {
    Missing.IDENTITY: _("Who they are"),
    Missing.NAME: _("First name and family name"),
    Missing.ADDRESS: _("Address"),
    Missing.TIN: _("Tax number"),
    Missing.BIRTH: _("Day of birth"),
    Missing.BIRTHPLACE: _("Town and country of birth"),
    Missing.CURRENCY: _("Amounts in another currency"),
}

OWN_WORDS: Final = {**MISSING_WORDS, Missing.IDENTITY: _("Who you are: name, address, tax number, day of birth")}
"""The same, said to the seller."""


@dataclass(frozen=True)
class Quarters:
    """Four figures: euro cents, or a count."""

    values: tuple[int, int, int, int] = (0, 0, 0, 0)

    @property
    def total(self) -> int:
        return sum(self.values)

    @property
    def below(self) -> bool:
        """Whether a quarter is below zero, which a report cannot say."""
        return min(self.values) < 0

    def whole(self) -> tuple[int, ...]:
        """Whole euros, half to even, never below zero."""
        return tuple(max(round_half_even(minor, 100), 0) for minor in self.values)


@dataclass(frozen=True, kw_only=True)
class Seller:
    """One seller of a year. Amounts are euro cents by quarters; `others` are the other currencies they were credited in."""

    kind: PayeeKind
    owner: UUID
    name: str
    is_company: bool = True
    identified: bool = True
    street: str = ""
    postcode: str = ""
    town: str = ""
    country: str
    tin: str = ""
    registration: str = ""
    vat_id: str = ""
    born_on: date | None = None
    born_in: str = ""
    born_country: str = ""
    account: str = ""
    consideration: Quarters = field(default_factory=Quarters)
    activities: Quarters = field(default_factory=Quarters)
    fees: Quarters = field(default_factory=Quarters)
    taxes: Quarters = field(default_factory=Quarters)
    others: Sequence[str] = ()

    @property
    def first_name(self) -> str:
        """The first word of the full name; what follows is the family name."""
        return self.name.partition(" ")[0]

    @property
    def last_name(self) -> str:
        return self.name.partition(" ")[2].strip()

    @property
    def clamped(self) -> bool:
        """Whether a quarter is said as zero although it is below."""
        return self.consideration.below or self.fees.below or self.taxes.below


def excluded(seller: Seller) -> Excluded | None:
    """Why a seller is left out of the report, None for those who are in it."""
    if seller.country not in EU:
        return Excluded.OUTSIDE
    figures = (seller.consideration, seller.activities, seller.fees, seller.taxes)
    if not any(any(each.values) for each in figures) and not seller.others:
        return Excluded.NOTHING
    if (
        seller.kind == PayeeKind.BRAND
        and not seller.others
        and seller.activities.total < SMALL_SALES
        and seller.consideration.total <= SMALL_MINOR
    ):
        return Excluded.SMALL
    return None


def missing(seller: Seller) -> list[Missing]:
    """What keeps a seller out of the file, in the order of the form."""
    if not seller.identified:
        return [Missing.IDENTITY]
    person = not seller.is_company
    wrong: Mapping[Missing, bool] = {
        Missing.NAME: not seller.name or (person and not seller.last_name),
        Missing.ADDRESS: not seller.street or (person and not seller.town),
        Missing.TIN: not seller.tin and not (person and (seller.born_in or seller.born_country)),
        Missing.BIRTH: person and seller.born_on is None,
        Missing.BIRTHPLACE: person and not seller.tin and bool(seller.born_in) != bool(seller.born_country),
        Missing.CURRENCY: bool(seller.others),
    }
    return [one for one, is_missing in wrong.items() if is_missing]
