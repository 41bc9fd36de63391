"""Asks for paths over 32 kept connections for some seconds: `redirect_load PORT SECONDS PATH…`; prints JSON.

The time ends when the database has every click: what was answered and is not stored yet is a debt, and belongs to it.
`--keep` also prints the click ids that were answered. When the server goes away it prints what it has.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from functools import partial
from typing import cast

import uvloop

CONNECTIONS = 32
SETTLED = "/settled"
CLICK = re.compile(rb"fanfare_click=([0-9a-f-]{36})")
HEAD = (
    " HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml\r\nAccept-Language: fr-FR,fr;q=0.9\r\nAccept-Encoding: gzip, br\r\n"
    "Referer: https://social.example/\r\n\r\n"
)


class Visitor(asyncio.Protocol):
    """One connection: the next question goes out when the answer to the last one is whole."""

    def __init__(self, load: Load, number: int) -> None:
        self.load, self.number = load, number
        self.buffer = b""
        self.asked = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's own class
        self._ask()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.buffer.endswith(b"\r\n\r\n"):
            self.load.heard(self.buffer, time.perf_counter() - self.asked)
            self.buffer = b""
            if time.perf_counter() < self.load.until:
                self._ask()
            else:
                self.transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        self.load.left()

    def _ask(self) -> None:
        self.asked = time.perf_counter()
        self.transport.write(self.load.requests[self.number % len(self.load.requests)])
        self.number += 7919


class Load:
    """All visitors together."""

    def __init__(self, port: int, seconds: float, paths: list[str], keep: bool) -> None:
        self.port = port
        self.requests = [f"GET {path}{HEAD}".encode() for path in paths]
        self.keep = keep
        self.delays: list[float] = []
        self.clicks: list[str] = []
        self.wrong = 0
        self.seconds = seconds
        self.open = CONNECTIONS
        self.over = asyncio.Event()

    def heard(self, answer: bytes, delay: float) -> None:
        self.delays.append(delay)
        found = CLICK.search(answer) if answer.startswith(b"HTTP/1.1 302") else None
        self.wrong += found is None
        if self.keep and found:
            self.clicks.append(found[1].decode())

    def left(self) -> None:
        self.open -= 1
        if not self.open:
            self.over.set()

    async def _settled(self) -> int:
        """Wait until the database has all; the bytes that waited at most."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(f"GET {SETTLED}{HEAD}".encode())
            answer = await reader.readuntil(b"\r\n\r\n")
            writer.close()
        except (OSError, asyncio.IncompleteReadError):
            return 0
        return int(answer.partition(b"\r\npeak: ")[2].partition(b"\r\n")[0])

    async def run(self) -> None:
        started, began = time.perf_counter(), time.process_time()
        self.until = started + self.seconds
        loop = asyncio.get_running_loop()
        for number in range(CONNECTIONS):
            await loop.create_connection(partial(Visitor, self, number), "127.0.0.1", self.port)
        await self.over.wait()
        drained = time.perf_counter()
        peak = await self._settled()
        took = time.perf_counter() - started
        ordered = sorted(self.delays)
        print(  # noqa: T201
            json.dumps(
                {
                    "rate": len(ordered) / took,
                    "drain": (time.perf_counter() - drained) * 1000,
                    "peak": peak,
                    "visitors": (time.process_time() - began) / len(ordered),
                    "p50": ordered[len(ordered) // 2] * 1000,
                    "p99": ordered[int(len(ordered) * 0.99)] * 1000,
                    "answers": len(ordered),
                    "wrong": self.wrong,
                    "clicks": self.clicks,
                }
            )
        )


if __name__ == "__main__":
    port, seconds, *paths = [argument for argument in sys.argv[1:] if argument != "--keep"]
    uvloop.run(Load(int(port), float(seconds), paths, "--keep" in sys.argv).run())
