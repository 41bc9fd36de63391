"""The HTTP program: which address leads where, the faults of calls, and the work between calls."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import msgspec
import stripe

from sandbox.stripe import admin, api, faults, pages
from sandbox.stripe.api import Answer, Request
from sandbox.stripe.errors import StripeError
from sandbox.stripe.sender import Delivery, WebhookSender
from sandbox.stripe.store import Thing
from sandbox.stripe.world import World

LARGEST_BODY = 1_000_000
_log = logging.getLogger("sandbox.stripe")
_CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "authorization, content-type, idempotency-key, stripe-account, stripe-version",
    "access-control-allow-methods": "GET, POST",
    "access-control-expose-headers": "request-id",
    "access-control-max-age": "600",
}
_LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Server:
    """The ASGI program around one world."""

    def __init__(self, path: Path | None, base_url: str) -> None:
        self.world = World(path, base_url)
        self.sender = WebhookSender(sign=_signature, now=self.world.exact_now, settled=self._settled)
        self._new_deliveries: list[Thing] = []
        self.world.on_event = self._new_deliveries.append
        self._in_flight: set[str] = set()
        self._timers_wake = asyncio.Event()
        self._sender_wake = asyncio.Event()
        self._new_deliveries += self.world.store.all("delivery", "")
        self.commit()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            return
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        body = await _body(receive)
        request = Request(
            method=scope["method"], path=scope["path"], query=scope["query_string"].decode(), headers=headers, body=body or b""
        )
        answer = Answer(status=413, body=b"{}") if body is None else await self._answer(request)
        await _send(send, answer)

    async def run(self) -> None:
        """Let timers run and webhooks leave, until cancelled."""
        await asyncio.gather(self._run_timers(), self._run_sender())

    def commit(self) -> None:
        """Make the last call's changes last, then hand its webhooks over."""
        self.world.store.commit()
        fresh = self._new_deliveries.copy()
        self._new_deliveries.clear()
        for thing in fresh:
            endpoint = self.world.store.any(thing["endpoint"])
            if endpoint is None:
                self.world.store.remove(thing)
                continue
            self.sender.add(
                Delivery(
                    id=thing["id"],
                    event_type=thing["event_type"],
                    url=thing["url"],
                    secret=endpoint[0]["secret"],
                    body=thing["body"].encode(),
                    due=thing["due"],
                    attempts=thing["attempts"],
                )
            )
        self.wake()

    def wake(self) -> None:
        """Look again whether something is due."""
        self._timers_wake.set()
        self._sender_wake.set()

    async def flush(self) -> tuple[int, int]:
        """Let everything happen and leave that is due now, one after the other; what was delivered and what was not."""
        delivered = failed = 0
        for _round in range(50):
            self.world.run_due()
            self.commit()
            done, refused = await self.sender.deliver_due(in_order=True)
            delivered, failed = delivered + done, failed + refused
            if done + refused == 0:
                break
        return delivered, failed

    def move_clock(self, seconds: float) -> Thing:
        """Move the clock; on the way everything happens at its own time."""
        target = self.world.exact_now() + seconds
        while seconds > 0 and (due := self.world.next_due()) is not None and due < target:
            self.world.shift_clock(max(0, due - self.world.exact_now()))
            self.world.run_due()
        self.world.shift_clock(target - self.world.exact_now())
        return {"now": self.world.now()}

    def reset(self) -> None:
        """Begin again with nothing but the webhook endpoints."""
        self.sender.clear()
        self._new_deliveries.clear()
        self.world.reset()

    async def _answer(self, request: Request) -> Answer:
        if request.method == "OPTIONS":
            return Answer(status=204, body=b"", headers=dict(_CORS))
        if request.path.startswith("/_sandbox/"):
            return await self._admin(request)
        if request.path.startswith("/v3"):
            answer = self._guarded(lambda: pages.answer(self.world, request))
        else:
            answer = await self._call(request)
        answer.headers.update(_CORS)
        return answer

    async def _call(self, request: Request) -> Answer:
        if self._in_flight and api.key_of(request) in self._in_flight:
            return _error(api.in_flight())
        fault = faults.of_call(self.world, request.method, request.path)
        if fault is None:
            return self._guarded(lambda: api.answer(self.world, request))
        if fault.kind == "rate_limit":
            return _error(StripeError("Request rate limit exceeded.", code="rate_limit", status=429))
        if fault.kind == "server_error":
            return _error(StripeError("An unknown error occurred", kind="api_error", status=500))
        if fault.kind == "fail_before":
            return Answer(status=0, body=b"")
        if fault.kind == "delay":
            return await self._delayed(request, fault.seconds)
        answer = self._guarded(lambda: api.answer(self.world, request, broken=fault.kind))
        return Answer(status=0, body=b"") if fault.kind == "lost_response" else answer

    async def _delayed(self, request: Request, seconds: float) -> Answer:
        """Answer late; meanwhile a second call with the same key is refused."""
        key = api.key_of(request)
        self._in_flight |= {key} if key else set()
        try:
            await asyncio.sleep(seconds)
            return self._guarded(lambda: api.answer(self.world, request))
        finally:
            self._in_flight -= {key} if key else set()

    def _guarded(self, act: Callable[[], Answer]) -> Answer:
        """A call as one: all of its changes last, or none. A mistake of ours is answered as Stripe answers one of its own."""
        try:
            answer = act()
        except Exception:  # noqa: BLE001  # one wrong call must not take the other payments down
            _log.exception("the stand-in of Stripe has a mistake")
            self.world.undo()
            self._new_deliveries.clear()
            return _error(StripeError("An unknown error occurred", kind="api_error", status=500))
        self.commit()
        return answer

    async def _admin(self, request: Request) -> Answer:
        if request.headers.get("host", "").rpartition(":")[0] not in _LOCAL_NAMES:
            return _error(StripeError("The admin address answers this machine only.", status=403))
        try:
            sent = msgspec.json.decode(request.body or b"{}")
            body = await admin.answer(self, request.method, request.path, sent)
        except StripeError as error:
            self.commit()
            return _error(error)
        except (KeyError, TypeError, ValueError) as error:
            self.world.undo()
            return _error(StripeError(f"Not understood: {error}"))
        self.commit()
        return Answer(status=200, body=msgspec.json.encode(body))

    async def _run_timers(self) -> None:
        while True:
            self._timers_wake.clear()
            if self.world.settings.auto_deliver and self.world.run_due():
                self.commit()
                continue
            await _wait(self._timers_wake, self._until(self.world.next_due()))

    async def _run_sender(self) -> None:
        while True:
            self._sender_wake.clear()
            if self.world.settings.auto_deliver and any(await self.sender.deliver_due()):
                continue
            await _wait(self._sender_wake, self._until(self.sender.next_due()))

    def _until(self, due: float | None) -> float:
        if due is None or not self.world.settings.auto_deliver:
            return 60.0
        return min(60.0, max(0.01, due - self.world.exact_now()))

    def _settled(self, delivery: Delivery, done: bool) -> None:
        known = self.world.store.find("delivery", "", delivery.id)
        if known is None:
            return
        if done:
            self.world.store.remove(known)
            self._missed(known["event"], missed=delivery.state != "accepted")
        else:
            known.update(due=delivery.due, attempts=delivery.attempts)
            self.world.store.touch(known)
        self.world.store.commit()

    def _missed(self, event_id: str, *, missed: bool) -> None:
        found = self.world.store.any(event_id)
        if found is not None and missed:
            found[0]["_missed"] = True
            self.world.store.touch(found[0])


def _signature(body: bytes, secret: str) -> dict[str, str]:
    """Stripe's own signature, at the time of the world and not of the stand-in's clock: receivers compare it with theirs."""
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, int(time.time()))
    return {"Stripe-Signature": header, "User-Agent": "Stripe/1.0 (stand-in)"}


def _error(error: StripeError) -> Answer:
    return Answer(status=error.status, body=msgspec.json.encode(error.as_v1()), headers={"request-id": "req_faultfaultfault"})


async def _wait(wake: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(wake.wait(), seconds)


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None when it is too large."""
    parts, size = [], 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size > LARGEST_BODY:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def _send(send: Send, answer: Answer) -> None:
    """Send the answer; the status 0 breaks the connection off instead, in the middle of an answer."""
    kind = answer.headers.pop("content-type", "application/json")
    headers = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
    headers += [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(answer.body) or (9 if answer.status == 0 else 0)).encode()),
    ]
    if answer.status != 0:
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})
        return
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    raise BrokenOff


class BrokenOff(Exception):
    """The connection is broken off on purpose."""
