"""Checkout: an order is placed with its stock held, its payment is followed, and it ends paid or cancelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
from piccolo.columns import Column

from foundation import audit, clock, outbox, stripe_gateway
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal, WrongState
from foundation.i18n import _
from foundation.in_turn import in_turn
from foundation.money import Money
from foundation.stripe_gateway import StripeRefused
from marketplace import offers, order_rows, postal, refunds, reservations
from marketplace.customers import asked_customer_of
from marketplace.events import OrderCancelled, OrderPaid, OrderPlaced
from marketplace.order_terms import chosen_ways, codes_of, deliveries_of
from marketplace.payment_rules import Step, next_step
from marketplace.postal import ShipTo
from marketplace.prices import EmptyCart, quote
from marketplace.tables import LineKind, Order, OrderLine, OrderStatus, Payment, PaymentStatus

RESERVATION: Final = timedelta(minutes=10)


class PriceChanged(Refusal):
    """The price is not the one that the buyer saw; data: `total` (Money)."""

    code = "price_changed"
    status = 409
    message = _("The price has changed: the total is now %(total)s. Nothing was ordered.")


class CartKeyUsed(WrongState):
    """This cart was already ordered with other contents, or by somebody else."""

    code = "cart_key_used"


class PaymentDiffers(Exception):
    """Stripe took another amount than the order's: somebody must look at it."""


async def place_order(
    *,
    lines: Sequence[tuple[UUID, int]],
    show_id: UUID | None,
    touch_id: UUID | None,
    cart_key: str,
    ship_to: ShipTo,
    by: Principal,
    expected_minor: int | None = None,
    ways: Mapping[UUID, UUID | None] | None = None,
    codes: Sequence[str] = (),
    guest: bool = False,
    locale: str | None = None,
) -> UUID:
    """Place an order of `lines` (variant id, count) at today's prices, hold its stock for ten minutes; return its id.

    The lines may be of several brands: it stays one order with one payment. `ways` are the chosen deliveries (brand id ->
    option id), `codes` what was typed, folded; `guest`: somebody who has not signed in orders for `by`'s address; `locale` is
    the language of the papers. `cart_key` names the cart: the same key again is the same order, so a double click orders once.
    `expected_minor` is the total that the buyer saw. Nothing is asked of Stripe here; the payment's row and idempotency key are
    written with the order.
    Raises `SoldOut`, `FewerLeft`, `PriceChanged`, `EmptyCart`, `NotOnSale`, `MixedCurrencies`, `NotDelivered`, `WayGone`,
    `TotalTooSmall`, `PostcodeInvalid`, `PostcodeMissing`, `NotFound`, `CartKeyUsed`.
    """
    quantities = _merged(lines)
    address = postal.checked(ship_to)
    async with DB.transaction():
        before = await _placed_before(cart_key, quantities, by)
        if before is not None:
            return before
        priced = await quote(quantities, country=address.country, ways=ways, codes=codes)
        priced.check()
        if expected_minor is not None and expected_minor != priced.total.minor:
            raise PriceChanged(total=priced.total)
        order = order_rows.order_row(
            priced,
            show_id=show_id,
            touch_id=touch_id,
            cart_key=cart_key,
            ship_to=address,
            by=by,
            guest=guest,
            locale=locale or by.locale,
            at=clock.now(),
        )
        if not await Order.insert(order).on_conflict(target=Order.cart_key, action="DO NOTHING").returning(Order.id):
            return await _placed_before(cart_key, quantities, by) or order.id  # the other click has committed meanwhile
        await reservations.hold(order_id=order.id, buyer_id=by.id, quantities=quantities, until=order.placed_at + RESERVATION)
        await order_rows.write(order, priced)
        await offers.claim(
            order_id=order.id,
            units={line.goods.offer_id: line.goods.quantity for line in priced.lines if line.goods.offer_id is not None},
        )
        await audit.record(by=by, action="order.placed", kind="order", id=order.id, total_minor=order.total_minor)
        await outbox.publish(OrderPlaced(order_id=order.id))
    return order.id


