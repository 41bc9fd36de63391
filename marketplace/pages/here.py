"""Where somebody is: which brand a member is working for, which page a sheet lies over."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from foundation import web
from foundation.accounts import Principal
from foundation.errors import NotFound
from foundation.web import Web
from marketplace.brands import brand_of
from marketplace.tables import Brand

CHOSEN = "brand"


async def current_brand(request: Web, by: Principal) -> Brand:
    """The brand chosen in this session, else the person's first. Raises `NoBrandYet`.

    For every page of the brand's console, of this storey and of those above.
    """
    chosen = (request.session or {}).get(CHOSEN)
    try:
        return await brand_of(by=by, brand_id=UUID(chosen) if chosen else None)
    except NotFound:  # no longer a member of the one that was chosen
        return await brand_of(by=by)


def here(request: Web) -> str:
    """Where to come back to after signing in: the room that opened the sheet, else this page."""
    return web.own_path(urlsplit(request.headers.get("hx-current-url", "")).path, request.url.path.removesuffix("/sheet"))
