"""Webhooks with a true signature and a body that is only as much of an event as the inbox looks at."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import stripe

from foundation import vendor

SECRET = "whsec_sandbox_platform"


@contextmanager
def unjudged() -> Iterator[None]:
    """Nobody compares what is made up here with the vendors' contracts."""
    kept = vendor.observers.copy()
    vendor.observers.clear()
    try:
        yield
    finally:
        vendor.observers.extend(kept)


def payment(event_id: str = "evt_1", *, kind: str = "payment_intent.succeeded", account: str | None = None) -> bytes:
    event: dict[str, Any] = {
        "id": event_id,
        "object": "event",
        "type": kind,
        "created": int(time.time()),
        "livemode": False,
        "data": {
            "object": {"id": "pi_1", "object": "payment_intent", "client_secret": "pi_1_secret_x", "description": "a\u0000b"}
        },
    }
    return json.dumps(event | ({"account": account} if account else {})).encode()


def signed(body: bytes, *, secret: str = SECRET, age: int = 0) -> dict[str, str]:
    made = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, int(time.time()) - age)
    return {"stripe-signature": made}


def stream(event_id: str = "mux_1") -> bytes:
    return json.dumps(
        {
            "id": event_id,
            "type": "video.live_stream.active",
            "created_at": "2026-11-21T20:00:00.000000Z",
            "object": {"id": "live_1", "type": "live"},
            "environment": {"id": "e", "name": "test"},
            "attempts": [],
            "data": {"id": "live_1", "stream_key": "sk-very-secret", "status": "active"},
        }
    ).encode()


def signed_by_mux(body: bytes) -> dict[str, str]:
    sent = str(int(time.time()))
    digest = hmac.new(b"mux_sandbox_webhook", f"{sent}.".encode() + body, hashlib.sha256).hexdigest()
    return {"mux-signature": f"t={sent},v1={digest}"}