async def place_again(*, order_id: UUID, by: Principal) -> UUID:
    """Order the same once more after its reservation has ended: at today's prices, delivered as before, with the same codes.

    Asked twice it is the same new order. Raises `NotFound` and as `place_order`.
    """
    order = await Order.objects().where((Order.id == order_id) & (Order.buyer == by.id)).first()
    if order is None:
        raise NotFound
    goods = await OrderLine.select(OrderLine.variant, OrderLine.quantity).where(
        (OrderLine.order == order_id) & (OrderLine.kind == LineKind.GOODS)
    )
    return await place_order(
        lines=[(row["variant"], row["quantity"]) for row in goods],
        show_id=order.show_id,
        touch_id=order.touch_id,
        cart_key=f"again:{order_id}",
        ship_to=msgspec.json.decode(order.ship_to, type=ShipTo),
        by=by,
        ways=chosen_ways(await deliveries_of(order_id)),
        codes=[code.folded for code in await codes_of(order_id)],
        guest=order.guest,
        locale=order.locale,
    )


async def settle_payment(*, intent_id: str) -> None:
    """Look at the payment intent and fold what it is now into its order; any number of times, in any order.

    Succeeded: the order is paid and its stock consumed, once. Succeeded after the reservation ended: the stock is taken again,
    or the whole order is refunded. Failed: the order stays open until its reservation ends. Canceled: the stock is released.
    Raises what the gateway raises, and `PaymentDiffers`.
    """
    async with in_turn(intent_id):  # the news of a payment and those of its charge come at once
        arrived = (Payment.intent_id == intent_id) & (Payment.status == PaymentStatus.SUCCEEDED)
        if not await Payment.select(Payment.id).where(arrived).first():  # money that arrived is final
            await _fold(await stripe_gateway.fetch_payment(payment=intent_id))


async def end_unpaid(*, order_id: UUID) -> None:
    """End an order whose buyer gave up or let the time pass: cancel its payment first, then put its stock back.

    A payment that succeeded meanwhile is settled instead. Safe to call twice. Raises what the gateway raises (`OutcomeUnknown`,
    `VendorBusy`): then everything stays as it is, for the next try.
    """
    payment = await Payment.objects().where(Payment.order == order_id).first()
    if payment is None:
        raise NotFound
    if payment.status in {PaymentStatus.SUCCEEDED, PaymentStatus.CANCELLED}:
        return
    intent_id = payment.intent_id or await _forgotten_intent(order_id)
    if intent_id is None:
        await _cancel_without_intent(order_id)
        return
    try:
        await stripe_gateway.cancel_payment(payment=intent_id, key=f"cancel:{payment.id}")
    except StripeRefused as refusal:
        if refusal.code != "payment_intent_unexpected_state":
            raise
    await settle_payment(intent_id=intent_id)


async def give_up(*, order_id: UUID, by: Principal) -> None:
    """The buyer takes the order back before it is paid; safe to call twice. Raises `NotFound` and as `end_unpaid`."""
    if not await Order.exists().where((Order.id == order_id) & (Order.buyer == by.id)):
        raise NotFound
    await end_unpaid(order_id=order_id)


async def open_orders(*, variant_ids: Sequence[UUID], by: Principal, except_cart: str = "") -> list[UUID]:
    """The buyer's orders that wait for their payment and hold one of these variants, newest first; not the one of a cart."""
    rows = (
        await OrderLine.select(OrderLine.order)
        .where(
            (OrderLine.order.buyer == by.id)
            & (OrderLine.order.status == OrderStatus.PLACED)
            & OrderLine.variant.is_in(list(variant_ids))
            & (OrderLine.order.cart_key != except_cart)
        )
        .order_by(OrderLine.order.placed_at, ascending=False)
    )
    return list(dict.fromkeys(row["order"] for row in rows))


def _merged(lines: Sequence[tuple[UUID, int]]) -> dict[UUID, int]:
    quantities: dict[UUID, int] = {}
    for variant, count in lines:
        if count < 1:
            raise EmptyCart
        quantities[variant] = quantities.get(variant, 0) + count
    return quantities


async def _placed_before(cart_key: str, quantities: dict[UUID, int], by: Principal) -> UUID | None:
    order = await Order.select(Order.id, Order.buyer).where(Order.cart_key == cart_key).first()
    if order is None:
        return None
    rows = await OrderLine.select(OrderLine.variant, OrderLine.quantity).where(
        (OrderLine.order == order["id"]) & (OrderLine.kind == LineKind.GOODS)
    )
    if order["buyer"] != by.id or {row["variant"]: row["quantity"] for row in rows} != quantities:
        raise CartKeyUsed
    return UUID(str(order["id"]))


