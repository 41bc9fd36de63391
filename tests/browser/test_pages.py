"""Every main page of a market at work, as each role sees it: no barriers, nothing wider than the window, no error."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from creators import chat
from foundation.accounts import Principal
from marketplace.tables import Order
from moderation import words
from moderation.tables import WordAction
from tests.browser.conftest import Opener, barriers, keep_screen
from tests.browser.steps import FITS
from tests.browser.test_viewer import on_stage
from tests.cast import Cast
from tests.factories import Stage
from tests.marketplace import stall

pytestmark = pytest.mark.browser

LOOKS: dict[str, dict[str, Any]] = {
    "phone": {"width": 390, "height": 844, "dark": True, "language": "fr"},
    "desk": {"width": 1280, "height": 800, "dark": False, "language": "en"},
}


async def public(made: Stage, cast: Cast) -> tuple[Principal | None, list[str]]:
    return None, [
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


async def viewer(made: Stage, cast: Cast) -> tuple[Principal, list[str]]:
    sam = await stall.person("sam")
    number = (await Order.select(Order.number).first() or {})["number"]
    return sam, [f"/shows/{made.slug}", "/orders", f"/orders/{number}", "/settings", f"/briefs/{made.brief_id}/apply"]


async def creator(made: Stage, cast: Cast) -> tuple[Principal, list[str]]:
    show = f"/studio/shows/{made.show_id}"
    return made.nour, [
        "/studio",
        "/studio/profile",
        "/studio/applications",
        "/studio/shows",
        show,
        f"{show}/live",
        f"{show}/plan",
        f"/studio/shows/new?collaboration={made.collaboration_id}",
        "/studio/sales",
        "/studio/earnings",
        "/studio/payouts",
    ]


async def brand(made: Stage, cast: Cast) -> tuple[Principal, list[str]]:
    return made.ada, ["/brand", "/brand/applications", "/brand/money", "/brand/payouts"]


async def moderator(made: Stage, cast: Cast) -> tuple[Principal, list[str]]:
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


async def finance(made: Stage, cast: Cast) -> tuple[Principal, list[str]]:
    return await cast.fay(), [
        "/finance",
        "/finance/runs",
        "/finance/accounts",
        "/finance/reconciliation",
        "/finance/trace",
    ]


async def administrator(made: Stage, cast: Cast) -> tuple[Principal, list[str]]:
    return await cast.root(), ["/admin/people", "/admin/operations", "/dev/mail"]


ROLES = {part.__name__: part for part in (public, viewer, creator, brand, moderator, finance, administrator)}


@pytest.mark.parametrize("look", ["phone", pytest.param("desk", marks=pytest.mark.slow)])
@pytest.mark.parametrize("role", ROLES)
async def test_the_pages_of_a_role_are_for_everybody(cast: Cast, open_page: Opener, role: str, look: str) -> None:
    made = await on_stage()
    await stall.buy(made.pan, await stall.person("sam"))
    person, paths = await ROLES[role](made, cast)
    wrong = []
    async with open_page(person, **LOOKS[look]) as page:
        for place, path in enumerate(paths):
            answer = await page.goto(path)
            assert answer is not None
            if answer.status != (404 if path == "/nowhere" else 200):
                wrong.append(f"{path}: {answer.status}")
            await keep_screen(page, f"{role}-{place:02}-{look}")
            wrong += [f"{path}: {found}" for found in await barriers(page)]
            if not await page.evaluate(FITS):
                wrong.append(f"{path} is wider than its window")
    assert wrong == [], "\n".join(wrong)
