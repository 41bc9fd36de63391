"""The ids of clicks: UUIDs of version 7 (RFC 9562), which begin with their millisecond and are random in 72 bits; those that one process makes within
a millisecond have 24 of these in common.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from uuid import UUID

from foundation import clock

BLOCK = 256
"""So many ids share one question for randomness."""


class ClickIds:
    """Makes ids, as text, one after another. One for each process, never shared with a fork."""

    def __init__(self) -> None:
        self.at = b""
        """The moment of the last one, as PostgreSQL reads it."""
        self.new = self._ids().__next__

    def _ids(self) -> Iterator[bytes]:
        now, over = time.monotonic, 0.0
        while True:
            for own in os.urandom(6 * BLOCK).hex(" ", 6).encode().split():
                if now() >= over:
                    over = now() + 0.001
                    moment, shared = f"{time.time_ns() // 1_000_000:012x}", os.urandom(3).hex()
                    beginning = f"{moment[:8]}-{moment[8:]}-7{shared[:3]}-8{shared[3:]}-".encode()
                    self.at = clock.now().isoformat().encode()
                yield beginning + own


def age_of(click_id: UUID) -> float:
    """The seconds since an id was made, by its own word; infinite for what cannot be ours."""
    if click_id.version != 7:
        return float("inf")
    return time.time() - (click_id.int >> 80) / 1000
