"""VAT by destination: the rates that consumers pay in each country of the European Union, kept by the day from which they hold.

A consumer pays the VAT of the country to which the goods go (directive 2006/112/EC art. 33; declared in one place, art. 369a).
Goods that leave the Union are exports without it (art. 146).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import Forbidden, InvalidField, NotFound, WrongState
from foundation.i18n import _
from foundation.tables import Role
from marketplace.vat_tables import VatClass, VatRate

EUROPEAN_UNION: Final = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT",
        "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    }
)  # fmt: skip
BOOKS_ZONE: Final = ZoneInfo("Europe/Paris")

FARTHEST: Final = timedelta(days=3653)
"""A law that fixes a rate of a later day than that is a slip of the keyboard."""

Rates = Mapping[VatClass, int]
NOTHING: Final[Rates] = dict.fromkeys(VatClass, 0)


class RateKnown(InvalidField):
    """A rate of that country and class begins on that day already: rates are added, never changed."""

    code = "vat_rate_known"
    status = 409
    message = _("There is a rate of this country from this day on already.")
    field = "valid_from"


class RateBegins(InvalidField):
    """A rate must begin on a later day than today: sales of days that have begun keep theirs."""

    code = "vat_rate_begins"
    message = _("Please choose a day after today, at most ten years ahead.")
    field = "valid_from"


class NoUnionCountry(InvalidField):
    """Rates are kept for countries of the European Union; goods that go elsewhere are exports."""

    code = "no_union_country"
    message = _("Please choose a country of the European Union.")
    field = "country"


class NoRateOfClass(InvalidField):
    """The class without VAT has no rate."""

    code = "no_rate_of_class"
    message = _("Please choose a class that has a rate.")
    field = "vat_class"


class RateInForce(WrongState):
    """A rate that has begun stands for good: sales were made by it."""

    code = "vat_rate_in_force"
    message = _("This rate has begun. It can only be followed by another one.")


class RateUnknown(LookupError):
    """The table has no rate for a country of the Union on that day: nothing may be sold there by guesswork."""


def today() -> date:
    """The day whose rates hold now, in the time zone of the books."""
    return clock.now().astimezone(BOOKS_ZONE).date()


async def rates(*, country: str, on: date | None = None) -> Rates:
    """The rates in basis points that hold in a country on a day (today), by class; all 0 outside the Union. Raises `RateUnknown`."""
    if country not in EUROPEAN_UNION:
        return NOTHING
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select distinct on (vat_class) vat_class, rate_bp from vat_rate where country = $1 and valid_from <= $2
            order by vat_class, valid_from desc
            """,
            country,
            on or today(),
        )
    return filled({VatClass(row["vat_class"]): row["rate_bp"] for row in rows}, country=country)


def filled(known: Mapping[VatClass, int], *, country: str = "") -> Rates:
    """Every class with its rate: where a country has no lower rate the reduced one counts, without that the standard one."""
    if VatClass.STANDARD not in known:
        raise RateUnknown(country)
    standard = known[VatClass.STANDARD]
    reduced = known.get(VatClass.REDUCED, standard)
    return {
        VatClass.STANDARD: standard,
        VatClass.REDUCED: reduced,
        VatClass.LOWER: known.get(VatClass.LOWER, reduced),
        VatClass.NONE: 0,
    }


async def add_rate(*, country: str, vat_class: VatClass, rate_bp: int, valid_from: date, by: Principal) -> UUID:
    """A new rate from a later day on; sales before that day keep theirs. `rate_bp` is 0 to 5,000. For finance.

    Raises `Forbidden`, `NoUnionCountry`, `NoRateOfClass`, `RateBegins`, `RateKnown`.
    """
    _for_finance(by)
    if country not in EUROPEAN_UNION:
        raise NoUnionCountry
    if vat_class == VatClass.NONE:
        raise NoRateOfClass
    if not today() < valid_from <= today() + FARTHEST:
        raise RateBegins
    row = VatRate(id=uuid4(), country=country, vat_class=vat_class, rate_bp=rate_bp, valid_from=valid_from)
    async with DB.transaction():
        added = (
            await VatRate.insert(row)
            .on_conflict(target=(VatRate.country, VatRate.vat_class, VatRate.valid_from), action="DO NOTHING")
            .returning(VatRate.id)
        )
        if not added:
            raise RateKnown
        await _record("vat_rate.add", row, by)
    return row.id


async def withdraw_rate(*, rate_id: UUID, by: Principal) -> None:
    """Take back a rate that has not begun. For finance. Raises `Forbidden`, `NotFound`, `RateInForce`."""
    _for_finance(by)
    async with DB.transaction():
        row = await VatRate.objects().where(VatRate.id == rate_id).lock_rows("UPDATE").first()
        if row is None:
            raise NotFound
        if row.valid_from <= today():
            raise RateInForce
        await VatRate.delete().where(VatRate.id == rate_id)
        await _record("vat_rate.withdraw", row, by)


def may_change(by: Principal) -> bool:
    """Whether somebody may add rates: people of finance."""
    return by.has(Role.FINANCE_MAKER, Role.FINANCE_CHECKER)


def _for_finance(by: Principal) -> None:
    if not may_change(by):
        raise Forbidden


async def _record(action: str, row: VatRate, by: Principal) -> None:
    said = {"country": row.country, "vat_class": row.vat_class, "rate_bp": row.rate_bp, "valid_from": str(row.valid_from)}
    await audit.record(by=by, action=action, kind="vat_rate", id=row.id, **said)
