"""Events: what happened, kept for the list and handed to the webhook endpoints that want it."""

from __future__ import annotations

from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from sandbox.stripe import rules
from sandbox.stripe.store import Thing, new_id
from sandbox.stripe.world import World


def public(thing: Thing) -> Thing:
    """An object as the outside may see it: without our own notes."""
    return {name: value for name, value in thing.items() if name[0] != "_"}


def emit(
    world: World, event_type: str, thing: Thing, *, account: str = rules.PLATFORM, previous: dict[str, Any] | None = None
) -> None:
    """Record that `thing` (a v1 object of `account`) changed, with its state of this moment."""
    data: dict[str, Any] = {"object": msgspec.json.decode(msgspec.json.encode(public(thing)))}
    if previous is not None:
        data["previous_attributes"] = previous
    event: Thing = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": rules.VERSION,
        "created": world.now(),
        "data": data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": None, "idempotency_key": None},
        "type": event_type,
    }
    if account != rules.PLATFORM:
        event["account"] = account
    world.store.add("event", account, event)
    _send(world, event, connected=account != rules.PLATFORM)


def notify(world: World, event_type: str, thing: Thing) -> None:
    """Send the thin notification of a v2 account, which goes where the news of connected accounts goes."""
    event: Thing = {
        "id": new_id("evt_test"),
        "object": "v2.core.event",
        "type": event_type,
        "created": iso(world.now()),
        "livemode": False,
        "context": thing["id"],
        "reason": None,
        "related_object": {"id": thing["id"], "type": "v2.core.account", "url": f"/v2/core/accounts/{thing['id']}"},
    }
    world.store.add("v2.core.event", rules.PLATFORM, event)
    _send(world, event, connected=True)


def iso(seconds: int) -> str:
    """A time in the style of v2."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _send(world: World, event: Thing, *, connected: bool) -> None:
    for endpoint in world.store.all("webhook_endpoint", rules.PLATFORM):
        wanted = any(fnmatchcase(event["type"], pattern) for pattern in endpoint["enabled_events"])
        if endpoint["_connect"] != connected or endpoint["status"] != "enabled" or not wanted:
            continue
        if "pending_webhooks" in event:
            event["pending_webhooks"] += 1
        delivery: Thing = {
            "id": new_id("delivery"),
            "event": event["id"],
            "event_type": event["type"],
            "endpoint": endpoint["id"],
            "url": endpoint["url"],
            "body": msgspec.json.encode(public(event)).decode(),
            "due": world.exact_now(),
            "attempts": 0,
        }
        world.store.add("delivery", "", delivery)
        world.on_event(delivery)
