"""What runs beside the pages: payments and refunds that are followed, reservations that end, rooms that are told."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from foundation import clock
from foundation.jobs import actor
from marketplace import (
    bag,
    checkout,
    credit_notes,
    disputes,
    notices,
    order_notices,
    payments,
    receipts,
    refunds,
    reservations,
    room_news,
    waitlist,
)

LATE = timedelta(minutes=2)


@actor
async def settle_payment(object_id: str, receipt_id: int = 0, kind: str = "", account: str | None = None) -> None:  # noqa: ARG001
    """For `payment_intent.*`: look at the intent and fold it."""
    await checkout.settle_payment(intent_id=object_id)


@actor
async def note_charge(object_id: str, receipt_id: int = 0, kind: str = "", account: str | None = None) -> None:  # noqa: ARG001
    """For `charge.*`: note the fee once it is known."""
    await payments.note_charge(charge_id=object_id)


@actor
async def settle_refund(object_id: str, receipt_id: int = 0, kind: str = "", account: str | None = None) -> None:  # noqa: ARG001
    """For `refund.*`: look at the refund and fold it."""
    await refunds.settle_refund(stripe_refund_id=object_id)


@actor
async def send_refund(refund_id: str) -> None:
    """For `RefundAsked`: have Stripe send the money, once."""
    await refunds.send_refund(refund_id=UUID(refund_id))


@actor
async def end_unpaid(order_id: str) -> None:
    """End one order whose reservation is over."""
    await checkout.end_unpaid(order_id=UUID(order_id))


@actor
async def release_expired() -> None:
    """Every few seconds: end the orders whose reservations are over."""
    for order_id in await reservations.overdue():
        end_unpaid.send(str(order_id))


@actor
async def sweep() -> None:
    """Every minute: follow up payments, fees and refunds whose news may have been lost."""
    before = clock.now() - LATE
    for intent_id in await payments.unsettled_payments(created_before=before):
        settle_payment.send(intent_id)
    for charge_id in await payments.charges_without_fee(settled_before=before):
        note_charge.send(charge_id)
    for refund_id, stripe_refund_id in await refunds.unfinished_refunds(older_than=LATE):
        if stripe_refund_id is None:
            send_refund.send(str(refund_id))
        else:
            settle_refund.send(stripe_refund_id)


@actor
async def sweep_disputes() -> None:
    """Every quarter of an hour: follow up disputes whose news may have been lost, and evidence that was not sent."""
    open_ones, waiting = await disputes.unsettled()
    for stripe_dispute_id in open_ones:
        settle_dispute.send(stripe_dispute_id)
    for answer_id in waiting:
        hand_in.send(str(answer_id))


@actor
async def tell_stock(order_id: str) -> None:
    """For `OrderPlaced` and `OrderCancelled`: the room sees what is left."""
    await room_news.tell_stock(order_id=UUID(order_id))


@actor
async def tell_sale(order_id: str) -> None:
    """For `OrderPaid`: the room hears of a sale."""
    await room_news.tell_sale(order_id=UUID(order_id))


@actor(queue_name="slow")
async def tell_refund(refund_id: str) -> None:
    """For `RefundSettled`: the credit notes are issued and go to the buyer with the mail."""
    await notices.refunded(refund_id=UUID(refund_id))


@actor
async def take_notes_back(refund_id: str) -> None:
    """For `RefundFailed`: the credit notes of money that has returned are taken back."""
    await credit_notes.issue(refund_id=UUID(refund_id))


@actor
async def tell_turn(entry_id: int) -> None:
    """For `WaitlistOffered`: whoever waited gets a mail."""
    await waitlist.tell(entry_id=entry_id)


@actor
async def pass_on_offers() -> None:
    """Every few seconds: what was offered and not taken goes to the next in line."""
    await waitlist.pass_on()


@actor
async def settle_dispute(object_id: str, receipt_id: int = 0, kind: str = "", account: str | None = None) -> None:  # noqa: ARG001
    """For `charge.dispute.*`: look at the dispute and fold it."""
    await disputes.settle_dispute(stripe_dispute_id=object_id)


@actor
async def hand_in(answer_id: str) -> None:
    """Evidence that got no answer is sent again with its key."""
    with suppress(disputes.DisputeClosed):  # noted with the evidence
        await disputes.hand_in(answer_id=UUID(answer_id))


@actor
async def tell_dispute(dispute_id: str) -> None:
    """For `DisputeMoved`: the brands of the order get a mail."""
    await order_notices.disputed(dispute_id=UUID(dispute_id))


@actor
async def tell_shipped(shipment_id: str) -> None:
    """For `OrderShipped`: the buyer gets a mail."""
    await order_notices.shipped(shipment_id=UUID(shipment_id))


@actor
async def tell_return(request_id: str) -> None:
    """For `ReturnAsked`: its buyer has it in writing with its time, and the brand knows."""
    await order_notices.asked(request_id=UUID(request_id))


@actor
async def tell_answer(request_id: str) -> None:
    """For `ReturnAnswered`: the buyer hears what the seller said."""
    await order_notices.answered(request_id=UUID(request_id))


@actor
async def tell_withdrawal_refused(order_id: str) -> None:
    """For `WithdrawalRefused`: it came too late, and the mail says why."""
    await order_notices.withdrawal_refused(order_id=UUID(order_id))


@actor
async def empty_bag(order_id: str) -> None:
    """For `OrderPaid`: what was paid leaves the buyer's bag."""
    await bag.bought_by_person(order_id=UUID(order_id))


@actor
async def forget_bags() -> None:
    """Each hour: bags that visitors have left behind."""
    await bag.throw_away_forgotten()


@actor(queue_name="slow")
async def send_receipt(order_id: str) -> None:
    """For `OrderPaid`: the invoices are issued and go to the buyer with the receipt."""
    await receipts.send(order_id=UUID(order_id))
