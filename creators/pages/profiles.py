"""A creator's public page, following, and one's own profile."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from creators import clip_lists, follows, listings, profiles
from creators.pages.home import PAGE, page_number
from creators.profiles import NotACreator, Profile
from foundation import web
from foundation.accounts import By, Principal, Visitor
from foundation.errors import Refusal
from foundation.i18n import translate
from foundation.web import Form, Web
from marketplace.brands import COUNTRIES, TRADES
from marketplace.pages.addresses import countries
from marketplace.pictures import keep_picture

TEMPLATE = "creators/profile_form.html"
CLIPS_SHOWN = 4


@get("/creators/{handle:str}", include_in_schema=False)
async def creator(request: Web, principal: Visitor, handle: FromPath[str]) -> Response[Any]:
    """What everybody may see of a creator."""
    profile = await profiles.creator_named(handle=handle)
    number = page_number(request)
    shows = await listings.of_creator(profile.id, PAGE + 1, (number - 1) * PAGE)
    return web.page(
        request,
        "creators/creator.html",
        profile=profile,
        shows=shows[:PAGE],
        number=number,
        more=len(shows) > PAGE,
        clips=await clip_lists.of_creator(profile.id, CLIPS_SHOWN + 1) if number == 1 else [],
        clips_shown=CLIPS_SHOWN,
        fans=(await follows.fans({profile.id})).get(profile.id, 0),
        following=await follows.follows(creator_id=profile.id, by=principal),
        own=principal is not None and principal.id == profile.person_id,
        trades=TRADES,
    )


@get("/creators/{handle:str}/clips", include_in_schema=False)
async def clips_of(request: Web, handle: FromPath[str]) -> Response[Any]:
    """All clips of a creator's shows."""
    profile = await profiles.creator_named(handle=handle)
    number = page_number(request)
    found = await clip_lists.of_creator(profile.id, PAGE + 1, (number - 1) * PAGE)
    return web.page(
        request, "creators/creator_clips.html", profile=profile, clips=found[:PAGE], number=number, more=len(found) > PAGE
    )


@post("/creators/{handle:str}/follow", include_in_schema=False)
async def follow(request: Web, by: By, handle: FromPath[str]) -> Response[Any]:
    """Follow a creator, or with `stop` no longer."""
    form = await web.read_form(request)
    profile = await profiles.creator_named(handle=handle)
    stop = form.flag("stop")
    if stop:
        await follows.unfollow(creator_id=profile.id, by=by)
    else:
        await follows.follow(creator_id=profile.id, by=by)
    back = web.own_path(str(form.values.get("next") or ""), f"/creators/{profile.handle}")
    if request.headers.get("hx-request") == "true":
        return web.page(request, "creators/pieces/follow.html", block="follow", profile=profile, following=not stop, next=back)
    return web.redirect(request, back)


@get("/studio/profile", include_in_schema=False)
async def profile_form(request: Web, by: By) -> Response[Any]:
    """The profile form: empty for somebody who is to become a creator."""
    profile = await _mine(by)
    return _form_page(request, profile, Form(_values(profile, by)))


@post("/studio/profile", include_in_schema=False)
async def save_profile(request: Web, by: By) -> Response[Any]:
    """Become a creator, or change one's profile."""
    form = await web.read_form(request)
    profile = await _mine(by)
    try:
        values = _read(form)
        picture = await _picture(form)
        if profile is None:
            await profiles.become_creator(**values, picture=picture or "", by=by)
        else:
            await profiles.edit_profile(**values, picture=picture, by=by)
    except Refusal as refusal:
        return _form_page(request, profile, form.refused(refusal), status=refusal.status)
    if profile is None:
        return web.redirect(request, "/briefs", translate("Welcome! Find a brief that fits you."))
    return web.redirect(request, "/studio/profile", translate("Your profile is saved."))


async def _mine(by: Principal) -> Profile | None:
    try:
        return await profiles.creator_of(by=by)
    except NotACreator:
        return None


def _values(profile: Profile | None, by: Principal) -> dict[str, Any]:
    if profile is None:
        return {"display_name": by.display_name, "language": by.locale, "country": "FR"}
    names = ("handle", "display_name", "bio", "trade", "country", "language")
    return {name: getattr(profile, name) for name in names}


def _read(form: Form) -> dict[str, Any]:
    values = {
        "handle": form.text("handle", max=31),
        "display_name": form.text("display_name", max=80),
        "bio": form.text("bio", max=1000, required=False),
        "trade": form.choice("trade", list(TRADES)),
        "country": form.choice("country", COUNTRIES),
        "language": form.choice("language", ("en", "fr")),
    }
    form.check()
    return values


async def _picture(form: Form) -> str | None:
    sent = form.file("picture")
    return await keep_picture(await sent.read()) if sent else None


def _form_page(request: Web, profile: Profile | None, form: Form, *, status: int = 200) -> Response[Any]:
    return web.page(request, TEMPLATE, status=status, profile=profile, form=form, trades=TRADES, countries=countries())


ROUTES = [creator, clips_of, follow, profile_form, save_profile]
