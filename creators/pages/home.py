"""The front page, and the lists behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, get

from creators import follows, listings, profiles, reach
from creators.listings import Listed
from creators.room import Room, room_of
from creators.tables import Show
from foundation import web
from foundation.accounts import Principal, Visitor
from foundation.web import Web
from marketplace import search as goods
from marketplace.tables import Brief, BriefStatus

PAGE = 24


@get("/", include_in_schema=False)
async def home(request: Web, principal: Visitor) -> Response[Any]:
    """Live now, starting soon, replays, and brands that look for creators."""
    live, soon, replays = await listings.live_now(7), await listings.soon(4), await listings.replays(3)
    reach.here.offered(request, (show.id for show in [*live, *soon, *replays]))
    first = live[0] if live else (soon[0] if soon else None)
    return web.page(
        request,
        "creators/home.html",
        live=live[1:4] if len(live) > 1 else live[:1],
        live_count=len(live),
        soon=soon,
        replays=replays,
        briefs=await _recruiting(4),
        hero=await _hero(first, principal),
        reminded=await follows.reminded(show_ids=[show.id for show in soon], by=principal),
    )


@get("/schedule", include_in_schema=False)
async def schedule(request: Web, principal: Visitor) -> Response[Any]:
    """Every show to come, by day."""
    shows = await listings.soon(100)
    reminded = await follows.reminded(show_ids=[show.id for show in shows], by=principal)
    return web.page(request, "creators/schedule.html", live=await listings.live_now(), shows=shows, reminded=reminded)


@get("/replays", include_in_schema=False)
async def replays(request: Web) -> Response[Any]:
    """Every show that can be watched again, a page at a time."""
    number = page_number(request)
    shows = await listings.replays(PAGE + 1, (number - 1) * PAGE)
    reach.here.offered(request, (show.id for show in shows[:PAGE]))
    return web.page(request, "creators/replays.html", shows=shows[:PAGE], number=number, more=len(shows) > PAGE)


@get("/creators", include_in_schema=False)
async def creators(request: Web) -> Response[Any]:
    """Every creator, a page at a time."""
    number = page_number(request)
    people = await profiles.all_creators(limit=PAGE + 1, offset=(number - 1) * PAGE)
    fans = await follows.fans({person.id for person in people})
    return web.page(request, "creators/creators.html", people=people[:PAGE], fans=fans, number=number, more=len(people) > PAGE)


@get("/search", include_in_schema=False)
async def search(request: Web) -> Response[Any]:
    """Shows, products, creators and brands by words."""
    words = request.query_params.get("q", "").replace("\x00", "").strip()[:80]
    kind = request.query_params.get("in", "")
    kind = kind if kind in _FINDERS else ""
    number = page_number(request) if kind else 1
    found: dict[str, list[Any]] = {name: [] for name in _FINDERS}
    more: set[str] = set()
    for name, (find, few) in _FINDERS.items():
        if not words or (kind and name != kind):
            continue
        size = PAGE if kind else few
        rows = await find(words, size + 1, (number - 1) * size)
        found[name] = rows[:size]
        if len(rows) > size:
            more.add(name)
    return web.page(
        request, "creators/search.html", search_query=words, found=found, more=more, kind=kind, number=number, fans={}
    )


_FINDERS: dict[str, tuple[Callable[[str, int, int], Awaitable[list[Any]]], int]] = {
    "shows": (listings.found, 6),
    "products": (goods.products_by_words, 8),
    "creators": (profiles.creators_by_words, 8),
    "brands": (goods.brands_by_words, 8),
}
"""What can be found by words, and how many of each the first page shows."""


def page_number(request: Web) -> int:
    """`?page=` of a list, 1 for anything that is no page."""
    asked = request.query_params.get("page", "1")
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 1


async def _hero(first: Listed | None, principal: Principal | None) -> Room | None:
    if first is None:
        return None
    show = await Show.objects().where(Show.id == first.id).first()
    return await room_of(show=show, by=principal) if show else None


async def _recruiting(limit: int) -> list[dict[str, Any]]:
    return (
        await Brief.select(
            Brief.id,
            Brief.title,
            Brief.commission_bp,
            Brief.fee_minor,
            Brief.currency,
            Brief.samples,
            Brief.brand.name.as_alias("brand"),
            Brief.brand.picture.as_alias("mark"),
        )
        .where(Brief.status == BriefStatus.PUBLISHED)
        .order_by(Brief.published_at, ascending=False)
        .limit(limit)
    )


ROUTES = [home, schedule, replays, creators, search]
