"""The ids of clicks: UUIDs of version 7 (RFC 9562), which begin with their millisecond and are random in 72 bits."""

from __future__ import annotations

import os
import time
from uuid import UUID

from foundation import clock

BLOCK = 256
"""So many ids share one question for randomness."""
FORM = b"???-8???-???????????? "
"""Of an id behind its version: the variant (RFC 9562) and 18 random digits."""


class ClickIds:
    """Makes ids one after another; `at` is the moment of the last one, as PostgreSQL reads it. One for each process, never shared with a fork."""

    def __init__(self) -> None:
        self.at = ""
        self._millisecond = 0
        self._beginning = ""
        self._endings: list[str] = []

    def new(self) -> str:
        millisecond = time.time_ns() // 1_000_000
        if millisecond != self._millisecond:
            self._millisecond, self.at = millisecond, clock.now().isoformat()
            moment = f"{millisecond:012x}"
            self._beginning = f"{moment[:8]}-{moment[8:]}-7"
        if not self._endings:
            self._endings = _endings()
        return self._beginning + self._endings.pop()


def _endings() -> list[str]:
    """A block of what follows the version in an id, each place filled for all of them at once."""
    digits, endings = os.urandom(9 * BLOCK).hex().encode(), bytearray(FORM * BLOCK)
    for number, place in enumerate(place for place, sign in enumerate(FORM) if sign == ord("?")):
        endings[place :: len(FORM)] = digits[number::18]
    return endings.decode().split()


def age_of(click_id: UUID) -> float:
    """The seconds since an id was made, by its own word; infinite for what cannot be ours."""
    if click_id.version != 7:
        return float("inf")
    return time.time() - (click_id.int >> 80) / 1000
