"""The mirror misses nothing, and every difference between Stripe and the ledger is found and named (docs/money.md, chapter 7)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from foundation import clock, stripe_gateway
from foundation.database import DB
from foundation.money import Money
from foundation.vendor import VendorError
from marketplace.tables import Payment, RefundStatus
from payouts import chart, clawbacks, differences, earnings, funds, invariants, ledger, mirror, reconciliation
from payouts.chart import Account, Code
from payouts.ledger import Source, credit, debit
from payouts.tables import MirrorTransaction, MovementMatch, ReconciliationException
from tests.payouts import facts
from tests.payouts.ready import Ready, ready
from tests.stand_ins import StandIn

AT = datetime(2026, 10, 3, 12, tzinfo=UTC)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


@pytest.fixture
async def house(db: None, stripe_sandbox: StandIn) -> Ready:
    return await ready(stripe_sandbox)


async def codes() -> list[str]:
    await reconciliation.reconcile()
    return sorted(case.code for case in await differences.cases())


async def mirrored(source: str, net: int, *, fee: int = 0, category: str = "charge", currency: str = "EUR") -> None:
    """A balance transaction as the mirror would have stored it."""
    await MirrorTransaction(
        id=f"txn_{uuid4().hex[:16]}",
        kind=category,
        category=category,
        amount_minor=net + fee,
        fee_minor=fee,
        net_minor=net,
        currency=currency,
        source_id=source,
        created_at=AT,
        available_on=AT,
        mirrored_at=clock.now(),
    ).save()


async def booked(source: str, amount: int, *, currency: str = "EUR") -> None:
    lines = (debit(earnings.STRIPE_PENDING, Money(amount, currency)), credit(Account(Code.SUSPENSE), Money(amount, currency)))
    await ledger.post(key=source, kind="T1", event_at=AT, source=Source(kind="charge", id=source), lines=lines)


async def read_just_now() -> None:
    async with DB.connection() as connection:
        await connection.execute(
            "insert into mirror_cursor (name, position, synced_at) values ('stripe', '', now() + interval '1 minute')"
            " on conflict (name) do update set synced_at = now() + interval '1 minute'"
        )


async def test_a_day_of_sales_and_refunds_agrees_to_the_cent(house: Ready) -> None:
    sales = [await house.sale(amount) for amount in (6000, 1999, 12345)]
    made = await stripe_gateway.refund(payment=await _intent(sales[0].order_id), amount=eur(2500), key=str(uuid4()), metadata={})
    await clawbacks.claw_back(refund_id=await sales[0].refund({0: 2500}, status=RefundStatus.SUCCEEDED, stripe_id=made.id))
    await house.books()
    found = await reconciliation.reconcile()
    assert (found.open, found.matched) == (0, 4)
    assert (await invariants.stripe_agrees()).holds
    again = await reconciliation.reconcile()
    assert (again.matched, again.found, again.open) == (0, 0, 0)


async def test_the_mirror_reads_everything_after_a_silence(house: Ready) -> None:
    await house.sale(6000)
    assert await mirror.pull() == 1
    for _ in range(3):
        await house.sale(1000)
    await house.sandbox.admin("clock", {"advance": 3 * 86_400})
    await house.sale(2000)
    assert await mirror.pull() == 4
    assert await mirror.pull() == 0
    assert await MirrorTransaction.count() == 5


async def test_readings_at_once_store_each_movement_once(house: Ready) -> None:
    for _ in range(3):
        await house.sale(1000)
    await asyncio.gather(*(mirror.pull() for _ in range(3)))
    assert await MirrorTransaction.count() == 3


async def test_a_reading_that_breaks_off_is_begun_again_where_it_began(house: Ready) -> None:
    await house.sale(1000)
    await house.sandbox.admin("faults", {"kind": "fail_before", "operation": "GET /v1/balance_transactions", "times": 3})
    with pytest.raises(VendorError):
        await mirror.pull()
    assert await mirror.synced_at() is None
    assert await mirror.pull() == 1


async def test_fees_and_refunds_whose_notices_were_lost_are_booked_from_the_mirror(house: Ready) -> None:
    sale = await house.sale(6000)
    made = await stripe_gateway.refund(payment=await _intent(sale.order_id), amount=eur(6000), key=str(uuid4()), metadata={})
    refund = await sale.refund({0: 6000}, stripe_id=made.id)
    await house.books()
    assert await ledger.balance(Account(Code.STRIPE_FEES), "EUR") == eur(115)
    assert await ledger.booked(f"refund:{refund}:{sale.lines[0]}", f"refunded:{refund}") != {}
    assert await ledger.balance(chart.of_order(Code.REFUND_PAYABLE, sale.order_id), "EUR") == eur(0)
    assert await codes() == []


async def test_a_refund_that_fails_later_agrees_on_both_legs(house: Ready) -> None:
    sale = await house.sale(6000)
    await house.sandbox.admin("faults", {"kind": "refund_fails_later"})
    made = await stripe_gateway.refund(payment=await _intent(sale.order_id), amount=eur(6000), key=str(uuid4()), metadata={})
    refund = await sale.refund({0: 6000}, status=RefundStatus.SUCCEEDED, stripe_id=made.id)
    await clawbacks.claw_back(refund_id=refund)
    await house.books()
    await facts.stands(refund, RefundStatus.FAILED)
    await clawbacks.claw_back(refund_id=refund)
    await house.books()
    assert await codes() == []
    assert (await invariants.stripe_agrees()).holds


async def test_money_sent_to_the_bank_is_booked_and_agrees(house: Ready) -> None:
    await house.sale(6000)
    await house.books()
    await stripe_gateway.create_payout(amount=eur(1000), key="p1")
    await house.books()
    assert await ledger.balance(Account(Code.IN_TRANSIT), "EUR") == eur(1000)
    assert await codes() == []


@pytest.mark.parametrize(
    ("theirs", "ours", "code"),
    [
        ({"net": 5000}, None, "E01"),
        (None, 5000, "E02"),
        ({"net": 5000}, 5001, "E03"),
        ({"net": 5000, "currency": "USD"}, 5000, "E04"),
        ({"net": 4885, "fee": 115}, 5000, "E05"),
        ({"net": -700, "category": "transfer"}, None, "E07"),
        ({"net": -3, "category": "stripe_fee_of_tomorrow"}, None, "E13"),
    ],
)
async def test_each_difference_has_its_name(db: None, theirs: dict[str, object] | None, ours: int | None, code: str) -> None:
    if ours is not None:
        await booked("ch_odd", ours)
    if theirs is not None:
        await mirrored("ch_odd", **theirs)  # type: ignore[arg-type]  # the table's rows
    await booked("ch_even", 300)
    await mirrored("ch_even", 300)
    await read_just_now()
    assert await codes() == [code]
    assert await codes() == [code]
    assert await MovementMatch.count() == 1


async def test_what_the_mirror_cannot_have_seen_yet_is_no_difference(db: None) -> None:
    await booked("ch_new", 300)
    assert await codes() == []


async def test_a_difference_heals_when_the_facts_agree(db: None) -> None:
    await mirrored("ch_late", 300)
    await read_just_now()
    assert await codes() == ["E01"]
    await booked("ch_late", 300)
    assert await codes() == []
    case = await ReconciliationException.objects().first()
    assert case is not None
    assert (case.status, case.resolved_by) == ("resolved", None)


async def test_what_a_person_resolved_comes_back_only_with_another_amount(house: Ready) -> None:
    await mirrored("ch_odd", 300)
    assert await codes() == ["E01"]
    (case,) = await differences.cases()
    await reconciliation.resolve(exception_id=case.id, resolution="Sold at a fair, by hand", by=house.fay)
    assert await codes() == []
    await mirrored("ch_odd", 50)
    assert await codes() == ["E01"]


async def test_reconciling_at_once_finds_each_difference_once(db: None) -> None:
    for number in range(5):
        await mirrored(f"ch_{number}", 300)
    await asyncio.gather(*(reconciliation.reconcile() for _ in range(3)))
    assert await ReconciliationException.count() == 5


async def test_sweeping_twice_books_once(house: Ready) -> None:
    await house.sale(6000)
    await house.books()
    await asyncio.gather(*(funds.settle() for _ in range(3)))
    assert await ledger.balance(Account(Code.STRIPE_AVAILABLE), "EUR") == eur(5885)


async def _intent(order_id: UUID) -> str:
    row = await Payment.objects().where(Payment.order == order_id).first()
    assert row is not None
    return str(row.intent_id)
