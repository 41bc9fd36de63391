"""Whose bag a request means: the person's, or that of the visitor's session."""

from __future__ import annotations

import secrets

from foundation.accounts import Principal
from foundation.web import Web
from marketplace import bag

TOKEN = "bag"


async def owner_of(request: Web, principal: Principal | None) -> str | None:
    """The owner of the bag, or None for a visitor who has none. What a visitor put in is the person's after signing in."""
    token = (request.session or {}).get(TOKEN)
    if principal is None:
        return bag.of_visitor(token) if token else None
    mine = bag.of_person(principal.id)
    if token:
        await bag.take_over(visitor=bag.of_visitor(token), person=mine)
        del request.session[TOKEN]
    return mine


async def owner_for_adding(request: Web, principal: Principal | None) -> str:
    """The same, with a bag for a visitor who has none."""
    known = await owner_of(request, principal)
    if known is None:
        request.session[TOKEN] = secrets.token_urlsafe(24)
        known = bag.of_visitor(request.session[TOKEN])
    return known
