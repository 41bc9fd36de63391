"""What people do in a room: watch its news, write, open and buy products."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.response.base import ASGIResponse

from creators import chat, touches, visits, watching
from creators.chat import Line
from creators.pages import consent
from creators.pages.shows import room_page
from creators.pages.visitor import visitor_of
from creators.room import enter, kind_for_template
from creators.room_news import channel
from creators.shows import line_up, public_show
from creators.tables import MessageStatus, Show, TouchKind
from foundation import realtime, templating, web
from foundation.accounts import By, Principal, Visitor
from foundation.errors import NotFound, Refusal
from foundation.web import Web


@get("/shows/{slug:str}/stream", include_in_schema=False)
async def stream(request: Web, principal: Visitor, slug: FromPath[str]) -> ASGIResponse:
    """The news of the room as server-sent events; being connected is being there."""
    show = await public_show(slug=slug)
    visitor = visitor_of(request, principal) if "visitor" in request.query_params else ""
    return realtime.stream(request, channel(show.id), visitor=visitor)


@get("/shows/{slug:str}/chat", include_in_schema=False)
async def lines(request: Web, principal: Visitor, slug: FromPath[str]) -> Response[str]:
    """The lines after an id, as pieces of page: what a reader missed while the connection was away."""
    show = await public_show(slug=slug)
    asked = request.query_params.get("after", "0")
    after = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 18 else 0
    found = await chat.latest_lines(show_id=show.id, after=after, by=principal)
    return _fragment("\n".join(_html(line, principal) for line in found))


@post("/shows/{slug:str}/chat", include_in_schema=False)
async def say(request: Web, by: By, slug: FromPath[str]) -> Response[Any]:
    """Write a message. With the header `x-piece` the answer is the line itself, or the reason of the refusal."""
    form = await web.read_form(request)
    show = await public_show(slug=slug)
    piece = "x-piece" in request.headers
    try:
        client_key = form.uuid("client_key")
        form.check()
        line = await chat.say(show_id=show.id, body=str(form.values.get("body") or ""), client_key=client_key, by=by)
    except Refusal as refusal:
        if piece:
            return _fragment(
                str(templating.sentence(refusal)), status=refusal.status, text=True, wait=refusal.data.get("seconds")
            )
        return await room_page(request, by, await enter(slug=slug, by=by), form=form.refused(refusal), status=refusal.status)
    if piece:
        return _fragment(_html(line, by), status=201 if line.status is MessageStatus.VISIBLE else 202)
    return Redirect(f"/shows/{show.slug}#chat", status_code=303)


@post("/shows/{slug:str}/open", include_in_schema=False)
async def open_product(request: Web, principal: Visitor, slug: FromPath[str]) -> Response[Any]:
    """Open a product from the room: a touch is kept, and the sheet of the product follows."""
    return await _to_sheet(request, principal, slug, TouchKind.PRODUCT_CLICK)


@post("/shows/{slug:str}/buy", include_in_schema=False)
async def buy(request: Web, principal: Visitor, slug: FromPath[str]) -> Response[Any]:
    """Tap Buy in the room: a touch is kept, and its id goes on to the checkout."""
    return await _to_sheet(request, principal, slug, TouchKind.BUY_TAP)


@post("/shows/{slug:str}/watching", include_in_schema=False, status_code=204)
async def watching_on(request: Web, principal: Visitor, slug: FromPath[str]) -> None:
    """The picture plays: the time since the last word counts as watched."""
    form = await web.read_form(request)
    show = await public_show(slug=slug)
    if visits.is_a_visit(request):
        await watching.beat(show=show, visitor=visitor_of(request, principal, form), by=principal)


@post("/shows/{slug:str}/announce", include_in_schema=False)
async def announce(request: Web, by: By, slug: FromPath[str]) -> Response[Any]:
    """Choose whether the chat may say one's first name."""
    form = await web.read_form(request)
    show = await public_show(slug=slug)
    await chat.choose_announcement(announce=form.flag("announce"), by=by)
    if request.headers.get("hx-request") == "true":
        return Response("", status_code=204)
    return Redirect(f"/shows/{show.slug}", status_code=303)


@get("/shows/{slug:str}/products", include_in_schema=False)
async def products(request: Web, principal: Visitor, slug: FromPath[str]) -> Response[Any]:
    """The products as they are now, for a room that heard of a change."""
    return await _piece(request, principal, slug, "products")


@get("/shows/{slug:str}/programme", include_in_schema=False)
async def programme(request: Web, principal: Visitor, slug: FromPath[str]) -> Response[Any]:
    """The run of show as it stands."""
    return await _piece(request, principal, slug, "programme")


@get("/shows/{slug:str}/pinned", include_in_schema=False)
async def pinned(request: Web, principal: Visitor, slug: FromPath[str]) -> Response[Any]:
    """What is on screen, at the prices of now."""
    return await _piece(request, principal, slug, "pinned")


async def _piece(request: Web, principal: Principal | None, slug: str, block: str) -> Response[Any]:
    if request.headers.get("hx-request") != "true":
        return Redirect(f"/shows/{slug}", status_code=303)
    return web.page(request, "creators/room.html", block=block, room=await enter(slug=slug, by=principal))


async def _to_sheet(request: Web, principal: Principal | None, slug: str, kind: TouchKind) -> Response[Any]:
    form = await web.read_form(request)
    product_id = form.uuid("product")
    form.check()
    show = await public_show(slug=slug)
    await consent.recognise(request, principal)
    await _check_presented(show, product_id)
    touch_id = await touches.record_touch(
        show=show, kind=kind, visitor=visitor_of(request, principal, form), by=principal, product_id=product_id
    )
    sheet = "/sheet" if request.headers.get("hx-request") == "true" else ""
    return Redirect(f"/shop/products/{product_id}{sheet}?show={show.id}&touch={touch_id}", status_code=303)


async def _check_presented(show: Show, product_id: UUID) -> None:
    if all(slot.product != product_id for slot in await line_up(show.id)):
        raise NotFound


def _html(line: Line, principal: Principal | None) -> str:
    kind = kind_for_template(line, principal)
    own = kind if kind in ("own", "held") else None
    return templating.render("creators/pieces/line.html", line=line, own=own).strip()


def _fragment(content: str, *, status: int = 200, text: bool = False, wait: object = None) -> Response[str]:
    media_type = "text/plain; charset=utf-8" if text else "text/html; charset=utf-8"
    headers = {"Cache-Control": "no-store", **({"Retry-After": str(wait)} if wait else {})}
    return Response(content, status_code=status, media_type=media_type, headers=headers)


ROUTES = [stream, lines, say, open_product, buy, watching_on, announce, products, programme, pinned]
