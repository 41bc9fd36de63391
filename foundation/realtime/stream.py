"""One viewer's stream of server-sent events as an ASGI response."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from litestar.response.base import ASGIResponse

from foundation.realtime import hub
from foundation.realtime.frames import HELLO, Position, parse_position
from foundation.realtime.hub import Viewer

if TYPE_CHECKING:
    from litestar.types import Receive, Send

    from foundation.web import Web


class EventStream(ASGIResponse):
    """Stays open and sends what happens in a channel, until the viewer goes or the process stops."""

    __slots__ = ("channel", "seen", "visitor")
    _should_set_content_length = False

    def __init__(self, channel: str, *, seen: Position | None, visitor: str) -> None:
        super().__init__(media_type="text/event-stream", headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        self.channel = channel
        self.seen = seen
        self.visitor = visitor

    async def send_body(self, send: Send, receive: Receive) -> None:
        """Send until either side ends it."""
        here = hub.here()
        viewer = Viewer(seen=self.seen, visitor=self.visitor)
        leaving = asyncio.ensure_future(_left(receive, viewer))
        try:
            await send({"type": "http.response.body", "body": HELLO, "more_body": True})
            await here.join(self.channel, viewer)
            while body := await viewer.take():
                await send({"type": "http.response.body", "body": body, "more_body": True})
            if not leaving.done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            here.leave(self.channel, viewer)
            leaving.cancel()


def stream(request: Web, channel: str, *, visitor: str = "") -> EventStream:
    """The answer to `GET …/stream`: everything that is published to the channel from now on.

    A browser that comes back says by `Last-Event-ID` what it saw last, a fresh page by `?since=` where the channel stood
    when the page was made (`realtime.position`); what was missed comes first. With a `visitor` the open stream is that
    visitor's sign of life. The handler decides who may watch, returns this, and is annotated `-> ASGIResponse`.
    """
    seen = parse_position(request.headers.get("last-event-id")) or parse_position(request.query_params.get("since"))
    return EventStream(channel, seen=seen, visitor=visitor)


async def _left(receive: Receive, viewer: Viewer) -> None:
    """Wait until the connection is gone."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            viewer.close()
            return
