"""Server-sent events as bytes, made once for all viewers of a room. Source: WHATWG HTML, "Server-sent events"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

_POSITION = re.compile(r"(\d{1,15})-(\d{1,10})")


class Position(NamedTuple):
    """Where an event stands in its channel: the id that Valkey gave it, `<milliseconds>-<number>`."""

    milliseconds: int
    number: int

    def __str__(self) -> str:
        return f"{self.milliseconds}-{self.number}"


NOWHERE = Position(0, 0)


def parse_position(text: str | None) -> Position | None:
    """Read an id that a client sent back; None for anything else."""
    found = _POSITION.fullmatch(text or "")
    return Position(int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class Event:
    """One event, encoded. Without a position it is not kept and not told again."""

    position: Position | None
    body: bytes


class Frame:
    """Events that go to all viewers in one write."""

    __slots__ = ("body", "events")

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = tuple(events)
        self.body = b"".join(event.body for event in events)

    def after(self, seen: Position) -> Frame:
        """This frame without what a viewer has seen already; itself when that is nothing."""
        fresh = [event for event in self.events if event.position is None or event.position > seen]
        return self if len(fresh) == len(self.events) else Frame(fresh)


def encode(kind: str, data: bytes, position: Position | None = None) -> Event:
    """An event of a kind (`chat`) with its data, one line of JSON."""
    identity = b"id: %s\n" % str(position).encode() if position else b""
    return Event(position, b"%sevent: %s\ndata: %s\n\n" % (identity, kind.encode(), data))


BEAT = Frame([Event(None, b": beat\n\n")])
"""A comment, so that neither side and no proxy takes a quiet stream for a dead one."""

GAP = Frame([encode("gap", b"{}")])
"""Something may be missing from here on: load what you show again."""

HELLO = b"retry: 2000\n\n"
"""The first words of a stream: come back after two seconds when it breaks."""
