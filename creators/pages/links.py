"""A creator's links and codes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from creators import codes, collaborations, links, shows
from creators.profiles import creator_of
from creators.tables import ShowStatus
from foundation import paging, web
from foundation.accounts import By, Principal
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.web import Form, Web
from marketplace import catalogue

HERE = "/studio/links"


@get(HERE, include_in_schema=False)
async def show(request: Web, by: By) -> Response[Any]:
    """The creator's links with their clicks, the codes, and the form for another link."""
    return await _page(request, by, Form())


@post(HERE, include_in_schema=False)
async def make(request: Web, by: By) -> Response[Any]:
    """Make a link: `subject` names the collaboration, and with it a show or a product."""
    form = await web.read_form(request)
    subject, target = form.text("subject", max=120), form.text("target", max=links.LONGEST_TARGET, required=False)
    try:
        form.check()
        collaboration_id, kind, part = _subject(subject)
        code = await links.make_link(
            collaboration_id=collaboration_id,
            show_id=part if kind == "show" else None,
            product_id=part if kind == "product" else None,
            target=target,
            by=by,
        )
    except Refusal as refusal:
        return await _page(request, by, form.refused(refusal), status=refusal.status)
    return web.redirect(request, f"{HERE}#{code}", translate(_("Your link is ready.")), "leaf")


@post("/studio/links/{link_id:uuid}/end", include_in_schema=False)
async def end(request: Web, by: By, link_id: FromPath[UUID]) -> Response[Any]:
    """End a link."""
    await links.revoke_link(link_id=link_id, by=by)
    return web.redirect(request, HERE, translate(_("The link has ended.")), "leaf")


@get("/links/{code:str}/qr.svg", include_in_schema=False)
async def qr(by: By, code: FromPath[str]) -> Response[str]:
    """The link as a QR picture, for whom it belongs to."""
    link = await links.own_link(code=code, by=by)
    headers = {"Content-Disposition": f'inline; filename="{link.code}.svg"', "Cache-Control": "private, max-age=3600"}
    return Response(links.qr(link.code), media_type="image/svg+xml", headers=headers)


def _subject(text: str) -> tuple[UUID, str, UUID | None]:
    collaboration, _sign, rest = text.partition(":")
    kind, _sign, part = rest.partition(":")
    try:
        return UUID(collaboration), kind, UUID(part) if part else None
    except ValueError as error:
        raise links.OutsideTheBrief(field="subject") from error


async def _page(request: Web, by: Principal, form: Form, *, status: int = 200) -> Response[Any]:
    creator = await creator_of(by=by)
    form.values = {"subject": "", "target": "", **form.values}
    part = paging.part_of(request, await links.links_of_creator(by=by))
    return web.page(
        request,
        "creators/links.html",
        form=form,
        status=status,
        links=part.rows,
        part=part,
        codes=await codes.codes_of_creator(creator_id=creator.id),
        subjects=await _subjects(by),
    )


async def _subjects(by: Principal) -> list[tuple[str, str]]:
    """What a link can be for: the whole collaboration, each of its coming and past shows, each of its products."""
    found: list[tuple[str, str]] = []
    own_shows = await shows.shows_of(by=by)
    for each in await collaborations.my_collaborations(by=by):
        if each["status"] != "active":
            continue
        found.append((f"{each['id']}::", each["brand"]))
        found += [
            (f"{each['id']}:show:{one.id}", f"{each['brand']} · {one.title}")
            for one in own_shows
            if one.collaboration == each["id"] and one.status != ShowStatus.CANCELLED
        ]
        found += [
            (f"{each['id']}:product:{one.id}", f"{each['brand']} · {one.title}")
            for one in await catalogue.products_on_sale(ids=each["products"])
        ]
    return found


ROUTES = [show, make, end, qr]
