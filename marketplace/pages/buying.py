"""What the form of a purchase says besides the things themselves: where it goes, how it travels, which codes count."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from foundation.accounts import Principal
from foundation.errors import Refusal
from foundation.web import Form, Web
from marketplace import orders
from marketplace.delivery import DESTINATIONS
from marketplace.discounts import CodeUnknown, fold
from marketplace.pages.addresses import address_values
from marketplace.prices import Quote, quote

WAY: Final = "way-"
CODE: Final = "code"
MOST_CODES: Final = 5


def country_of(form: Form) -> str:
    """The country that is chosen now; France for what is none."""
    country = str(form.values.get("country") or "")
    return country if country in DESTINATIONS else "FR"


def ways_of(form: Form) -> dict[UUID, UUID | None]:
    """The chosen ways of delivery: brand id -> option id, None for the free standard delivery. What is no id is left out."""
    found: dict[UUID, UUID | None] = {}
    for name, value in form.values.items():
        if name.startswith(WAY):
            brand, option = _uuid(name.removeprefix(WAY)), _uuid(value)
            if brand is not None and (option is not None or not value):
                found[brand] = option
    return found


def codes_of(form: Form) -> list[str]:
    """The codes that were typed, as they are compared; several are parted by commas."""
    typed = str(form.values.get(CODE) or "")[:400]
    return [folded for word in re.split(r"[,;\n]", typed) if (folded := fold(word))][:MOST_CODES]


async def priced(form: Form, quantities: Mapping[UUID, int]) -> Quote | None:
    """What the form as it stands would cost; None when nothing in it can be priced. A code that nobody knows is said beside its field."""
    if not quantities:
        return None
    codes = codes_of(form)
    try:
        found = await quote(quantities, country=country_of(form), ways=ways_of(form), codes=codes)
    except Refusal as refusal:
        form.refused(refusal)
        return None
    if codes and not found.codes and CODE not in form.refusals:
        form.refused(CodeUnknown())
    return found


async def known_address(principal: Principal | None, form: Form, request: Web) -> None:
    """Fill in what we know of where it goes, below what was typed; the code of this visit too."""
    known = await orders.last_address(by=principal) if principal is not None else None
    remembered = {CODE: (request.session or {}).get(CODE, "")}
    form.values = {**address_values(known), "address_known": known is not None, **remembered, **form.values}


def remember_code(request: Web, form: Form, found: Quote | None) -> None:
    """A code that counts stays with the visit, so that it is typed once."""
    typed = str(form.values.get(CODE) or "").strip()[:120]
    if found is not None and found.codes and request.session.get(CODE) != typed:
        request.session[CODE] = typed
    elif not typed and CODE in (request.session or {}):
        del request.session[CODE]


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
