"""The live rooms for moderators: what was written, and what can be done about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from creators import chat, listings
from creators.room_news import channel
from creators.tables import MessageKind, Show
from foundation import web
from foundation.accounts import By, role
from foundation.errors import NotFound, Refusal
from foundation.i18n import translate
from foundation.tables import Role
from foundation.web import Form, Web

MODERATORS = [role(Role.MODERATOR)]
MINUTES = (10, 60, 24 * 60, 7 * 24 * 60)


@get("/moderation/rooms", include_in_schema=False, guards=MODERATORS)
async def rooms(request: Web) -> Response[Any]:
    """The shows on air; a piece of the moderators' console."""
    return web.page(request, "creators/rooms.html", block="rooms", shows=await listings.live_now())


@get("/moderation/rooms/{show_id:uuid}", include_in_schema=False, guards=MODERATORS)
async def room(request: Web, show_id: FromPath[UUID]) -> Response[Any]:
    """One room: its latest messages with what can be done."""
    return await _page(request, show_id, Form())


@post("/moderation/rooms/{show_id:uuid}/remove", include_in_schema=False, guards=MODERATORS)
async def remove(request: Web, by: By, show_id: FromPath[UUID]) -> Response[Any]:
    """Take a message out of the room."""
    form = await web.read_form(request)
    try:
        message_id = form.integer("message", low=1, high=2**62)
        reason = form.text("reason", max=500, required=False)
        form.check()
        await chat.remove(message_id=message_id, reason=reason, by=by)
    except Refusal as refusal:
        return await _page(request, show_id, form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"/moderation/rooms/{show_id}", translate("The message is removed."))


async def _page(request: Web, show_id: UUID, form: Form, *, status: int = 200) -> Response[Any]:
    show = await Show.objects().where(Show.id == show_id).first()
    if show is None:
        raise NotFound
    lines = [line for line in await chat.latest_lines(show_id=show_id, limit=100) if line.kind is not MessageKind.PURCHASE]
    return web.page(
        request,
        "creators/moderated_room.html",
        status=status,
        show=show,
        lines=list(reversed(lines)),
        place=channel(show_id),
        minutes=MINUTES,
        form=form,
    )


ROUTES = [rooms, room, remove]
