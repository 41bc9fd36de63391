"""Keys with which programs act for a person: made once, shown once, narrow, and ended at any time.

A call with `Authorization: Bearer …` is that person and nobody else: the session's cookie is not looked at, so another site
cannot make a browser send one (that is why such calls need no form token).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast
from uuid import UUID, uuid4

import msgspec
from litestar.connection import ASGIConnection

from foundation import accounts, audit, client_address, clock, rate_limits
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound
from foundation.i18n import _
from foundation.tables import ApiToken

MARK = "ff_"
SHOWN = 10  # signs of a token that its owner sees later
CALLS, WINDOW = 600, 60
FORGED, FORGED_WINDOW = 30, 60
USED_EVERY = timedelta(minutes=1)  # how exact "last used" is
MOST = 50
Connection = ASGIConnection[Any, Any, Any, Any]


class Scope(StrEnum):
    """What a token may be used for; an address of the API without a scope takes no token."""

    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    REFUNDS_WRITE = "refunds:write"
    STOCK_WRITE = "stock:write"
    APPLICATIONS_READ = "applications:read"
    APPLICATIONS_WRITE = "applications:write"
    CONVERSIONS_READ = "conversions:read"
    CONVERSIONS_WRITE = "conversions:write"
    RETURNS_WRITE = "returns:write"
    LINKS_READ = "links:read"
    LINKS_WRITE = "links:write"


MEANINGS = {
    Scope.ORDERS_READ: _("Read your orders and those of your brand"),
    Scope.ORDERS_WRITE: _("Place orders"),
    Scope.REFUNDS_WRITE: _("Refund orders of your brand"),
    Scope.STOCK_WRITE: _("Set the stock of your products"),
    Scope.APPLICATIONS_READ: _("Read applications to briefs"),
    Scope.APPLICATIONS_WRITE: _("Apply to briefs, and answer applications"),
    Scope.CONVERSIONS_READ: _("Read the sales that your shop reported"),
    Scope.CONVERSIONS_WRITE: _("Report sales of your shop"),
    Scope.RETURNS_WRITE: _("Report returns to your shop"),
    Scope.LINKS_READ: _("Read tracking links and codes"),
    Scope.LINKS_WRITE: _("Make tracking links"),
}


class NoScope(InvalidField):
    """A token must be good for something."""

    code = "no_scope"
    message = _("Choose at least one thing that the token may do.")
    field = "scopes"


class TooManyTokens(InvalidField):
    """data: `most`."""

    code = "too_many_tokens"
    status = 409
    message = _("You have %(most)s tokens in use. End one first.")


@dataclass(frozen=True)
class TokenShown:
    """A token as its owner sees it; never the token itself."""

    id: UUID
    name: str
    prefix: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


async def make_token(*, name: str, scopes: Collection[Scope], days: int | None, by: Principal) -> str:
    """Make a token and return it; it cannot be read again. `days` is how long it lasts, None for ever.

    Raises `NoScope`, `TooManyTokens`.
    """
    if not scopes:
        raise NoScope
    async with DB.transaction():
        if len(await tokens_of(by=by)) >= MOST:
            raise TooManyTokens(most=MOST)
        token = MARK + secrets.token_urlsafe(32)
        now = clock.now()
        row = ApiToken(
            id=uuid4(),
            person=by.id,
            name=name[:80],
            prefix=token[:SHOWN],
            token_hash=_hash(token),
            scopes=msgspec.json.encode(sorted(scopes)).decode(),
            created_at=now,
            expires_at=now + timedelta(days=days) if days else None,
        )
        await row.save()
        await audit.record(by=by, action="make token", kind="api_token", id=row.id, name=name, scopes=sorted(scopes))
    return token


async def revoke_token(*, token_id: UUID, by: Principal) -> None:
    """End one of the person's tokens, at once. Raises `NotFound`."""
    async with DB.transaction():
        gone = (
            await ApiToken.update({ApiToken.revoked_at: clock.now()})
            .where((ApiToken.id == token_id) & (ApiToken.person == by.id) & ApiToken.revoked_at.is_null())
            .returning(ApiToken.id)
        )
        if not gone:
            raise NotFound
        await audit.record(by=by, action="end token", kind="api_token", id=token_id)


async def tokens_of(*, by: Principal) -> list[TokenShown]:
    """The person's tokens that have not been ended, newest first; also those whose time is over."""
    rows = (
        await ApiToken.objects()
        .where((ApiToken.person == by.id) & ApiToken.revoked_at.is_null())
        .order_by(ApiToken.created_at, ascending=False)
        .output(load_json=True)
    )
    return [
        TokenShown(
            id=row.id,
            name=row.name,
            prefix=row.prefix,
            scopes=tuple(Scope(scope) for scope in cast("list[str]", row.scopes)),
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
        )
        for row in rows
    ]


def presented(headers: dict[bytes, bytes]) -> str:
    """The token of an `Authorization: Bearer` header, or ""."""
    kind, _space, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


async def recognise(request: Connection) -> None:
    """For calls that bring a token: the request is its person, within its scopes; an unknown token is nobody.

    Raises `TooManyRequests`, `LimitsAway`.
    """
    token = presented(dict(request.scope["headers"]))
    if not token:
        return
    scope = cast("dict[str, Any]", request.scope)
    row = await _find(token)
    known = await accounts.principal(row["person"]) if row else None
    scope["principal"] = known
    scope["token_scopes"] = frozenset(msgspec.json.decode(row["scopes"], type=list[str])) if row and known else frozenset()
    if row is None or known is None:
        await rate_limits.spend(f"forged-token:{client_address.of(request)}", limit=FORGED, seconds=FORGED_WINDOW)
    else:
        await rate_limits.spend(f"token:{row['id']}", limit=CALLS, seconds=WINDOW)


async def _find(token: str) -> Any:
    now = clock.now()
    async with DB.connection() as connection:
        row = await connection.fetchrow(
            """
            select id, person, scopes::text as scopes, last_used_at from api_token
            where token_hash = $1 and revoked_at is null and (expires_at is null or expires_at > $2)
            """,
            _hash(token),
            now,
        )
        if row and (row["last_used_at"] is None or now - row["last_used_at"] > USED_EVERY):
            await connection.execute("update api_token set last_used_at = $2 where id = $1", row["id"], now)
    return row


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
