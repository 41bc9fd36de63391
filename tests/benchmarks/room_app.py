"""One room and nothing else, for the benchmark of its fan-out."""

from __future__ import annotations

from typing import Any

from litestar import Litestar, get, post
from litestar.response.base import ASGIResponse

from foundation import realtime
from foundation.web import Web

ROOM = "show:benchmark"


@get("/stream", media_type="text/event-stream")
async def watch(request: Web) -> ASGIResponse:
    return realtime.stream(request, ROOM)


@post("/say", status_code=204)
async def say(data: dict[str, Any]) -> None:
    await realtime.publish(ROOM, "chat", data)


def create_app() -> Litestar:
    return Litestar(route_handlers=[watch, say], logging_config=None, openapi_config=None)
