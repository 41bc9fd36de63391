"""The tabs of a browser share one stream of a room, and go on when one of them closes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from litestar import Litestar, get
from litestar.response.base import ASGIResponse
from playwright.async_api import Browser, Page

from foundation import realtime
from foundation.realtime import hub
from foundation.settings import ROOT
from foundation.web import Web

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("db")]

ROOM = "show:of-tabs"
PAGE = """<!doctype html><title>A room</title><main data-live="/stream" data-live-since="{since}"></main>
<script>window.heard = []; addEventListener("live:chat", (event) => window.heard.push(event.detail.text));</script>
<script src="/live.js" type="module"></script>"""


@get("/stream", media_type="text/event-stream")
async def watch(request: Web) -> ASGIResponse:
    return realtime.stream(request, ROOM)


@get("/", media_type="text/html")
async def room() -> str:
    return PAGE.replace("{since}", await realtime.position(ROOM))


@get("/live.js", media_type="text/javascript", sync_to_thread=False)
def script() -> str:
    return (ROOT / "frontend_templates/static/js/live.js").read_text()


@pytest.fixture
async def address() -> AsyncIterator[str]:
    app = Litestar(route_handlers=[watch, room, script], logging_config=None)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=2, ws="none"))
    running = asyncio.ensure_future(server._serve())
    for _ in range(500):
        if server.started:
            break
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    await realtime.drain()
    server.should_exit = True
    await running


def streams() -> int:
    return len(hub.here().rooms[ROOM].viewers) if ROOM in hub.here().rooms else 0


async def is_open(tab: Page) -> None:
    await tab.wait_for_selector("main[data-live-state=open]", state="attached")


async def hears(tab: Page, *lines: str) -> None:
    await tab.wait_for_function("(count) => window.heard.length >= count", arg=len(lines))
    assert await tab.evaluate("window.heard") == list(lines)


async def say(text: str) -> None:
    await realtime.publish(ROOM, "chat", {"text": text})


async def test_two_tabs_share_one_stream_and_the_second_goes_on_alone(chromium: Browser, address: str) -> None:
    context = await chromium.new_context()
    first, second = await context.new_page(), await context.new_page()
    await first.goto(address)
    await is_open(first)
    await second.goto(address)
    await is_open(second)

    await say("hello")
    await hears(first, "hello")
    await hears(second, "hello")
    assert streams() == 1

    await first.close()
    await say("are you still there?")
    await hears(second, "hello", "are you still there?")
    assert streams() == 1
    await context.close()


async def test_a_stream_that_breaks_comes_back_and_brings_what_was_missed(chromium: Browser, address: str) -> None:
    context = await chromium.new_context()
    tab = await context.new_page()
    await tab.goto(address)
    await is_open(tab)
    await say("before")
    await hears(tab, "before")

    await realtime.drain()
    await tab.wait_for_selector("main[data-live-state=lost]", state="attached")
    await say("while it was broken")

    await hears(tab, "before", "while it was broken")
    await is_open(tab)
    await context.close()
