"""Until when a buyer may withdraw: pure rules of the directives 2011/83/EU and (EU) 2023/2673."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

PERIOD: Final = timedelta(days=14)
"""From the day after the last parcel has arrived (2011/83/EU art. 9)."""

UNKNOWN: Final = timedelta(days=30)
"""A parcel of whose arrival nobody told us is taken to have arrived so long after it was sent: in favour of the buyer."""

REFUND_WITHIN: Final = timedelta(days=14)
"""The seller gives the money back within this time after the withdrawal, or once the goods are back (art. 13)."""


def withdraw_until(parcels: Sequence[tuple[datetime, datetime | None]], *, all_sent: bool) -> datetime | None:
    """The end of the period from `parcels` (sent at, arrived at); None while something has not been sent: then it has not begun to end."""
    if not all_sent or not parcels:
        return None
    last = max(arrived or sent + UNKNOWN for sent, arrived in parcels)
    day_after = (last + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return day_after + PERIOD


def may_withdraw(now: datetime, until: datetime | None) -> bool:
    """Half-open: at `until` the period is over."""
    return until is None or now < until
