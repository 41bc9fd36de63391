"""Signing in and out."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from foundation import client_address, mails, oidc, rate_limits, sessions, settings, sign_in, web
from foundation.accounts import Visitor
from foundation.errors import NotFound, Refusal
from foundation.sign_in import EmailUnconfirmed
from foundation.web import Web, own_path

TEMPLATE = "account/sign_in.html"
PENDING = "oidc"  # key of the session
OIDC_LIMIT, OIDC_WINDOW = 60, 15 * 60


@get("/sign-in", include_in_schema=False)
async def show(request: Web, principal: Visitor) -> Response[Any]:
    """The form; whoever is signed in goes on."""
    target = own_path(request.query_params.get("next"))
    return web.redirect(request, target) if principal else _page(request, web.Form({"next": target}))


@post("/sign-in", include_in_schema=False)
async def submit(request: Web) -> Response[Any]:
    """Open a session, or say that it does not fit."""
    form = await web.read_form(request)
    email, password = form.text("email", max=254), str(form.values.get("password") or "")
    try:
        form.check()
        person_id = await sign_in.check(email=email, password=password, client=client_address.of(request))
    except EmailUnconfirmed as refusal:
        request.session["signing_up"] = {"link": refusal.remember, "next": own_path(form.values.get("next"))}
        return web.page(request, "account/mail_sent.html", email=email, kept=mails.are_kept())
    except Refusal as refusal:
        return _page(request, form.refused(refusal), status=refusal.status)
    sessions.sign_in(request, person_id)
    return web.redirect(request, own_path(form.values.get("next")))


@post("/sign-out", include_in_schema=False)
async def leave(request: Web) -> Response[Any]:
    """End this browser's session."""
    sessions.sign_out(request)
    return web.redirect(request, "/")


@get("/sign-in/oidc", include_in_schema=False)
async def to_provider(request: Web) -> Response[Any]:
    """Send the browser to the identity provider."""
    if not settings.current().oidc_issuer:
        raise NotFound
    form = web.Form({"next": own_path(request.query_params.get("next"))})
    try:
        await rate_limits.spend(f"oidc:client:{client_address.of(request)}", limit=OIDC_LIMIT, seconds=OIDC_WINDOW)
        address, pending = await oidc.begin(next_path=form.values["next"])
    except Refusal as refusal:
        return _page(request, form.refused(refusal), status=refusal.status)
    request.session[PENDING] = pending
    return web.redirect(request, address)


@get(oidc.CALLBACK, include_in_schema=False)
async def from_provider(request: Web) -> Response[Any]:
    """The browser is back: check what it brings and open a session."""
    if not settings.current().oidc_issuer:
        raise NotFound
    pending = request.session.pop(PENDING, None)
    form = web.Form({"next": pending["next"] if pending else "/"})
    try:
        person_id = await oidc.finish(pending=pending, answer=dict(request.query_params))
    except Refusal as refusal:
        return _page(request, form.refused(refusal), status=refusal.status)
    sessions.sign_in(request, person_id)
    return web.redirect(request, form.values["next"])


def _page(request: Web, form: web.Form, *, status: int = 200) -> Response[Any]:
    now = settings.current()
    return web.page(request, TEMPLATE, form=form, status=status, provider=now.oidc_name if now.oidc_issuer else "")


ROUTES = [show, submit, leave, to_provider, from_provider]
