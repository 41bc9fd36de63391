"""The names of what comes round are read by people."""

from __future__ import annotations

from entrypoints import wiring
from foundation import i18n


def test_every_schedule_has_a_french_name() -> None:
    french = i18n.catalogue("fr")
    assert [name for name in wiring.SCHEDULES if not ((known := french.get(name)) and known.string)] == []
