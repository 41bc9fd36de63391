"""The inbox of webhooks: verified, kept once, answered at once, worked off by a job that fetches the object again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec

from foundation import clock, logs, mux_gateway, outbox, settings, stripe_gateway
from foundation.database import DB
from foundation.errors import Refusal
from foundation.i18n import _
from foundation.settings import Settings
from foundation.vendor import ForgedWebhook, VendorEvent

STRIPE = "stripe"
MUX = "mux"
LARGEST = 1024 * 1024
"""Bytes of a webhook that we read; the largest of either vendor are a tenth of it."""

FORGOTTEN = timedelta(minutes=15)
"""After this time a webhook that is neither handled nor on its way is put on its way again."""

LOOK_BACK = timedelta(days=3)
"""As long as Stripe itself tries to deliver."""

NOT_KEPT = {"client_secret"}
"""With it a payment can be confirmed by anybody; Stripe asks that it be neither logged nor stored."""


class NotAWebhook(Refusal):
    """The vendor cannot have sent this now: bad signature, too old, from the future, or not readable."""

    code = "not_a_webhook"
    status = 400
    message = _("This message was not signed by the company it claims to come from.")


class WebhookReceived(msgspec.Struct, frozen=True):
    """A webhook was kept and waits for its job."""

    receipt_id: int
    source: str
    kind: str
    object_id: str
    account: str | None


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One address to which a vendor sends."""

    source: str
    signature_header: str
    verify: Callable[[bytes, str, tuple[str, ...]], VendorEvent]
    secrets: Callable[[Settings], str]
    keep: Callable[[bytes], bytes]


def _verify_stripe(body: bytes, header: str, secrets: tuple[str, ...]) -> VendorEvent:
    return stripe_gateway.verify_webhook(payload=body, header=header, secrets=secrets)


ENDPOINTS = {
    "/webhooks/stripe": Endpoint(
        source=STRIPE,
        signature_header="stripe-signature",
        verify=_verify_stripe,
        secrets=lambda now: now.stripe_webhook_secret,
        keep=bytes,
    ),
    "/webhooks/stripe/connect": Endpoint(
        source=STRIPE,
        signature_header="stripe-signature",
        verify=_verify_stripe,
        secrets=lambda now: now.stripe_connect_webhook_secret,
        keep=bytes,
    ),
    "/webhooks/mux": Endpoint(
        source=MUX,
        signature_header="mux-signature",
        verify=mux_gateway.verify_webhook,
        secrets=lambda now: now.mux_webhook_secret,
        keep=mux_gateway.redact,
    ),
}


_KEPT = """
    with kept as (
        insert into webhook_receipt
            (source, event_id, kind, account, object_kind, object_id, payload, happened_at, received_at, attempts, error)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, '')
        on conflict (source, event_id) do nothing returning id)
    insert into outbox_message (topic, payload, request_id, created_at)
    select $11, $10::jsonb || jsonb_build_object('receipt_id', kept.id), $12, $9 from kept returning id
"""


async def receive(*, endpoint: Endpoint, body: bytes, signature: str) -> bool:
    """Verify a webhook and keep it once, with the event that puts its job on the way; False for a duplicate.

    `body` is exactly what arrived, `signature` the vendor's header. Raises `NotAWebhook`, and then nothing is kept.
    """
    try:
        event = endpoint.verify(body, signature, _valid_now(endpoint.secrets(settings.current())))
        return await _keep(endpoint.source, event, _without_secrets(json.loads(endpoint.keep(body))))
    except (ForgedWebhook, asyncpg.DataError) as error:
        raise NotAWebhook(reason=type(error).__name__) from error


async def collect_undelivered(*, account: str | None = None) -> int:
    """Keep the events that Stripe could not deliver within three days; return how many were new.

    Those of the platform, or those of one connected account, which Stripe lists by themselves.
    """
    new = 0
    async for event in stripe_gateway.undelivered_events(since=clock.now() - LOOK_BACK, account=account):
        new += await _keep(STRIPE, event, {"listed": True})
    return new


async def requeue_forgotten() -> int:
    """Put on their way again the webhooks that are neither handled nor on their way; return how many."""
    async with DB.transaction():
        async with DB.connection() as connection:
            rows = await connection.fetch(
                """
                select id, source, kind, object_id, account from webhook_receipt as receipt
                where handled_at is null and received_at < $1
                  and not exists (select 1 from outbox_delivery where topic = $2 and payload->>'receipt_id' = receipt.id::text)
                  and not exists (select 1 from outbox_message where topic = $2 and payload->>'receipt_id' = receipt.id::text)
                order by id limit 100 for update skip locked
                """,
                clock.now() - FORGOTTEN,
                WebhookReceived.__name__,
            )
        for row in rows:
            await outbox.publish(
                WebhookReceived(
                    receipt_id=row["id"],
                    source=row["source"],
                    kind=row["kind"],
                    object_id=row["object_id"],
                    account=row["account"],
                )
            )
    return len(rows)


async def _keep(source: str, event: VendorEvent, payload: Any) -> bool:
    """Keep a webhook and publish it, in one statement: a purchase has four of them."""
    news = WebhookReceived(receipt_id=0, source=source, kind=event.type, object_id=event.object_id, account=event.account)
    async with DB.connection() as connection:
        kept = await connection.fetchval(
            _KEPT,
            source,
            event.id,
            event.type,
            event.account,
            event.object_kind,
            event.object_id,
            json.dumps(payload),
            event.created,
            clock.now(),
            json.dumps(msgspec.to_builtins(news)),
            type(news).__name__,
            logs.request_id.get()[:64],
        )
    return kept is not None


def _valid_now(secrets: str) -> tuple[str, ...]:
    return tuple(secret.strip() for secret in secrets.split(",") if secret.strip())


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: "[redacted]" if key in NOT_KEPT and inner else _without_secrets(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_secrets(inner) for inner in value]
    return value.replace("\x00", "") if isinstance(value, str) else value
