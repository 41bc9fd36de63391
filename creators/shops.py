"""Brands' own shops: who may report sales for a brand, and how what they send is known to be theirs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from creators.conversion_tables import ShopConnection, ShopKind
from foundation import audit, clock, sealed
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, Refusal
from foundation.i18n import _
from marketplace.brands import brand_of

FRESH = timedelta(minutes=5)
"""So far a signature's time may be from ours, either way."""

_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


class HostInvalid(InvalidField):
    """Not the name of a host."""

    code = "host_invalid"
    message = _("The host of your shop, please, such as shop.example.com.")
    field = "host"


class SignatureInvalid(Refusal):
    """Nobody who knows the secret has signed this, or not now."""

    code = "signature_invalid"
    status = 401
    message = _("The signature is not valid, or not any more.")


@dataclass(frozen=True)
class ShopShown:
    """A connection as its brand sees it."""

    id: UUID
    kind: ShopKind
    name: str
    host: str
    created_at: datetime
    last_used_at: datetime | None


async def connect_shop(
    *, brand_id: UUID, kind: ShopKind, name: str, host: str, secret: str = "", by: Principal
) -> tuple[UUID, str]:
    """Connect a shop; returns its id and the secret that signs its reports, made here when none is given.

    Raises `NotFound`, `HostInvalid`.
    """
    host = host.strip().lower().removeprefix("https://").rstrip("/")
    if not _HOST.fullmatch(host):
        raise HostInvalid
    secret = secret.strip() or secrets.token_urlsafe(32)
    async with DB.transaction():
        brand = await brand_of(by=by, brand_id=brand_id)
        row = ShopConnection(
            id=uuid4(),
            brand=brand.id,
            kind=kind,
            name=name[:80],
            host=host,
            sealed_secret=sealed.seal(secret),
            created_at=clock.now(),
        )
        await row.save()
        await audit.record(by=by, action="shop.connect", kind="shop_connection", id=row.id, shop=str(kind), host=host)
    return row.id, secret


async def disconnect_shop(*, connection_id: UUID, brand_id: UUID, by: Principal) -> None:
    """End a connection: what it signs is refused from now on. Raises `NotFound`."""
    async with DB.transaction():
        brand = await brand_of(by=by, brand_id=brand_id)
        gone = (
            await ShopConnection.update({ShopConnection.revoked_at: clock.now()})
            .where((ShopConnection.id == connection_id) & (ShopConnection.brand == brand.id))
            .where(ShopConnection.revoked_at.is_null())
            .returning(ShopConnection.id)
        )
        if not gone:
            raise NotFound
        await audit.record(by=by, action="shop.disconnect", kind="shop_connection", id=connection_id)


async def shops_of(*, brand_id: UUID, by: Principal) -> list[ShopShown]:
    """The connected shops of a brand. Raises `NotFound`."""
    brand = await brand_of(by=by, brand_id=brand_id)
    rows = (
        await ShopConnection.objects()
        .where((ShopConnection.brand == brand.id) & ShopConnection.revoked_at.is_null())
        .order_by(ShopConnection.created_at)
    )
    return [ShopShown(row.id, ShopKind(row.kind), row.name, row.host, row.created_at, row.last_used_at) for row in rows]


async def signed_by_shop(*, connection_id: str, body: bytes, header: str) -> UUID:
    """The brand whose shop signed `body` with `t=<unix seconds>,v1=<hex>`. Raises `SignatureInvalid`."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    moment, given = parts.get("t", ""), parts.get("v1", "")
    if not (moment.isascii() and moment.isdigit() and len(moment) < 12):
        raise SignatureInvalid
    if abs(clock.now().timestamp() - int(moment)) > FRESH.total_seconds():
        raise SignatureInvalid
    brand, secret = await _secret(connection_id, ShopKind.API)
    expected = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise SignatureInvalid
    return brand


async def sent_by_shop(*, connection_id: str, kind: ShopKind, body: bytes, signature: str) -> UUID:
    """The brand whose Shopify or WooCommerce shop sent `body`: both sign with base64 of HMAC-SHA256. Raises `SignatureInvalid`."""
    brand, secret = await _secret(connection_id, kind)
    expected = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
    if not hmac.compare_digest(expected, signature.strip().encode()):
        raise SignatureInvalid
    return brand


async def reporting_shop(*, connection_id: str) -> tuple[UUID, str]:
    """The brand and the secret of a connected shop that signs by itself, for the pixel. Raises `SignatureInvalid`."""
    return await _secret(connection_id, ShopKind.API)


async def connected_at(*, connection_id: str) -> datetime:
    """When a shop was connected. Raises `NotFound`."""
    row = await ShopConnection.select(ShopConnection.created_at).where(ShopConnection.id == UUID(connection_id)).first()
    if row is None:
        raise NotFound
    moment: datetime = row["created_at"]
    return moment


async def _secret(connection_id: str, kind: ShopKind) -> tuple[UUID, str]:
    try:
        wanted = UUID(connection_id)
    except ValueError as error:
        raise SignatureInvalid from error
    row = (
        await ShopConnection.objects()
        .where((ShopConnection.id == wanted) & (ShopConnection.kind == kind) & ShopConnection.revoked_at.is_null())
        .first()
    )
    if row is None:
        raise SignatureInvalid
    await ShopConnection.update({ShopConnection.last_used_at: clock.now()}).where(ShopConnection.id == wanted)
    return row.brand, sealed.unseal(row.sealed_secret)
