"""How days, numbers and countries are written for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from foundation import clock, i18n


def test_a_coming_day_is_named_as_people_name_it() -> None:
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    with clock.shifted(noon - datetime.now(UTC)):
        names = [i18n.near_day(noon + timedelta(days=days)) for days in (0, 1, 2, 6, 7, -1)]
    assert names == ["Today", "Tomorrow", "Tuesday", "Saturday", "29\u00a0Nov", "21\u00a0Nov"]


def test_a_long_decimal_number_keeps_its_digits_in_every_language() -> None:
    token = i18n.locale.set("fr")
    try:
        assert i18n.figure("4.917") == "4,917"
        assert i18n.country("DE") == "Allemagne"
    finally:
        i18n.locale.reset(token)
    assert i18n.figure("4.917") == "4.917"
    assert i18n.country("XQ") == "XQ"
