"""The gallery of the design system; never in production."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get
from litestar.params import FromPath

from foundation import web
from foundation.errors import NotFound
from foundation.pages.kept_mails import outside_production

GROUPS = {
    "tokens": "Tokens",
    "controls": "Controls",
    "forms": "Forms",
    "words": "States and messages",
    "navigation": "Ways through",
    "figures": "Figures and charts",
    "shopping": "Shows and products",
    "talk": "Talk",
    "work": "Work places",
}


@get("/", include_in_schema=False)
async def show_all(request: web.Web) -> Response[Any]:
    """Every component in every state, light and dark."""
    return web.page(request, "patterns.html", groups=GROUPS, shown=GROUPS)


@get("/{group:str}", include_in_schema=False)
async def show_group(request: web.Web, group: FromPath[str]) -> Response[Any]:
    """The components of one group."""
    if group not in GROUPS:
        raise NotFound
    return web.page(request, "patterns.html", groups=GROUPS, shown=[group])


ROUTES = [Router("/patterns", route_handlers=[show_all, show_group], guards=[outside_production])]
