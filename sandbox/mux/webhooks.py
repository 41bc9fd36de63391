"""Signed webhooks: queued in the store with the fact they tell, sent in order, repeated until a 2xx."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from sandbox.mux.faults import Faults
from sandbox.mux.store import Document, Store, fresh_id

RETRIES = (1, 2, 5, 15, 60, 300, 1800, 3600, 21600, 43200)
"""Seconds between attempts: increasing, about a day in all, as Mux documents."""

TIMEOUT = 5.0


def signature(secret: str, payload: bytes, *, at: int) -> str:
    """Return the value of `Mux-Signature` for a body sent at a Unix time."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


@dataclass
class Webhooks:
    """The queue and the one place it is sent to."""

    store: Store
    faults: Faults
    url: str
    secret: str = field(repr=False)
    auto_deliver: bool = True
    news: asyncio.Event = field(default_factory=asyncio.Event)
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)
    http: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=TIMEOUT, trust_env=False), repr=False)

    def emit(self, event: str, kind: str, subject: str, data: Document) -> None:
        """Queue an event about one object; `data` is the object as REST shows it."""
        if self.faults.take("webhook.drop", event):
            return
        body = _envelope(event, kind, subject, data)
        delay = self.faults.take("webhook.delay", event)
        self._queue(body, delay=delay.seconds if delay else 0, behind=bool(self.faults.take("webhook.reorder", event)))
        if self.faults.take("webhook.duplicate", event):
            self._queue(body, delay=0, behind=False)
        self.news.set()

    def _queue(self, body: Document, *, delay: float, behind: bool) -> None:
        last = self.store.database.execute("select coalesce(max(rank), 0) from webhook where not held").fetchone()[0]
        self.store.database.execute(
            "insert into webhook (id, body, rank, due, held) values (?, ?, ?, ?, ?)",
            (fresh_id(), json.dumps(body), int(last) + (1.5 if behind else 1), time.time() + delay, behind),
        )

    async def deliver_due(self) -> tuple[int, int]:
        """Send everything that is due now, oldest first; return how many were accepted and how many not."""
        delivered = failed = 0
        async with self.sending:
            due = self.store.database.execute(
                "select id, body, attempts from webhook where due <= ? order by rank", (time.time(),)
            ).fetchall()
            for key, body, attempts in due:
                if await self._send(body.encode()):
                    self.store.database.execute("delete from webhook where id = ?", (key,))
                    delivered += 1
                else:
                    self._again(key, attempts)
                    failed += 1
        return delivered, failed

    async def _send(self, payload: bytes) -> bool:
        if not self.url:
            return True
        headers = {
            "content-type": "application/json",
            "mux-signature": signature(self.secret, payload, at=int(time.time())),
        }
        try:
            answer = await self.http.post(self.url, content=payload, headers=headers)
        except httpx.HTTPError:
            return False
        return answer.is_success

    def _again(self, key: str, attempts: int) -> None:
        if attempts >= len(RETRIES):
            self.store.database.execute("delete from webhook where id = ?", (key,))
            return
        self.store.database.execute(
            "update webhook set attempts = ?, due = ? where id = ?", (attempts + 1, time.time() + RETRIES[attempts], key)
        )

    async def run(self) -> None:
        """Send what is queued as it becomes due, for ever."""
        while True:
            self.news.clear()
            if self.auto_deliver and not self._holding():
                await self.deliver_due()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.news.wait(), self._pause())

    def _holding(self) -> bool:
        """True while all that is due waits for the event that it was told to follow (one second at most)."""
        free, oldest = self.store.database.execute(
            "select sum(not held), min(due) from webhook where due <= ?", (time.time(),)
        ).fetchone()
        return bool(free == 0 and oldest > time.time() - 1)

    def _pause(self) -> float:
        next_due = self.store.database.execute("select min(due) from webhook").fetchone()[0]
        if not self.auto_deliver or next_due is None:
            return 60.0
        return min(60.0, max(0.1, float(next_due) - time.time()))


def _envelope(event: str, kind: str, subject: str, data: Document) -> Document:
    return {
        "id": fresh_id(36),
        "type": event,
        "created_at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "object": {"type": kind, "id": subject},
        "environment": {"name": "Sandbox", "id": "sandbox"},
        "data": _as_sent(data),
        "attempts": [],
    }


def _as_sent(data: Document) -> Document:
    """Write an object as webhooks do, which is not as REST does: times are numbers."""
    shown = dict(data)
    if "created_at" in shown:
        shown["created_at"] = int(shown["created_at"])
    if "recording_times" in shown:
        shown["recording_times"] = [
            entry | {"started_at": {"seconds": int(datetime.fromisoformat(entry["started_at"]).timestamp())}}
            for entry in shown["recording_times"]
        ]
    return shown
