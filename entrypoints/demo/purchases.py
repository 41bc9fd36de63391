"""One purchase after the other, as in the shop: the order, Stripe's form, the card, and what the books make of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from creators import touches
from creators.tables import Show, TouchKind
from entrypoints.demo import people
from foundation import clock, stripe_gateway
from foundation.accounts import Principal
from marketplace import checkout, jobs, payments, refunds
from marketplace.postal import ShipTo
from marketplace.tables import Payment
from payouts import earnings, funds

CARDS = ("pm_card_visa", "pm_card_mastercard", "pm_card_visa_debit", "pm_card_amex")


@dataclass(frozen=True)
class Wish:
    """What a shopper wants: `show` is the room in which they tap Buy, None the shop without anybody's help; `ship_to` None is home."""

    buyer: Principal
    product: UUID
    variant: UUID
    quantity: int
    show: Show | None
    ship_to: ShipTo | None = None


async def buy(wish: Wish, card: str) -> UUID:
    """Place the order and pay it at Stripe; returns the order."""
    touch = None
    if wish.show is not None:
        touch = await touches.record_touch(
            show=wish.show, kind=TouchKind.BUY_TAP, visitor=f"p{wish.buyer.id.hex}", by=wish.buyer, product_id=wish.product
        )
    order_id = await checkout.place_order(
        lines=[(wish.variant, wish.quantity)],
        show_id=wish.show.id if wish.show else None,
        touch_id=touch,
        cart_key=str(uuid4()),
        ship_to=wish.ship_to or people.address_of(wish.buyer.display_name),
        by=wish.buyer,
    )
    await payments.payment_form(order_id=order_id, by=wish.buyer)
    payment = await Payment.select(Payment.intent_id).where(Payment.order == order_id).first()
    assert payment is not None  # noqa: S101  # written with the order
    await stripe_gateway.confirm_payment(payment=payment["intent_id"], payment_method=card, key=f"demo:{order_id}")
    await checkout.settle_payment(intent_id=payment["intent_id"])
    return order_id


async def keep_the_books() -> None:
    """What the schedules do in a running Fanfare: fees, refunds under way, Stripe's movements, holds that have passed."""
    for charge_id in await payments.charges_without_fee(settled_before=clock.now()):
        await payments.note_charge(charge_id=charge_id)
    for _refund, stripe_refund in await refunds.unfinished_refunds(older_than=jobs.LATE):
        if stripe_refund is not None:
            await refunds.settle_refund(stripe_refund_id=stripe_refund)
    await funds.sweep()
    await earnings.release_due()
