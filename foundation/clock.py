"""The one source of the time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_shift = timedelta(0)


def now() -> datetime:
    """The present moment, aware and in UTC."""
    return datetime.now(UTC) + _shift


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """Move the clock of this process while the block runs; for tests, demo data and the story."""
    global _shift
    _shift += by
    try:
        yield
    finally:
        _shift -= by
