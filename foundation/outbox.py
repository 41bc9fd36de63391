"""The outbox: an event is written in the transaction of its fact, so that it leaves exactly when the fact is true."""

from __future__ import annotations

import asyncio
import json

import dramatiq
import msgspec
from dramatiq.brokers.stub import StubBroker

from foundation import clock, jobs, logs, relay
from foundation.database import DB

ROUNDS = 200
PATIENCE = 60_000


class OutsideTransaction(RuntimeError):
    """An event was published outside the transaction of its fact."""


class EndlessEvents(RuntimeError):
    """The actors go on publishing for ever."""


async def publish(event: msgspec.Struct) -> None:
    """Write an event to the outbox; the relay hands it to its actors after the commit, at least once.

    `event` is a frozen struct of a storey's `events.py` with plain values only (UUID, str, int, datetime): its class
    name is the topic, its fields are the keyword arguments of the actors (ids and moments as text).
    Raises `OutsideTransaction`.
    """
    if DB.transaction_here() is None:
        raise OutsideTransaction(type(event).__name__)
    async with DB.connection() as connection:
        await connection.execute(
            "insert into outbox_message (topic, payload, request_id, created_at) values ($1, $2::jsonb, $3, $4)",
            type(event).__name__,
            json.dumps(msgspec.to_builtins(event)),
            logs.request_id.get()[:64],
            clock.now(),
        )


async def drain(*, fail_fast: bool = True) -> int:
    """Send everything and run the actors in this process until nothing is left; return how many events there were.

    For seeds and tests, with the broker inside the process. The jobs run on the worker's own event loop, as in
    production. `fail_fast` raises what an actor raised at its last try; without it the delivery stays as a dead one.
    Raises `EndlessEvents`.
    """
    broker = dramatiq.get_broker()
    if not isinstance(broker, StubBroker):
        raise TypeError("only the broker inside the process can be drained")
    jobs.keep_working()
    total = 0
    for _ in range(ROUNDS):
        await asyncio.to_thread(_work_off, broker, fail_fast)
        events = await relay.push()
        total += events
        if not events:
            return total
    raise EndlessEvents


def _work_off(broker: StubBroker, fail_fast: bool) -> None:
    try:
        for queue in list(broker.get_declared_queues() - broker.get_declared_delay_queues()):
            broker.join(queue, timeout=PATIENCE, fail_fast=fail_fast)
    finally:
        for dead in broker.dead_letters_by_queue.values():
            dead.clear()
