"""Where a request comes from."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection

from foundation import settings


def of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The address of the client, seen past the reverse proxies that `FANFARE_PROXIES` counts.

    Each trusted proxy appends the address that spoke to it to `X-Forwarded-For`; what stands further left anybody can invent.
    """
    proxies = int(settings.current().proxies)
    hops = [hop.strip() for hop in ",".join(connection.headers.getall("x-forwarded-for", [])).split(",") if hop.strip()]
    if proxies and len(hops) >= proxies:
        return hops[-proxies][:64]
    return connection.client.host if connection.client else ""
