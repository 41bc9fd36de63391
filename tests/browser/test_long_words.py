"""Other languages need more room: every sentence 40 % longer, and still nothing sticks out or is cut off."""

from __future__ import annotations

import gettext
import math

import pytest

from foundation import i18n
from tests.browser import every_page
from tests.browser.conftest import Opener, keep_screen
from tests.browser.every_page import ROLES
from tests.browser.steps import FITS
from tests.browser.test_viewer import on_stage
from tests.cast import Cast
from tests.marketplace import stall

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CUT_OFF = """[...document.querySelectorAll('.btn, .pill, .field__label, th, h1')]
  .filter((one) => one.checkVisibility() && !one.matches('.visually-hidden') && one.scrollWidth > one.clientWidth + 2 && getComputedStyle(one).display !== 'inline')
  .map((one) => `${one.className || one.localName}: ${one.textContent.trim().slice(0, 60)}`)"""
"""Words that do not fit into what holds them."""


def longer(text: str) -> str:
    """The sentence with 40 % more letters, in words of at most eight."""
    more = math.ceil(len(text) * 0.4)
    words = [("e" * 8)[: more - at] for at in range(0, more, 9)]
    return f"{text} {' '.join(words)}" if more > 2 else text + "e" * more


class Longer(gettext.NullTranslations):
    """English that takes the room of another language."""

    def gettext(self, message: str) -> str:
        return longer(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return longer(msgid1 if n == 1 else msgid2)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("role", ROLES)
async def test_every_page_has_room_for_longer_words(
    cast: Cast, open_page: Opener, monkeypatch: pytest.MonkeyPatch, role: str, width: int
) -> None:
    made = await on_stage()
    await stall.buy(made.pan, await stall.person("sam"))
    person, paths = await every_page.all_of(role, made, cast)
    monkeypatch.setattr(i18n, "_translations", lambda _language: Longer())
    wrong = []
    async with open_page(person, width=width) as page:
        for place, path in enumerate(paths):
            await page.goto(path)
            if not await page.evaluate(FITS):
                wrong.append(f"{path} is wider than its window")
                await keep_screen(page, f"long-{role}-{place:02}-{width}")
            wrong += [f"{path} cuts off {words}" for words in await page.evaluate(CUT_OFF)]
    assert wrong == [], "\n".join(wrong)
