"""What the storey of people adds to pages of goods: pieces that those pages fetch by their address."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from creators import hosts, inbox, listings
from foundation import web
from foundation.accounts import By
from foundation.errors import NotFound
from foundation.web import Web
from marketplace import briefs

TEMPLATE = "creators/slots.html"


@get("/credits/shows/{show_id:uuid}", include_in_schema=False)
async def supports(request: Web, show_id: FromPath[UUID]) -> Response[Any]:
    """For the order sheet: whom a purchase in this show supports."""
    show = await listings.one(show_id)
    if show is None:
        raise NotFound
    together = await hosts.together_in(show_id)
    return web.page(request, TEMPLATE, block="supports", part="supports", show=show, together=together)


@get("/brands/{slug:str}/shows", include_in_schema=False)
async def of_brand(request: Web, slug: FromPath[str]) -> Response[Any]:
    """For a brand's page: its shows, those on air first."""
    return web.page(request, TEMPLATE, block="shows", part="shows", shows=await listings.of_brand(slug))


@get("/brand/briefs/{brief_id:uuid}/applications/count", include_in_schema=False)
async def waiting_applications(request: Web, by: By, brief_id: FromPath[UUID]) -> Response[Any]:
    """For the list of briefs: how many applications there are."""
    await briefs.brief_of_brand(brief_id=brief_id, by=by)
    count = sum((await inbox.counts(by=by, brief_id=brief_id)).values())
    return web.page(request, TEMPLATE, block="applications", part="applications", count=count, brief_id=brief_id)


@get("/brand/applications/waiting", include_in_schema=False)
async def waiting(request: Web, by: By) -> Response[Any]:
    """For the brand's overview: how many applications wait for an answer."""
    count = (await inbox.counts(by=by))[inbox.Group.WAITING]
    return web.page(request, TEMPLATE, block="waiting", part="waiting", count=count)


ROUTES = [supports, of_brand, waiting_applications, waiting]
