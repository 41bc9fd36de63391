"""The world of the stand-in: its store, its clock, its timers and its settings."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.stripe import rules
from sandbox.stripe.exchange import Exchange
from sandbox.stripe.faults import Fault
from sandbox.stripe.purses import Purses
from sandbox.stripe.store import Store, Thing, new_id

Action = Callable[["World", Thing], None]
ACTIONS: dict[str, Action] = {}
"""What a timer may do, by name; the modules register theirs with `action`."""


def action(name: str) -> Callable[[Action], Action]:
    """Register what the timers called `name` do with their object."""

    def register(function: Action) -> Action:
        ACTIONS[name] = function
        return function

    return register


@dataclass(kw_only=True)
class Settings:
    """What the admin address may change."""

    auto_deliver: bool = True
    settlement_seconds: int = rules.SETTLEMENT_SECONDS
    topup_seconds: int = rules.TOPUP_SECONDS
    payout_paid_seconds: int = rules.PAYOUT_PAID_SECONDS
    automatic_payout_seconds: int = rules.AUTOMATIC_PAYOUT_SECONDS
    apple_pay: bool = False
    google_pay: bool = False


class World:
    """One Stripe. All calls happen on one event loop, each to its end, so nothing here needs a lock."""

    def __init__(self, path: Path | None, base_url: str) -> None:
        self.store = Store(path)
        self.purses = Purses(self.store)
        self.base_url = base_url
        self.settings = Settings()
        self.exchange = Exchange()
        self.faults: list[Fault] = []
        self._clock = self._kept_clock()
        self.on_event: Callable[[Thing], None] = lambda _delivery: None

    def now(self) -> int:
        """Whole seconds since 1970 on the stand-in's clock."""
        return int(self.exact_now())

    def exact_now(self) -> float:
        """The same with fractions."""
        return time.time() + float(self._clock["shift"])

    def shift_clock(self, seconds: float) -> None:
        """Move the clock on (or back, to make a history)."""
        self._clock["shift"] += seconds
        self.store.touch(self._clock)

    def later(self, name: str, seconds: float, object_id: str, **data: Any) -> None:
        """Let the action `name` happen in `seconds`."""
        timer = {"id": new_id("timer"), "due": self.exact_now() + seconds, "action": name, "object": object_id, **data}
        self.store.add("timer", "", timer)

    def run_due(self) -> bool:
        """Let everything happen whose time has come, in the order of the times; True when anything did."""
        happened = False
        while True:
            due = [timer for timer in self.store.all("timer", "") if timer["due"] <= self.exact_now()]
            if not due:
                return happened
            timer = min(due, key=lambda t: t["due"])
            self.store.remove(timer)
            ACTIONS[timer["action"]](self, timer)
            happened = True

    def next_due(self) -> float | None:
        """When the next timer wants to run."""
        return min((timer["due"] for timer in self.store.all("timer", "")), default=None)

    def undo(self) -> None:
        """Forget what an unfinished call did."""
        self.store.rollback()
        self.purses.rebuild()

    def reset(self) -> None:
        """Begin again with nothing."""
        endpoints = self.store.all("webhook_endpoint", rules.PLATFORM)
        self.store.clear()
        self.purses.rebuild()
        for endpoint in endpoints:
            self.store.add("webhook_endpoint", rules.PLATFORM, endpoint)
        self.settings = Settings(auto_deliver=self.settings.auto_deliver)
        self.exchange = Exchange()
        self.faults.clear()
        self._clock = self._kept_clock()
        self.store.commit()

    def _kept_clock(self) -> Thing:
        found = self.store.find("clock", "", "clock")
        return found or self.store.add("clock", "", {"id": "clock", "shift": 0.0})
