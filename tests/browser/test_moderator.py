"""A moderator: releases what the filter held, times somebody out; and the person reads why and until when."""

from __future__ import annotations

from uuid import uuid4

import pytest

from creators import chat
from moderation import words
from moderation.tables import Sanction, WordAction
from tests import factories
from tests.browser.conftest import Opener, keep_screen
from tests.browser.steps import sound, visit
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("at_work")]


async def test_a_held_message_is_released_and_somebody_is_timed_out_with_a_reason(cast: Cast, open_page: Opener) -> None:
    made = await factories.stage(live=True)
    sam, keeper = await cast.sam(), await cast.max()
    await words.add_word(word="rubbish", action=WordAction.HOLD, by=keeper)
    async with open_page(sam, refusals=[403]) as room, open_page(keeper, width=1280, height=800) as desk:
        await visit(room, f"/shows/{made.slug}")
        await room.get_by_role("textbox", name="Message").fill("What rubbish is this?")
        await room.keyboard.press("Enter")
        await room.get_by_role("log").get_by_text("What rubbish is this?").wait_for()
        await keep_screen(room, "moderation-held-room")

        await visit(desk, "/moderation", "moderation-desk")
        async with open_page(await cast.chloe()) as other:
            await other.goto(f"/shows/{made.slug}")
            assert await other.get_by_text("What rubbish is this?").count() == 0
            await desk.get_by_role("button", name="Release the message of Sam").click()
            await other.get_by_role("log").get_by_text("What rubbish is this?").wait_for()

        await visit(desk, f"/moderation/rooms/{made.show_id}", "moderation-room")
        await desk.get_by_role("button", name="Time out…").first.click()
        dialog = desk.get_by_role("dialog", name="Time out Sam")
        await dialog.get_by_label("Reason").fill("Please be kind to the host.")
        await sound(desk, "moderation-timeout")
        await dialog.get_by_role("button", name="Time out").click()
        await desk.wait_for_url(f"**/moderation/rooms/{made.show_id}")
        await visit(desk, "/moderation/sanctions", "moderation-sanctions")

        await room.get_by_role("textbox", name="Message").fill("Again!")
        await room.keyboard.press("Enter")
        await room.get_by_text("Please be kind to the host.").first.wait_for()
        await sound(room, "moderation-silenced")
        await room.reload()
        await room.get_by_text("You cannot write here until").wait_for()
        assert await room.get_by_role("textbox", name="Message").count() == 0

        await desk.get_by_role("button", name="Lift the sanction of Sam").click()
        await desk.get_by_text("lifted").first.wait_for()
        await room.reload()
        await room.get_by_role("textbox", name="Message").wait_for()
    assert await Sanction.count() == 1
    assert [line.body for line in await chat.latest_lines(show_id=made.show_id)] == ["What rubbish is this?"]


async def test_a_viewer_reports_a_message_of_the_chat(cast: Cast, open_page: Opener) -> None:
    made = await factories.stage(live=True)
    await chat.say(show_id=made.show_id, body="Buy followers from me", client_key=uuid4(), by=await cast.chloe())
    async with open_page(await cast.sam(), width=1280, height=800) as page:
        await page.goto(f"/shows/{made.slug}")
        await page.get_by_role("button", name="Report this show").click()
        await sound(page, "report")
