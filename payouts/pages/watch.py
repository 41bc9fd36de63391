"""`/finance/invariants`: the lights, their first offenders and what the checks before have found."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from foundation import web
from foundation.i18n import _, translate
from foundation.web import Web
from payouts import watch
from payouts.invariants import WORDS
from payouts.pages.finance import FINANCE

HERE = "/finance/invariants"


@get(HERE, guards=[FINANCE], include_in_schema=False)
async def show(request: Web) -> Response[Any]:
    """The last check in full, and those before it."""
    history = await watch.history()
    return web.page(
        request, "payouts/invariants.html", last=history[0] if history else None, history=history, words=WORDS, trail=watch.trail
    )


@post(HERE, guards=[FINANCE], include_in_schema=False)
async def check(request: Web) -> Response[Any]:
    """Look again, now."""
    found = await watch.check()
    if found.stopping:
        return web.redirect(request, HERE, translate(_("Checked. Payout runs are stopped.")), tone="ruby")
    return web.redirect(request, HERE, translate(_("Checked. Payout runs may go on.")))


ROUTES = [show, check]
