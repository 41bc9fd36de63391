"""For whom a program reports: the brand of its token's person, or of the shop that signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.di import NamedDependency, Provide

from creators import shops
from foundation import accounts, rate_limits
from marketplace.brands import brand_of

CALLS, WINDOW = 600, 60


@dataclass(frozen=True)
class Reporting:
    """Who reports: the brand, and by which way."""

    brand_id: UUID
    source: str


async def reporting(request: Request[Any, Any, Any]) -> Reporting:
    """Dependency `shop`. Raises `SignatureInvalid`, `SignInNeeded`, `TokenInvalid`, `ScopeMissing`, `NoBrandYet`, `TooManyRequests`."""
    signature = request.headers.get("fanfare-signature")
    if signature is not None:
        key = request.headers.get("fanfare-key", "")
        brand = await shops.signed_by_shop(connection_id=key, body=await request.body(), header=signature)
        await rate_limits.spend(f"shop:{key}", limit=CALLS, seconds=WINDOW)
        return Reporting(brand, "signature")
    by = await accounts.require_principal(request)
    return Reporting((await brand_of(by=by)).id, "api")


Shop = NamedDependency[Reporting]
SHOP = {"shop": Provide(reporting)}