async def _fold(found: stripe_gateway.Payment) -> None:
    async with DB.transaction():
        locked = await _locked(found)
        if locked is None:
            return
        order, payment = locked
        step = next_step(now=PaymentStatus(payment.status), told=found.status, failed=found.failure_code is not None)
        match step:
            case Step.PAY:
                await _pay(order, payment, found)
            case Step.CANCEL:
                await _cancel(order)
            case Step.FAIL:
                code = found.failure_decline_code or found.failure_code or ""
                await _set(payment, PaymentStatus.FAILED, {Payment.error_code: code[:80]})
            case Step.OPEN:
                await _set(payment, PaymentStatus.OPEN, {Payment.error_code: ""})
            case Step.NOTHING:
                pass


async def _locked(found: stripe_gateway.Payment) -> tuple[Order, Payment] | None:
    """The order and payment that the intent belongs to, locked; the intent is bound to a payment that had not heard of it."""
    known = await Payment.select(Payment.order).where(Payment.intent_id == found.id).first()
    order_id = known["order"] if known else _order_named(found)
    if order_id is None:
        return None
    order = await Order.objects().where(Order.id == order_id).lock_rows("UPDATE").first()
    payment = await Payment.objects().where(Payment.order == order_id).lock_rows("UPDATE").first()
    if order is None or payment is None or payment.intent_id not in {None, found.id}:
        return None
    if payment.intent_id is None:
        await Payment.update({Payment.intent_id: found.id}).where(Payment.id == payment.id)
        payment.intent_id = found.id
    return order, payment


def _order_named(found: stripe_gateway.Payment) -> UUID | None:
    """The order that an intent names; those of brands' own payments name none."""
    try:
        return UUID(found.order_id or "")
    except ValueError:
        return None


async def _pay(order: Order, payment: Payment, found: stripe_gateway.Payment) -> None:
    if found.received != Money(payment.amount_minor, payment.currency):
        raise PaymentDiffers(f"order {order.number}: {found.received} instead of {payment.amount_minor} {payment.currency}")
    settled: dict[Column | str, object] = {
        Payment.charge_id: found.charge,
        Payment.settled_at: clock.now(),
        Payment.error_code: "",
    }
    await _set(payment, PaymentStatus.SUCCEEDED, settled)
    in_time = order.status == OrderStatus.PLACED
    if in_time:
        await reservations.consume(order_id=order.id)
    stocked = in_time or await reservations.take_again(order_id=order.id)
    await Order.update({Order.status: OrderStatus.PAID, Order.paid_at: clock.now(), Order.closed_at: None}).where(
        Order.id == order.id
    )
    await audit.record(by=None, action="order.paid", kind="order", id=order.id, intent=found.id, in_time=in_time, stocked=stocked)
    await outbox.publish(OrderPaid(order_id=order.id))
    if not stocked:
        await refunds.ask_refund(order_id=order.id, lines=None, reason=refunds.Reason.SOLD_OUT, by=None)


async def _cancel(order: Order) -> None:
    """Inside the caller's transaction, the order locked."""
    await Payment.update({Payment.status: PaymentStatus.CANCELLED}).where(Payment.order == order.id)
    moved = (
        await Order.update({Order.status: OrderStatus.CANCELLED, Order.closed_at: clock.now()})
        .where((Order.id == order.id) & (Order.status == OrderStatus.PLACED))
        .returning(Order.id)
    )
    if moved:
        await reservations.release(order_id=order.id)
        await offers.give_back(order_id=order.id)
        await audit.record(by=None, action="order.cancelled", kind="order", id=order.id)
        await outbox.publish(OrderCancelled(order_id=order.id))


async def _cancel_without_intent(order_id: UUID) -> None:
    """Stripe never heard of this payment; an intent that appears this very moment is cancelled by who opened it."""
    async with DB.transaction():
        order = await Order.objects().where(Order.id == order_id).lock_rows("UPDATE").first()
        unknown = Payment.exists().where((Payment.order == order_id) & Payment.intent_id.is_null())
        if order is None or not await unknown:
            raise WrongState
        await _cancel(order)


async def _forgotten_intent(order_id: UUID) -> str | None:
    """The intent of an order whose opening got no answer, looked up among the buyer's payments."""
    order = await Order.objects().where(Order.id == order_id).first()
    customer = await asked_customer_of(order) if order else None
    if customer is None:
        return None
    payments = await stripe_gateway.find_payments(customer=customer)
    return next((payment.id for payment in payments if payment.order_id == str(order_id)), None)


async def _set(payment: Payment, status: PaymentStatus, values: dict[Column | str, object]) -> None:
    await Payment.update({Payment.status: status, **values}).where(Payment.id == payment.id)
