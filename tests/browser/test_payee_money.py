"""Rules, statements, corrections, paying days and shows: everybody can use the pages, on a phone and on a desk, in both languages."""

from __future__ import annotations

from uuid import uuid4

import pytest

from foundation.money import Money
from payouts import adjustments, bonuses, monthly, runs
from payouts.adjustment_tables import AdjustmentKind
from payouts.commission_tables import RuleKind
from payouts.tables import PayeeKind
from tests.browser.conftest import Opener
from tests.browser.steps import sound, visit
from tests.payouts.ready import Ready, ready
from tests.payouts.rulebook import draft, published
from tests.stand_ins import StandIn

pytestmark = pytest.mark.browser


@pytest.fixture
async def house(server: str, stripe_sandbox: StandIn) -> Ready:
    """A sale whose money waits, a rule, a bonus, a correction to decide and a run to approve."""
    made = await ready(stripe_sandbox)
    market = made.market
    await published(market, draft(RuleKind.TIERS, tiers=((0, 2000), (5_000, 2500)), creator=market.creator.id))
    await made.sale(1_200_000)
    await made.books()
    await bonuses.promise(
        brand_id=market.brand.id,
        creator_id=market.creator.id,
        net=Money(5000, "EUR"),
        reason="The best show of the season",
        client_key=uuid4(),
        by=market.ada,
    )
    for kind, minor in ((AdjustmentKind.GOODWILL, 1500), (AdjustmentKind.CHARGE, 300)):
        await adjustments.propose(
            kind=kind,
            payee_kind=PayeeKind.CREATOR,
            owner=market.creator.id,
            amount=Money(minor, "EUR"),
            reason="A link led nowhere for an hour",
            client_key=uuid4(),
            by=made.fay,
        )
    return made


@pytest.mark.slow
@pytest.mark.parametrize(("width", "language", "dark"), [(390, "fr", True), (1280, "en", False)])
async def test_the_pages_of_payees_and_their_money_are_sound(
    house: Ready, open_page: Opener, width: int, language: str, dark: bool
) -> None:
    market, kept = house.market, f"{width}-{language}"
    month = (await monthly.months(PayeeKind.CREATOR, market.creator.id, "EUR"))[0].month
    run = await runs.draft(by=house.fay)
    run = await runs.submit(run_id=run.id, by=house.fay)
    async with open_page(market.ada, width=width, dark=dark, language=language) as page:
        for path in ("/brand/rules", "/brand/rules/new", "/brand/rules/categories", "/brand/money/bonuses", "/brand/payouts"):
            await visit(page, path, f"money-{path.strip('/').replace('/', '-')}-{kept}")
    async with open_page(market.nour, width=width, dark=dark, language=language) as page:
        for path in ("/studio/earnings", "/studio/earnings/months", f"/studio/earnings/months/{month}", "/studio/payouts"):
            await visit(page, path, f"money-{path.strip('/').replace('/', '-')}-{kept}")
    async with open_page(house.finn, width=width, dark=dark, language=language) as page:
        paths = ("adjustments", "debts", "rules", f"rules/{market.brand.slug}", "shows", f"shows/{market.show.slug}", "runs")
        for path in (*paths, f"runs/{run.number}"):
            await visit(page, f"/finance/{path}", f"money-finance-{path.replace('/', '-')}-{kept}")


async def test_a_rule_is_tried_and_published_without_scripts(house: Ready, open_page: Opener) -> None:
    async with open_page(house.market.ada, width=390, scripts=False) as page:
        await page.goto("/brand/rules/new")
        await page.get_by_label("Name").fill("Copper week")
        await page.get_by_label("Percent of the sale").last.fill("30")
        await page.get_by_role("button", name="What would last month have paid?").click()
        await page.get_by_text("Last month with this rule").first.wait_for()
        await page.get_by_role("button", name="Publish").click()
        await page.get_by_role("link", name="Copper week").wait_for()


async def test_a_correction_is_found_and_booked_by_keys(house: Ready, open_page: Opener) -> None:
    async with open_page(house.finn, width=1280) as page:
        await page.goto("/finance/adjustments")
        await page.get_by_role("button", name="Book it").first.focus()
        await page.keyboard.press("Enter")
        await page.get_by_text("Booked").first.wait_for()
        for key in ("j", "j", "Enter"):
            await page.keyboard.press(key)
        await page.wait_for_url("**/finance/accounts/journals/*")
        await sound(page)
