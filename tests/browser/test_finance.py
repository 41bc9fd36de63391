"""Finance: the maker drafts and submits, somebody else approves, transfers leave, the books agree; every figure leads on."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from marketplace.tables import Order
from payouts import runs
from payouts.tables import PayoutItem, PayoutRun, RunStatus
from tests.browser.conftest import Opener
from tests.browser.steps import sound, until, visit
from tests.payouts.ready import Ready, ready
from tests.stand_ins import StandIn

pytestmark = pytest.mark.browser


@pytest.fixture
async def house(server: str, stripe_sandbox: StandIn) -> Ready:
    """Sales whose money waits, before the jobs begin to work."""
    made = await ready(stripe_sandbox)
    for gross in (12000, 18900):
        await made.sale(gross)
    await made.books()
    return made


async def draft_and_submit(page: Page) -> str:
    await visit(page, "/finance", "finance-cash")
    await visit(page, "/finance/runs", "finance-runs")
    await page.get_by_role("button", name="Draft a run").click()
    await page.get_by_role("button", name="Submit for approval").click()
    await page.get_by_text("Somebody else approves it.").wait_for()
    await sound(page, "finance-run-submitted")
    assert await page.get_by_role("button", name="Approve and send").count() == 0
    return page.url.rsplit("/", 1)[1].split("?")[0]


async def approve(page: Page, number: str) -> None:
    await visit(page, f"/finance/runs/{number}", "finance-run-to-approve")
    await page.get_by_role("button", name="Approve and send").click()
    await until(lambda: PayoutRun.exists().where(PayoutRun.status == RunStatus.COMPLETED), "the run is completed")
    await page.locator("#items").get_by_text("Sent").first.wait_for()
    await visit(page, f"/finance/runs/{number}", "finance-run-completed")


async def match(page: Page) -> None:
    await visit(page, "/finance/reconciliation")
    await page.get_by_role("button", name="Match again").click()
    await page.get_by_text("Ledger and Stripe agree to the cent").wait_for()
    await sound(page, "finance-reconciliation")


async def follow_figures(page: Page, number: str) -> None:
    """From a figure to its accounts, to the postings, and from an order to the whole way of its money."""
    await page.goto("/finance")
    await page.locator("table a[href*='/finance/accounts/code/']").first.click()
    await sound(page, "finance-accounts")
    await visit(page, "/finance/accounts", "finance-chart")
    await page.locator("main table a").first.click()
    await sound(page, "finance-account")
    await page.locator("main a[href*='/journals/']").first.click()
    await sound(page, "finance-journal")
    await page.keyboard.press("/")
    await page.wait_for_url("**/finance/trace*")
    await page.keyboard.press("/")
    await page.keyboard.type(number)
    await page.keyboard.press("Enter")
    await page.get_by_text("Why this creator").wait_for()
    await page.get_by_text("made by Fay, approved by Finn").first.wait_for()
    await sound(page, "finance-trace")


async def test_a_run_is_made_by_one_approved_by_another_and_reconciles(house: Ready, at_work: None, open_page: Opener) -> None:
    row = await Order.select(Order.number).where(Order.id == house.market.orders[0]).first()
    assert row is not None
    async with open_page(house.fay, width=1280, height=900) as fay, open_page(house.finn, width=1280, height=900) as finn:
        number = await draft_and_submit(fay)
        await approve(finn, number)
        await match(fay)
        await follow_figures(fay, row["number"])
    assert await PayoutItem.count() == 2


async def test_the_lists_of_finance_are_walked_by_keys(house: Ready, open_page: Opener) -> None:
    first = await runs.draft(by=house.fay)
    await runs.cancel(run_id=first.id, by=house.fay)
    second = await runs.draft(by=house.fay)
    async with open_page(house.fay, width=1280, height=900, dark=True) as page:
        await page.goto("/finance/runs")
        for key in ("j", "j", "k", "Enter"):
            await page.keyboard.press(key)
        await page.wait_for_url(f"**/finance/runs/{second.number}")
        await page.keyboard.press("?")
        await page.get_by_role("dialog", name="Keys").wait_for()
        await sound(page, "finance-keys")
        await page.keyboard.press("Escape")
        await page.keyboard.press("/")
        await page.wait_for_url("**/finance/trace*")
