"""The fields of a delivery address."""

from __future__ import annotations

from collections.abc import Sequence

from babel import Locale

from foundation import i18n
from foundation.errors import Refusal
from foundation.web import Form
from marketplace import postal
from marketplace.brands import COUNTRIES
from marketplace.delivery import DESTINATIONS
from marketplace.postal import ShipTo
from marketplace.vat_rates import EUROPEAN_UNION

FIELDS = ("name", "line1", "line2", "postcode", "city", "area", "country")


def countries() -> list[tuple[str, str]]:
    """Code and name of every country to which parcels go, in the language and the order of the reader."""
    return _named(DESTINATIONS)


def homes_of_sellers() -> list[tuple[str, str]]:
    """The same for the countries in which brands are established."""
    return _named(COUNTRIES)


def countries_of_the_union() -> list[tuple[str, str]]:
    """The same for the European Union."""
    return _named(sorted(EUROPEAN_UNION))


def _named(codes: Sequence[str]) -> list[tuple[str, str]]:
    names = Locale(i18n.locale.get()).territories
    return sorted(((code, names[code]) for code in codes), key=lambda pair: pair[1])


def country_name(code: str) -> str:
    return str(Locale(i18n.locale.get()).territories.get(code, code))


def read_address(form: Form) -> ShipTo:
    """The address of a form, its postcode as the country writes it; what is wrong is kept in the form, in the order of its fields."""
    name, line1 = form.text("name", min=2, max=80), form.text("line1", min=3, max=120)
    line2 = form.text("line2", max=120, required=False)
    country = form.choice("country", DESTINATIONS)
    typed, area = form.text("postcode", max=12, required=False), form.text("area", max=60, required=False)
    try:
        area = postal.area(area, country=country)
        typed = postal.postcode(typed, country=country, area=area)
    except Refusal as refusal:
        form.refused(refusal)
    return ShipTo(
        name=name,
        line1=line1,
        line2=line2,
        postcode=typed,
        city=form.text("city", min=2, max=80),
        country=country,
        area=area,
    )


def address_values(ship_to: ShipTo | None) -> dict[str, str]:
    """The values of the fields for an address that is known; France for somebody new."""
    if ship_to is None:
        return {"country": "FR"}
    return {name: getattr(ship_to, name) for name in FIELDS}
