"""Briefs as everybody reads them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from foundation import web
from foundation.i18n import translate
from foundation.web import Web
from marketplace import briefs
from marketplace.brands import TRADES
from marketplace.briefs import LANGUAGES

SIZE = 24
COMMISSIONS = (500, 1000, 1500, 2000)


@get("/briefs", include_in_schema=False)
async def show_all(request: Web) -> Response[Any]:
    """The open briefs, newest first; `?trade=`, `?language=`, `?commission=` (basis points) narrow them."""
    asked = request.query_params
    trade = asked.get("trade", "") if asked.get("trade", "") in TRADES else ""
    language = asked.get("language", "") if asked.get("language", "") in LANGUAGES else ""
    commission = _number(asked.get("commission", ""), 0, 5000)
    number = max(1, _number(asked.get("page", ""), 1, 1000))
    found, count = await briefs.open_briefs(trade=trade, language=language, min_commission_bp=commission, page=number, size=SIZE)
    chosen = {"trade": trade, "language": language, "commission": commission or ""}
    return web.page(
        request,
        "marketplace/briefs.html",
        block="results",
        briefs=found,
        count=count,
        number=number,
        pages=(count + SIZE - 1) // SIZE,
        chosen={name: value for name, value in chosen.items() if value},
        trades=TRADES,
        languages=LANGUAGES,
        commissions=COMMISSIONS,
    )


@get("/briefs/{brief_id:uuid}", include_in_schema=False)
async def show(request: Web, brief_id: FromPath[UUID]) -> Response[Any]:
    """One brief with its products and conditions."""
    brief = await briefs.published_brief(brief_id=brief_id)
    return web.page(
        request,
        "marketplace/brief.html",
        brief=brief,
        trades=TRADES,
        languages=LANGUAGES,
        credit=translate(briefs.MODELS[brief.model]),
    )


def _number(text: str, low: int, high: int) -> int:
    return min(high, max(low, int(text))) if text.isascii() and text.isdigit() and len(text) < 8 else low


ROUTES = [show_all, show]
