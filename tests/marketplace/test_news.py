"""Webhooks, events and jobs: what arrives late, twice or never ends in the same order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from foundation import clock
from marketplace import jobs, refunds
from marketplace.refunds import Reason
from marketplace.tables import Order, Refund
from tests.cast import Cast
from tests.marketplace.stall import (
    events,
    fault,
    holds,
    open_payment,
    order,
    pay_at_stripe,
    payment_of,
    person,
    place,
    shelf,
    stall,
)
from tests.stand_ins import StandIn

Settle = Callable[[], Awaitable[None]]
pytestmark = pytest.mark.usefixtures("server")


async def test_a_webhook_alone_pays_the_order_and_notes_the_fee(settle: Settle, stripe_sandbox: StandIn) -> None:
    sam, alma = await person("sam"), await stall()
    order_id = await place(alma, sam)
    await pay_at_stripe(await open_payment(order_id, sam))
    await settle()
    assert (await order(order_id)).status == "paid"
    await stripe_sandbox.admin("clock", {"advance": 60})
    await settle()
    payment = await payment_of(order_id)
    assert payment.fee_minor is not None
    assert payment.fee_minor > 0
    assert payment.balance_transaction_id


@pytest.mark.parametrize("trouble", ["webhook_duplicate", "webhook_reorder", "webhook_drop"])
async def test_webhooks_that_are_doubled_reordered_or_lost_change_nothing(
    settle: Settle, stripe_sandbox: StandIn, trouble: str
) -> None:
    sam, alma = await person("sam"), await stall(stock=2)
    await stripe_sandbox.admin("faults", {"kind": trouble, "times": 50})
    order_id = await place(alma, sam)
    await pay_at_stripe(await open_payment(order_id, sam))
    await settle()
    for minutes in (3, 6):  # first the payment is followed up, then its fee
        with clock.shifted(timedelta(minutes=minutes)):
            await stripe_sandbox.admin("clock", {"advance": 60})
            jobs.sweep.send()
            await settle()
    assert (await order(order_id)).status == "paid"
    assert await holds(order_id) == {"consumed"}
    assert await shelf(alma) == 1
    assert (await payment_of(order_id)).fee_minor


async def test_the_ticker_ends_what_nobody_paid(settle: Settle) -> None:
    sam, alma = await person("sam"), await stall(stock=1)
    order_id = await place(alma, sam)
    await open_payment(order_id, sam)
    with clock.shifted(timedelta(minutes=11)):
        jobs.release_expired.send()
        await settle()
    assert (await order(order_id)).status == "cancelled"
    assert await shelf(alma) == 1


async def test_a_refund_asked_in_the_console_is_sent_by_the_job(cast: Cast, settle: Settle, stripe_sandbox: StandIn) -> None:
    sam, alma = await person("sam"), await stall()
    for buyer in (sam, await person("nour")):
        order_id = await place(alma, buyer)
        await pay_at_stripe(await open_payment(order_id, buyer))
    await settle()
    await stripe_sandbox.admin("clock", {"advance": 60})
    await settle()
    ada = await cast.client(await person("ada"))
    bought = await Order.objects().where(Order.buyer == sam.id).first()
    assert bought is not None
    answer = await ada.post(f"/brand/orders/{bought.number}/refund", data={"scope": "all", "reason": "returned"})
    assert answer.status_code == 303
    await settle()
    assert (await order(bought.id)).status == "refunded"
    assert "Refund sent to the card" in (await ada.get(f"/brand/orders/{bought.number}")).text


async def test_a_refund_without_an_answer_is_followed_up_by_the_sweeper(settle: Settle, stripe_sandbox: StandIn) -> None:
    sam, alma = await person("sam"), await stall()
    for buyer in (await person("nour"), sam):
        order_id = await place(alma, buyer)
        await pay_at_stripe(await open_payment(order_id, buyer))
    await settle()
    await stripe_sandbox.admin("clock", {"advance": 60})
    await settle()
    await fault(stripe_sandbox, "lost_response", "POST /v1/refunds", times=3)
    refund_id = await refunds.ask_refund(order_id=order_id, lines=None, reason=Reason.RETURNED, by=await person("ada"))
    await settle()
    with clock.shifted(timedelta(minutes=3)):
        jobs.sweep.send()
        await settle()
    row = await Refund.objects().where(Refund.id == refund_id).first()
    assert row is not None
    assert row.status == "succeeded"
    assert (await events_of_refunds()) == ["succeeded"]


async def events_of_refunds() -> list[str]:
    return [row["status"] for row in await Refund.select(Refund.status)]


async def test_everything_that_happened_is_written_down() -> None:
    from foundation.tables import AuditEntry
    from tests.marketplace.stall import buy

    await buy(await stall(), await person("sam"))
    actions = {row["action"] for row in await AuditEntry.select(AuditEntry.action)}
    assert {"brand.founded", "product.added", "order.placed", "order.paid"} <= actions
    assert (await events())[-2:] == ["OrderPlaced", "OrderPaid"]
