"""Signing up, and the link in the mail."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import client_address, i18n, mails, one_time_links, sessions, sign_up, web
from foundation.accounts import Visitor
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.one_time_links import LinkSpent, Purpose
from foundation.web import Web, own_path

REMEMBERED = "signing_up"  # key of the session: which link this browser has asked for, and where it wanted to go


@get("/sign-up", include_in_schema=False)
async def show(request: Web, principal: Visitor) -> Response[Any]:
    """The form; whoever is signed in goes on."""
    target = own_path(request.query_params.get("next"))
    if principal:
        return web.redirect(request, target)
    return web.page(request, "account/sign_up.html", form=web.Form({"next": target}))


@post("/sign-up", include_in_schema=False)
async def submit(request: Web) -> Response[Any]:
    """Send the mail with the link; the answer never tells whether there is an account."""
    form = await web.read_form(request)
    email, display_name = form.text("email", max=254), form.text("display_name", max=80)
    password = str(form.values.get("password") or "")
    try:
        form.check()
        remembered = await sign_up.sign_up(
            email=email,
            display_name=display_name,
            password=password,
            locale=i18n.locale.get(),
            time_zone=i18n.time_zone.get(),
            client=client_address.of(request),
        )
    except Refusal as refusal:
        return web.page(request, "account/sign_up.html", form=form.refused(refusal), status=refusal.status)
    request.session[REMEMBERED] = {"link": remembered, "next": own_path(form.values.get("next"))}
    return web.page(request, "account/mail_sent.html", email=email, kept=mails.are_kept())


@get("/confirm/{token:str}", include_in_schema=False)
async def show_link(request: Web, token: FromPath[str]) -> Response[Any]:
    """A button, because mail programs open links by themselves; and the password in another browser."""
    try:
        await one_time_links.look(token=token, purpose=Purpose.CONFIRM)
    except LinkSpent as refusal:
        return web.page(request, "account/link_spent.html", status=refusal.status, again="/sign-up")
    return _confirm_page(request, token, web.Form())


@post("/confirm/{token:str}", include_in_schema=False)
async def use_link(request: Web, token: FromPath[str]) -> Response[Any]:
    """Confirm the address and sign in."""
    form = await web.read_form(request)
    remembered: dict[str, str] = request.session.get(REMEMBERED) or {}
    try:
        person_id = await sign_up.confirm(
            token=token,
            password=str(form.values.get("password") or ""),
            remembered=remembered.get("link"),
            client=client_address.of(request),
        )
    except LinkSpent as refusal:
        return web.page(request, "account/link_spent.html", status=refusal.status, again="/sign-up")
    except Refusal as refusal:
        return _confirm_page(request, token, form.refused(refusal), status=refusal.status)
    request.session.pop(REMEMBERED, None)
    sessions.sign_in(request, person_id)
    return web.redirect(request, own_path(remembered.get("next")), translate(_("Welcome to Fanfare.")), "leaf")


def _confirm_page(request: Web, token: str, form: web.Form, *, status: int = 200) -> Response[Any]:
    remembered: dict[str, str] = request.session.get(REMEMBERED) or {}
    same = sign_up.is_same_browser(token, remembered.get("link"))
    return web.page(request, "account/confirm.html", form=form, status=status, token=token, same_browser=same)


ROUTES = [show, submit, show_link, use_link]
