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
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import structlog
from litestar.types import HTTPScope, Send

from creators.consent import CLICK_KEPT, PURPOSE, TEXT_VERSION
from creators.link_tables import ClickKind
from creators.links import CODE, PARAMETER
from foundation import clock, settings
from foundation.database import DB

log = structlog.get_logger(__name__)

KNOWN_FOR, UNKNOWN_FOR = 30.0, 5.0  # seconds; so long may an ended link lead on, and a new one be unknown
MOST_KNOWN = 20_000
LARGEST_BATCH = 2_000
LONGEST_KEPT = 200
"""Bytes of an address whose host is remembered."""
APART = 0.0005
"""Seconds from one batch to the next under load: a commit costs as much as dozens of its rows. A click that comes alone does not wait."""
COOKIE_SECONDS = int(CLICK_KEPT.total_seconds())  # no terms look back further; the CNIL would let it be 13 months
CONSENT = re.compile(rf"(?:^|;\s*)consent={PURPOSE}\.{TEXT_VERSION}\.[0-9a-f]{{32}}(?:;|$)".encode())
ROBOTS = re.compile(
    rb"bot\b|bot/|crawl|spider|slurp|preview|facebookexternalhit|whatsapp|telegram|discord|slack|embed|monitor|headless|lighthouse"
    rb"|curl/|wget/|python|go-http|java/|okhttp|libwww|scrapy|http-?client|axios|node-fetch|undici|validator|scan",
    re.IGNORECASE,
)
WRITTEN = """
    insert into click (id, link, creator, show, product, at, kind, consented, referrer)
    select id, link, creator, show, product, $2, kind, consented, coalesce(referrer, '') from unnest($1::text::click[])
"""
ENDED = "select code from tracking_link where code = any($1::text[]) and revoked_at is not null"
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
Key = TypeVar("Key")
Kept = TypeVar("Kept")
PERSON, BOT, PREFETCH = ClickKind.PERSON.value, ClickKind.BOT.value, ClickKind.PREFETCH.value
NO_HOST = re.compile(r"[^0-9A-Za-z.:_-]")
Row = tuple[str, str]
"""What stands behind the id of a click, in the order of its table, as PostgreSQL reads it: of its link, of its visit. An id is made when it is written."""


@dataclass(frozen=True, slots=True)
class Leads:
    """A link in use. `row` is its part of a click's row, `location` the target up to the click id, `rest` what follows it."""

    row: str
    target: bytes
    location: bytes
    rest: bytes


