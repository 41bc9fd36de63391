"""The components in a browser: without barriers, by keyboard, and doing what they promise."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opener, barriers, keep_screen

pytestmark = [pytest.mark.browser]


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["en", "fr"])
async def test_no_component_has_a_barrier_or_is_wider_than_the_screen(open_page: Opener, language: str, width: int) -> None:
    async with open_page(width=width, language=language) as page:
        await page.goto("/patterns")
        assert await barriers(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await keep_screen(page, f"patterns-{language}-{width}")


async def test_a_dialog_takes_the_focus_and_gives_it_back(open_page: Opener) -> None:
    async with open_page(width=1280) as page:
        await page.goto("/patterns/controls")
        opener = page.locator("[data-opens=dialog-light]")
        await opener.focus()
        await page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="Decline this application?")
        await expect(dialog).to_be_visible()
        assert await dialog.evaluate("dialog => dialog.contains(document.activeElement)")
        await page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()
        await expect(opener).to_be_focused()


async def test_a_sheet_closes_when_the_page_beside_it_is_pressed(open_page: Opener) -> None:
    async with open_page(width=1280, height=800) as page:
        await page.goto("/patterns/controls")
        await page.locator("[data-opens=sheet-light]").click()
        sheet = page.get_by_role("dialog", name="Your order")
        await expect(sheet).to_be_visible()
        await page.mouse.click(100, 400)
        await expect(sheet).to_be_hidden()


async def test_a_menu_is_walked_with_the_arrows(open_page: Opener) -> None:
    async with open_page(width=1280) as page:
        await page.goto("/patterns/controls")
        await page.locator("[popovertarget=menu-light]").click()
        menu = page.locator("#menu-light")
        await menu.get_by_role("link", name="Amount").focus()
        await page.keyboard.press("ArrowDown")
        await expect(menu.get_by_role("link", name="Date")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(menu).to_be_hidden()


async def test_tabs_turn_with_the_arrows_and_show_their_panel(open_page: Opener) -> None:
    async with open_page(width=1280) as page:
        await page.goto("/patterns/navigation")
        await page.locator("#tab-slots-light").focus()
        await page.keyboard.press("ArrowRight")
        await expect(page.locator("#tab-chat-light")).to_be_focused()
        await expect(page.locator("#panel-chat-light")).to_be_visible()
        await expect(page.locator("#panel-slots-light")).to_be_hidden()


async def test_news_from_the_server_becomes_a_toast_that_can_be_closed(open_page: Opener) -> None:
    async with open_page() as page:
        await page.goto("/patterns/words")
        await page.evaluate("document.dispatchEvent(new CustomEvent('toast', {detail: {text: 'Sold <b>out</b>', tone: 'ruby'}}))")
        region = page.locator("#toasts")
        await expect(region.get_by_text("Sold <b>out</b>")).to_be_visible()
        await region.get_by_role("button", name="Close").click()
        await expect(region.locator(".toast")).to_have_count(0)


async def test_a_countdown_follows_the_clock_of_the_server(open_page: Opener) -> None:
    async with open_page() as page:
        await page.clock.install(time=datetime(2020, 1, 1, tzinfo=UTC))
        await page.goto("/patterns/shopping")
        clock = page.locator("#shopping [data-theme=light] [data-countdown=clock]").first
        await expect(clock).to_have_text(re.compile(r"0[12]:\d\d"))
        minutes, seconds = (await clock.inner_text()).split(":")
        await page.clock.run_for(20_000)
        later = (await clock.inner_text()).split(":")
        passed = int(minutes) * 60 + int(seconds) - int(later[0]) * 60 - int(later[1])
        assert passed >= 19, "a window's own clock, six years slow, has no say; its passing seconds have"


async def test_a_countdown_says_when_it_is_over(open_page: Opener) -> None:
    async with open_page() as page:
        await page.goto("/patterns/words")
        await page.evaluate(
            """() => {
                const clock = document.createElement("time");
                clock.dateTime = new Date(Date.now() + 900).toISOString();
                clock.dataset.countdown = "clock";
                clock.id = "soon";
                addEventListener("countdown:end", (event) => { document.title = `over ${event.target.id}`; });
                document.querySelector("main").append(clock);
            }"""
        )
        await expect(page).to_have_title("over soon")
        await expect(page.locator("#soon")).to_have_text("00:00")


async def test_an_act_that_must_be_held_is_not_done_by_a_tap(open_page: Opener) -> None:
    async with open_page(width=1280) as page:
        await page.goto("/patterns/controls")
        await page.evaluate("addEventListener('held', () => { document.title = 'held'; })")
        button = page.locator("[data-hold]").first
        await button.click()
        assert await page.title() != "held"
        await button.hover()
        await page.mouse.down()
        await expect(page).to_have_title("held")
        await page.mouse.up()


async def test_a_form_is_sent_once_however_often_its_button_is_pressed(open_page: Opener) -> None:
    async with open_page() as page:
        await page.goto("/patterns/controls")
        sent = await page.evaluate(
            """() => {
                document.body.insertAdjacentHTML("beforeend", '<form id="order" action="/nowhere"><button>Pay</button></form>');
                let sent = 0;
                addEventListener("submit", (event) => { sent += 1; event.preventDefault(); });
                const button = document.querySelector("#order button");
                button.click(); button.click(); button.click();
                return [sent, button.getAttribute("aria-busy")];
            }"""
        )
        assert sent == [1, "true"]


async def test_the_chosen_theme_stays(open_page: Opener) -> None:
    async with open_page(width=1280) as page:
        await page.goto("/patterns/controls")
        await page.locator("[data-theme-switch]").first.click()
        await page.reload()
        assert await page.locator("html").get_attribute("data-theme") == "dark"
