"""The gallery of the design system; never in production."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get

from foundation import web
from foundation.pages.kept_mails import outside_production


@get("/", include_in_schema=False)
async def show_all(request: web.Web) -> Response[Any]:
    """Every component in every state, light and dark."""
    return web.page(request, "patterns.html")


ROUTES = [Router("/patterns", route_handlers=[show_all], guards=[outside_production])]
