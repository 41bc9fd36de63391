"""Following a tracking link: the shortest way through the web process, and no click is forgotten.

A request for `/{code}` is answered before the framework sees it. Its click is written in one batch with those that arrive
meanwhile, and the answer leaves only after that batch is committed: **a click id that anybody holds is stored**, whatever ends the process.
When the database does not answer, people are led on all the same, without a click id.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import structlog
from litestar.types import HTTPScope, Send

from creators.consent import CLICK_KEPT
from creators.link_tables import ClickKind
from creators.links import CODE, PARAMETER
from foundation import clock, settings
from foundation.database import DB

log = structlog.get_logger(__name__)

KNOWN_FOR, UNKNOWN_FOR = 30.0, 5.0  # seconds; so long may an ended link lead on
MOST_KNOWN = 20_000
LARGEST_BATCH = 2_000
COOKIE_SECONDS = int(CLICK_KEPT.total_seconds())  # no terms look back further; the CNIL would let it be 13 months
CONSENT = re.compile(rb"(?:^|;\s*)consent=[^;]*\battribution\b")
ROBOTS = re.compile(
    rb"bot\b|bot/|crawl|spider|slurp|preview|facebookexternalhit|whatsapp|telegram|discord|slack|embed|monitor|headless|lighthouse"
    rb"|curl/|wget/|python|go-http|java/|okhttp|libwww|scrapy|http-?client|axios|node-fetch|undici|validator|scan",
    re.IGNORECASE,
)
INSERT = """
    insert into click (id, link, creator, show, product, at, kind, consented, referrer)
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::timestamptz[], $7::text[], $8::bool[], $9::text[])
"""
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
Row = tuple[str, Any, Any, Any, Any, datetime, str, bool, str]


@dataclass(frozen=True, slots=True)
class Leads:
    """A link in use. `location` is the target up to the click id, `rest` what follows it."""

    link: Any
    creator: Any
    show: Any
    product: Any
    target: bytes
    location: bytes
    rest: bytes


class Redirects:
    """The links that a web process knows for a moment, and the clicks that wait for their commit."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, Leads | None]] = {}
        self._agents: dict[bytes, bool] = {}
        self._rows: list[Row] = []
        self._waiting: list[asyncio.Future[bool]] = []
        self._writer: asyncio.Task[None] | None = None
        self._connection: asyncpg.Connection[Any] | None = None
        self._cookie = (
            f"; Max-Age={COOKIE_SECONDS}; Path=/; HttpOnly; SameSite=Lax{'; Secure' if settings.current().production else ''}"
        )

    async def follow(self, scope: HTTPScope, send: Send) -> bool:
        """Answer a request for a code; False when this is none of ours and the framework shall answer."""
        path, method = scope["path"], scope["method"]
        if len(path) != 8 or method not in {"GET", "HEAD"}:
            return False
        code = path[1:].lower()
        known = self._known.get(code)
        if known is None or known[0] < time.monotonic():
            if CODE.fullmatch(code) is None:
                return False
            known = await self._look_up(code)
        leads = known[1]
        if leads is None:
            return False
        headers = dict(scope["headers"])
        kind = self._kind(method, headers)
        consented = CONSENT.search(headers.get(b"cookie", b"")) is not None and headers.get(b"sec-gpc") != b"1"
        click = new_click_id()
        row = (click, leads.link, leads.creator, leads.show, leads.product, clock.now(), kind, consented, _referrer(headers))
        stored = await self._keep(row)
        answer = [(b"location", leads.location + click.encode() + leads.rest if stored else leads.target), *HEADERS]
        if stored and consented and kind == ClickKind.PERSON:
            answer.append((b"set-cookie", f"{PARAMETER}={click}{self._cookie}".encode()))
        await send({"type": "http.response.start", "status": 302, "headers": answer})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return True

    async def close(self) -> None:
        """Write what waits, and give the connection back."""
        if self._writer is not None:
            await self._writer
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await DB.release(connection)

    def _kind(self, method: str, headers: dict[bytes, bytes]) -> str:
        purpose = headers.get(b"sec-purpose") or headers.get(b"purpose") or headers.get(b"x-moz") or b""
        if b"prefetch" in purpose or b"preview" in purpose:
            return ClickKind.PREFETCH.value
        agent = headers.get(b"user-agent", b"")[:300]
        robot = self._agents.get(agent)
        if robot is None:
            if len(self._agents) > MOST_KNOWN:
                self._agents.clear()
            robot = self._agents[agent] = not agent or ROBOTS.search(agent) is not None
        return ClickKind.BOT.value if robot or method == "HEAD" else ClickKind.PERSON.value

    async def _look_up(self, code: str) -> tuple[float, Leads | None]:
        async with DB.connection() as connection:
            row = await connection.fetchrow(
                "select id, creator, show, product, target from tracking_link where code = $1 and revoked_at is null", code
            )
        if len(self._known) >= MOST_KNOWN:
            self._known.pop(next(iter(self._known)))
        entry = (time.monotonic() + (KNOWN_FOR if row else UNKNOWN_FOR), _leads(row) if row else None)
        self._known[code] = entry
        return entry

    async def _keep(self, row: Row) -> bool:
        """True once the click is committed; False when the database would not take it."""
        waiting: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._rows.append(row)
        self._waiting.append(waiting)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        return await waiting

    async def _write(self) -> None:
        """Write batches until nobody waits: whoever comes while one is on its way is in the next."""
        try:
            while self._rows:
                rows, self._rows = self._rows[:LARGEST_BATCH], self._rows[LARGEST_BATCH:]
                waiting, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
                stored = False
                try:
                    stored = await self._insert(rows)
                finally:
                    for each in waiting:
                        if not each.done():
                            each.set_result(stored)
        finally:
            self._writer = None

    async def _insert(self, rows: list[Row]) -> bool:
        try:
            if self._connection is None:
                self._connection = await DB.acquire()
            await self._connection.execute(INSERT, *zip(*rows, strict=True))
        except AWAY as error:
            log.warning("clicks_not_stored", clicks=len(rows), error=type(error).__name__)
            await self._let_go()
            return False
        return True

    async def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await DB.release(connection)


HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-length", b"0"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"x-robots-tag", b"noindex"),
)


def new_click_id() -> str:
    """A UUID of version 7 (RFC 9562): milliseconds, then 74 random bits."""
    noise = os.urandom(10).hex()
    moment = f"{time.time_ns() // 1_000_000:012x}"
    return f"{moment[:8]}-{moment[8:]}-7{noise[:3]}-{'89ab'[int(noise[3], 16) & 3]}{noise[4:7]}-{noise[7:19]}"


def _referrer(headers: dict[bytes, bytes]) -> str:
    """The host that led here, without its page: a whole address may hold what is nobody's business."""
    given = headers.get(b"referer")
    if not given:
        return ""
    host = given[:500].decode("latin-1").partition("://")[2].partition("/")[0]
    return host.replace("\x00", "")[:100]


def _leads(row: Any) -> Leads:
    parts = urlsplit(row["target"])
    query = f"{parts.query}&{PARAMETER}=" if parts.query else f"{PARAMETER}="
    before = urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
    return Leads(
        link=row["id"],
        creator=row["creator"],
        show=row["show"],
        product=row["product"],
        target=row["target"].encode(),
        location=before.encode(),
        rest=f"#{parts.fragment}".encode() if parts.fragment else b"",
    )
