"""Shows, creators and applications for programs."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody, Parameter
from msgspec import Struct

from creators import applications, follows, listings, profiles
from creators.api.shapes import ApplicationOut, CreatorOut, ShowOut, ShowRow, application_out, creator_out, show_out, show_row
from creators.room import enter
from foundation.accounts import By
from foundation.api_scopes import scoped
from foundation.api_tokens import Scope

PAGE = 50
Number = Annotated[int, Parameter(ge=1, le=1000)]
Which = Literal["live", "scheduled", "replay"]


class NewApplication(Struct, frozen=True):
    """What a creator says to the brand, at most 2,000 characters."""

    message: str


@get("/api/v1/shows", tags=["shows"])
async def list_shows(show: FromQuery[Which] = "live", page: FromQuery[Number] = 1) -> list[ShowRow]:
    """Shows on air, to come, or to watch again; fifty a page (pages only of replays)."""
    if show == "live":
        found = await listings.live_now(PAGE)
    elif show == "scheduled":
        found = await listings.soon(PAGE)
    else:
        found = await listings.replays(PAGE, (page - 1) * PAGE)
    return [show_row(each) for each in found]


@get("/api/v1/shows/{slug:str}", tags=["shows"])
async def one_show(slug: FromPath[str]) -> ShowOut:
    """One show with its run of show."""
    return show_out(await enter(slug=slug, by=None))


@get("/api/v1/creators/{handle:str}", tags=["shows"])
async def one_creator(handle: FromPath[str]) -> CreatorOut:
    """One creator."""
    profile = await profiles.creator_named(handle=handle)
    fans = await follows.fans({profile.id})
    return creator_out(profile, fans.get(profile.id, 0))


@get("/api/v1/creators/{handle:str}/shows", tags=["shows"])
async def shows_of_creator(handle: FromPath[str]) -> list[ShowRow]:
    """A creator's shows: on air, to come, then replays."""
    profile = await profiles.creator_named(handle=handle)
    return [show_row(show) for show in await listings.of_creator(profile.id)]


@get("/api/v1/applications", tags=["recruiting"], **scoped(Scope.APPLICATIONS_READ))
async def my_applications(by: By, page: FromQuery[Number] = 1) -> list[ApplicationOut]:
    """One's own applications, newest first, twenty-five a page."""
    return [application_out(row) for row in await applications.my_applications(by=by, page=page)]


@post("/api/v1/briefs/{brief_id:uuid}/applications", tags=["recruiting"], **scoped(Scope.APPLICATIONS_WRITE))
async def apply(by: By, brief_id: FromPath[UUID], data: JSONBody[NewApplication]) -> ApplicationOut:
    """Apply to a published brief, once."""
    made = await applications.apply(brief_id=brief_id, message=data.message, by=by)
    return application_out(await applications.my_application(application_id=made, by=by))


ROUTES = [list_shows, one_show, one_creator, shows_of_creator, my_applications, apply]
