"""`Idempotency-Key`: a program that did not hear our answer may ask again and gets the same answer.

The key belongs to its caller and lasts a day. The same key with another call is refused (422), while the first call still runs
it is refused as well (409). Answers from 500 up are not kept: the call may be tried again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPRequestEvent, Message, Receive, Scope, Send

from foundation import clock
from foundation.database import DB
from foundation.errors import Refusal
from foundation.i18n import _

LASTS = timedelta(hours=24)
GIVEN_UP = timedelta(minutes=2)  # a call that died with its process
LARGEST = 1024 * 1024
LONGEST_KEY = 200
WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class KeyInvalid(Refusal):
    """Not a usable key."""

    code = "idempotency_key_invalid"
    status = 400
    message = _("An Idempotency-Key has 1 to 200 visible ASCII characters.")


class KeyReused(Refusal):
    """The same key came with another call."""

    code = "idempotency_key_reused"
    status = 422
    message = _("This Idempotency-Key was used for another call.")


class CallInFlight(Refusal):
    """The first call with this key has not been answered; data: `seconds` until the next try."""

    code = "call_in_flight"
    status = 409
    message = _("The first call with this Idempotency-Key is still being answered.")


class CallTooLarge(Refusal):
    """A call with a key is read as a whole first."""

    code = "too_large"
    status = 413
    message = _("This is too large.")


@dataclass
class _Answer:
    status: int = 500
    content_type: str = ""
    body: bytearray = field(default_factory=bytearray)


def idempotent(app: ASGIApp) -> ASGIApp:
    """Middleware below the one that recognises people: each key of a caller is worked off once."""

    async def once(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"]) if scope["type"] == ScopeType.HTTP else {}
        given = headers.get(b"idempotency-key")
        if given is None or scope["method"] not in WRITING or not scope["path"].startswith("/api/"):  # type: ignore[typeddict-item]  # http
            await app(scope, receive, send)
            return
        key = given.decode("latin-1")
        if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
            raise KeyInvalid
        caller = _caller(scope, headers)
        if not caller:
            await app(scope, receive, send)
            return
        body = await _whole(receive)
        await _work_off(app, scope, send, caller, key, body)

    return once


def _caller(scope: Scope, headers: dict[bytes, bytes]) -> str:
    principal = scope.get("principal")
    return str(getattr(principal, "id", "")) or headers.get(b"fanfare-key", b"").decode("latin-1")[:80]


async def _work_off(app: ASGIApp, scope: Scope, send: Send, caller: str, key: str, body: bytes) -> None:
    method, path = scope["method"], scope["path"]  # type: ignore[typeddict-item]  # http
    query = scope["query_string"]
    fingerprint = hashlib.sha256(b"\n".join((method.encode(), path.encode(), query, body))).hexdigest()
    kept = await _claim(caller, key, fingerprint)
    if kept is not None:
        await _send(send, kept, replayed=True)
        return
    answer = _Answer()

    async def listen(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.content_type = dict(message["headers"]).get(b"content-type", b"").decode("latin-1")
        elif message["type"] == "http.response.body":
            answer.body += message["body"]
            if not message.get("more_body"):
                await _finish(caller, key, answer)  # before the caller hears it: a kill in between is a replay, not a second call
        await send(message)

    try:
        await app(scope, _replay(body), listen)
    except BaseException:
        await _forget(caller, key)
        raise


async def _claim(caller: str, key: str, fingerprint: str) -> _Answer | None:
    """None when the call is ours to make, else the answer that it had. Raises `KeyReused`, `CallInFlight`."""
    now = clock.now()
    async with DB.connection() as connection:
        ours = await connection.fetchval(
            """
            insert into idempotent_call as kept (caller, key, fingerprint, begun_at, content_type, body) values ($1, $2, $3, $4, '', '')
            on conflict (caller, key) do update set begun_at = excluded.begun_at, fingerprint = excluded.fingerprint, status = null
            where kept.begun_at < $5 or (kept.status is null and kept.begun_at < $6 and kept.fingerprint = excluded.fingerprint)
            returning id
            """,
            caller,
            key,
            fingerprint,
            now,
            now - LASTS,
            now - GIVEN_UP,
        )
        if ours is not None:
            return None
        row = await connection.fetchrow("select * from idempotent_call where caller = $1 and key = $2", caller, key)
    if row is None:  # the first call failed just now and has let go of its key
        raise CallInFlight(seconds=1)
    if row["fingerprint"] != fingerprint:
        raise KeyReused
    if row["status"] is None:
        raise CallInFlight(seconds=1)
    return _Answer(row["status"], row["content_type"], bytearray(row["body"].encode()))


async def _finish(caller: str, key: str, answer: _Answer) -> None:
    if answer.status >= 500 or answer.status in {401, 403, 429}:
        await _forget(caller, key)
        return
    async with DB.connection() as connection:
        await connection.execute(
            "update idempotent_call set status = $3, content_type = $4, body = $5 where caller = $1 and key = $2",
            caller,
            key,
            answer.status,
            answer.content_type[:100],
            answer.body.decode(),
        )


async def _forget(caller: str, key: str) -> None:
    async with DB.connection() as connection:
        await connection.execute("delete from idempotent_call where caller = $1 and key = $2 and status is null", caller, key)


async def forget_old() -> int:
    """Delete the answers of yesterday; return how many."""
    async with DB.connection() as connection:
        done = await connection.execute("delete from idempotent_call where begun_at < $1", clock.now() - LASTS)
    return int(done.split()[-1])


async def _whole(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message["body"]
        if len(body) > LARGEST:
            raise CallTooLarge
        if not message.get("more_body"):
            return bytes(body)


def _replay(body: bytes) -> Receive:
    async def receive() -> HTTPRequestEvent:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _send(send: Send, answer: _Answer, *, replayed: bool) -> None:
    headers = [(b"content-type", answer.content_type.encode("latin-1")), (b"content-length", str(len(answer.body)).encode())]
    if replayed:
        headers.append((b"idempotent-replayed", b"true"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": bytes(answer.body), "more_body": False})
