"""Mails that were kept because there is no mail server; never in production."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, Router, get
from litestar.connection import ASGIConnection
from litestar.enums import MediaType
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from foundation import mails, settings, web
from foundation.errors import NotFound
from foundation.web import Web


def outside_production(_connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """A guard: in production there is no such page."""
    if settings.current().production:
        raise NotFound


@get("/", include_in_schema=False)
async def show_all(request: Web) -> Response[Any]:
    """The newest mails; `?to=` narrows them to one reader."""
    reader = request.query_params.get("to", "").strip().lower()
    return web.page(request, "account/kept_mails.html", mails=await mails.newest(to=reader), reader=reader)


@get("/{mail_id:uuid}", include_in_schema=False)
async def show_html(mail_id: FromPath[UUID]) -> Response[str]:
    """The HTML part, as a mail program shows it."""
    return Response((await mails.kept(mail_id=mail_id)).html, media_type=MediaType.HTML)


ROUTES = [Router("/dev/mail", route_handlers=[show_all, show_html], guards=[outside_production])]
