"""What viewers do in a room besides talking and buying: ask, vote, applaud."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from creators import applause, polls, questions
from creators.audience import audience_of
from creators.audience_tables import Poll
from creators.pages.shows import room_page
from creators.pages.visitor import visitor_of
from creators.room import Room, enter
from creators.shows import public_show
from creators.tables import Show
from foundation import templating, web
from foundation.accounts import By, Principal, Visitor
from foundation.errors import NotFound, Refusal
from foundation.web import Form, Web

ROOM = "creators/room.html"


@get("/shows/{slug:str}/questions", include_in_schema=False)
async def asked(request: Web, principal: Visitor, slug: FromPath[str]) -> Response[Any]:
    """The questions as they are now, for a room that may have missed some."""
    if not _fragment(request):
        return Redirect(f"/shows/{slug}#questions", status_code=303)
    return await _panel(request, principal, await enter(slug=slug, by=principal), Form())


@post("/shows/{slug:str}/questions", include_in_schema=False)
async def ask(request: Web, by: By, slug: FromPath[str]) -> Response[Any]:
    """Ask the host something."""
    form = await web.read_form(request)
    show = await public_show(slug=slug)
    try:
        client_key = form.uuid("client_key")
        form.check()
        await questions.ask(show_id=show.id, body=str(form.values.get("question") or ""), client_key=client_key, by=by)
    except Refusal as refusal:
        refusal.field = "question"
        room = await enter(slug=slug, by=by)
        if _fragment(request):
            return await _panel(request, by, room, form.refused(refusal), status=422)
        if room.live:
            return await room_page(request, by, room, form=form.refused(refusal), status=refusal.status)
        raise
    if _fragment(request):
        return await _panel(request, by, await enter(slug=slug, by=by), Form())
    return Redirect(f"/shows/{show.slug}#questions", status_code=303)


@post("/questions/{question_id:uuid}/vote", include_in_schema=False)
async def vote(request: Web, by: By, question_id: FromPath[UUID]) -> Response[Any]:
    """Want a question answered, or no longer."""
    form = await web.read_form(request)
    voted = await questions.vote(question_id=question_id, on=form.flag("on"), by=by)
    show = await Show.select(Show.slug, Show.creator.display_name.as_alias("host")).where(Show.id == voted.show_id).first()
    if show is None:
        raise NotFound
    if not _fragment(request):
        return Redirect(f"/shows/{show['slug']}#questions", status_code=303)
    host = str(show["host"]).split(" ")[0]
    return _piece(templating.render("creators/pieces/question.html", question=voted, host=host, csrf=_token(request)))


@get("/shows/{slug:str}/poll", include_in_schema=False)
async def poll(request: Web, principal: Visitor, slug: FromPath[str]) -> Response[Any]:
    """The poll on screen, for a room that may have missed it."""
    if not _fragment(request):
        return Redirect(f"/shows/{slug}", status_code=303)
    show = await public_show(slug=slug)
    shown = await polls.on_screen(show_id=show.id, by=principal)
    return _piece(templating.render("creators/pieces/poll.html", poll=shown, csrf=_token(request)))


@post("/polls/{poll_id:uuid}/vote", include_in_schema=False)
async def choose(request: Web, by: By, poll_id: FromPath[UUID]) -> Response[Any]:
    """Answer the poll on screen."""
    form = await web.read_form(request)
    option_id = form.uuid("option")
    form.check()
    shown = await polls.choose(poll_id=poll_id, option_id=option_id, by=by)
    if _fragment(request):
        return _piece(templating.render("creators/pieces/poll.html", poll=shown, csrf=_token(request)))
    row = await Poll.select(Poll.show.slug.as_alias("slug")).where(Poll.id == poll_id).first()
    return Redirect(f"/shows/{row['slug']}" if row else "/", status_code=303)


@post("/shows/{slug:str}/hearts", include_in_schema=False)
async def hearts(request: Web, principal: Visitor, slug: FromPath[str]) -> Response[Any]:
    """Some hearts for the show: how many, gathered by the browser for a moment."""
    form = await web.read_form(request)
    show = await public_show(slug=slug)
    sent = str(form.values.get("hearts") or "1")
    number = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 4 else 1
    count = await applause.applaud(show_id=show.id, hearts=number, visitor=visitor_of(request, principal, form))
    if "x-piece" in request.headers:
        return Response({"count": count}, headers={"Cache-Control": "no-store"})
    return Redirect(f"/shows/{show.slug}", status_code=303)


async def _panel(request: Web, principal: Principal | None, room: Room, form: Form, *, status: int = 200) -> Response[Any]:
    audience = await audience_of(show_id=room.show.id, by=principal)
    return web.page(
        request, ROOM, block="questions", status=status, room=room, audience=audience, form=form, question_key=uuid4()
    )


def _fragment(request: Web) -> bool:
    return request.headers.get("hx-request") == "true"


def _token(request: Web) -> str:
    return str(web.shared_context(request)["csrf_token"]())


def _piece(content: str) -> Response[str]:
    return Response(content.strip(), media_type="text/html; charset=utf-8", headers={"Cache-Control": "no-store"})


ROUTES = [asked, ask, vote, poll, choose, hearts]
