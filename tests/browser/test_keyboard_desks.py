"""Work at desks by keyboard alone, with a focus that shows at every stop: a brief is written, applied to and granted; a run is approved."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.async_api import Locator, Page

from creators.tables import Application
from foundation import clock
from marketplace.tables import Brief
from payouts import runs
from payouts.tables import PayoutRun, RunStatus
from tests import factories
from tests.browser.conftest import Opener
from tests.browser.steps import until
from tests.cast import Cast
from tests.marketplace import stall
from tests.payouts.ready import Ready, ready
from tests.stand_ins import StandIn

pytestmark = pytest.mark.browser

UNSEEN = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return "";
  const name = `${at.localName}.${at.className} ${(at.textContent || at.name || "").trim().slice(0, 40)}`;
  const shows = (one) => {
    const look = getComputedStyle(one);
    return look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 1;
  };
  const boxes = [at, at.parentElement, at.closest("label, article, .field__box, .radio-card, .drop, .quantity, .menu")].filter(Boolean);
  if (!boxes.some(shows)) return `no ring: ${name}`;
  const { left, top, width, height } = at.getBoundingClientRect();
  if (width < 2 || height < 2) return "";
  const inside = (x, y) => { const there = document.elementFromPoint(x, y); return there && boxes.some((one) => one.contains(there) || there.contains(one)); };
  const places = [[0.5, 0.5], [0.1, 0.2], [0.9, 0.2], [0.1, 0.8], [0.9, 0.8]];
  return places.some(([x, y]) => inside(left + x * width, top + y * height)) ? "" : `covered: ${name}`;
}"""
"""What is wrong with the look of what has the focus: it has no ring, or all of it lies under something (WCAG 2.4.7 and 2.4.11)."""


async def walk_to(page: Page, wanted: Locator, most: int = 90) -> None:
    """Press Tab until the focus is there; every stop on the way can be seen."""
    for _ in range(most):
        assert await page.evaluate(UNSEEN) == "", page.url
        if await wanted.evaluate("(element) => element === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} cannot be reached with the keyboard")


async def write(page: Page, label: str, text: str) -> None:
    """Walk to a field and replace what stands in it."""
    await walk_to(page, page.get_by_label(label))
    await page.keyboard.press("Control+A")
    await page.keyboard.type(text)


async def press(page: Page, button: Locator) -> None:
    await walk_to(page, button)
    await page.keyboard.press("Enter")


async def test_a_brief_is_written_applied_to_and_granted_by_keyboard(cast: Cast, open_page: Opener) -> None:
    ada, nour = await cast.ada(), await cast.nour()
    brand = await stall.brand(ada)
    await stall.product(ada, brand.id)
    await factories.creator(nour, "nour.en.cuisine")
    async with open_page(ada, width=1280, height=800) as desk:
        await publish_brief(desk)
        async with open_page(nour) as phone:
            await apply(phone)
        await desk.goto("/brand/applications")
        await press(desk, desk.get_by_role("button", name=re.compile("^Accept")))
        await desk.get_by_text("Frozen terms, version 1").wait_for()
    assert [row["status"] for row in await Application.select(Application.status)] == ["accepted"]


async def publish_brief(page: Page) -> None:
    today = clock.now().date()
    await page.goto("/brand/briefs")
    await page.keyboard.press("n")
    await page.wait_for_url("**/brand/briefs/new")
    await write(page, "Title", "Copper for Christmas")
    await write(page, "The brief", "Cook three sauces live and show what copper does.")
    await walk_to(page, page.get_by_role("group", name="Products").get_by_role("checkbox").first)
    await page.keyboard.press("Space")
    await write(page, "Commission on each sale", "12.5")
    for label, day in (("First day", today), ("Last day", today + timedelta(days=30))):
        await walk_to(page, page.get_by_label(label))
        await page.keyboard.type(day.strftime("%m%d%Y"))
    await press(page, page.get_by_role("button", name="Publish"))
    await page.get_by_text("12.5%").first.wait_for()
    assert [row["status"] for row in await Brief.select(Brief.status)] == ["published"]


async def apply(page: Page) -> None:
    await page.goto("/briefs")
    await press(page, page.get_by_role("link", name="Copper for Christmas").first)
    await page.wait_for_url("**/briefs/*")
    await press(page, page.get_by_role("link", name="Apply").first)
    await page.wait_for_url("**/apply")
    await press(page, page.locator("summary", has_text="Ask for other terms"))
    await write(page, "Fee a show", "40")
    await page.goto(page.url)
    await write(page, "Why you?", "I cook every Sunday, and I burn butter only to show how.")
    await press(page, page.get_by_role("button", name="Send the application"))
    await page.wait_for_url("**/studio/applications")


@pytest.fixture
async def house(server: str, stripe_sandbox: StandIn) -> Ready:
    """A sale whose money waits, before the jobs begin to work."""
    made = await ready(stripe_sandbox)
    await made.sale(12000)
    await made.books()
    return made


async def test_a_run_is_submitted_and_approved_by_keyboard(house: Ready, at_work: None, open_page: Opener) -> None:
    run = await runs.draft(by=house.fay)
    async with open_page(house.fay, width=1280, height=900) as page:
        await page.goto("/finance/runs")
        for key in ("j", "Enter"):
            await page.keyboard.press(key)
        await page.wait_for_url(f"**/finance/runs/{run.number}")
        await press(page, page.get_by_role("button", name="Submit for approval"))
        await page.get_by_text("Somebody else approves it.").wait_for()
    async with open_page(house.finn, width=1280, height=900, dark=True) as page:
        await page.goto(f"/finance/runs/{run.number}")
        await press(page, page.get_by_role("button", name="Approve and send"))
        await until(lambda: PayoutRun.exists().where(PayoutRun.status == RunStatus.COMPLETED), "the run is completed")
