"""A person's tokens for programs."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from foundation import api_tokens, clock, rate_limits, web
from foundation.accounts import By, Principal
from foundation.api_tokens import MEANINGS, Scope
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.web import Form, Web

HERE = "/settings/api"
DAYS = {"30": _("30 days"), "90": _("90 days"), "365": _("One year"), "0": _("Until I end it")}
FRESH = {"name": "", "scopes": [], "days": "90"}
TRIES, WINDOW = 20, 3600


@get(HERE, include_in_schema=False)
async def show(request: Web, by: By) -> Response[Any]:
    """The tokens in use, and the form for another one."""
    return await _page(request, by, Form(FRESH))


@post(HERE, include_in_schema=False)
async def make(request: Web, by: By) -> Response[Any]:
    """Make a token and show it, this once."""
    form = await web.read_form(request)
    name, days = form.text("name", max=80), int(form.choice("days", list(DAYS)))
    asked = form.values.get("scopes") or []
    asked = asked if isinstance(asked, list) else [asked]
    try:
        form.check()
        await rate_limits.spend(f"make-token:{by.id}", limit=TRIES, seconds=WINDOW)
        token = await api_tokens.make_token(
            name=name, scopes={Scope(scope) for scope in asked if scope in MEANINGS}, days=days or None, by=by
        )
    except Refusal as refusal:
        return await _page(request, by, form.refused(refusal), status=refusal.status)
    return await _page(request, by, Form(FRESH), token=token, status=201)


@post("/settings/api/end", include_in_schema=False)
async def end(request: Web, by: By) -> Response[Any]:
    """End a token."""
    form = await web.read_form(request)
    token_id = form.uuid("token")
    form.check()
    await api_tokens.revoke_token(token_id=token_id, by=by)
    return web.redirect(request, HERE, translate(_("The token is ended. Calls with it are refused from now on.")), "leaf")


async def _page(request: Web, by: Principal, form: Form, *, token: str = "", status: int = 200) -> Response[Any]:
    return web.page(
        request,
        "account/api_tokens.html",
        form=form,
        status=status,
        token=token,
        tokens=await api_tokens.tokens_of(by=by),
        meanings=list(MEANINGS.items()),
        days=list(DAYS.items()),
        today=clock.now(),
    )


ROUTES = [show, make, end]
