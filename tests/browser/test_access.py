"""Pages for people who enlarge, who choose their own colours, who cannot bear motion, who use no mouse, who listen."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from foundation.accounts import Principal
from tests.browser import every_page
from tests.browser.conftest import Opener, barriers, keep_screen
from tests.browser.every_page import ROLES
from tests.browser.steps import FITS
from tests.browser.test_long_words import CUT_OFF
from tests.browser.test_viewer import on_stage
from tests.cast import Cast
from tests.factories import Stage
from tests.marketplace import stall

pytestmark = pytest.mark.browser

ENLARGED = {"twice": (640, 400), "four times": (320, 512)}
"""A desk of 1280 pixels, enlarged: so many CSS pixels are left (WCAG 1.4.4 and 1.4.10)."""

EDGELESS = """[...document.querySelectorAll("button.btn, a.btn, input:not([type=hidden]), select, textarea")]
  .filter((one) => one.checkVisibility({visibilityProperty: true}) && !one.closest(".visually-hidden, .drop, .radio-card, .quantity"))
  .filter((one) => ![one, one.closest(".field__box") ?? one, one.closest(".masthead__search") ?? one].some((box) => {
    const look = getComputedStyle(box);
    return (parseFloat(look.borderBottomWidth) > 0 && look.borderBottomStyle !== "none") || look.outlineStyle !== "none" || look.appearance !== "none";
  }))
  .map((one) => `${one.localName}.${one.className}: ${(one.textContent || one.name).trim().slice(0, 40)}`)"""
"""Controls that nobody sees once their background is taken away."""

CURRENT = """[...document.querySelectorAll("[aria-current], [aria-selected=true]")].filter((one) => one.checkVisibility())
  .filter((one) => { const look = getComputedStyle(one); return look.outlineStyle === "none" && parseFloat(look.borderBottomWidth) === 0 && !look.textDecorationLine.includes("underline"); })
  .map((one) => `${one.localName}.${one.className}: ${one.textContent.trim().slice(0, 40)}`)"""
"""What is chosen and says so by its background alone."""

MOVING = """document.getAnimations().filter((one) => one.playState === "running")
  .filter((one) => { const time = one.effect.getComputedTiming(); return time.iterations === Infinity || time.duration > 20; })
  .map((one) => `${one.animationName ?? one.transitionProperty}: ${one.effect.target?.className}`)"""

REGIONS = "[aria-live]:not([aria-live=off]), [role=status], [role=alert], [role=log]"
TALKATIVE = f"""[...document.querySelectorAll("{REGIONS}")]
  .filter((one) => one.matches("[data-countdown], [hx-trigger*=every]") || one.querySelector("[data-countdown], [hx-trigger*=every], [data-unit]"))
  .map((one) => one.outerHTML.slice(0, 120))"""
"""Live regions with something in them that changes by itself all the time."""

SAID = f"""() => new Promise((done) => {{
  const said = [];
  const regions = [...document.querySelectorAll("{REGIONS}")].filter((one) => one.getAttribute("role") !== "log");
  const watch = new MutationObserver((changes) => said.push(...changes.map((one) => one.target.textContent.trim().slice(0, 60))));
  for (const one of regions) watch.observe(one, {{ childList: true, characterData: true, subtree: true }});
  setTimeout(() => {{ watch.disconnect(); done(said.filter(Boolean)); }}, 2500);
}})"""
"""What a screen reader would speak within 2.5 s without anybody doing anything."""

IN_DIALOG = "() => Boolean(document.activeElement?.closest('dialog[open]')) || document.activeElement === document.body"


async def stage(role: str, cast: Cast) -> tuple[Stage, Principal | None, list[str]]:
    made = await on_stage()
    await stall.buy(made.pan, await stall.person("sam"))
    person, paths = await ROLES[role](made, cast)
    return made, person, paths


@pytest.mark.slow
@pytest.mark.parametrize("size", ENLARGED)
@pytest.mark.parametrize("role", ROLES)
async def test_an_enlarged_page_needs_no_scrolling_sideways_and_cuts_nothing_off(
    cast: Cast, open_page: Opener, role: str, size: str
) -> None:
    _made, person, paths = await stage(role, cast)
    width, height = ENLARGED[size]
    wrong = []
    async with open_page(person, width=width, height=height) as page:
        for place, path in enumerate(paths):
            await page.goto(path)
            if not await page.evaluate(FITS):
                wrong.append(f"{path} is wider than its window")
                await keep_screen(page, f"enlarged-{role}-{place:02}-{width}")
            wrong += [f"{path} cuts off {words}" for words in await page.evaluate(CUT_OFF)]
    assert wrong == [], "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
async def test_with_the_reader_s_own_colours_controls_have_edges_and_what_is_chosen_shows(
    cast: Cast, open_page: Opener, role: str
) -> None:
    _made, person, paths = await stage(role, cast)
    wrong = []
    async with open_page(person, width=1280, height=800) as page:
        await page.emulate_media(forced_colors="active")
        for place, path in enumerate(paths):
            await page.goto(path)
            await keep_screen(page, f"forced-{role}-{place:02}")
            wrong += [f"{path}, no edge: {found}" for found in await page.evaluate(EDGELESS)]
            wrong += [f"{path}, chosen unseen: {found}" for found in await page.evaluate(CURRENT)]
    assert wrong == [], "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("role", ["public", "creator"])
async def test_nothing_moves_for_people_who_asked_for_less_motion(cast: Cast, open_page: Opener, role: str) -> None:
    _made, person, paths = await stage(role, cast)
    wrong = []
    async with open_page(person) as page:  # asks for reduced motion, as every browser of these tests
        for path in paths:
            await page.goto(path)
            wrong += [f"{path}: {found}" for found in await page.evaluate(MOVING)]
    assert wrong == [], "\n".join(wrong)


async def test_dialogs_of_real_pages_keep_the_focus_and_give_it_back(cast: Cast, open_page: Opener) -> None:
    _made, person, paths = await stage("moderator", cast)
    async with open_page(person, width=1280, height=800) as page:
        assert await _dialogs(page, paths[:1]) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("role", [role for role in ROLES if role not in {"public", "moderator"}])
async def test_every_dialog_of_a_role_keeps_the_focus_and_gives_it_back(cast: Cast, open_page: Opener, role: str) -> None:
    made = await on_stage()
    await stall.buy(made.pan, await stall.person("sam"))
    person, paths = await every_page.all_of(role, made, cast)
    async with open_page(person, width=1280, height=800) as page:
        assert await _dialogs(page, [path for path in paths if not path.endswith("/live")]) >= 1


async def _dialogs(page: Page, paths: list[str]) -> int:
    """Open every dialog of the pages by Enter, walk through it, close it by Escape; return how many."""
    opened = 0
    for path in paths:
        await page.goto(path)
        openers = page.locator("button[data-opens]:visible")
        for place in range(await openers.count()):
            opener = openers.nth(place)
            dialog = page.locator(f"dialog#{await opener.get_attribute('data-opens')}")
            await opener.focus()
            await page.keyboard.press("Enter")
            await dialog.wait_for(state="visible")
            for _step in range(8):
                assert await page.evaluate(IN_DIALOG), f"{path}: the focus left {await dialog.get_attribute('id')}"
                await page.keyboard.press("Tab")
            await page.keyboard.press("Escape")
            await dialog.wait_for(state="hidden")
            assert await opener.evaluate("(one) => one === document.activeElement"), f"{path}: the focus is lost"
            opened += 1
    return opened


@pytest.mark.slow
async def test_live_regions_speak_only_when_something_has_happened(cast: Cast, open_page: Opener) -> None:
    made, _person, _paths = await stage("public", cast)
    async with open_page(made.nour, width=1280, height=800) as page:
        for path in (f"/shows/{made.slug}", f"/studio/shows/{made.show_id}/live", "/studio"):
            await page.goto(path)
            assert await page.evaluate(TALKATIVE) == [], path
        await page.goto(f"/shows/{made.slug}")
        await page.locator("[data-live-state=open]").first.wait_for(state="attached")
        assert await page.evaluate(SAID) == []


async def test_a_dense_page_is_walked_by_keys_and_prints_without_its_tools(cast: Cast, open_page: Opener) -> None:
    made, _person, _paths = await stage("public", cast)
    async with open_page(made.ada, width=1280, height=800) as page:
        await page.goto("/brand/orders")
        await page.keyboard.press("j")
        assert await page.evaluate("Boolean(document.activeElement.closest('[data-current]'))"), "J chooses the first row"
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/brand/orders/*")
        await page.goto("/brand/orders")
        await page.keyboard.press("?")
        await page.get_by_role("dialog", name="Keys").wait_for()
        await page.keyboard.press("Escape")
    async with open_page(await cast.root(), width=794, height=1123) as page:
        await page.goto("/admin/people")
        await page.keyboard.press("/")
        assert await page.evaluate("document.activeElement.matches('input[type=search]')"), "the slash goes to the search"
        await page.emulate_media(media="print")
        assert await page.evaluate(FITS)
        for tool in (".rail", "main .btn", ".toasts"):
            assert await page.locator(f"{tool}:visible").count() == 0, tool
        assert await page.locator("main table th:visible").count() > 3


async def test_a_piece_of_page_that_does_not_come_says_so_in_its_place(cast: Cast, open_page: Opener) -> None:
    made, _person, _paths = await stage("public", cast)
    async with open_page(made.nour, width=1280, height=800, refusals=(503,)) as page:
        await page.route("**/studio/earnings/summary", lambda route: route.fulfill(status=503, body="away"))
        await page.goto("/studio")
        await page.get_by_text("This part could not be loaded.").wait_for()
        assert await page.locator(".skeletons").count() == 0
        assert await barriers(page) == []
