"""Links with which a mail opens one order without an account: signed, good for that order alone."""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from foundation import settings
from foundation.errors import NotFound


def link_to(order_id: UUID) -> str:
    """The path with which a mail opens a guest's order."""
    return f"/orders/link/{order_id.hex}{_signature(order_id)}"


def read_link(token: str) -> UUID:
    """The order of a link that we have signed. Raises `NotFound`."""
    try:
        order_id = UUID(token[:32])
    except ValueError:
        raise NotFound from None
    if not hmac.compare_digest(token[32:].encode(), _signature(order_id).encode()):
        raise NotFound
    return order_id


def _signature(order_id: UUID) -> str:
    key = settings.current().signing_key().encode()
    return hmac.new(key, b"order link|" + order_id.bytes, hashlib.sha256).hexdigest()[:40]
