"""The countries in which a person may pay taxes, in the reader's language."""

from __future__ import annotations

from functools import cache

from babel import Locale

from foundation import i18n

NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})


@cache
def codes() -> tuple[str, ...]:
    """ISO 3166-1 alpha-2 of every country."""
    known = [str(code) for code in Locale("en").territories]
    return tuple(sorted(code for code in known if len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES))


def named() -> list[tuple[str, str]]:
    """Code and name, in the order of the names."""
    english, names = Locale("en").territories, Locale(i18n.locale.get()).territories
    return sorted(((code, str(names.get(code, english[code]))) for code in codes()), key=lambda pair: pair[1])
