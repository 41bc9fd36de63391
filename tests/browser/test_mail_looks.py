"""Every mail as its reader sees it: on a phone, light and dark, in both languages."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Opener, barriers, keep_screen
from tests.browser.steps import FITS
from tests.frontend.test_mail_templates import NAMES, written

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("db")]

SEEN = ("counter_offer.html", "receipt.html", "payout_sent.html")


@pytest.mark.parametrize("dark", [pytest.param(False, marks=pytest.mark.slow), True], ids=["light", "dark"])
@pytest.mark.parametrize("language", [pytest.param("en", marks=pytest.mark.slow), "fr"])
@pytest.mark.parametrize("all_of_them", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["some", "all"])
async def test_a_mail_is_readable_in_light_and_in_dark(open_page: Opener, all_of_them: bool, language: str, dark: bool) -> None:
    wrong = []
    async with open_page(width=390, dark=dark, language=language) as page:
        for name in NAMES:
            if not all_of_them and name not in SEEN:
                continue
            await page.set_content((await written(name, language)).html)
            await keep_screen(page, f"mail-{name.removesuffix('.html')}-{language}-{'dark' if dark else 'light'}")
            wrong += [f"{name}: {found}" for found in await barriers(page)]
            if not await page.evaluate(FITS):
                wrong.append(f"{name} is wider than its window")
    assert wrong == [], "\n".join(wrong)
