"""Which payouts and lines of the bank are the same money: rules without a database (docs/money.md, chapter 7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Final, TypeVar
from uuid import UUID

EARLY: Final = timedelta(days=1)
LATE: Final = timedelta(days=7)
"""Five working days and a weekend."""

MOST_PARTS: Final = 4
MOST_CANDIDATES: Final = 24
"""Of more candidates no sum is looked for: too many would add up by chance, and a person sees more."""


@dataclass(frozen=True)
class Payout:
    """A payout that waits for its line; `name` is who its line names. A payment of tax is one, with no name."""

    id: str
    amount: int
    currency: str
    trace: str
    arrives_on: date
    name: str = "stripe"


@dataclass(frozen=True)
class Waiting:
    """A line that waits for its payout. `names` is Stripe's bank reference of a payout that stands in its words, matched or not."""

    id: UUID
    amount: int
    currency: str
    words: str
    booked_on: date
    names: str = ""


Part = TypeVar("Part", Payout, Waiting)


REASONS: Final = ("trace", "name", "amount")


def pair(payouts: list[Payout], lines: list[Waiting], reasons: Sequence[str] = REASONS) -> list[tuple[Payout, Waiting, str]]:
    """Who belongs together, surest first, each once: by Stripe's bank reference, by name, by amount when nothing else fits. Pure.

    A line that names one payout is never another one, however well the rest fits: so a line that the bank repeats stays open.
    """
    found: list[tuple[Payout, Waiting, str]] = []
    by_amount: dict[tuple[int, str], list[Waiting]] = {}
    for line in lines:
        by_amount.setdefault((line.amount, line.currency), []).append(line)
    taken: set[object] = set()
    for reason in reasons:
        candidates = [
            (payout, line)
            for payout in payouts
            if payout.id not in taken
            for line in by_amount.get((payout.amount, payout.currency), ())
            if line.id not in taken and _fits(payout, line, reason)
        ]
        ways = Counter(payout.id for payout, _line in candidates) + Counter(str(line.id) for _payout, line in candidates)
        for payout, line in candidates:
            if ways[payout.id] == 1 and ways[str(line.id)] == 1:
                found.append((payout, line, reason))
                taken |= {payout.id, line.id}
    return found


def _fits(payout: Payout, line: Waiting, reason: str) -> bool:
    in_time = payout.arrives_on - EARLY <= line.booked_on <= payout.arrives_on + LATE
    if reason == "trace":
        return bool(payout.trace) and payout.trace.lower() in line.words.lower()
    return (
        in_time
        and line.names in ("", payout.trace)
        and (reason == "amount" or (bool(payout.name) and payout.name in line.words.lower()))
    )


def sums(payouts: Sequence[Payout], lines: Sequence[Waiting]) -> list[tuple[tuple[Payout, ...], tuple[Waiting, ...]]]:
    """A line that is two to four payouts, or a payout that is two to four lines, where exactly one choice adds up; each once. Pure.

    Only lines that name Stripe and no single payout, and only days that fit.
    """
    named = [line for line in lines if "stripe" in line.words.lower() and not line.names]
    payouts_of, lines_of = _by_day(payouts, lambda one: one.arrives_on), _by_day(named, lambda one: one.booked_on)
    found: list[tuple[tuple[Payout, ...], tuple[Waiting, ...]]] = []
    taken: set[object] = set()
    for line in named:
        near = _near(payouts_of, line.currency, line.booked_on - LATE, line.booked_on + EARLY, taken)
        chosen = _only_sum(near, line.amount)
        if chosen:
            found.append((chosen, (line,)))
            taken |= {line.id, *(payout.id for payout in chosen)}
    for payout in payouts:
        close = _near(lines_of, payout.currency, payout.arrives_on - EARLY, payout.arrives_on + LATE, taken)
        parts = _only_sum(close, payout.amount) if payout.id not in taken else ()
        if parts:
            found.append(((payout,), parts))
            taken |= {payout.id, *(line.id for line in parts)}
    return found


_Days = dict[tuple[str, date], list[Part]]


def _by_day(parts: Sequence[Part], day_of: Callable[[Part], date]) -> _Days[Part]:
    days: _Days[Part] = {}
    for part in parts:
        days.setdefault((part.currency, day_of(part)), []).append(part)
    return days


def _near(days: _Days[Part], currency: str, first: date, last: date, taken: set[object]) -> list[Part]:
    wanted = (first + timedelta(days=count) for count in range((last - first).days + 1))
    return [part for day in wanted for part in days.get((currency, day), ()) if part.id not in taken]


def _only_sum(candidates: Sequence[Part], amount: int) -> tuple[Part, ...]:
    """The one choice of two to four that adds up; nothing when none or several do."""
    if len(candidates) > MOST_CANDIDATES:
        return ()
    fitting = [
        choice
        for size in range(2, MOST_PARTS + 1)
        for choice in combinations(candidates, size)
        if sum(part.amount for part in choice) == amount
    ]
    return fitting[0] if len(fitting) == 1 else ()
