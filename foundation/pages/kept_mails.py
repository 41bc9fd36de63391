"""Mails that were kept because there is no mail server; never in production."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
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
    found = await mails.newest(to=reader)
    attached = await mails.attached_to([mail.id for mail in found])
    return web.page(request, "account/kept_mails.html", mails=found, attached=attached, reader=reader)


@get("/{mail_id:uuid}", include_in_schema=False)
async def show_html(mail_id: FromPath[UUID]) -> Response[str]:
    """The HTML part, as a mail program shows it."""
    return Response((await mails.kept(mail_id=mail_id)).html, media_type=MediaType.HTML)


@get("/{mail_id:uuid}/{attachment_id:uuid}", include_in_schema=False)
async def download(mail_id: FromPath[UUID], attachment_id: FromPath[UUID]) -> Response[bytes]:
    """A file that came with the mail."""
    found = await mails.attachment(mail_id=mail_id, attachment_id=attachment_id)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name)}", "Cache-Control": "private, no-store"}
    return Response(found.content, media_type=found.media_type, headers=headers)


ROUTES = [Router("/dev/mail", route_handlers=[show_all, show_html, download], guards=[outside_production])]