class Redirects:
    """The links that a web process knows for a moment, and the clicks that wait for their commit."""

    def __init__(self) -> None:
        self._known: dict[str, Leads] = {}
        self._unknown: dict[str, float] = {}
        self._asked_at = -KNOWN_FOR
        self._looking: asyncio.Task[None] | None = None
        self._agents: dict[bytes, bool] = {}
        self._visits: dict[tuple[str, bool, bytes], str] = {}
        self._rows: list[Row] = []
        self._waiting: list[asyncio.Future[str | None]] = []
        self._writer: asyncio.Task[None] | None = None
        self._connection: asyncpg.Connection[Any] | None = None
        self._next_batch = 0.0
        self._cookie = (
            f"; Max-Age={COOKIE_SECONDS}; Path=/; HttpOnly; SameSite=Lax{'; Secure' if settings.current().production else ''}"
        )

    async def follow(self, scope: HTTPScope, send: Send) -> bool:
        """Answer a request for a code; False when this is none of ours and the framework shall answer."""
        path, method = scope["path"], scope["method"]
        if len(path) != 8 or method not in {"GET", "HEAD"}:
            return False
        code, fresh = path[1:].lower(), time.monotonic() - self._asked_at < KNOWN_FOR
        leads = (self._known.get(code) if fresh else None) or await self._leads_of(code)
        if leads is None:
            return False
        headers = dict(scope["headers"])
        kind = self._kind(method, headers)
        cookie = headers.get(b"cookie")
        consented = cookie is not None and CONSENT.search(cookie) is not None and headers.get(b"sec-gpc") != b"1"
        click = await self._keep((leads.row, self._visit(kind, consented, headers.get(b"referer", b""))))
        answer = [(b"location", leads.location + click.encode() + leads.rest if click else leads.target), *HEADERS]
        if click and consented and kind == PERSON:
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
        purpose = headers.get(b"sec-purpose") or headers.get(b"purpose") or headers.get(b"x-moz")
        if purpose and (b"prefetch" in purpose or b"preview" in purpose):
            return PREFETCH
        agent = headers.get(b"user-agent", b"")[:300]
        robot = self._agents.get(agent)
        if robot is None:
            robot = not agent or ROBOTS.search(agent) is not None
            _put(self._agents, agent, robot)
        return BOT if robot or method == "HEAD" else PERSON

    def _visit(self, kind: str, consented: bool, referrer: bytes) -> str:
        """Of the address that led here its host alone: a whole address may hold what is nobody's business."""
        visit = self._visits.get((kind, consented, referrer))
        if visit is None:
            host = referrer[:500].decode("latin-1").partition("://")[2].partition("/")[0]
            visit = f"{kind},{'t' if consented else 'f'},{NO_HOST.sub('', host)[:100]}"
            if len(referrer) <= LONGEST_KEPT:
                _put(self._visits, (kind, consented, referrer), visit)
        return visit

    async def _leads_of(self, code: str) -> Leads | None:
        """Where a code leads; None for what is none. Links do not change but end: that is asked for all known ones at once."""
        now = time.monotonic()
        if now - self._asked_at >= KNOWN_FOR:
            await self._look_for_ended(now)
        leads = self._known.get(code)
        if leads is not None or CODE.fullmatch(code) is None or now - self._unknown.get(code, -UNKNOWN_FOR) < UNKNOWN_FOR:
            return leads
        return await self._look_up(code)

    async def _look_up(self, code: str) -> Leads | None:
        async with DB.connection() as connection:
            row = await connection.fetchrow(
                "select id, creator, show, product, target from tracking_link where code = $1 and revoked_at is null", code
            )
        if row is None:
            _put(self._unknown, code, time.monotonic())
            return None
        leads = _leads(row)
        _put(self._known, code, leads)
        return leads

    async def _look_for_ended(self, now: float) -> None:
        """Forget the links that have ended; everybody who comes meanwhile waits for the same look."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._forget_ended(now))
        await asyncio.shield(self._looking)

    async def _forget_ended(self, now: float) -> None:
        try:
            if self._known:
                async with DB.connection() as connection:
                    for row in await connection.fetch(ENDED, list(self._known)):
                        self._known.pop(row["code"], None)
            self._asked_at = now
        except AWAY as error:
            log.warning("ended_links_not_asked_for", error=type(error).__name__)  # known links lead on; the next look is soon
            self._asked_at = now - KNOWN_FOR + UNKNOWN_FOR
        finally:
            self._looking = None

    async def _keep(self, row: Row) -> str | None:
        """The click's id once it is committed; None when the database would not take it."""
        waiting: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._rows.append(row)
        self._waiting.append(waiting)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        return await waiting

    async def _write(self) -> None:
        """Write batches until nobody waits: whoever comes while one is on its way is in the next."""
        try:
            while self._rows:
                await asyncio.sleep(max(0.0, self._next_batch - time.monotonic()))
                self._next_batch = time.monotonic() + APART
                rows, self._rows = self._rows[:LARGEST_BATCH], self._rows[LARGEST_BATCH:]
                waiting, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
                clicks: Sequence[str | None] = [None] * len(rows)
                try:
                    clicks = await self._insert(rows) or clicks
                finally:
                    for each, click in zip(waiting, clicks, strict=True):
                        if not each.done():
                            each.set_result(click)
        finally:
            self._writer = None

    async def _insert(self, rows: list[Row]) -> list[str]:
        """The ids of the rows; none when the database would not take them."""
        clicks = new_click_ids(len(rows))
        try:
            if self._connection is None:
                self._connection = await DB.acquire()
            written = ",".join([f'"({click},{link},,{visit})"' for click, (link, visit) in zip(clicks, rows, strict=True)])
            await self._connection.execute(WRITTEN, f"{{{written}}}", clock.now())
        except AWAY as error:
            log.warning("clicks_not_stored", clicks=len(rows), error=type(error).__name__)
            await self._let_go()
            return []
        return clicks

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


def new_click_ids(count: int) -> list[str]:
    """So many UUIDs of version 7 (RFC 9562): milliseconds, then 74 random bits each."""
    moment, noise = f"{time.time_ns() // 1_000_000:012x}", os.urandom(10 * count).hex()
    beginning = f"{moment[:8]}-{moment[8:]}-7"
    return [
        f"{beginning}{noise[at : at + 3]}-{'89ab'[int(noise[at + 3], 16) & 3]}{noise[at + 4 : at + 7]}-{noise[at + 7 : at + 19]}"
        for at in range(0, 20 * count, 20)
    ]


def _put(kept: dict[Key, Kept], key: Key, value: Kept) -> None:
    """Keep at most so many: the oldest goes."""
    if len(kept) >= MOST_KNOWN:
        kept.pop(next(iter(kept)))
    kept[key] = value


def _leads(row: Any) -> Leads:
    parts = urlsplit(row["target"])
    query = f"{parts.query}&{PARAMETER}=" if parts.query else f"{PARAMETER}="
    before = urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
    return Leads(
        row=",".join(str(row[name] or "") for name in ("id", "creator", "show", "product")),
        target=row["target"].encode(),
        location=before.encode(),
        rest=f"#{parts.fragment}".encode() if parts.fragment else b"",
    )
