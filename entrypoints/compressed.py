"""Pages on the line: whole answers in words leave compressed by brotli or gzip."""

from __future__ import annotations

import gzip
import secrets

import brotli
from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

WORDS = (
    "text/html",
    "text/plain",
    "text/csv",
    "text/calendar",
    "application/json",
    "application/problem+json",
    "application/xml",
)
SMALL = 800
"""Bytes that fit into one packet anyway."""
PADDING = 64


def compressed(app: ASGIApp) -> ASGIApp:
    """Middleware around everything: an answer that comes in one piece is compressed, a stream of news is left alone.

    A page may hold a form token beside words of its reader, so its length could tell about the token to somebody who reads
    lengths on the line (BREACH, https://www.breachattack.com); a header of random length blurs it.
    """

    async def compress(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        encoding = _best(Headers.from_scope(scope).get("accept-encoding", ""))
        await app(scope, receive, _compressing(send, encoding) if encoding else send)

    return compress


def _best(accepted: str) -> str:
    names = {part.split(";")[0].strip() for part in accepted.split(",") if "q=0" not in part.replace(" ", "").split(";")[1:]}
    return next((name for name in ("br", "gzip") if name in names), "")


def _compressing(send: Send, encoding: str) -> Send:
    start: HTTPResponseStartEvent | None = None

    async def pass_on(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        if start is not None and message["type"] == "http.response.body":
            headers = MutableScopeHeaders.from_message(start)
            if _wanted(headers) and not message["more_body"]:
                headers.extend_header_value("Vary", "Accept-Encoding")
                if len(message["body"]) >= SMALL:
                    message["body"] = _smaller(message["body"], encoding)
                    headers["Content-Encoding"] = encoding
                    headers["Content-Length"] = str(len(message["body"]))
                    headers["X-Padding"] = "0" * (1 + secrets.randbelow(PADDING))
            begun, start = start, None
            await send(begun)
        await send(message)

    return pass_on


def _wanted(headers: MutableScopeHeaders) -> bool:
    return headers.get("content-type", "").split(";")[0] in WORDS and "content-encoding" not in headers


def _smaller(body: bytes, encoding: str) -> bytes:
    return brotli.compress(body, quality=4) if encoding == "br" else gzip.compress(body, 5, mtime=0)
