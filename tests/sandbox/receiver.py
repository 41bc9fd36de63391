"""A small HTTP server in the event loop of the test that keeps what it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import stripe

from foundation import stripe_gateway
from foundation.vendor import VendorEvent

SECRETS = {"/platform": "whsec_platform", "/connect": "whsec_connect"}


@dataclass
class Receiver:
    """`events` are the verified webhooks in the order of their arrival; while `refusing`, they are answered with 500."""

    url: str = ""
    refusing: bool = False
    attempts: int = 0
    events: list[VendorEvent] = field(default_factory=list)

    def types(self) -> list[str]:
        return [event.type for event in self.events]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                path = lines[0].split()[1]
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self._receive(path, headers, body)
                status = b"500 No" if self.refusing else b"200 OK"
                writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _receive(self, path: str, headers: dict[str, str], body: bytes) -> None:
        self.attempts += 1
        if not self.refusing:
            signature, secret = headers["stripe-signature"], SECRETS[path]
            assert stripe.WebhookSignature.verify_header(body, signature, secret, 300)
            self.events.append(stripe_gateway.verify_webhook(payload=body, header=signature, secrets=(secret,)))


@asynccontextmanager
async def listening() -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver._serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield receiver
    finally:
        server.close()
