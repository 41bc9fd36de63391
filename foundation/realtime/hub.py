"""The hub of one web process: one reader of Valkey, the rooms that are watched here, and their viewers.

Events of a room are gathered into a few frames a second, encoded once; each viewer has a short queue whose oldest frame
is dropped when it is full, so that a slow viewer slows nobody.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import ConnectionError as ConnectionLost

from foundation import valkey
from foundation.realtime import history, presence
from foundation.realtime.frames import BEAT, GAP, Event, Frame, Position, encode

log = structlog.get_logger(__name__)

FRAME_SECONDS = 0.2
"""Frames of a room are at least so far apart: a message that has to wait still arrives within a quarter of a second."""

BEAT_SECONDS = 15.0
COUNT_SECONDS = 5.0
SILENCE_SECONDS = 10.0
LIFE_SECONDS = 600.0
"""After this time, or up to half as much more, a stream ends and the browser comes back for the rest: a server may keep
what a client does not read in a memory of its own, and this is how long."""

QUEUE = 64
"""Frames that wait for one viewer at most."""


class Viewer:
    """One open stream: its short queue, and what it has seen."""

    __slots__ = ("closed", "missed", "queue", "seen", "until", "visitor", "wake")

    def __init__(self, *, seen: Position | None = None, visitor: str = "") -> None:
        self.queue: deque[Frame] = deque()
        self.wake = asyncio.Event()
        self.seen = seen
        self.visitor = visitor
        self.missed = False
        self.closed = False
        self.until = asyncio.get_running_loop().time() + LIFE_SECONDS * random.uniform(1, 1.5)  # noqa: S311  # no secret

    def offer(self, frame: Frame) -> None:
        """Put a frame into the queue, dropping the oldest when it is full."""
        if self.seen is not None:
            frame = self._unseen(frame)
        if len(self.queue) >= QUEUE:
            self.queue.popleft()
            self.missed = True
        self.queue.append(frame)
        self.wake.set()

    async def take(self) -> bytes:
        """Everything that waits, in one piece; nothing when the stream is to end."""
        await self.wake.wait()
        self.wake.clear()
        if self.closed:
            return b""
        if self.missed:
            self.missed = False
            self.queue.appendleft(GAP)
        body = self.queue[0].body if len(self.queue) == 1 else b"".join(frame.body for frame in self.queue)
        self.queue.clear()
        return body or BEAT.body

    def close(self) -> None:
        self.closed = True
        self.wake.set()

    def _unseen(self, frame: Frame) -> Frame:
        fresh = frame.after(self.seen) if self.seen else frame
        if fresh is frame and any(event.position for event in frame.events):
            self.seen = None  # positions only grow: from here on everything is new
        return fresh


class Room:
    """The viewers of one channel in this process, and what waits for the next frame."""

    def __init__(self) -> None:
        self.viewers: set[Viewer] = set()
        self.waiting: list[Event] = []
        self.last: Position | None = None
        self.sent_at = 0.0
        self.timer: asyncio.TimerHandle | None = None
        self.count = -1

    def add(self, event: Event) -> None:
        """Take an event for the next frame, which leaves at once when the last one was long enough ago."""
        if event.position is not None:
            if self.last is not None and event.position <= self.last:
                return
            self.last = event.position
        self.waiting.append(event)
        if self.timer is None:
            loop = asyncio.get_running_loop()
            self.timer = loop.call_at(max(loop.time(), self.sent_at + FRAME_SECONDS), self.flush)

    def flush(self) -> None:
        self.timer = None
        self.sent_at = asyncio.get_running_loop().time()
        self.offer(Frame(self.waiting))
        self.waiting = []

    def offer(self, frame: Frame) -> None:
        for viewer in self.viewers:
            viewer.offer(frame)

    def end_old_streams(self) -> None:
        now = asyncio.get_running_loop().time()
        for viewer in self.viewers:
            if viewer.until < now:
                viewer.close()

    def close(self) -> None:
        if self.timer is not None:
            self.timer.cancel()


class Hub:
    """All rooms of one event loop."""

    def __init__(self) -> None:
        self.rooms: dict[str, Room] = {}
        self.ready = asyncio.Event()
        self.draining = False
        self.tasks = [
            asyncio.ensure_future(self._read_for_ever()),
            asyncio.ensure_future(self._every(BEAT_SECONDS, self._beat)),
            asyncio.ensure_future(self._every(COUNT_SECONDS, self._count)),
        ]

    async def join(self, channel: str, viewer: Viewer) -> None:
        """Let a viewer watch from now on, or from what it saw last."""
        await self._wait_until_reading()
        self.rooms.setdefault(channel, Room()).viewers.add(viewer)
        if self.draining:
            viewer.close()
        if viewer.visitor:
            await presence.presence(channel, viewer.visitor)
        if viewer.seen is not None:
            await self._replay(channel, viewer, viewer.seen)

    def leave(self, channel: str, viewer: Viewer) -> None:
        room = self.rooms.get(channel)
        if room is None:
            return
        room.viewers.discard(viewer)
        if not room.viewers:
            room.close()
            del self.rooms[channel]

    async def drain(self) -> None:
        """End every stream, so that the process can stop; browsers come back to another one."""
        self.draining = True
        for room in self.rooms.values():
            for viewer in room.viewers:
                viewer.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _replay(self, channel: str, viewer: Viewer, seen: Position) -> None:
        """Put what was missed before what has come in the meantime, each event once."""
        try:
            missed = await history.since(channel, seen)
        except valkey.AWAY:
            viewer.offer(GAP)
            return
        positions = [event.position for event in missed.events if event.position]
        viewer.seen = last = positions[-1] if positions else seen
        later = [frame.after(last) for frame in viewer.queue]
        viewer.queue.clear()
        viewer.queue.extend([] if missed.complete else [GAP])
        viewer.queue.extend([Frame(missed.events), *later])
        viewer.wake.set()

    async def _wait_until_reading(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self.ready.wait()

    async def _read_for_ever(self) -> None:
        pause = 0.05
        while True:
            connection = Redis.from_url(valkey.address(valkey.LIVE), socket_connect_timeout=2)
            try:
                async with connection.pubsub() as reader:
                    await reader.subscribe(history.CHANNEL)
                    while await reader.get_message(timeout=SILENCE_SECONDS) is None:
                        pass
                    pause = 0.05
                    await self._catch_up()
                    self.ready.set()
                    await self._read(reader)
            except valkey.AWAY as error:
                log.warning("realtime_reader_lost", error=type(error).__name__)
            except Exception as error:  # one strange message must not end the stream of all viewers
                log.error("realtime_reader_failed", exc_info=error)
            finally:
                await connection.aclose()
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)

    async def _read(self, reader: PubSub) -> None:
        silent = False
        while True:
            message = await reader.get_message(timeout=SILENCE_SECONDS)
            if message is None:
                if silent:
                    raise ConnectionLost("no answer to a ping")
                silent = True
                await reader.ping()
                continue
            silent = False
            if message["type"] == "message":
                self._hear(message)

    def _hear(self, message: dict[str, Any]) -> None:
        heard = history.read(message["data"])
        if heard is not None and (room := self.rooms.get(heard[0])) is not None:
            room.add(heard[1])

    async def _catch_up(self) -> None:
        """After a loss: tell each room what it missed, or that something is missing."""
        if not self.ready.is_set():
            return
        for channel, room in list(self.rooms.items()):
            if room.last is None:
                room.offer(GAP)
                continue
            missed = await history.since(channel, room.last)
            if not missed.complete:
                room.offer(GAP)
            for event in missed.events:
                room.add(event)

    async def _beat(self) -> None:
        for channel, room in list(self.rooms.items()):
            room.offer(BEAT)
            room.end_old_streams()
            await presence.seen(channel, {viewer.visitor for viewer in room.viewers if viewer.visitor})

    async def _count(self) -> None:
        for channel, room in list(self.rooms.items()):
            now = await presence.count(channel)
            if now != max(room.count, 0):
                room.count = now
                room.add(encode("viewers", b'{"count":%d}' % now))

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
            except valkey.AWAY:
                continue


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def here() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]


async def drain() -> None:
    """End every stream of this process; call it before the server waits for its connections to close."""
    hub = _hubs.pop(asyncio.get_running_loop(), None)
    if hub is not None:
        await hub.drain()
