"""The settings of a person: name, language, look, password, sessions."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from litestar import Response, get, post

from foundation import client_address, i18n, own_account, rate_limits, sessions, user_agents, web
from foundation.accounts import By, Principal
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.web import Web

TEMPLATE = "account/settings.html"
HERE = "/settings"
THEMES = ("auto", "light", "dark")
TRIES, WINDOW = 10, 15 * 60


@get(HERE, include_in_schema=False)
async def show(request: Web, by: By) -> Response[Any]:
    """Everything a person can change about themselves."""
    return await _page(request, by)


@post("/settings/profile", include_in_schema=False)
async def change_profile(request: Web, by: By) -> Response[Any]:
    """Keep name, language, time zone and theme."""
    form = await web.read_form(request)
    display_name = form.text("display_name", max=80)
    locale, theme = form.choice("locale", i18n.LOCALES), form.choice("theme", THEMES)
    time_zone = form.choice("time_zone", time_zones())
    try:
        form.check()
        await own_account.change_profile(display_name=display_name, locale=locale, time_zone=time_zone, theme=theme, by=by)
    except Refusal as refusal:
        return await _page(request, by, form=form.refused(refusal), status=refusal.status)
    i18n.locale.set(locale)
    return web.redirect(request, HERE, translate(_("Your settings are kept.")), "leaf")


@post("/settings/password", include_in_schema=False)
async def change_password(request: Web, by: By) -> Response[Any]:
    """Replace the password; every other browser is signed out."""
    form = await web.read_form(request)
    current, new = str(form.values.get("current") or ""), str(form.values.get("password") or "")
    try:
        await rate_limits.spend(f"password:{by.id}:{client_address.of(request)}", limit=TRIES, seconds=WINDOW)
        await own_account.change_password(current=current, new=new, by=by)
    except Refusal as refusal:
        return await _page(request, by, form=form.refused(refusal), status=refusal.status)
    sessions.sign_in(request, by.id)
    return web.redirect(request, HERE, translate(_("Your new password is in place. All other browsers are signed out.")), "leaf")


@post("/settings/sessions/end", include_in_schema=False)
async def end_session(request: Web, by: By) -> Response[Any]:
    """Sign one browser out."""
    form = await web.read_form(request)
    ref = form.text("ref", max=64)
    if ref == sessions.ref_of(request):
        sessions.sign_out(request)
        return web.redirect(request, "/sign-in")
    await sessions.end(by.id, ref)
    return web.redirect(request, HERE, translate(_("This browser is signed out.")), "leaf")


@post("/settings/sessions/end-others", include_in_schema=False)
async def end_other_sessions(request: Web, by: By) -> Response[Any]:
    """Sign every other browser out."""
    await own_account.sign_out_everywhere(by=by)
    sessions.sign_in(request, by.id)
    return web.redirect(request, HERE, translate(_("All other browsers are signed out.")), "leaf")


async def _page(request: Web, by: Principal, *, form: web.Form | None = None, status: int = 200) -> Response[Any]:
    kept = {"display_name": by.display_name, "locale": by.locale, "time_zone": by.time_zone, "theme": by.theme}
    shown = form or web.Form()
    shown.values = {**kept, **shown.values}
    return web.page(
        request,
        TEMPLATE,
        form=shown,
        status=status,
        time_zones=[(name, name.replace("_", " ")) for name in time_zones()],
        sessions=await sessions.of_person(by.id),
        agents=user_agents,
        this_session=sessions.ref_of(request),
        has_password=await own_account.has_password(by=by),
    )


@cache
def time_zones() -> list[str]:
    """The places of the time zone database, without its aliases and technical zones."""
    areas = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    return [*sorted(name for name in available_timezones() if name.startswith(areas)), "UTC"]


ROUTES = [show, change_profile, change_password, end_session, end_other_sessions]
