"""Clips: making one from the room, the replay or the cockpit, its own page, taking it away."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from litestar import Response, get, post
from litestar.params import FromPath

from creators import clip_lists, clips, origins, touches, visits
from creators.pages.visitor import visitor_of
from creators.shows import public_show
from creators.tables import Show, ShowStatus, TouchKind
from foundation import templating, web
from foundation.accounts import By, Visitor
from foundation.errors import NotFound, Refusal
from foundation.i18n import translate
from foundation.web import Form, Web

LATEST_SECOND = 60 * 60 * 24


@get("/clips/{clip:str}", include_in_schema=False)
async def clip_page(request: Web, principal: Visitor, clip: FromPath[str]) -> Response[Any]:
    """The page of a clip; who opens it leaves a touch of its show."""
    found = await clip_lists.clip_page(code=clip, by=principal)
    visitor = visitor_of(request, principal)
    if found.ready and visits.is_a_visit(request):
        await visits.join_device(request, principal)
        touch = await touches.record_touch(show=found.show, kind=TouchKind.CLIP_VIEW, visitor=visitor, by=principal)
        await origins.note(touch_id=touch, device=visits.device_of(request))
    return web.page(request, "creators/clip.html", page=found, room=found.room, visitor=visitor, form=Form())


@get("/clips/{clip:str}/state", include_in_schema=False)
async def state(request: Web, principal: Visitor, clip: FromPath[str]) -> Response[Any]:
    """Whether the clip is cut by now: the piece of its page that waits, or the page anew."""
    found = await clip_lists.clip_page(code=clip, by=principal)
    if request.headers.get("hx-request") != "true" or found.ready:
        return web.redirect(request, f"/clips/{found.clip.code}")
    return web.page(request, "creators/clip.html", block="waiting", page=found, room=found.room)


@get("/shows/{slug:str}/clip", include_in_schema=False)
async def clip_form(request: Web, by: By, slug: FromPath[str]) -> Response[Any]:
    """The form for a new clip: a sheet over the picture, or a page; `?at=` is the second of the recording that is being watched."""
    show = await public_show(slug=slug)
    if not await clips.may_mark(show, by):
        raise NotFound
    return _form_page(request, show, Form({"starts": _start(request), "title": show.title[: clips.LONGEST_TITLE]}))


@post("/shows/{slug:str}/clip", include_in_schema=False)
async def make(request: Web, by: By, slug: FromPath[str]) -> Response[Any]:
    """Mark a moment; the answer is the clip's own page, or a word over the picture that goes on."""
    form = await web.read_form(request)
    show = await public_show(slug=slug)
    quick = "quick" in form.values and request.headers.get("hx-request") == "true"
    try:
        client_key = form.uuid("client_key")
        title = form.text("title", max=clips.LONGEST_TITLE, required=False) or show.title
        starts = form.integer("starts", low=0, high=LATEST_SECOND) if form.values.get("starts") else None
        seconds = form.integer("seconds", low=1, high=600) if form.values.get("seconds") else clips.USUAL_LENGTH
        form.check()
        made = await clips.mark(show_id=show.id, title=title, client_key=client_key, starts=starts, seconds=seconds, by=by)
    except Refusal as refusal:
        if quick:
            return _marked(request, show, str(templating.sentence(refusal)), status=refusal.status)
        return _form_page(request, show, form.refused(refusal), status=refusal.status)
    if quick:
        return _marked(request, show, translate("Marked. The clip is cut when the recording is there."))
    return web.redirect(request, f"/clips/{made.code}")


@post("/clips/{clip:str}/remove", include_in_schema=False)
async def remove(request: Web, by: By, clip: FromPath[str]) -> Response[Any]:
    """Take a clip away, with a reason when it is somebody else's."""
    form = await web.read_form(request)
    found = await clip_lists.clip_page(code=clip, by=by)
    try:
        await clips.remove(code=clip, reason=form.text("reason", max=500, required=False), by=by)
    except Refusal as refusal:
        return web.page(
            request,
            "creators/clip.html",
            status=refusal.status,
            page=found,
            room=found.room,
            visitor=visitor_of(request, by),
            form=form.refused(refusal),
        )
    return web.redirect(request, f"/shows/{found.show.slug}", translate("The clip is gone."))


def _form_page(request: Web, show: Show, form: Form, *, status: int = 200) -> Response[Any]:
    """The form: a page, a sheet when it is opened over the picture, its fields when they are refused there."""
    in_place = request.headers.get("hx-request") == "true"
    return web.page(
        request,
        "creators/clip_form.html",
        block="sheet" if status == 200 else "fields",
        status=422 if in_place and status != 200 else status,
        show=show,
        live=show.status == ShowStatus.LIVE,
        form=form,
        lengths=clips.LENGTHS,
        usual=clips.USUAL_LENGTH,
        client_key=form.values.get("client_key") or uuid4(),
    )


def _start(request: Web) -> str:
    asked = request.query_params.get("at", "")
    return asked if asked.isascii() and asked.isdigit() and len(asked) < 6 else ""


def _marked(request: Web, show: Show, text: str, *, status: int = 200) -> Response[Any]:
    """The tap's own button again, with the key of the next clip, and a word over the picture that goes on."""
    answer = web.page(request, "creators/pieces/clip_mark.html", status=status, show=show, clip_key=uuid4())
    answer.headers["HX-Trigger"] = json.dumps({"toast": {"text": text, "tone": "leaf" if status == 200 else "ruby"}})
    return answer


ROUTES = [clip_page, state, clip_form, make, remove]
