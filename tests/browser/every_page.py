"""Every page of the application by the role that opens it: those of objects by name, the others found in the routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import uuid4

from creators import applications, chat, counter_offers
from creators.counter_offers import Proposed
from creators.tables import Application
from entrypoints.app import create_app
from foundation import schedules
from foundation.accounts import Principal
from marketplace.tables import Order
from moderation import words
from moderation.tables import WordAction
from tests import factories
from tests.cast import Cast
from tests.factories import Stage
from tests.marketplace import stall

Paths = tuple[Principal | None, list[str]]

SPACES: Final = {
    "/studio": "creator",
    "/brand": "brand",
    "/finance": "finance",
    "/moderation": "moderator",
    "/admin": "administrator",
    "/dev": "administrator",
}
"""Whose the addresses are that begin so; those of nobody here are public."""

NO_PAGES: Final = ("/api/", "/schema", "/webhooks/", "/static/", "/media/", "/bag/", "/patterns")
"""Addresses for programs, pieces of pages, and the gallery, which has tests of its own."""

NO_PAGE: Final = {
    "/health": "for the load balancer",
    "/ready": "for the load balancer",
    "/brand/applications/waiting": "a piece of the brand's overview",
    "/moderation/rooms": "a piece of the moderators' console",
    "/studio/earnings/summary": "a piece of the dashboard",
    "/sign-in/oidc": "leads to another site",
    "/sign-in/oidc/callback": "comes from another site",
    "/studio/shows/new": "is asked with a collaboration",
}
"""No pages, and why."""

OF_VIEWERS: Final = {"/settings", "/settings/api", "/orders"}

NO_PAGE_ENDINGS: Final = (
    ".csv",
    ".xlsx",
    ".xml",
    ".txt",
    ".js",
    ".json",
    ".jsonl",
    ".ics",
    ".pdf",
    ".zip",
    "/refresh",
    "/return",
    "/file",
    "/callback",
)


async def public(made: Stage, cast: Cast) -> Paths:
    clip = await factories.clip(made)
    return None, [
        f"/clips/{clip.code}",
        "/creators/nour.en.cuisine/clips",
        "/",
        "/schedule",
        "/replays",
        "/creators",
        "/creators/nour.en.cuisine",
        "/briefs",
        f"/briefs/{made.brief_id}",
        "/brands/cuivre-sel",
        f"/shows/{made.slug}",
        f"/shop/products/{made.pan.id}",
        "/search?q=copper",
        "/report",
        "/nowhere",
    ]


async def viewer(made: Stage, cast: Cast) -> Paths:
    sam = await stall.person("sam")
    number = (await Order.select(Order.number).first() or {})["number"]
    return sam, [f"/shows/{made.slug}", "/orders", f"/orders/{number}", "/settings", f"/briefs/{made.brief_id}/apply"]


async def creator(made: Stage, cast: Cast) -> Paths:
    show = f"/studio/shows/{made.show_id}"
    mine = (await applications.my_applications(by=made.nour))[0]
    return made.nour, [
        "/studio",
        "/studio/profile",
        "/studio/applications",
        f"/studio/applications/{mine['id']}",
        "/studio/shows",
        show,
        f"/shows/{made.slug}/clip",
        f"{show}/live",
        f"{show}/plan",
        f"/studio/shows/new?collaboration={made.collaboration_id}",
        "/studio/sales",
        "/studio/earnings",
        "/studio/payouts",
    ]


async def brand(made: Stage, cast: Cast) -> Paths:
    chloe = await stall.person("chloe")
    await factories.creator(chloe, "chloe")
    countered = await applications.apply(brief_id=made.brief_id, message="I cook every Sunday.", by=chloe)
    other = Proposed(commission_bp=1500, fee_minor=9000, currency="EUR", window_days=10)
    await counter_offers.propose(application_id=countered, wanted=other, note="For both shows.", by=made.ada)
    both = "&".join(f"with={row['id']}" for row in await Application.select(Application.id))
    number = (await Order.select(Order.number).first() or {})["number"]
    return made.ada, [
        "/brand",
        "/brand/applications",
        f"/brand/applications/{countered}",
        f"/brand/applications/compare?{both}",
        f"/brand/briefs/{made.brief_id}",
        f"/brand/products/{made.pan.id}",
        f"/brand/orders/{number}",
        "/brand/money",
        "/brand/payouts",
    ]


async def moderator(made: Stage, cast: Cast) -> Paths:
    keeper = await cast.max()
    await words.add_word(word="rubbish", action=WordAction.HOLD, by=keeper)
    await chat.say(show_id=made.show_id, body="What rubbish", client_key=uuid4(), by=await stall.person("sam"))
    return keeper, [
        "/moderation",
        f"/moderation/rooms/{made.show_id}",
        "/moderation/reports",
        "/moderation/sanctions",
        "/moderation/words",
    ]


async def finance(made: Stage, cast: Cast) -> Paths:
    return await cast.fay(), [
        "/finance",
        "/finance/runs",
        "/finance/accounts",
        "/finance/reconciliation",
        "/finance/trace",
    ]


async def administrator(made: Stage, cast: Cast) -> Paths:
    await schedules.prepare()
    return await cast.root(), ["/admin/people", "/admin/operations", "/dev/mail"]


ROLES: Final[dict[str, Callable[[Stage, Cast], Awaitable[Paths]]]] = {
    part.__name__: part for part in (public, viewer, creator, brand, moderator, finance, administrator)
}


async def all_of(role: str, made: Stage, cast: Cast) -> Paths:
    """The role's main pages, and every other one of its space that no object stands in."""
    person, paths = await ROLES[role](made, cast)
    known = {path.partition("?")[0] for path in paths}
    found = [path for path in without_objects() if _owner(path) == role and path not in known]
    return person, [*paths, *found]


def without_objects() -> list[str]:
    """The addresses of pages that need no id, in order."""
    return sorted(
        route.path
        for route in create_app().routes
        if "GET" in set(getattr(route, "methods", None) or ())
        and "{" not in route.path
        and not route.path.startswith(NO_PAGES)
        and not route.path.endswith(NO_PAGE_ENDINGS)
        and route.path not in NO_PAGE
    )


def _owner(path: str) -> str:
    space = next((name for beginning, name in SPACES.items() if path == beginning or path.startswith(beginning + "/")), "public")
    return space if space != "public" or path not in OF_VIEWERS else "viewer"
