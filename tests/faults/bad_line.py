"""A bad line between the application and a vendor: an HTTP proxy on this machine that loses, repeats and reorders.

It stands on 127.0.0.2, which the supervisor takes for a foreign machine: so it starts no stand-in of its own behind it.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import httpx

HOST: Final = "127.0.0.2"
HEAD_LIMIT: Final = 64 * 1024
BODY_LIMIT: Final = 64 * 1024 * 1024
HOP_BY_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "host"})


@dataclass(frozen=True)
class Weather:
    """How bad the line is, each in per cent of the requests that are struck."""

    lost_before: int = 0
    lost_after: int = 0
    repeated: int = 0
    late: int = 0
    longest_delay: float = 0.5
    """Seconds that a late request is held back, while those behind it pass: this is what reorders."""


@dataclass
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class BadLine:
    """One direction of the line, from its own port to `upstream`."""

    upstream: str
    weather: Weather
    only_with: str = ""
    """A part of the headers that a request must have to be struck; a browser's requests then pass."""
    dice: random.Random = field(default_factory=lambda: random.Random(7))
    happened: Counter[str] = field(default_factory=Counter)
    url: str = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Listen while the block runs; the address is `url`."""
        server = await asyncio.start_server(self.serve, HOST, 0, limit=HEAD_LIMIT)
        self.url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
        try:
            yield
        finally:
            server.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await _read(reader)
            if request is not None and (answer := await self._pass(request)) is not None:
                writer.write(_head(answer) + answer.content)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, httpx.HTTPError):
            self.happened["broken"] += 1
        finally:
            writer.close()

    async def _pass(self, request: Request) -> httpx.Response | None:
        """The answer, or None when the line is cut before it."""
        self.happened["requests"] += 1
        if self.only_with and not any(self.only_with in value for value in request.headers.values()):
            return await self._forward(request)
        if self._strikes("lost_before", self.weather.lost_before):
            return None
        if self._strikes("late", self.weather.late):
            await asyncio.sleep(self.dice.uniform(0.05, self.weather.longest_delay))
        answer = await self._forward(request)
        if self._strikes("repeated", self.weather.repeated):
            answer = await self._forward(request)
        return None if self._strikes("lost_after", self.weather.lost_after) else answer

    def _strikes(self, what: str, per_cent: int) -> bool:
        struck = self.dice.randrange(100) < per_cent
        self.happened[what] += struck
        return struck

    async def _forward(self, request: Request) -> httpx.Response:
        headers = {name: value for name, value in request.headers.items() if name not in HOP_BY_HOP}
        async with httpx.AsyncClient(timeout=60) as line:
            return await line.request(request.method, self.upstream + request.target, headers=headers, content=request.body)


async def _read(reader: asyncio.StreamReader) -> Request | None:
    """One request; each connection carries one, so that a cut line cuts one request."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").rstrip().split("\r\n")
    method, target, _version = first.split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _colon, value in (line.partition(":") for line in rest)}
    return Request(method, target, headers, await _body(reader, headers))


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "") == "chunked":
        parts = []
        while size := int((await reader.readline()).split(b";")[0], 16):
            parts.append(await reader.readexactly(size))
            await reader.readline()
        return b"".join(parts)
    length = int(headers.get("content-length", "0"))
    assert length <= BODY_LIMIT
    return await reader.readexactly(length)


def _head(answer: httpx.Response) -> bytes:
    """Status line and headers. The body was unpacked on the way here."""
    lines = [f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.multi_items() if name.lower() not in HOP_BY_HOP]
    lines += [f"content-length: {len(answer.content)}", "connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1")
