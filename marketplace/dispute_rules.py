"""What one look at a dispute changes of what we know: a pure rule, so that news in any order end in the same state."""

from __future__ import annotations

from typing import Final

CLOSED: Final = frozenset({"won", "lost", "prevented", "warning_closed"})
"""Stripe's words for a dispute that the bank has ended."""

_RANK: Final = {
    "warning_needs_response": 0,
    "warning_under_review": 1,
    "warning_closed": 2,
    "needs_response": 3,
    "under_review": 4,
    "lost": 5,
    "prevented": 5,
    "appeal_needs_response": 6,
    "appeal_under_review": 7,
    "won": 8,
}


def newer(known: str, told: str) -> str:
    """The status of a dispute that stood at `known` when Stripe told `told`.

    A look from before may be folded after a later one: a dispute only goes forward, and an appeal may be lost once more. A word that is
    not known yet is believed.
    """
    if known.startswith("appeal") and told == "lost":
        return told
    return told if _RANK.get(told, 9) >= _RANK.get(known, -1) else known
