"""Runs that are drafted by themselves: on the days that finance turned on, once, and only drafts (docs/money.md, chapter 6)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from foundation import clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.money import Money
from foundation.tables import AuditEntry, Role
from payouts import drafting, earnings, runs, schedules
from payouts.drafting import occasion
from payouts.payee_tables import Schedule
from payouts.run_tables import DraftOccasion
from payouts.runs import SamePerson
from payouts.tables import InvariantCheck, PayeeKind, PayoutItem, PayoutRun, RunStatus
from tests.cast import Cast
from tests.payouts import facts
from tests.payouts.facts import Market


@pytest.mark.parametrize(
    ("schedule", "now", "moment"),
    [
        (Schedule.TWICE_A_MONTH, "2026-11-14T22:59:59", "2026-10-31T23:00:00"),
        (Schedule.TWICE_A_MONTH, "2026-11-14T23:00:00", "2026-11-14T23:00:00"),
        (Schedule.WEEKLY, "2026-11-22T12:00:00", "2026-11-15T23:00:00"),
        (Schedule.WEEKLY, "2026-10-26T12:00:00", "2026-10-25T23:00:00"),
        (Schedule.ON_REQUEST, "2026-07-03T22:00:00", "2026-07-03T22:00:00"),
        (Schedule.ON_REQUEST, "2026-07-03T21:59:59", "2026-07-02T22:00:00"),
    ],
)
def test_the_midnight_that_asks_for_a_draft_is_that_of_paris(schedule: Schedule, now: str, moment: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert occasion(schedule, at).astimezone(UTC) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.fixture
async def market(db: None) -> Market:
    """Nour has 10.00 and more available, the brand too; both can be paid."""
    market = await facts.market(commission_bp=2000)
    for kind, account in ((PayeeKind.CREATOR, "acct_nour"), (PayeeKind.BRAND, "acct_brand")):
        await market.payee(kind, account)
    sale = await market.order(12_000)
    await earnings.credit_sale(order_id=sale.order_id)
    await earnings.release_due()
    return market


async def maker() -> Principal:
    return await facts.person("fay", Role.FINANCE_MAKER)


async def test_nothing_is_drafted_before_it_is_turned_on_and_before_the_day_comes(market: Market) -> None:
    assert await drafting.draft_due() == []
    await drafting.choose(currency="EUR", wanted={Schedule.WEEKLY, Schedule.TWICE_A_MONTH}, by=await maker())
    assert await drafting.draft_due() == [], "what was before it was turned on does not count"
    on = {one.schedule: one.next_at for one in await drafting.choices("EUR") if one.since}
    assert set(on) == {Schedule.WEEKLY, Schedule.TWICE_A_MONTH}
    assert await AuditEntry.exists().where(AuditEntry.action == "drafts.chosen")


async def test_two_workers_draft_once_and_a_maker_submits(market: Market) -> None:
    fay = await maker()
    await drafting.choose(currency="EUR", wanted={Schedule.WEEKLY}, by=fay)
    with clock.shifted(timedelta(days=7)):
        found = await asyncio.gather(*(drafting.draft_due() for _worker in range(4)))
        assert sorted(map(len, found)) == [0, 0, 0, 1]
        assert await drafting.draft_due() == []
    (run,) = await PayoutRun.objects()
    assert (run.status, run.maker, await PayoutItem.count()) == (RunStatus.DRAFT, None, 2)
    async with DB.connection() as connection:
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute("update payout_run set status = 'submitted'")
    run = await runs.submit(run_id=run.id, by=fay)
    assert run.maker == fay.id
    with pytest.raises(SamePerson):
        await runs.approve(run_id=run.id, content_hash=run.content_hash, by=fay)


async def test_a_day_on_which_nobody_can_be_paid_makes_no_run(market: Market) -> None:
    fay = await maker()
    await runs.draft(by=fay)
    await drafting.choose(currency="EUR", wanted={Schedule.WEEKLY}, by=fay)
    with clock.shifted(timedelta(days=7)):
        assert await drafting.draft_due() == []
    assert await PayoutRun.count() == 1
    (taken,) = await DraftOccasion.objects()
    assert taken.run is None


async def test_a_day_of_requests_pays_those_alone_who_asked_even_late(market: Market) -> None:
    nour, owner = market.nour, market.creator.id
    await schedules.choose(kind=PayeeKind.CREATOR, owner=owner, schedule=Schedule.ON_REQUEST, minimum=Money(1000, "EUR"), by=nour)
    await drafting.choose(currency="EUR", wanted={Schedule.ON_REQUEST}, by=await maker())
    with clock.shifted(timedelta(days=2)):
        assert await drafting.draft_due() == []
        assert await DraftOccasion.count() == 0, "nobody has asked, so the day still waits"
        await schedules.ask(kind=PayeeKind.CREATOR, owner=owner, currency="EUR", by=nour)
        assert len(await drafting.draft_due()) == 1
    (item,) = await PayoutItem.objects()
    assert (item.destination, item.amount_minor) == ("acct_nour", 2000)


async def test_while_the_books_are_broken_the_day_waits(market: Market) -> None:
    await drafting.choose(currency="EUR", wanted={Schedule.WEEKLY}, by=await maker())
    with clock.shifted(timedelta(days=7)):
        await InvariantCheck(checked_at=clock.now(), proofs="[]", stopping="I1").save()
        assert await drafting.draft_due() == []
        await InvariantCheck(checked_at=clock.now(), proofs="[]", stopping="").save()
        assert len(await drafting.draft_due()) == 1


async def test_a_maker_turns_it_on_and_off_on_the_page(market: Market, server: str, cast: Cast) -> None:
    fay, finn = await cast.client(await cast.fay()), await cast.client(await cast.finn())
    assert (await fay.post("/finance/runs/by-itself?currency=EUR", data={"weekly": "1"})).status_code == 303
    page = (await fay.get("/finance/runs")).text
    assert "Every Monday" in page
    assert "next on" in page
    assert (await finn.post("/finance/runs/by-itself?currency=EUR", data={})).status_code == 403
    await fay.post("/finance/runs/by-itself?currency=EUR", data={})
    assert "next on" not in (await finn.get("/finance/runs")).text
