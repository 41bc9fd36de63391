"""The live room in a real browser: what one person does reaches the others without a reload."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import expect

from creators import audience_news, chat, pins, polls, questions
from marketplace import offers
from tests import factories
from tests.browser.conftest import barriers
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("at_work")]


async def test_what_is_written_pinned_and_removed_reaches_an_open_room(cast: Cast, open_page: Any) -> None:
    made = await factories.stage(live=True)
    sam, chloe = await cast.sam(), await cast.chloe()
    async with open_page(sam) as page:
        await page.goto(f"/shows/{made.slug}")
        await expect(page.locator("[data-room]")).to_have_attribute("data-live-state", "open")
        line = await chat.say(show_id=made.show_id, body="Bonsoir de Nantes", client_key=uuid4(), by=chloe)
        await expect(page.get_by_text("Bonsoir de Nantes")).to_be_visible()
        await pins.next_slot(show_id=made.show_id, by=made.nour)
        await expect(page.locator("#pinned").get_by_text("Saucepan Alma")).to_be_visible()
        await expect(page.locator("[data-viewers]")).to_have_text("1", timeout=15_000)
        await chat.remove(message_id=line.id, reason="A test", by=made.nour)
        await expect(page.get_by_text("Bonsoir de Nantes")).to_have_count(0)
        assert await barriers(page) == []


async def test_a_viewer_writes_once_and_sees_it_once(cast: Cast, open_page: Any) -> None:
    made = await factories.stage(live=True)
    async with open_page(await cast.sam(), width=1280, height=800) as page:
        await page.goto(f"/shows/{made.slug}")
        await expect(page.locator("[data-room]")).to_have_attribute("data-live-state", "open")
        for text in ("Does it work on induction?", "And gas?"):
            await page.get_by_label("Message", exact=True).fill(text)
            await page.keyboard.press("Enter")
            await expect(page.locator("#lines").get_by_text(text)).to_have_count(1)
            await expect(page.get_by_label("Message", exact=True)).to_have_value("")
        await expect(page.locator(".chat-line--own")).to_have_count(2)
        assert await barriers(page) == []


async def test_buy_opens_the_order_over_the_room_with_the_touch(cast: Cast, open_page: Any) -> None:
    made = await factories.stage(live=True)
    await pins.next_slot(show_id=made.show_id, by=made.nour)
    async with open_page(await cast.sam()) as page:
        await page.goto(f"/shows/{made.slug}")
        await page.locator("#pinned").get_by_role("button", name="Buy").click()
        sheet = page.get_by_role("dialog")
        await expect(sheet).to_be_visible()
        await expect(sheet.locator("input[name=touch]").first).to_have_value(re.compile(r"[0-9a-f-]{36}"))
        assert page.url.endswith(f"/shows/{made.slug}")
        await expect(page.get_by_text("Collaboration commerciale")).to_be_visible()


async def test_the_host_goes_through_the_slots_and_the_room_follows(cast: Cast, open_page: Any) -> None:
    made = await factories.stage(live=True)
    async with open_page(made.nour) as cockpit, open_page(await cast.sam()) as room:
        await room.goto(f"/shows/{made.slug}")
        await expect(room.locator("[data-room]")).to_have_attribute("data-live-state", "open")
        await cockpit.goto(f"/studio/shows/{made.show_id}/live")
        for number, product in enumerate(("Saucepan Alma", "Stock pot Berthe"), start=1):
            await cockpit.get_by_role("button", name="Next slot").click()
            await expect(room.locator("#pinned").get_by_text(product)).to_be_visible()
            await expect(cockpit.locator(".slot-card__now")).to_contain_text(f"slot {number} of")
        assert await barriers(cockpit) == []
        await expect(cockpit.locator("[data-left]")).to_have_text(re.compile(r"^(10:00|09:\d\d)$"))
        await chat.say(show_id=made.show_id, body="A question for Nour", client_key=uuid4(), by=await cast.chloe())
        await expect(cockpit.get_by_text("A question for Nour")).to_be_visible()


async def test_questions_polls_hearts_and_offers_reach_an_open_room(cast: Cast, open_page: Any) -> None:
    made = await factories.stage(live=True)
    sam, chloe = await cast.sam(), await cast.chloe()
    poll_id = await polls.prepare(show_id=made.show_id, question="Which sauce next?", answers=["Red", "White"], by=made.nour)
    offer_id = await offers.prepare(
        show_id=made.show_id, variant_id=made.pan.choices[0].id, price_minor=3900, units=3, minutes=5, by=made.ada
    )
    async with open_page(sam) as page:
        await page.goto(f"/shows/{made.slug}")
        await expect(page.locator("[data-room]")).to_have_attribute("data-live-state", "open")
        asked = await questions.ask(show_id=made.show_id, body="Does it work on gas?", client_key=uuid4(), by=chloe)
        await page.get_by_role("link", name="Ask a question").click()
        question = page.locator(f"#question-{asked.id}")
        await expect(question).to_be_visible()
        await question.get_by_role("button").click()
        await expect(question.locator("[aria-pressed=true] [data-votes]")).to_have_text("2")
        await page.get_by_label("Your question").fill("And on induction?")
        await page.keyboard.press("Enter")
        await expect(page.locator("[data-questions] li")).to_have_count(2)
        await questions.take(question_id=asked.id, by=made.nour)
        await expect(question).to_contain_text("Nour is answering now")
        assert await barriers(page) == []
        await page.locator("#questions").get_by_role("link", name="Close").click()

        await polls.start(poll_id=poll_id, by=made.nour)
        await page.get_by_role("button", name="Red").click()
        await expect(page.locator("[data-poll][data-voted]")).to_contain_text("100%")
        for _ in range(3):
            await page.locator(".hearts--round button").click()
        await expect(page.locator("[data-heart-count]").first).to_have_text("3")

        await pins.next_slot(show_id=made.show_id, by=made.nour)
        await offers.start(offer_id=offer_id, show_id=made.show_id, by=made.nour)
        await audience_news.tell_offer(made.show_id)
        await expect(page.locator("#offer .offer-card")).to_contain_text("3 of 3 left")
        await expect(page.locator("#pinned")).to_contain_text("€39.00")
        assert await barriers(page) == []


async def test_slow_mode_counts_down_in_the_field_and_keeps_what_was_typed(cast: Cast, open_page: Any) -> None:
    made = await factories.stage(live=True)
    await chat.set_slow_mode(show_id=made.show_id, seconds=30, by=made.nour)
    async with open_page(await cast.sam(), refusals=[429]) as page:
        await page.goto(f"/shows/{made.slug}")
        field = page.get_by_label("Message", exact=True)
        await field.fill("First")
        await page.keyboard.press("Enter")
        await expect(page.locator("#lines").get_by_text("First")).to_have_count(1)
        await expect(field).to_have_attribute("placeholder", re.compile(r"Slow mode: \d+ s"))
        await expect(field).not_to_be_editable()
