"""Following a tracking link: the shortest way through the web process, and no click is forgotten.

A request for `/{code}` is answered before the framework sees it. Its click is in a file that outlives the process before the answer leaves, and in
the database right behind it (`click_storing`): **a click id that anybody holds is kept**, whatever ends the process, also while the database does not answer.
When the file cannot take it either, people are led on all the same, without a click id.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import structlog
from litestar.types import HTTPResponseBodyEvent, HTTPScope, Send

from creators.click_ids import ClickIds
from creators.click_storing import AWAY, Keeper
from creators.consent import CLICK_KEPT, PURPOSE, TEXT_VERSION
from creators.link_tables import ClickKind
from creators.links import CODE, PARAMETER
from foundation import settings
from foundation.database import DB

log = structlog.get_logger(__name__)

KNOWN_FOR, UNKNOWN_FOR = 30.0, 5.0  # seconds; so long may an ended link lead on, and a new one be unknown
MOST_KNOWN = 20_000
LONGEST_KEPT = 500
"""Bytes of what a browser says of itself that is remembered with what it means."""
COOKIE_SECONDS = int(CLICK_KEPT.total_seconds())  # no terms look back further; the CNIL would let it be 13 months
CONSENT = re.compile(rf"(?:^|;\s*)consent={PURPOSE}\.{TEXT_VERSION}\.[0-9a-f]{{32}}(?:;|$)".encode())
ROBOTS = re.compile(
    rb"bot\b|bot/|crawl|spider|slurp|preview|facebookexternalhit|whatsapp|telegram|discord|slack|embed|monitor|headless|lighthouse"
    rb"|curl/|wget/|python|go-http|java/|okhttp|libwww|scrapy|http-?client|axios|node-fetch|undici|validator|scan",
    re.IGNORECASE,
)
ENDED = "select code from tracking_link where code = any($1::text[]) and revoked_at is not null"
Key = TypeVar("Key")
Kept = TypeVar("Kept")
PERSON, BOT, PREFETCH = ClickKind.PERSON.value, ClickKind.BOT.value, ClickKind.PREFETCH.value
NO_HOST = re.compile(r"[^0-9A-Za-z.:_-]")

METHODS = frozenset({"GET", "HEAD"})
RARE = frozenset({b"cookie", b"sec-gpc", b"sec-purpose", b"purpose", b"x-moz"})
"""Headers without which a visit is known by its method, its user agent and where it came from."""
MAY_REMEMBER = f"{PERSON}\tt".encode()


@dataclass(frozen=True, slots=True)
class Leads:
    """A link in use. `row` is its part of a click's row as COPY reads it, `before` the target up to the click id, `after` what follows it."""

    row: bytes
    target: bytes
    before: bytes
    after: bytes


