"""kill -9 in the middle of a purchase, a refund and a payout run: nothing is lost, nothing is done twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from foundation import stripe_gateway, valkey
from marketplace import refunds
from marketplace.refunds import Reason
from marketplace.tables import Order, OrderStatus, Refund, RefundStatus
from payouts import runs, transfers
from payouts.tables import ItemStatus, Payee, PayoutItem, PayoutRun, RunStatus
from tests.faults.programs.whole import Whole, until
from tests.marketplace import stall


async def test_a_worker_killed_while_it_settles_a_payment_leaves_one_paid_order(whole: Whole) -> None:
    before = await stall.shelf(whole.market.pan)
    order_id, intent = await whole.place()
    await whole.fault("delay", "GET /v1/payment_intents/*", seconds=1)
    await stall.pay_at_stripe(intent)
    await fault_is_spent(whole)
    whole.kill("worker")
    await whole.back("worker")
    await whole.credited([order_id])
    assert await stall.shelf(whole.market.pan) == before - 1
    await whole.books_agree()


@pytest.mark.slow
async def test_webhooks_that_meet_a_killed_web_process_come_again(whole: Whole) -> None:
    order_id, intent = await whole.place()
    whole.kill("web")
    await until("nobody answers for a killed web process", whole.is_silent)
    await stall.pay_at_stripe(intent)
    await whole.back("web")
    await whole.stripe.flush()
    await whole.credited(
        [order_id], patience=100
    )  # Stripe's attempts come after 2, 12 and 72 s: the web may be back after the second
    await whole.books_agree()


@pytest.mark.slow
async def test_a_relay_killed_among_purchases_loses_no_news(whole: Whole) -> None:
    orders = await asyncio.gather(*(whole.buy() for _ in range(3)))
    whole.kill("relay")
    orders += await asyncio.gather(*(whole.buy() for _ in range(3)))
    await whole.back("relay")
    await whole.credited(orders)
    await whole.books_agree()


@pytest.mark.slow
async def test_connections_to_valkey_that_break_among_purchases_lose_nothing(whole: Whole) -> None:
    orders: list[UUID] = []
    for _ in range(4):
        orders.append(await whole.buy())
        await valkey.client().client_kill_filter(_type="normal", skipme=True)
    await whole.credited(orders)
    await whole.books_agree()


async def test_a_worker_killed_while_a_refund_is_at_stripe_gives_the_money_back_once(whole: Whole) -> None:
    order_id = await whole.buy()
    await whole.credited([order_id])
    await whole.fault("delay", "POST /v1/refunds", seconds=1)
    refund_id = await refunds.ask_refund(order_id=order_id, lines=None, reason=Reason.RETURNED, by=whole.market.ada)
    await until("the refund is on its way", lambda: refund_is(refund_id, RefundStatus.SENDING))
    whole.kill("worker")
    await whole.back("worker")
    await until("the refund has ended", lambda: refund_is(refund_id, RefundStatus.SUCCEEDED))
    intent = (await stall.payment_of(order_id)).intent_id
    assert [made.amount.minor for made in await stripe_gateway.find_refunds(payment=intent)] == [5900]
    order = await stall.order(order_id)
    assert (order.status, order.refunded_minor) == (OrderStatus.REFUNDED, 5900)
    await whole.books_agree()


async def test_a_worker_killed_while_a_transfer_is_at_stripe_pays_everybody_once(whole: Whole) -> None:
    await whole.credited([await whole.buy(), await whole.buy()])
    await whole.books_agree()
    await whole.fault("delay", "POST /v1/transfers", seconds=1)
    run = await approved_run(whole)
    await until("a transfer is on its way", lambda: some_item_is(run.id, ItemStatus.SENDING))
    whole.kill("worker")
    await whole.back("worker")
    await paid_out_once(whole, run)


async def test_an_answer_lost_after_a_transfer_leaves_exactly_one(whole: Whole) -> None:
    await whole.credited([await whole.buy()])
    await whole.books_agree()
    await whole.fault("lost_response", "POST /v1/transfers", times=3)
    run = await approved_run(whole)
    await paid_out_once(whole, run)


async def fault_is_spent(whole: Whole) -> None:
    """Wait until the stand-in has taken the call that the fault was for."""
    import httpx

    async with httpx.AsyncClient() as asking:

        async def spent() -> bool:
            listed = (await asking.get(f"{whole.stripe.url}/_sandbox/faults")).json()["faults"]
            return all(fault["times"] == 0 for fault in listed)

        await until("the call has come", spent)


async def refund_is(refund_id: UUID, status: RefundStatus) -> bool:
    return bool(await Refund.exists().where((Refund.id == refund_id) & (Refund.status == status)))


async def some_item_is(run_id: UUID, status: ItemStatus) -> bool:
    return bool(await PayoutItem.exists().where((PayoutItem.run == run_id) & (PayoutItem.status == status)))


async def approved_run(whole: Whole) -> PayoutRun:
    """Fay drafts and submits, Finn approves; the programs send."""
    run = await runs.draft(by=whole.fay, minimum_minor=1)
    run = await runs.submit(run_id=run.id, by=whole.fay)
    return await runs.approve(run_id=run.id, content_hash=run.content_hash, by=whole.finn)


async def paid_out_once(whole: Whole, run: PayoutRun) -> None:
    """Every item of the run has one transfer of its amount at Stripe, whatever happened on the way."""

    async def completed() -> bool:
        await transfers.resume(older_than=timedelta(seconds=2))
        return (await runs.run_of(run.id)).status == RunStatus.COMPLETED

    await until("the run is completed", completed)
    items = await PayoutItem.objects().where(PayoutItem.run == run.id)
    assert {item.status for item in items} == {ItemStatus.SENT}
    for item in items:
        made = await stripe_gateway.find_transfers(group=f"payout_item_{item.id}")
        assert [transfer.amount.minor for transfer in made] == [item.amount_minor]
    for row in await Payee.select(Payee.id, Payee.stripe_account_id):
        sent = await PayoutItem.select(PayoutItem.amount_minor).where(PayoutItem.payee == row["id"])
        held = await stripe_gateway.balance(account=row["stripe_account_id"])
        assert sum(part.minor for part in (*held.available, *held.pending)) == sum(item["amount_minor"] for item in sent)
    assert await Order.count().where(Order.status == OrderStatus.PLACED) == 0
    await whole.books_agree()
