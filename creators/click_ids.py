"""The ids of clicks: UUIDs of version 7 (RFC 9562), which begin with their millisecond and are random in 72 bits."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from uuid import UUID

from foundation import clock

BLOCK = 256
"""So many ids share one question for randomness."""
FORM = b"???-8???-???????????? "
"""Of an id behind its version: the variant and 18 random digits."""


class ClickIds:
    """Makes ids, as text, one after another. One for each process, never shared with a fork."""

    def __init__(self) -> None:
        self.at = b""
        """The moment of the last one, as PostgreSQL reads it."""
        self.new = self._ids().__next__

    def _ids(self) -> Iterator[bytes]:
        now, over = time.monotonic, 0.0
        while True:
            for ending in _endings():
                if now() >= over:
                    over = now() + 0.001
                    moment = b"%012x" % (time.time_ns() // 1_000_000)
                    beginning = b"%b-%b-7" % (moment[:8], moment[8:])
                    self.at = clock.now().isoformat().encode()
                yield beginning + ending


def _endings() -> list[bytes]:
    """A block of what follows the version in an id, each place filled for all of them at once."""
    digits, endings = os.urandom(9 * BLOCK).hex().encode(), bytearray(FORM * BLOCK)
    for number, place in enumerate(place for place, sign in enumerate(FORM) if sign == ord("?")):
        endings[place :: len(FORM)] = digits[number::18]
    return bytes(endings).split()


def age_of(click_id: UUID) -> float:
    """The seconds since an id was made, by its own word; infinite for what cannot be ours."""
    if click_id.version != 7:
        return float("inf")
    return time.time() - (click_id.int >> 80) / 1000
