"""Delivers signed webhooks as Stripe does: at least once, with retries, and with faults on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import httpx

RETRY_SECONDS = (2, 10, 60, 600, 3600, 14400, 43200)
AT_ONCE = 8


@dataclass(kw_only=True)
class Delivery:
    """One message for one address. `due` is in seconds since 1970 on the stand-in's own clock.

    `state`: waiting, accepted, dropped (by a fault) or given_up.
    """

    id: str
    event_type: str
    url: str
    secret: str = field(repr=False)
    body: bytes = field(repr=False)
    due: float
    attempts: int = 0
    state: str = "waiting"


@dataclass(kw_only=True)
class Fault:
    """Something that goes wrong `times` times with messages whose type matches `event`.

    `kind`: drop (never sent), duplicate (sent twice), delay (`seconds` later), reorder (sent after those that follow).
    """

    kind: str
    event: str = "*"
    times: int = 1
    seconds: float = 0


class WebhookSender:
    """Holds what is to be delivered. The owner keeps it in its own store and is told of every outcome."""

    def __init__(
        self,
        *,
        sign: Callable[[bytes, str], dict[str, str]],
        now: Callable[[], float],
        settled: Callable[[Delivery, bool], None],
    ) -> None:
        """`sign(body, secret)` gives the signature headers; `settled(delivery, done)` is called after each attempt."""
        self.faults: list[Fault] = []
        self._sign = sign
        self._now = now
        self._settled = settled
        self._waiting: dict[str, Delivery] = {}
        self._sending = asyncio.Lock()
        self._http = httpx.AsyncClient(timeout=httpx.Timeout(10, connect=2), trust_env=False)

    def add(self, delivery: Delivery) -> None:
        """Take a message over; faults that are switched on strike here."""
        fault = self._struck(delivery)
        if fault is not None and fault.kind == "drop":
            delivery.state = "dropped"
            self._settled(delivery, True)
            return
        if fault is not None and fault.kind == "delay":
            delivery.due += fault.seconds
        self._waiting[delivery.id] = delivery
        if fault is not None and fault.kind == "reorder":
            delivery.due += 0.001  # later than everything else of this moment
        if fault is not None and fault.kind == "duplicate":
            twin = Delivery(**{**vars(delivery), "id": f"{delivery.id}_again"})
            self._waiting[twin.id] = twin

    def clear(self) -> None:
        """Forget everything that waits, and the faults."""
        self._waiting.clear()
        self.faults.clear()

    def next_due(self) -> float | None:
        """When the next message wants to go out, or None."""
        return min((d.due for d in self._waiting.values()), default=None)

    async def deliver_due(self, *, in_order: bool = False) -> tuple[int, int]:
        """Send everything that is due, after what is on its way; returns how many were accepted and how many were not."""
        async with self._sending:
            due = sorted((d for d in self._waiting.values() if d.due <= self._now() + 0.01), key=lambda d: d.due)
            outcomes: list[bool] = []
            at_once = 1 if in_order else AT_ONCE
            for start in range(0, len(due), at_once):
                outcomes += await asyncio.gather(*map(self._attempt, due[start : start + at_once]))
        return sum(outcomes), len(outcomes) - sum(outcomes)

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def _attempt(self, delivery: Delivery) -> bool:
        try:
            headers = {"Content-Type": "application/json; charset=utf-8", **self._sign(delivery.body, delivery.secret)}
            answer = await self._http.post(delivery.url, content=delivery.body, headers=headers)
            accepted = answer.is_success
        except httpx.HTTPError:
            accepted = False
        self._after(delivery, accepted=accepted)
        return accepted

    def _after(self, delivery: Delivery, *, accepted: bool) -> None:
        delivery.attempts += 1
        done = accepted or delivery.attempts > len(RETRY_SECONDS)
        if done:
            delivery.state = "accepted" if accepted else "given_up"
            self._waiting.pop(delivery.id, None)
        else:
            delivery.due = self._now() + RETRY_SECONDS[delivery.attempts - 1]
        self._settled(delivery, done)

    def _struck(self, delivery: Delivery) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and fnmatchcase(delivery.event_type, fault.event):
                fault.times -= 1
                return fault
        return None
