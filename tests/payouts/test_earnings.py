"""From a paid order to what creators and brands may have, and back again with refunds (docs/money.md, chapters 2 and 4)."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import uuid4

import pytest

from foundation import clock
from foundation.money import Money
from marketplace.tables import Order, OrderStatus, RefundStatus
from moderation.tables import Sanction, SanctionKind
from payouts import chart, clawbacks, earnings, invariants, ledger, proofs, purses
from payouts.chart import Account, Code
from payouts.purses import Contents
from payouts.tables import Commission, CommissionStatus, Journal, PayeeKind
from tests.payouts import facts
from tests.payouts.facts import PAID_AT, Market

pytestmark = pytest.mark.usefixtures("db")


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


async def of_creator(market: Market) -> Contents:
    return await purses.contents(PayeeKind.CREATOR, market.creator.id, "EUR")


async def of_brand(market: Market) -> Contents:
    return await purses.contents(PayeeKind.BRAND, market.brand.id, "EUR")


def hold_is_over(days: int = 14) -> AbstractContextManager[None]:
    return clock.shifted(PAID_AT + timedelta(days=days) - clock.now())


async def books_are_true() -> None:
    assert [proof for proof in [*await proofs.verify(), *await invariants.check()] if not proof.holds] == []


async def test_a_sale_in_the_show_pays_brand_creator_and_platform() -> None:
    market = await facts.market()
    sale = await market.order(6000)
    await earnings.credit_sale(order_id=sale.order_id)
    assert (await of_creator(market)).pending == eur(500)
    assert (await of_brand(market)).pending == eur(5250)
    assert await ledger.balance(Account(Code.PLATFORM_FEE), "EUR") == eur(250)
    assert await ledger.balance(Account(Code.STRIPE_PENDING), "EUR") == eur(6000)
    assert await ledger.balance(chart.of_order(Code.CLEARING, sale.order_id), "EUR") == eur(0)
    row = await Commission.objects().where(Commission.order == sale.order_id).first()
    assert row is not None
    assert (row.creator, row.base_minor, row.rate_bp, row.vat_minor) == (market.creator.id, 5000, 1000, 1000)
    assert row.hold_until == PAID_AT + timedelta(days=14)
    await books_are_true()


async def test_a_sale_that_nobody_brought_is_the_brands() -> None:
    market = await facts.market()
    sale = await market.order(6000, in_show=False)
    await earnings.credit_sale(order_id=sale.order_id)
    assert (await of_brand(market)).pending == eur(5750)
    assert (await of_creator(market)).pending == eur(0)
    await books_are_true()


async def test_crediting_twice_and_at_once_credits_once() -> None:
    market = await facts.market()
    sale = await market.order(6000, 1999)
    await asyncio.gather(*(earnings.credit_sale(order_id=sale.order_id) for _ in range(4)))
    assert await Journal.count() == 3
    assert await Commission.count() == 2
    await books_are_true()


async def test_an_unpaid_order_earns_nothing() -> None:
    market = await facts.market()
    sale = await market.order(6000)
    await Order.update({Order.status: OrderStatus.PLACED}).where(Order.id == sale.order_id)
    with pytest.raises(earnings.OrderNotPaid):
        await earnings.credit_sale(order_id=sale.order_id)
    assert await Journal.count() == 0


async def test_stripes_fee_is_the_platforms_cost() -> None:
    market = await facts.market()
    sale = await market.order(6000, fee=115)
    await earnings.charge_settled(order_id=sale.order_id)
    await earnings.credit_sale(order_id=sale.order_id)
    await earnings.charge_settled(order_id=sale.order_id)
    assert await ledger.balance(Account(Code.STRIPE_FEES), "EUR") == eur(115)
    assert await ledger.balance(Account(Code.STRIPE_PENDING), "EUR") == eur(5885)


async def test_money_is_released_at_the_end_of_the_hold_and_not_before() -> None:
    market = await facts.market()
    sale = await market.order(6000)
    await earnings.credit_sale(order_id=sale.order_id)
    with clock.shifted(PAID_AT + timedelta(days=14, seconds=-5) - clock.now()):
        assert await earnings.release_due() == 0
    with hold_is_over():
        assert await earnings.release_due() == 1
        assert await earnings.release_due() == 0
    assert (await of_creator(market)).available == eur(500)
    assert (await of_brand(market)).available == eur(5250)
    await books_are_true()


async def test_releasing_at_once_releases_once() -> None:
    market = await facts.market()
    for _ in range(5):
        await earnings.credit_sale(order_id=(await market.order(6000)).order_id)
    with hold_is_over():
        counts = await asyncio.gather(*(earnings.release_due() for _ in range(3)))
    assert sum(counts) == 5
    assert (await of_creator(market)).available == eur(2500)
    await books_are_true()


async def test_a_banned_creators_money_is_held_until_the_ban_is_lifted() -> None:
    market = await facts.market()
    await earnings.credit_sale(order_id=(await market.order(6000)).order_id)
    ban = Sanction(id=uuid4(), person=market.nour.id, kind=SanctionKind.BAN, reason="fraud", decided_at=clock.now())
    await ban.save()
    with hold_is_over():
        await earnings.release_due()
        assert (await of_creator(market)).held == eur(500)
        assert (await of_brand(market)).available == eur(5250)
        await Sanction.update({Sanction.lifted_at: clock.now()}).where(Sanction.id == ban.id)
        await earnings.release_due()
    assert (await of_creator(market)).available == eur(500)
    assert (await of_creator(market)).held == eur(0)
    await books_are_true()


async def test_a_refund_before_the_hold_is_taken_from_pending() -> None:
    market = await facts.market()
    sale = await market.order(6000)
    await earnings.credit_sale(order_id=sale.order_id)
    refund = await sale.refund({0: 3000})
    await clawbacks.claw_back(refund_id=refund)
    assert (await of_creator(market)).pending == eur(250)
    assert (await of_brand(market)).pending == eur(2625)
    assert await ledger.balance(chart.of_order(Code.REFUND_PAYABLE, sale.order_id), "EUR") == eur(3000)
    await facts.stands(refund, RefundStatus.SUCCEEDED)
    await clawbacks.claw_back(refund_id=refund)
    assert await ledger.balance(chart.of_order(Code.REFUND_PAYABLE, sale.order_id), "EUR") == eur(0)
    assert await ledger.balance(Account(Code.STRIPE_AVAILABLE), "EUR") == eur(-3000)
    await books_are_true()


async def test_a_refund_after_the_hold_is_taken_from_what_is_available() -> None:
    market = await facts.market()
    sale, other = await market.order(6000), await market.order(6000)
    for one in (sale, other):
        await earnings.credit_sale(order_id=one.order_id)
    with hold_is_over():
        await earnings.release_due()
    await clawbacks.claw_back(refund_id=await sale.refund({0: 6000}, status=RefundStatus.SUCCEEDED))
    assert (await of_creator(market)).available == eur(500)
    assert (await of_creator(market)).debt == eur(0)
    row = await Commission.objects().where(Commission.order == sale.order_id).first()
    assert row is not None
    assert row.status == CommissionStatus.REVERSED
    await books_are_true()


async def test_a_refund_takes_what_is_available_and_leaves_the_rest_as_a_debt_that_the_next_release_pays() -> None:
    market = await facts.market()
    large, small = await market.order(12000), await market.order(4800)
    for one in (large, small):
        await earnings.credit_sale(order_id=one.order_id)
    with hold_is_over():
        await earnings.release_due()
    purse = chart.purse("creator", market.creator.id)
    await ledger.post(  # the larger commission has been paid out; 400 of the smaller one are left
        key="paid", kind="T", event_at=clock.now(), source=ledger.Source(kind="test", id="1"),
        lines=[ledger.debit(purse.available, eur(1000)), ledger.credit(Account(Code.SUSPENSE), eur(1000))],
    )  # fmt: skip
    await clawbacks.claw_back(refund_id=await large.refund({0: 12000}, status=RefundStatus.SUCCEEDED))
    assert ((await of_creator(market)).available, (await of_creator(market)).debt) == (eur(0), eur(600))
    later = await market.order(9600)
    await earnings.credit_sale(order_id=later.order_id)
    with hold_is_over():
        await earnings.release_due()
    assert ((await of_creator(market)).available, (await of_creator(market)).debt) == (eur(200), eur(0))
    assert all(proof.holds for proof in await proofs.verify())


async def test_a_refund_that_fails_later_gives_everything_back() -> None:
    market = await facts.market()
    sale = await market.order(6000)
    await earnings.credit_sale(order_id=sale.order_id)
    before = await ledger.trial_balance("EUR")
    refund = await sale.refund({0: 1234}, status=RefundStatus.SUCCEEDED)
    await clawbacks.claw_back(refund_id=refund)
    await facts.stands(refund, RefundStatus.FAILED)
    await clawbacks.claw_back(refund_id=refund)
    await clawbacks.claw_back(refund_id=refund)
    after = {line.code: (line.debit, line.credit) for line in await ledger.trial_balance("EUR") if line.debit or line.credit}
    assert after == {line.code: (line.debit, line.credit) for line in before if line.debit or line.credit}
    assert (await of_creator(market)).pending == eur(500)
    await books_are_true()


async def test_a_refund_that_never_left_moves_nothing() -> None:
    market = await facts.market()
    sale = await market.order(6000)
    await clawbacks.claw_back(refund_id=await sale.refund({0: 1234}, status=RefundStatus.FAILED))
    assert (await of_creator(market)).pending == eur(500)
    await books_are_true()


async def test_a_refund_that_is_heard_of_before_the_sale_books_both() -> None:
    market = await facts.market()
    sale = await market.order(6000)
    await clawbacks.claw_back(refund_id=await sale.refund({0: 6000}, status=RefundStatus.SUCCEEDED))
    assert (await of_creator(market)).pending == eur(0)
    assert await ledger.balance(Account(Code.PLATFORM_FEE), "EUR") == eur(0)
    await books_are_true()


async def test_refunds_and_releases_at_once_end_in_true_books() -> None:
    market = await facts.market()
    sales = [await market.order(6000, 2500) for _ in range(4)]
    for sale in sales:
        await earnings.credit_sale(order_id=sale.order_id)
    refunds = [await sale.refund({place: 777}) for sale in sales for place in (0, 1)]
    with hold_is_over():
        await asyncio.gather(
            *(clawbacks.claw_back(refund_id=refund) for refund in refunds), *(earnings.release_due() for _ in range(3))
        )
        await earnings.release_due()
    await books_are_true()
    contents = await of_creator(market)
    assert contents.pending == eur(0)
    rows = await Commission.objects()
    assert contents.available.minor == sum(row.amount_minor - row.reversed_minor for row in rows)
