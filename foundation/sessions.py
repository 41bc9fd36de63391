"""Sessions: rows in Valkey behind a cookie that we alone make up.

An id that we did not make is ignored, the id changes at sign-in, a row is written only when its content changed, and an empty
session has no row and no cookie. Valkey knows an id only by its hash. Whoever is signed in can see their sessions and end them.
`request.session` is a plain dictionary of JSON values, also for visitors without an account.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import msgspec
import structlog
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.middleware import DefineMiddleware
from litestar.middleware.session.server_side import ServerSideSessionBackend, ServerSideSessionConfig
from litestar.types import Empty, Message, ScopeSession

from foundation import client_address, clock, settings, valkey
from foundation.errors import Refusal
from foundation.i18n import _

LASTS = timedelta(days=14)
WITHOUT = ("/static/", "/media/", "/webhooks/", "/health", "/ready")  # addresses where nobody is asked who they are
TOUCHED_EVERY = timedelta(hours=1)  # how exact "last seen" is; each touch also prolongs the session
log = structlog.get_logger(__name__)
Connection = ASGIConnection[Any, Any, Any, Any]


class SessionsAway(Refusal):
    """Valkey does not answer: nobody can be recognised, or signed in, for a moment."""

    code = "sessions_away"
    status = 503
    message = _("We cannot see who you are right now. Please try again in a moment.")


class Row(msgspec.Struct):
    """What Valkey keeps of a session. `begun_at` is the sign-in, or the first visit; UTC."""

    data: dict[str, Any]
    person_id: UUID | None
    begun_at: datetime
    seen_at: datetime
    agent: str
    address: str


@dataclass
class Session:
    """The session of one request: its row, the id under which it came (None: not kept yet), and what was asked for it."""

    row: Row
    id: str | None = None
    as_loaded: bytes = b""
    new_id: bool = False
    away: bool = False

    @property
    def person_id(self) -> UUID | None:
        return self.row.person_id

    @property
    def begun_at(self) -> datetime:
        return self.row.begun_at


@dataclass(frozen=True)
class OpenSession:
    """One of a person's sessions, as they see it in their settings. `ref` names it without opening it."""

    ref: str
    begun_at: datetime
    seen_at: datetime
    agent: str
    address: str


def of(connection: Connection) -> Session | None:
    """The session of this request; None where the middleware does not run."""
    return cast("Session | None", connection.scope.get("fanfare_session"))


def are_away(connection: Connection) -> bool:
    """True when Valkey did not answer, so that nobody could be recognised."""
    session = of(connection)
    return session is not None and session.away


def sign_in(connection: Connection, person_id: UUID) -> None:
    """From now on this browser is that person, under a new id. What the visitor had in the session stays."""
    session = _required(connection)
    now = clock.now()
    session.row.person_id = person_id
    session.row.begun_at = session.row.seen_at = now
    session.new_id = True


def sign_out(connection: Connection) -> None:
    """Forget this browser: the row goes, the cookie goes."""
    session = _required(connection)
    session.row.person_id = None
    connection.scope["session"] = {}


async def open_session(person_id: UUID) -> str:
    """Sign a person in without a browser; returns the value of the cookie `cookie_name()`. For tests and programs of ours."""
    now = clock.now()
    row = Row(data={}, person_id=person_id, begun_at=now, seen_at=now, agent="", address="")
    return await _insert(row)


async def of_person(person_id: UUID) -> list[OpenSession]:
    """The person's sessions, the one seen last first."""
    refs = sorted(await _refs(person_id))
    kept = await valkey.client().mget([_key(ref) for ref in refs]) if refs else []
    rows = [(ref, msgspec.json.decode(raw, type=Row)) for ref, raw in zip(refs, kept, strict=True) if raw]
    gone = set(refs) - {ref for ref, _row in rows}
    if gone:
        await cast("Awaitable[int]", valkey.client().srem(_index(person_id), *gone))
    found = [OpenSession(ref, row.begun_at, row.seen_at, row.agent, row.address) for ref, row in rows]
    return sorted(found, key=lambda session: session.seen_at, reverse=True)


async def end(person_id: UUID, ref: str) -> None:
    """End one session of this person; a name that is not one of theirs changes nothing."""
    if ref in await _refs(person_id):
        await _delete(ref, person_id)


async def end_all(person_id: UUID) -> None:
    """Sweep all rows of a person away. What makes them void is `Person.sessions_since`; this only frees the memory."""
    refs = await _refs(person_id)
    await valkey.client().delete(_index(person_id), *[_key(ref) for ref in refs])


def ref_of(connection: Connection) -> str:
    """The `ref` of the session of this request; empty when it has none yet."""
    session = of(connection)
    return _hash(session.id) if session and session.id else ""


