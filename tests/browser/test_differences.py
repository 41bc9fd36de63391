"""Differences, sums at the bank, debts taken back and disputes given up: what finance sees of them, at two widths, light and dark."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.async_api import Page

from foundation import clock
from marketplace.tables import Order, RefundStatus
from payouts import bank, clawbacks, differences, differences_booked, looks, transfers
from payouts.bank_tables import StripePayout
from tests.browser.conftest import Opener
from tests.browser.steps import sound, visit
from tests.payouts.ready import Ready, approved, ready
from tests.payouts.test_disputes import opened
from tests.stand_ins import StandIn

pytestmark = pytest.mark.browser
LOOKS = [(1280, False, "en"), pytest.param(390, True, "fr", marks=pytest.mark.slow)]


@pytest.fixture
async def house(server: str, stripe_sandbox: StandIn) -> Ready:
    """Two payouts, three lines of the bank, a debt, a dispute, and differences of three codes."""
    house = await ready(stripe_sandbox)
    sale = await house.sale(12000)
    await house.sale(30000, released=False)
    await house.books()
    await transfers.execute(run_id=(await approved(house)).id)
    await clawbacks.claw_back(refund_id=await sale.refund({0: 12000}, status=RefundStatus.INTENDED))
    now = clock.now()
    for amount, status in ((30_000, "paid"), (45_000, "paid"), (9_900, "failed")):
        await StripePayout(
            id=f"po_{uuid4().hex[:16]}", amount_minor=amount, currency="EUR", status=status, arrives_on=now.date() - timedelta(days=9),
            created_at=now, seen_at=now,
        ).save()  # fmt: skip
    rows = [f"{now.date().isoformat()},{text},EUR" for text in ("VIREMENT 7731,750.00", "VIREMENT 7732,12.50", "FRAIS,-3.50")]
    content = "\n".join(["Date,Description,Amount,Currency", *rows]).encode()
    await bank.take(statement_id=await bank.receive(name="november.csv", content=content, by=house.fay), by=house.fay)
    disputed = await house.sale(6000)
    home = {"name": "Sam", "line1": "1 rue", "postcode": "75001", "city": "Paris", "country": "FR"}
    await Order.update({Order.ship_to: json.dumps(home)}).where(Order.id == disputed.order_id)
    await opened(house, disputed)
    await looks.look()
    case = next(one for one in await differences.cases("E10") if one.difference.minor == 1250)
    await differences.assign(exception_id=case.id, owner=house.finn.id, by=house.fay)
    await differences_booked.propose(case=case, reason="A brand paid by transfer", by=house.fay)
    return house


@pytest.mark.parametrize(("width", "dark", "language"), LOOKS)
async def test_finance_works_off_what_does_not_agree(
    house: Ready, open_page: Opener, width: int, dark: bool, language: str
) -> None:
    name = f"{width}-{language}"
    async with open_page(house.finn, width=width, height=900, dark=dark, language=language) as page:
        await visit(page, "/finance/reconciliation?code=E10&sort=owner", f"differences-{name}")
        await visit(page, "/finance/bank", f"differences-bank-{name}")
        await visit(page, "/finance/bank/match", f"differences-sums-{name}")
        await visit(page, f"/finance/debts/take?payee=creator:{house.market.creator.id}", f"differences-take-{name}")
        await visit(page, "/finance/debts", f"differences-debts-{name}")
        await page.goto("/finance/disputes")
        await page.locator("main a[href*='/finance/disputes/']").first.click()
        await sound(page, f"differences-dispute-{name}")
        if language == "en":
            await by_hand(page)


async def by_hand(page: Page) -> None:
    """One line is two payouts, and what was proposed is booked."""
    await page.goto("/finance/bank/match")
    await page.get_by_label("VIREMENT 7731").check()
    for amount in ("€300.00", "€450.00"):
        await page.locator("label").filter(has_text=amount).get_by_role("checkbox").check()
    await page.get_by_role("button", name="They are the same money").click()
    await page.get_by_text("Matched.").wait_for()
    await page.goto("/finance/reconciliation?mine=1")
    await page.get_by_role("button", name="Book it").click()
    await page.get_by_text("Booked. The difference is resolved.").wait_for()
