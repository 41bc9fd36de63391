"""A new password by a link in a mail."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import client_address, mails, one_time_links, resets, sessions, web
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.one_time_links import LinkSpent, Purpose
from foundation.web import Web


@get("/reset", include_in_schema=False)
async def show(request: Web) -> Response[Any]:
    """Where to ask for a link."""
    return web.page(request, "account/reset.html", form=web.Form({"email": request.query_params.get("email", "")}))


@post("/reset", include_in_schema=False)
async def submit(request: Web) -> Response[Any]:
    """Send the link; the answer never tells whether there is an account."""
    form = await web.read_form(request)
    email = form.text("email", max=254)
    try:
        form.check()
        await resets.ask(email=email, client=client_address.of(request))
    except Refusal as refusal:
        return web.page(request, "account/reset.html", form=form.refused(refusal), status=refusal.status)
    return web.page(request, "account/mail_sent.html", email=email, kept=mails.are_kept())


@get("/reset/{token:str}", include_in_schema=False)
async def show_link(request: Web, token: FromPath[str]) -> Response[Any]:
    """The form for the new password."""
    try:
        await one_time_links.look(token=token, purpose=Purpose.RESET)
    except LinkSpent as refusal:
        return web.page(request, "account/link_spent.html", status=refusal.status, again="/reset")
    return web.page(request, "account/new_password.html", token=token)


@post("/reset/{token:str}", include_in_schema=False)
async def use_link(request: Web, token: FromPath[str]) -> Response[Any]:
    """Keep the new password and sign in; all other sessions are over."""
    form = await web.read_form(request)
    try:
        person_id = await resets.choose(token=token, password=str(form.values.get("password") or ""))
    except LinkSpent as refusal:
        return web.page(request, "account/link_spent.html", status=refusal.status, again="/reset")
    except Refusal as refusal:
        return web.page(request, "account/new_password.html", form=form.refused(refusal), status=refusal.status, token=token)
    sessions.sign_in(request, person_id)
    return web.redirect(request, "/", translate(_("Your new password is in place.")), "leaf")


ROUTES = [show, submit, show_link, use_link]
