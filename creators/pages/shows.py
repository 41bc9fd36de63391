"""The public page of a show: event before, room while it is live, replay afterwards."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from litestar import Response, get, post
from litestar.params import FromPath

from creators import clip_lists, clips, follows, origins, touches, visits
from creators.audience import audience_of
from creators.calendar import calendar_of
from creators.listings import poster_of
from creators.pages.visitor import visitor_of
from creators.room import Room, enter, kind_for_template, replay_second
from creators.shows import public_show
from creators.tables import ChatMessage, MessageStatus, TouchKind
from foundation import realtime, web
from foundation.accounts import By, Principal, Visitor
from foundation.i18n import translate
from foundation.web import Form, Web

LINES_OF_A_REPLAY = 2000


@get("/shows/{slug:str}", include_in_schema=False)
async def show(request: Web, principal: Visitor, slug: FromPath[str]) -> Response[Any]:
    """The page of a show, by its state."""
    room = await enter(slug=slug, by=principal)
    if room.live:
        return await room_page(request, principal, room)
    if room.replay:
        return await _replay_page(request, principal, room)
    since = await realtime.position(room.channel)
    return web.page(request, "creators/event.html", room=room, poster=_poster(room), since=since)


async def room_page(
    request: Web, principal: Principal | None, room: Room, *, form: Form | None = None, status: int = 200
) -> Response[Any]:
    """The live room; also after a chat message that was not accepted, without JavaScript."""
    visitor = visitor_of(request, principal)
    since = await realtime.position(room.channel)
    await _seen(request, principal, room, visitor)
    return web.page(
        request,
        "creators/room.html",
        status=status,
        room=room,
        audience=await audience_of(show_id=room.show.id, by=principal),
        question_key=uuid4(),
        visitor=visitor,
        since=since,
        kinds=_own_kinds(room, principal),
        client_key=uuid4(),
        may_clip=await clips.may_mark(room.show, principal),
        form=form or Form(),
    )


@get("/shows/{slug:str}/calendar.ics", include_in_schema=False)
async def calendar(request: Web, slug: FromPath[str]) -> Response[str]:  # noqa: ARG001  # Litestar fills it
    """The show as an entry for any calendar."""
    found = await public_show(slug=slug)
    headers = {"Content-Disposition": f'attachment; filename="{found.slug}.ics"'}
    return Response(calendar_of(found), media_type="text/calendar; charset=utf-8", headers=headers)


@post("/shows/{slug:str}/remind", include_in_schema=False)
async def remind(request: Web, by: By, slug: FromPath[str]) -> Response[Any]:
    """Set a reminder or take it back."""
    form = await web.read_form(request)
    found = await public_show(slug=slug)
    if form.flag("stop"):
        await follows.forget(show_id=found.id, by=by)
        return _back(request, form, found.slug, "")
    await follows.remind(show_id=found.id, by=by)
    return _back(request, form, found.slug, translate("We will write to you when the show begins."))


def _back(request: Web, form: Form, slug: str, notice: str) -> Response[Any]:
    return web.redirect(request, web.own_path(str(form.values.get("next") or ""), f"/shows/{slug}"), notice)


async def _replay_page(request: Web, principal: Principal | None, room: Room) -> Response[Any]:
    visitor = visitor_of(request, principal)
    await _seen(request, principal, room, visitor)
    parts = [(part.seconds, part) for part in room.parts if part.seconds is not None]
    chapters = [
        {"startTime": second, "endTime": part.until_seconds, "value": part.title}
        for second, part in sorted(parts, key=lambda pair: pair[0])
    ]
    return web.page(
        request,
        "creators/replay.html",
        room=room,
        visitor=visitor,
        chapters=chapters,
        lines=await _lines_of_replay(room),
        start=_start(request, room),
        clips=await clip_lists.of_show(room.show.id),
        may_clip=await clips.may_mark(room.show, principal),
    )


async def _seen(request: Web, principal: Principal | None, room: Room, visitor: str) -> None:
    """A person opened the show; what their device did before they signed in is theirs now."""
    if visits.is_a_visit(request):
        await visits.join_device(request, principal)
        touch = await touches.record_touch(show=room.show, kind=TouchKind.SHOW_VIEW, visitor=visitor, by=principal)
        await origins.note(touch_id=touch, device=visits.device_of(request))


async def _lines_of_replay(room: Room) -> list[tuple[int, ChatMessage]]:
    rows = (
        await ChatMessage.objects()
        .where(ChatMessage.show == room.show.id)
        .where(ChatMessage.status == MessageStatus.VISIBLE)
        .order_by(ChatMessage.id)
        .limit(LINES_OF_A_REPLAY)
    )
    timed = [(replay_second(room.show, row.at), row) for row in rows]
    return [(second, row) for second, row in timed if second is not None]


def _start(request: Web, room: Room) -> int | None:
    asked = request.query_params.get("at", "")
    return min(int(asked), room.show.asset_seconds) if asked.isascii() and asked.isdigit() and len(asked) < 7 else None


def _own_kinds(room: Room, principal: Principal | None) -> dict[int, str | None]:
    kinds = {line.id: kind_for_template(line, principal) for line in room.lines}
    return {id_: kind if kind in ("own", "held") else None for id_, kind in kinds.items()}


def _poster(room: Room) -> str:
    show = room.show
    return poster_of(
        {"picture": show.picture, "asset_playback_id": show.asset_playback_id, "portrait": room.creator.picture}, 1280
    )


ROUTES = [show, calendar, remind]
