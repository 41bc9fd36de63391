"""The fields of a delivery address."""

from __future__ import annotations

from babel import Locale

from foundation import i18n
from foundation.web import Form
from marketplace.brands import COUNTRIES
from marketplace.checkout import ShipTo

FIELDS = ("name", "line1", "line2", "postcode", "city", "country")


def countries() -> list[tuple[str, str]]:
    """Code and name of every country to which parcels go, in the language and the order of the reader."""
    names = Locale(i18n.locale.get()).territories
    return sorted(((code, names[code]) for code in COUNTRIES), key=lambda pair: pair[1])


def country_name(code: str) -> str:
    return str(Locale(i18n.locale.get()).territories.get(code, code))


def read_address(form: Form) -> ShipTo:
    """The address of a form; what is wrong is kept in the form."""
    return ShipTo(
        name=form.text("name", min=2, max=80),
        line1=form.text("line1", min=3, max=120),
        line2=form.text("line2", max=120, required=False),
        postcode=form.text("postcode", min=3, max=12),
        city=form.text("city", min=2, max=80),
        country=form.choice("country", COUNTRIES),
    )


def address_values(ship_to: ShipTo | None) -> dict[str, str]:
    """The values of the fields for an address that is known; France for somebody new."""
    if ship_to is None:
        return {"country": "FR"}
    return {name: getattr(ship_to, name) for name in FIELDS}
