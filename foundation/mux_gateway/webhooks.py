"""Mux's webhooks: is it really theirs, and what may be kept of it."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from foundation import clock
from foundation.mux_gateway.client import tell_observers
from foundation.mux_gateway.reading import instant
from foundation.vendor import ForgedWebhook, VendorEvent

TOLERANCE = timedelta(seconds=300)
"""Mux's own: a signature older than this is a replay."""

AHEAD = timedelta(seconds=30)
"""How far two honest clocks may differ."""

SECRETS = {"stream_key", "srt_passphrase"}
KINDS = {"live": "live_stream", "live-stream": "live_stream"}


def verify_webhook(payload: bytes, header: str, secrets: tuple[str, ...]) -> VendorEvent:
    """Check a webhook and return what it is about.

    `payload` is the body exactly as received, `header` the value of `Mux-Signature` (`t=<unix>,v1=<hex>`), `secrets`
    those that are valid now (two while one is being replaced). Raises `ForgedWebhook`. Scheme: Mux, "Verify webhook
    signatures".
    """
    sent, signatures = _parts(header)
    expected = [_signature(secret, sent, payload) for secret in secrets if secret]
    if not any(hmac.compare_digest(one, other) for one in expected for other in signatures):
        raise ForgedWebhook("the signature does not match")
    age = clock.now() - datetime.fromtimestamp(int(sent), UTC)
    if age > TOLERANCE:
        raise ForgedWebhook("the signature is too old")
    if age < -AHEAD:
        raise ForgedWebhook("the signature is from the future")
    event = _event(payload)
    tell_observers(method="WEBHOOK", url="", request_body=payload, status=200)
    return event


def redact(payload: bytes) -> bytes:
    """Return the body of a webhook without what must not be stored: stream keys and passphrases."""
    return json.dumps(_without_secrets(json.loads(payload)), separators=(",", ":")).encode()


def _parts(header: str) -> tuple[str, list[str]]:
    pairs = [part.strip().partition("=") for part in header.split(",")]
    sent = next((value for name, _, value in pairs if name == "t"), "")
    if not (sent.isascii() and sent.isdigit() and len(sent) < 12):
        raise ForgedWebhook("the header has no time")
    return sent, [value for name, _, value in pairs if name == "v1" and value.isascii()]


def _signature(secret: str, sent: str, payload: bytes) -> str:
    return hmac.new(secret.encode(), sent.encode() + b"." + payload, hashlib.sha256).hexdigest()


def _event(payload: bytes) -> VendorEvent:
    try:
        envelope = json.loads(payload)
        about = envelope["object"]
        created = instant(envelope["created_at"])
        if created is None:
            raise ValueError("no time")
        return VendorEvent(
            id=str(envelope["id"]),
            type=str(envelope["type"]),
            account=None,
            object_id=str(about["id"]),
            object_kind=KINDS.get(about["type"], str(about["type"])),
            created=created,
            livemode=not envelope["data"].get("test", False),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ForgedWebhook(f"the body is not an event: {type(error).__name__}") from None


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: "[redacted]" if key in SECRETS and inner else _without_secrets(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_secrets(inner) for inner in value]
    return value
