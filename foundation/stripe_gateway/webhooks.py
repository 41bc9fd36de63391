"""Stripe's news: verified webhooks, and the list of events for those that never arrived."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import stripe

from foundation.stripe_gateway.connection import answers, tell_observers
from foundation.vendor import Exchange, ForgedWebhook, VendorEvent

if TYPE_CHECKING:
    from stripe import RequestOptions
    from stripe.params import EventListParams

TOLERANCE = timedelta(seconds=300)


def verify_webhook(*, payload: bytes, header: str, secrets: tuple[str, ...]) -> VendorEvent:
    """Read a webhook of Stripe, v1 event or v2 thin notification, after its signature was checked.

    `payload` is the body byte for byte, `header` is `Stripe-Signature`, `secrets` are all that are valid now (two while
    rolling). Raises `ForgedWebhook` for anything else than a fresh message signed with one of them.
    """
    _check_signature(payload, header, secrets)
    try:
        message = json.loads(payload)
        event = _thin(message) if message["object"] == "v2.core.event" else _snapshot(message)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ForgedWebhook("not an event of Stripe") from error
    tell_observers(
        Exchange(
            vendor="stripe",
            method="WEBHOOK",
            url="",
            request_type="application/json",
            request_body=payload,
            status=200,
            response_type="",
            response_body=b"",
        )
    )
    return event


async def undelivered_events(*, since: datetime, account: str | None = None) -> AsyncIterator[VendorEvent]:
    """Events created at `since` or later that an endpoint has not accepted, newest first (Stripe keeps 30 days).

    Those of the platform, or those of one connected account.
    """
    scope: RequestOptions = {} if account is None else {"stripe_account": account}
    params: EventListParams = {"limit": 100, "created": {"gte": int(since.timestamp())}, "delivery_success": False}
    more = True
    while more:
        async with answers() as client:
            page = await client.v1.events.list_async(params, scope)
        for event in page.data:
            params["starting_after"] = event.id
            yield _snapshot(event.to_dict(for_json=True))
        more = page.has_more


def _check_signature(payload: bytes, header: str, secrets: tuple[str, ...]) -> None:
    """Stripe's own check of the signature, and our own of the age: the library's accepts the future.

    The age is measured by the world's clock, which signed it, and not by the one that tests may move.
    """
    if not any(_signed_with(payload, header, secret) for secret in secrets):
        raise ForgedWebhook("no valid signature")
    sent = next(int(part[2:]) for part in header.split(",") if part.startswith("t="))
    if abs(datetime.now(UTC).timestamp() - sent) > TOLERANCE.total_seconds():
        raise ForgedWebhook("signed too long ago or in the future")


def _signed_with(payload: bytes, header: str, secret: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(payload, header, secret, tolerance=None)
    except (stripe.SignatureVerificationError, ValueError):
        return False
    return True


def _snapshot(message: dict[str, Any]) -> VendorEvent:
    concerned = message["data"]["object"]
    return VendorEvent(
        id=str(message["id"]),
        type=str(message["type"]),
        account=message.get("account"),
        object_id=str(concerned.get("id", "")),
        object_kind=str(concerned["object"]),
        created=datetime.fromtimestamp(message["created"], UTC),
        livemode=bool(message["livemode"]),
    )


def _thin(message: dict[str, Any]) -> VendorEvent:
    """A v2 notification names the object only; an account speaks of itself."""
    concerned = message.get("related_object") or {}
    kind, object_id = str(concerned.get("type", "")), str(concerned.get("id", ""))
    return VendorEvent(
        id=str(message["id"]),
        type=str(message["type"]),
        account=object_id if kind == "v2.core.account" else message.get("context"),
        object_id=object_id,
        object_kind=kind,
        created=datetime.fromisoformat(message["created"]),
        livemode=bool(message["livemode"]),
    )
