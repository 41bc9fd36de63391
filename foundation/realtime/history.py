"""The last events of each channel in Valkey, for viewers who come back, and the way to all web processes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from redis.exceptions import ResponseError

from foundation import valkey
from foundation.realtime.frames import NOWHERE, Event, Position, encode, parse_position

log = structlog.get_logger(__name__)

CHANNEL = "realtime"
"""One channel for all rooms: each web process reads it once and drops what none of its viewers watches."""

KEPT = 1_000
KEPT_SECONDS = 24 * 3600
PATIENCE = 1.0
"""Seconds that a verb's caller waits for Valkey at most."""

_PUBLISH = """
local position = ''
if ARGV[4] ~= '0' then
    position = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[4], '*', 'kind', ARGV[2], 'data', ARGV[3])
    redis.call('EXPIRE', KEYS[1], ARGV[5])
end
redis.call('PUBLISH', 'realtime', table.concat({ARGV[1], position, ARGV[2], ARGV[3]}, '\\n'))
return position
"""


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What happened in a channel since a position; not `complete` when older events are kept no longer."""

    events: Sequence[Event]
    complete: bool


async def publish(channel: str, kind: str, data: Mapping[str, Any], *, keep: bool = True) -> None:
    """Tell everybody who watches the channel (`show:<uuid>`), in every web process. Call it after the commit.

    `kind` is the name of the event, `data` plain values for JSON. Without `keep` it is not told again to those who come
    back: for what is outdated a second later. Never fails: while Valkey is away, viewers get a `gap` afterwards.
    """
    body = json.dumps(data, separators=(",", ":"), default=str)
    try:
        async with asyncio.timeout(PATIENCE):
            script = valkey.client(valkey.LIVE).register_script(_PUBLISH)
            await script(keys=[_key(channel)], args=[channel, kind, body, KEPT if keep else 0, KEPT_SECONDS])
    except (*valkey.AWAY, TimeoutError) as error:
        log.warning("realtime_away", channel=channel, kind=kind, error=type(error).__name__)


async def position(channel: str) -> str:
    """Where the channel stands now, for a page that shows what has happened so far; empty while Valkey is away."""
    try:
        last = await valkey.client(valkey.LIVE).xrevrange(_key(channel), count=1)
    except valkey.AWAY:
        return ""
    return last[0][0].decode() if last else str(NOWHERE)


async def since(channel: str, seen: Position) -> Replay:
    """The events after a position, oldest first. Raises one of `valkey.AWAY`."""
    connection = valkey.client(valkey.LIVE)
    rows = await connection.xrange(_key(channel), min=str(seen))
    events = [
        encode(fields[b"kind"].decode(), fields[b"data"], found)
        for identity, fields in rows
        if (found := parse_position(identity.decode())) and found > seen
    ]
    return Replay(events=events, complete=len(events) < len(rows) or await _nothing_is_missing(channel, seen))


async def _nothing_is_missing(channel: str, seen: Position) -> bool:
    """When the position itself is kept no longer: whether it was the beginning of a channel that is all there."""
    try:
        about = await valkey.client(valkey.LIVE).xinfo_stream(_key(channel))
    except ResponseError:  # no such stream: nothing has happened, or all was forgotten
        return seen == NOWHERE
    return seen == NOWHERE and about.get("entries-added", 0) == about["length"]


def read(message: bytes) -> tuple[str, Event] | None:
    """A message of the channel of all rooms: which channel, which event. None when it is not one of ours."""
    parts = message.split(b"\n", 3)
    if len(parts) != 4:
        return None
    channel, identity, kind, data = parts
    return channel.decode(), encode(kind.decode(), data, parse_position(identity.decode()))


def _key(channel: str) -> str:
    return f"events:{channel}"