class SessionBackend(ServerSideSessionBackend):
    """Litestar's session middleware on the rows above."""

    def get_session_id(self, connection: Connection) -> str:
        session = of(connection)
        return (session.id if session else None) or ""

    async def load_from_connection(self, connection: Connection) -> dict[str, Any]:
        session = await self._load(connection)
        cast("dict[str, Any]", connection.scope)["fanfare_session"] = session
        return session.row.data

    async def _load(self, connection: Connection) -> Session:
        cookie = "" if connection.scope["path"].startswith(WITHOUT) else connection.cookies.get(self.config.key, "")
        try:
            raw = await valkey.client().get(_key(_hash(cookie))) if cookie else None
        except valkey.AWAY as error:
            log.warning("sessions_away", error=type(error).__name__)
            return Session(_new_row(connection), away=True)
        if raw is None:
            return Session(_new_row(connection))
        return Session(msgspec.json.decode(raw, type=Row), id=cookie, as_loaded=raw)

    async def store_in_message(self, scope_session: ScopeSession, message: Message, connection: Connection) -> None:
        session = of(connection)
        if session is None or session.away:
            return
        session.row.data = cast("dict[str, Any]", scope_session) if scope_session and scope_session is not Empty else {}
        try:
            await self._keep(session, message, connection)
        except valkey.AWAY as error:
            session.away = True
            raise SessionsAway from error

    async def _keep(self, session: Session, message: Message, connection: Connection) -> None:
        row = session.row
        if row.person_id is None and not row.data:
            if session.id:
                await _delete(_hash(session.id), _person_in(session.as_loaded))
                self._send_cookie(message, "", max_age=0)
        elif session.id is None or session.new_id:
            fresh = await _insert(row)
            if session.id:
                await _delete(_hash(session.id), _person_in(session.as_loaded))
            self._send_cookie(message, fresh)
        elif await _update(session, connection):
            self._send_cookie(message, session.id)

    def _send_cookie(self, message: Message, value: str, *, max_age: int | None = None) -> None:
        cookie = Cookie(
            key=self.config.key,
            value=value,
            max_age=self.config.max_age if max_age is None else max_age,
            path="/",
            secure=self.config.secure,
            httponly=True,
            samesite="lax",
        )
        MutableScopeHeaders.from_message(message).add("Set-Cookie", cookie.to_header(header=""))


def cookie_name() -> str:
    """In production browsers bind a `__Host-` cookie to this host, to https and to the path /."""
    return "__Host-session" if settings.current().production else "session"


def middleware() -> DefineMiddleware:
    """The session middleware of the application."""
    config = ServerSideSessionConfig(key=cookie_name(), max_age=int(LASTS.total_seconds()), secure=settings.current().production)
    config._backend_class = SessionBackend
    return config.middleware


def _required(connection: Connection) -> Session:
    session = of(connection)
    if session is None:
        raise RuntimeError("this address has no session")
    return session


def _new_row(connection: Connection) -> Row:
    now = clock.now()
    agent = connection.headers.get("user-agent", "")[:300]
    return Row(data={}, person_id=None, begun_at=now, seen_at=now, agent=agent, address=client_address.of(connection))


async def _insert(row: Row) -> str:
    """Keep a new row under an id of 256 random bits; returns the id."""
    fresh = secrets.token_urlsafe(32)
    ref = _hash(fresh)
    async with valkey.client().pipeline(transaction=True) as pipe:
        pipe.set(_key(ref), msgspec.json.encode(row), ex=LASTS)
        if row.person_id:
            pipe.sadd(_index(row.person_id), ref)
            pipe.expire(_index(row.person_id), LASTS)
        await pipe.execute()
    return fresh


async def _update(session: Session, connection: Connection) -> bool:
    """Write a row that changed, or whose person was last seen some time ago. True when the cookie is to be prolonged.

    `XX`: a session that was ended while this request ran does not come back.
    """
    row = session.row
    now = clock.now()
    touch = row.person_id is not None and now - row.seen_at > TOUCHED_EVERY
    if touch:
        row.seen_at = now
        row.address = client_address.of(connection)
    raw = msgspec.json.encode(row)
    if raw == session.as_loaded or session.id is None:
        return False
    kept = await valkey.client().set(_key(_hash(session.id)), raw, ex=LASTS, xx=True)
    if kept and row.person_id:
        await valkey.client().expire(_index(row.person_id), LASTS)
    return bool(kept)


async def _delete(ref: str, person_id: UUID | None) -> None:
    async with valkey.client().pipeline(transaction=True) as pipe:
        pipe.delete(_key(ref))
        if person_id:
            pipe.srem(_index(person_id), ref)
        await pipe.execute()


async def _refs(person_id: UUID) -> set[str]:
    members = await cast("Awaitable[set[bytes]]", valkey.client().smembers(_index(person_id)))
    return {member.decode() for member in members}


def _person_in(raw: bytes) -> UUID | None:
    return msgspec.json.decode(raw, type=Row).person_id if raw else None


def _hash(identifier: str) -> str:
    return hashlib.sha256(identifier.encode()).hexdigest()


def _key(ref: str) -> str:
    return f"session:{ref}"


def _index(person_id: UUID) -> str:
    return f"sessions-of:{person_id}"
