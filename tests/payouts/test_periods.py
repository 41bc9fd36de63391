"""Months of the books: a checklist, the close, late facts and opening again by two persons (docs/money.md, chapter 11)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from foundation import clock
from foundation.database import DB
from foundation.errors import WrongState
from foundation.money import Money
from marketplace import disputes
from marketplace.dispute_tables import Dispute
from marketplace.tables import RefundStatus
from payouts import (
    brand_invoices,
    clawbacks,
    documents,
    earnings,
    exchange,
    invariants,
    ledger,
    looks,
    periods,
    proofs,
    reconciliation,
    transfers,
    watch,
)
from payouts import disputes as folding
from payouts.chart import Account, Code
from payouts.exchange_tables import Exchange, ExchangeKind
from payouts.ledger import Source, credit, debit
from payouts.periods import CloseBlocked, ReasonMissing
from payouts.runs import SamePerson
from payouts.tables import Commission, ItemStatus, Journal
from tests.cast import Cast
from tests.payouts import facts
from tests.payouts.ready import Ready, approved, items_of, ready
from tests.payouts.shop_sales import next_month, shop
from tests.payouts.test_documents import sold, told
from tests.stand_ins import StandIn

SEPTEMBER = "2026-09"


@pytest.fixture
async def house(server: str, stripe_sandbox: StandIn) -> Ready:
    """The two persons of finance, and one gift in September; Stripe is read."""
    house = await ready(stripe_sandbox)
    await book("first")
    await looks.look()
    return house


async def book(name: str) -> None:
    """A gift of September, between accounts that neither Stripe nor a payee has a part in."""
    goodwill, fee = Account(Code.GOODWILL), Account(Code.PLATFORM_FEE)
    await ledger.post(
        key=f"test:{name}",
        kind="G1",
        event_at=datetime(2026, 9, 20, tzinfo=UTC),
        source=Source(kind="test", id=name),
        lines=[debit(goodwill, Money(100, "EUR")), credit(fee, Money(100, "EUR"))],
    )


async def month(period: str = SEPTEMBER) -> periods.Month:
    return next(one for one in await periods.months() if one.id == period)


async def test_a_month_is_closed_when_its_checklist_is_done(house: Ready) -> None:
    with pytest.raises(CloseBlocked) as blocked:
        await periods.close(period=SEPTEMBER, by=house.finn)
    assert blocked.value.data == {"points": "proved"}
    await watch.check()
    await periods.close(period=SEPTEMBER, by=house.finn)
    closed = await month()
    assert (closed.status, closed.closer) == ("closed", "Finn")
    with pytest.raises(WrongState):
        await periods.close(period=SEPTEMBER, by=house.finn)


async def test_the_month_of_today_cannot_be_closed(house: Ready) -> None:
    await house.sale(12000, released=False)
    with pytest.raises(CloseBlocked) as blocked:
        await periods.close(period=periods.month_of(clock.now()), by=house.finn)
    assert "ended" in str(blocked.value.data["points"])
    assert "before" in str(blocked.value.data["points"])


async def test_a_late_fact_goes_into_the_open_month_and_keeps_its_origin(house: Ready) -> None:
    await watch.check()
    await periods.close(period=SEPTEMBER, by=house.finn)
    await book("late")
    today = periods.month_of(clock.now())
    late = await periods.late_facts(today)
    assert [(fact.origin, fact.source_id) for fact in late] == [(SEPTEMBER, "late")]
    assert (await month()).journals == 1
    assert (await month(today)).late == 1
    assert "I11" not in (await watch.check()).broken


async def test_a_month_is_opened_again_by_two_persons_with_a_reason(house: Ready) -> None:
    await watch.check()
    await periods.close(period=SEPTEMBER, by=house.finn)
    with pytest.raises(ReasonMissing):
        await periods.ask_reopening(period=SEPTEMBER, reason="  ", by=house.fay)
    wish = await periods.ask_reopening(period=SEPTEMBER, reason="An invoice was forgotten", by=house.fay)
    with pytest.raises(SamePerson):
        await periods.agree_reopening(reopening_id=wish.id, by=house.fay)
    with pytest.raises(asyncpg.CheckViolationError):
        async with DB.connection() as connection:
            await connection.execute("update period_reopening set checker = maker")
    assert (await month()).status == "closed"
    await periods.agree_reopening(reopening_id=wish.id, by=house.finn)
    assert (await month()).status == "open"
    await book("second")
    assert (await month()).journals == 2


async def test_the_page_of_a_month_leads_to_its_exports(house: Ready, cast: Cast) -> None:
    finn = await cast.client(house.finn)
    assert f"/finance/exports?period={SEPTEMBER}" in (await finn.get(f"/finance/close/{SEPTEMBER}")).text
    assert f'value="{SEPTEMBER}"' in (await finn.get(f"/finance/exports?period={SEPTEMBER}")).text


async def test_the_pages_lead_through_the_close_and_back(house: Ready, cast: Cast) -> None:
    fay, finn, here = await cast.client(house.fay), await cast.client(house.finn), f"/finance/close/{SEPTEMBER}"
    assert SEPTEMBER in (await fay.get("/finance/close")).text
    assert (await fay.post(here)).status_code == 403
    answer = await finn.post(here)
    assert answer.status_code == 409
    assert "The checklist names what is open" in answer.text
    await watch.check()
    assert (await finn.post(here)).status_code == 303
    assert "Closed by Finn" in (await fay.get(here)).text
    await finn.post(f"{here}/reopen", data={"reason": "An invoice was forgotten"})
    wish = await periods.waiting(SEPTEMBER)
    assert wish is not None
    assert (await finn.post(f"{here}/agree/{wish.id}")).status_code == 403
    assert "An invoice was forgotten" in (await fay.get(here)).text
    assert (await fay.post(f"{here}/agree/{wish.id}")).status_code == 303
    assert "Close the month" in (await finn.get(here)).text
    assert (await fay.get("/finance/close/1999-01")).status_code == 404
    assert (await (await cast.client(house.market.nour)).get("/finance/close")).status_code == 403


async def open_points(period: str) -> set[str]:
    return {point.code for point in await periods.checklist(period) if not point.done}


async def test_silence_of_stripe_is_no_agreement(house: Ready) -> None:
    """Three days without Stripe over the end of a month: nothing differs, and nothing was compared."""
    now = clock.now()
    month = periods.month_of(now)
    with clock.shifted(periods.end_of(month) + timedelta(hours=9) - now):
        assert "read" in await open_points(month)
        await looks.look()
        assert "read" not in await open_points(month)
    async with DB.connection() as connection:
        await connection.execute("delete from mirror_cursor where name = 'reconciled'")
    assert await reconciliation.compared_at() is None
    assert "read" in await open_points(SEPTEMBER), "read, but never compared"


async def test_a_dispute_that_is_not_decided_does_not_keep_a_month_open(house: Ready) -> None:
    sale = await house.sale(12000, released=False)
    commission = await Commission.objects().get(Commission.order == sale.order_id)
    assert commission is not None
    month = periods.month_of(commission.hold_until)
    with clock.shifted(commission.hold_until - clock.now() + timedelta(seconds=1)):
        assert "booked" in await open_points(month), "its hold has passed and nobody has released it"
        told = await house.sandbox.admin("disputes", {"charge": sale.charge, "reason": "fraudulent"})
        await disputes.settle_dispute(stripe_dispute_id=told["id"])
        for row in await Dispute.select(Dispute.id):
            await folding.fold(dispute_id=row["id"])
        assert await earnings.release_due() == 0
        assert "booked" not in await open_points(month), "it waits for the bank, not for us"


async def test_a_month_waits_for_the_invoices_of_brands_own_shops(db: None) -> None:
    made = await shop()
    await made.sale(5000)
    month = periods.month_of(clock.now())
    with clock.shifted(next_month()):
        assert "invoiced" in await open_points(month)
        await brand_invoices.issue_due()
        assert "invoiced" not in await open_points(month)
    await made.sale(300, currency="USD")
    with clock.shifted(next_month()):
        assert "invoiced" not in await open_points(month), "less than one dollar is carried on"


async def test_a_month_waits_for_the_documents_of_creators_that_can_be_made_and_for_no_others(db: None) -> None:
    market = await facts.market()
    await sold(market, 6000)
    month = periods.month_of(clock.now())
    with clock.shifted(next_month()):
        assert "documented" not in await open_points(month), "who has not said who they are keeps no month open"
    await told(market)
    with clock.shifted(next_month()):
        assert "documented" in await open_points(month)
        await documents.issue_due()
        assert "documented" not in await open_points(month)
    refund = await (await sold(market, 6000)).refund({0: 1000}, status=RefundStatus.SENDING)
    with clock.shifted(next_month()):
        await documents.issue_due()
        await clawbacks.claw_back(refund_id=refund)
        assert "documented" in await open_points(month), "a refund of what was invoiced is to be credited"
        await documents.issue_due()
        assert "documented" not in await open_points(month)


async def test_a_month_waits_for_what_exchange_rates_did(db: None) -> None:
    now = clock.now()
    month = periods.month_of(now)
    clearing, pending = Account(Code.FX_CLEARING), Account(Code.STRIPE_PENDING)
    lines = [debit(clearing, Money(6000, "USD")), credit(pending, Money(6000, "USD")), debit(pending, Money(5000, "EUR"))]
    posted = await ledger.post(
        key="fx:1",
        kind="F1",
        event_at=now,
        source=Source(kind="movement", id="ch_1"),
        lines=[*lines, credit(clearing, Money(5000, "EUR"))],
    )
    await Exchange(
        id=uuid4(), kind=ExchangeKind.SETTLED, source_id="txn_1", at=now, from_currency="USD", from_minor=6000,
        to_currency="EUR", to_minor=5520, journal=posted.id,
    ).save()  # fmt: skip
    with clock.shifted(next_month()):
        assert "revalued" in await open_points(month)
        assert await exchange.revalue_due() == ["EUR"]
        assert "revalued" not in await open_points(month)


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        ("2026-10-31T22:59:59.999999", "2026-10"),  # the month in which summer time ends
        ("2026-10-31T23:00:00", "2026-11"),
        ("2026-03-31T21:59:59.999999", "2026-03"),  # the month in which it begins
        ("2026-03-31T22:00:00", "2026-04"),
        ("2026-12-31T22:59:59.999999", "2026-12"),
        ("2026-12-31T23:00:00", "2027-01"),
        ("2028-02-29T22:59:59.999999", "2028-02"),
        ("2026-10-25T00:30:00", "2026-10"),  # half past two in the morning, for the first time
        ("2026-10-25T01:30:00", "2026-10"),  # and for the second
    ],
)
def test_a_moment_belongs_to_the_month_of_paris_and_the_months_touch_without_a_gap(moment: str, month: str) -> None:
    at = datetime.fromisoformat(f"{moment}+00:00")
    assert periods.month_of(at) == month
    ends = periods.end_of(month)
    assert (periods.month_of(ends - timedelta(microseconds=1)), periods.month_of(ends) > month) == (month, True)
    assert at < ends


async def test_a_run_that_is_sent_while_its_month_is_closed_leaves_nothing_behind_in_it(house: Ready) -> None:
    await house.sale(6000)
    await house.books()
    month, start = periods.month_of(clock.now()), clock.now()
    with clock.shifted(periods.end_of(month) + timedelta(hours=9) - start):
        run = await approved(
            house
        )  # approved in the next month: its transfers are facts of the next one, or late ones of this one
        await watch.check()
        await reconciliation.reconcile()
        for past in sorted(one.id for one in await periods.months() if one.id < month):
            await periods.close(period=past, by=house.finn)
        await looks.look()
        closed, *_sent = await asyncio.gather(
            periods.close(period=month, by=house.finn), transfers.execute(run_id=run.id), transfers.execute(run_id=run.id),
            return_exceptions=True,
        )  # fmt: skip
        assert closed is None or isinstance(closed, CloseBlocked)
        assert {item.status for item in await items_of(run.id)} == {ItemStatus.SENT}
        await watch.check()
        assert [
            proof for proof in [*await proofs.verify(), *await invariants.check()] if not proof.holds and proof.code != "I8"
        ] == []
        if closed is None:
            rows = await Journal.select(Journal.kind, Journal.period).where(Journal.kind.is_in(["P1", "P2"]))
            assert {row["period"] for row in rows if row["kind"] == "P1"} == {periods.month_of(clock.now())}


async def test_a_clock_that_is_ahead_does_not_break_the_closed_month(house: Ready) -> None:
    with clock.shifted(timedelta(seconds=30)):
        await book("from a machine whose clock is ahead")
    await watch.check()
    await periods.close(period=SEPTEMBER, by=house.finn)
    assert "I11" not in (await watch.check()).broken
