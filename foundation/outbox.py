"""The outbox: an event is written in the transaction of its fact, so that it leaves exactly when the fact is true."""

from __future__ import annotations

import json

import msgspec

from foundation import clock, logs
from foundation.database import DB


class OutsideTransaction(RuntimeError):
    """An event was published outside the transaction of its fact."""


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
