"""The pages of a market at work, as each role sees them: no barriers, nothing wider than the window, no error."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser import every_page
from tests.browser.conftest import Opener, barriers, keep_screen
from tests.browser.every_page import ROLES
from tests.browser.steps import FITS
from tests.browser.test_viewer import on_stage
from tests.cast import Cast
from tests.marketplace import stall

pytestmark = pytest.mark.browser

QUICK = ("public", "finance")
"""The roles that stand for the two surfaces: the bright stage and the dense console."""

LOOKS: dict[str, dict[str, Any]] = {
    "phone-dark-french": {"width": 390, "height": 844, "dark": True, "language": "fr"},
    "desk-light-english": {"width": 1280, "height": 800, "dark": False, "language": "en"},
    "phone-light-french": {"width": 390, "height": 844, "dark": False, "language": "fr"},
    "desk-dark-english": {"width": 1280, "height": 800, "dark": True, "language": "en"},
}


async def look_at(open_page: Opener, who: Any, paths: list[str], name: str, look: str) -> list[str]:
    """What is wrong with the pages in that light and language."""
    wrong = []
    async with open_page(who, **LOOKS[look]) as page:
        for place, path in enumerate(paths):
            answer = await page.goto(path)
            assert answer is not None
            if answer.status != (404 if path == "/nowhere" else 200):
                wrong.append(f"{path}: {answer.status}")
            await keep_screen(page, f"{name}-{place:02}-{look}")
            wrong += [f"{path}: {found}" for found in await barriers(page)]
            if not await page.evaluate(FITS):
                wrong.append(f"{path} is wider than its window")
    return wrong


@pytest.mark.parametrize("role", [role if role in QUICK else pytest.param(role, marks=pytest.mark.slow) for role in ROLES])
async def test_the_main_pages_of_a_role_are_for_everybody(cast: Cast, open_page: Opener, role: str) -> None:
    made = await on_stage()
    await stall.buy(made.pan, await stall.person("sam"))
    person, paths = await ROLES[role](made, cast)
    wrong = await look_at(open_page, person, paths, role, "phone-dark-french")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("role", ROLES)
async def test_every_page_of_a_role_is_for_everybody_in_every_light_and_language(
    cast: Cast, open_page: Opener, role: str, look: str
) -> None:
    made = await on_stage()
    await stall.buy(made.pan, await stall.person("sam"))
    person, paths = await every_page.all_of(role, made, cast)
    wrong = await look_at(open_page, person, paths, f"all-{role}", look)
    assert wrong == [], "\n".join(wrong)