class Redirects:
    """The links that a web process knows for a moment, and what keeps its clicks, in the folder `clicks`."""

    def __init__(self, clicks: Path) -> None:
        self.keeper = Keeper(clicks)
        self._keep = self.keeper.spool.keep
        self._known: dict[str, Leads] = {}
        """By the path of their code. `_followed` is the same, or empty while it is to be asked which of them have ended."""
        self._unknown: dict[str, float] = {}
        self._followed: dict[str, Leads] = {}
        self._looking: asyncio.Task[None] | None = None
        self._visits: dict[tuple[str, bytes | None, bytes | None], bytes] = {}
        self._ids = ClickIds()
        secure = "; Secure" if settings.current().production else ""
        self._cookie = f"; Max-Age={COOKIE_SECONDS}; Path=/; HttpOnly; SameSite=Lax{secure}".encode()

    async def follow(self, scope: HTTPScope, send: Send) -> bool:
        """Answer a request for a code; False when this is none of ours and the framework shall answer."""
        path, method = scope["path"], scope["method"]
        leads = self._followed.get(path)
        if leads is None and len(path) == 8:
            leads = await self._leads_of(path.lower())
        if leads is None or method not in METHODS:
            return False
        headers = dict(scope["headers"])
        visit, may_remember = None, False
        if RARE.isdisjoint(headers):
            visit = self._visits.get((method, headers.get(b"user-agent"), headers.get(b"referer")))
        if visit is None:
            visit = self._visit(method, headers)
            may_remember = visit.startswith(MAY_REMEMBER)
        click = self._ids.new()
        kept = self._keep(b"\t".join((click, self._ids.at, leads.row, visit)))
        answer = [*HEADERS, (b"location", leads.before + click + leads.after if kept else leads.target)]
        if kept and may_remember:
            answer.append((b"set-cookie", b"%b=%b%b" % (PARAMETER.encode(), click, self._cookie)))
        await send({"type": "http.response.start", "status": 302, "headers": answer})
        await send(NO_BODY)
        return True

    def doubt(self) -> None:
        """Ask which links have ended before another one is followed."""
        self._followed = {}

    async def close(self) -> None:
        """Store what waits."""
        await self.keeper.close()

    def _visit(self, method: str, headers: dict[bytes, bytes]) -> bytes:
        """What a click's row says of its visit. Of the address that led here its host alone: a whole one may hold what is nobody's business."""
        agent, referrer, cookie = headers.get(b"user-agent"), headers.get(b"referer"), headers.get(b"cookie")
        purpose = headers.get(b"sec-purpose") or headers.get(b"purpose") or headers.get(b"x-moz")
        kind = BOT if method == "HEAD" or not agent or _is_robot(agent[:300]) else PERSON
        if purpose and (b"prefetch" in purpose or b"preview" in purpose):
            kind = PREFETCH
        agreed = cookie is not None and CONSENT.search(cookie) is not None and headers.get(b"sec-gpc") != b"1"
        host = (referrer or b"")[:500].decode("latin-1").partition("://")[2].partition("/")[0]
        visit = f"{kind}\t{'t' if agreed else 'f'}\t{NO_HOST.sub('', host)[:100]}\n".encode()
        if RARE.isdisjoint(headers) and len(agent or b"") + len(referrer or b"") <= LONGEST_KEPT:
            _put(self._visits, (method, agent, referrer), visit)
        return visit

    async def _leads_of(self, path: str) -> Leads | None:
        """Where a path leads; None when it is no code. Links do not change but end: that is asked for all known ones at once."""
        if self._followed is not self._known:
            await self._look_for_ended()
        leads, code = self._known.get(path), path[1:]
        if leads is not None or CODE.fullmatch(code) is None:
            return leads
        if time.monotonic() - self._unknown.get(code, -UNKNOWN_FOR) < UNKNOWN_FOR:
            return None
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
        _put(self._known, f"/{code}", leads)
        return leads

    async def _look_for_ended(self) -> None:
        """Forget the links that have ended; everybody who comes meanwhile waits for the same look."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._forget_ended())
        await asyncio.shield(self._looking)

    async def _forget_ended(self) -> None:
        believed = KNOWN_FOR
        try:
            if self._known:
                async with DB.connection() as connection:
                    for row in await connection.fetch(ENDED, [path[1:] for path in self._known]):
                        self._known.pop(f"/{row['code']}", None)
        except AWAY as error:
            log.warning("ended_links_not_asked_for", error=type(error).__name__)  # known links lead on; the next look is soon
            believed = UNKNOWN_FOR
        finally:
            self._looking = None
        self._followed = self._known
        asyncio.get_running_loop().call_later(believed, self.doubt)


HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-length", b"0"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"x-robots-tag", b"noindex"),
)


NO_BODY: HTTPResponseBodyEvent = {"type": "http.response.body", "body": b"", "more_body": False}


@lru_cache(MOST_KNOWN)
def _is_robot(agent: bytes) -> bool:
    return ROBOTS.search(agent) is not None


def _put(kept: dict[Key, Kept], key: Key, value: Kept) -> None:
    """Keep at most so many: the oldest goes."""
    if len(kept) >= MOST_KNOWN:
        kept.pop(next(iter(kept)))
    kept[key] = value


def _leads(row: Any) -> Leads:
    parts = urlsplit(row["target"])
    query = f"{parts.query}&{PARAMETER}=" if parts.query else f"{PARAMETER}="
    return Leads(
        row="\t".join(str(row[name] or "\\N") for name in ("id", "creator", "show", "product")).encode(),
        target=row["target"].encode(),
        before=urlunsplit((parts.scheme, parts.netloc, parts.path, query, "")).encode(),
        after=f"#{parts.fragment}".encode() if parts.fragment else b"",
    )
