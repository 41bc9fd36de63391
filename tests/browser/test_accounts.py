"""Accounts in a browser."""

from __future__ import annotations

import re

import pytest

from foundation import mails
from tests.browser.conftest import Opener, barriers, keep_screen

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("at_work")]


async def test_somebody_signs_up_confirms_the_address_and_is_in(open_page: Opener) -> None:
    async with open_page() as page:
        await page.goto("/sign-up")
        await page.get_by_label("Name").fill("Sam Petit")
        await page.get_by_label("E-mail").fill("sam@fanfare.example")
        await page.get_by_label("Password", exact=True).fill("a long and quiet password")
        await page.get_by_role("button", name="Make my account").click()
        await page.get_by_text("sam@fanfare.example").first.wait_for()
        mail = (await mails.newest(to="sam@fanfare.example"))[0]
        link = re.search(r"/confirm/[\w-]+", mail.text)
        assert link
        await page.goto(link[0])
        await page.get_by_role("main").get_by_role("button").first.click()
        await page.get_by_text("Welcome to Fanfare.").wait_for()
        await keep_screen(page, "signed-up")


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/reset", "/nowhere"])
async def test_account_pages_have_no_barriers(open_page: Opener, path: str, language: str, dark: bool) -> None:
    async with open_page(dark=dark, language=language) as page:
        answer = await page.goto(path)
        assert answer is not None
        assert await barriers(page) == []
