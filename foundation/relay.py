"""The relay: takes events out of the outbox and sends each to the actors that are wired to it, at least once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import dramatiq
import structlog
from dramatiq import Actor
from redis.exceptions import RedisError

from foundation import deliveries
from foundation.database import DB
from foundation.deliveries import Delivery, Draft

if TYPE_CHECKING:
    from asyncpg import Record

log = structlog.get_logger(__name__)

BATCH = 100
AnyActor = Actor[Any, Any]


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """Who gets what: event class -> actors, (source, beginning of the kind) -> actor, name -> (every seconds, actor)."""

    events: Mapping[type, Sequence[AnyActor]] = field(default_factory=dict)
    webhooks: Mapping[tuple[str, str], AnyActor] = field(default_factory=dict)
    schedules: Mapping[str, tuple[int, AnyActor]] = field(default_factory=dict)

    def actors(self, topic: str, payload: Mapping[str, Any]) -> Sequence[AnyActor] | None:
        """The actors for one event; None when nobody knows its topic."""
        if topic == deliveries.WEBHOOK:
            found = self.webhook_actor(str(payload["source"]), str(payload["kind"]))
            return [found] if found else []
        if topic == deliveries.SCHEDULE:
            due = self.schedules.get(str(payload["name"]))
            return [due[1]] if due else []
        return next((actors for event, actors in self.events.items() if event.__name__ == topic), None)

    def webhook_actor(self, source: str, kind: str) -> AnyActor | None:
        """The actor with the longest beginning of the webhook's kind, or None when we do not care for it."""
        fitting = [key for key in self.webhooks if key[0] == source and kind.startswith(key[1])]
        return self.webhooks[max(fitting, key=lambda key: len(key[1]))] if fitting else None


_wiring = Wiring()


def connect(wiring: Wiring) -> None:
    """Tell this process who gets what. Raises `ValueError` when two events have one name."""
    global _wiring
    names = [event.__name__ for event in wiring.events]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"two events are named {', '.join(sorted(twice))}")
    _wiring = wiring


def wiring() -> Wiring:
    return _wiring


async def push() -> int:
    """Send the oldest events of the outbox; return how many there were.

    The rows of the deliveries are committed before their messages are sent: a worker may be faster than a commit, and
    must find the row. A relay that is killed between the two leaves rows that were never sent, which `sweep` finds.
    """
    if not await _anything():
        return 0
    async with DB.transaction():
        events = await _take()
        drafts = [draft for event in events for draft in _drafts(event)]
        if unwanted := _unwanted_webhooks(events, drafts):
            await deliveries.handle_unwanted(unwanted)
        ready = await deliveries.add(drafts) if drafts else []
    await send(ready)
    return len(events)


async def sweep() -> int:
    """Send again what was sent and never worked off, or never sent; return how many. Losing the whole queue loses nothing."""
    lost = await deliveries.claim_lost()
    if lost:
        log.warning("deliveries_sent_again", count=len(lost))
        await send(lost)
    return len(lost)


async def send(ready: Sequence[Delivery]) -> None:
    """Put messages into the queue. While it is away the rest waits for the next sweep."""
    broker = dramatiq.get_broker()
    for delivery in ready:
        if delivery.actor not in broker.actors:
            await deliveries.bury(delivery.id, error=f"There is no actor {delivery.actor}.")
    known = [delivery for delivery in ready if delivery.actor in broker.actors]
    sent: list[int] = []
    try:
        await asyncio.to_thread(_enqueue, known, sent)
    except (RedisError, OSError) as error:
        log.warning("queue_away", waiting=len(known) - len(sent), error=str(error))
    await deliveries.mark_sent(sent)


async def _anything() -> bool:
    """One short question instead of a transaction: most looks find nothing."""
    async with DB.connection() as connection:
        return bool(await connection.fetchval("select exists (select 1 from outbox_message)"))


async def _take() -> list[Record]:
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            delete from outbox_message
            where id in (select id from outbox_message order by id limit $1 for update skip locked)
            returning id, topic, payload, request_id, created_at
            """,
            BATCH,
        )
    return sorted(rows, key=lambda row: int(row["id"]))


def _drafts(event: Record) -> list[Draft]:
    payload = json.loads(event["payload"])
    actors = _wiring.actors(event["topic"], payload)
    if actors is None:
        # An event of another version of the program: kept where a person sees it.
        return [_draft(event, payload, actor="", error=f"Nobody knows the event {event['topic']}.")]
    return [_draft(event, _arguments(event["topic"], payload), actor=actor.actor_name) for actor in actors]


def _draft(event: Record, payload: dict[str, Any], *, actor: str, error: str = "") -> Draft:
    return Draft(
        message_id=event["id"],
        topic=event["topic"],
        actor=actor,
        payload=payload,
        request_id=event["request_id"],
        created_at=event["created_at"],
        error=error,
    )


def _unwanted_webhooks(events: Sequence[Record], drafts: Sequence[Draft]) -> list[int]:
    wanted = {draft.message_id for draft in drafts}
    return [
        int(json.loads(event["payload"])["receipt_id"])
        for event in events
        if event["topic"] == deliveries.WEBHOOK and event["id"] not in wanted
    ]


def _arguments(topic: str, payload: dict[str, Any]) -> dict[str, Any]:
    """What the actor is called with: an event's fields; of a webhook what it must fetch again; of a schedule nothing."""
    if topic == deliveries.SCHEDULE:
        return {}
    if topic == deliveries.WEBHOOK:
        return {name: value for name, value in payload.items() if name != "source"}
    return payload


def _enqueue(ready: Sequence[Delivery], sent: list[int]) -> None:
    broker = dramatiq.get_broker()
    for delivery in ready:
        message = broker.get_actor(delivery.actor).message_with_options(
            kwargs=delivery.payload, delivery_id=delivery.id, request_id=delivery.request_id
        )
        broker.enqueue(message)
        sent.append(delivery.id)
