"""What is withheld from a creator's payout for the tax office of the United States (docs/money.md, chapter 17). Pure rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from foundation.i18n import _
from foundation.money import Money, round_half_even
from payouts.tax_tables import UsForm

BACKUP_BP: Final = 2_400
FOREIGN_BP: Final = 3_000
UNITED_STATES: Final = "US"


class Why(StrEnum):
    """Why something is withheld."""

    NOTHING = ""
    BACKUP = "backup"
    FOREIGN = "foreign"
    TREATY = "treaty"


WORDS: Final = {
    Why.BACKUP: _("United States: no W-9"),
    Why.FOREIGN: _("United States: work done there, no treaty"),
    Why.TREATY: _("United States: work done there, rate of the treaty"),
}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a creator stands towards the United States; `form` is the one in force, if they gave one."""

    residence: str
    works_in_us: bool
    form: UsForm | None = None
    treaty_bp: int | None = None
    expires_on: date | None = None


@dataclass(frozen=True)
class Withheld:
    """A rate and its reason."""

    rate_bp: int = 0
    why: Why = Why.NOTHING

    def of(self, amount: Money) -> Money:
        """The tax on an amount, rounded half to even once."""
        return amount.share(self.rate_bp)


NOTHING: Final = Withheld()


def withheld(standing: Standing, on: date) -> Withheld:
    """What a payout of that day withholds."""
    form = standing.form if standing.expires_on is None or on <= standing.expires_on else None
    if form == UsForm.W9:
        return NOTHING
    if standing.residence == UNITED_STATES:
        return Withheld(BACKUP_BP, Why.BACKUP)
    if not standing.works_in_us:
        return NOTHING
    if form in {UsForm.W8BEN, UsForm.W8BEN_E} and standing.treaty_bp is not None:
        return Withheld(standing.treaty_bp, Why.TREATY) if standing.treaty_bp else NOTHING
    return Withheld(FOREIGN_BP, Why.FOREIGN)


def expires_on(form: UsForm, signed: date) -> date | None:
    """The last day of a form: a W-8 ends with the third calendar year after its signature, a W-9 does not end."""
    return None if form == UsForm.W9 else date(signed.year + 3, 12, 31)


def given_back(*, amount: Money, withheld: Money, reversed_before: Money, reversed_now: Money) -> Money:
    """What a reversal gives back of the tax, so that any sequence of reversals ends where one of their sum does.

    `amount` left, `withheld` stayed; `reversed_before` and `reversed_now` are parts of `amount`.
    """

    def back(so_far: int) -> int:
        return round_half_even(withheld.minor * min(so_far, amount.minor), amount.minor)

    before = reversed_before.minor
    return Money(back(before + reversed_now.minor) - back(before), amount.currency)


COLUMNS: Final = """
    coalesce(li.country, c.country, '') as residence, coalesce(li.works_in_us, false) as works_in_us,
    tf.form as us_form, tf.treaty_bp, tf.expires_on
"""
"""What `standing_of` reads, with `JOINS` where `c` is the creator's row."""

JOINS: Final = """
    left join legal_identity li on li.creator = c.id left join us_tax_form tf on tf.creator = c.id and tf.ended_at is null
"""


def standing_of(row: Any) -> Standing:
    """The standing from a row with `COLUMNS`; a brand's row, without a creator, stands nowhere."""
    return Standing(
        residence=row["residence"],
        works_in_us=row["works_in_us"],
        form=UsForm(row["us_form"]) if row["us_form"] else None,
        treaty_bp=row["treaty_bp"],
        expires_on=row["expires_on"],
    )


def due(row: Any, on: date) -> Withheld:
    """What a payout of that day withholds, from a row with `COLUMNS`; most stand nowhere near the United States."""
    if not row["works_in_us"] and row["residence"] != UNITED_STATES:
        return NOTHING
    return withheld(standing_of(row), on)
