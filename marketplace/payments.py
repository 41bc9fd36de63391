"""The talk with Stripe about one order's payment: the buyer as its customer, the form in which they pay, the fee."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from foundation import clock, outbox, settings, stripe_gateway
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal, WrongState
from foundation.i18n import _
from foundation.in_turn import in_turn
from foundation.money import Money
from foundation.vendor import OutcomeUnknown, VendorBusy
from marketplace import checkout
from marketplace.customers import customer_of
from marketplace.events import ChargeSettled
from marketplace.tables import OrderStatus, Payment, PaymentStatus


class PaymentWaits(Refusal):
    """Stripe does not answer; the order and its stock are kept; data: `until` (when the reservation ends)."""

    code = "payment_waits"
    status = 503
    message = _("The payment service does not answer right now. Your order is kept and no money was taken.")


class ReservationEnded(WrongState):
    """The order can no longer be paid: its time is over, or it is paid already."""

    code = "reservation_ended"
    message = _("Your reservation has ended. No money was taken.")


@dataclass(frozen=True, kw_only=True)
class PaymentForm:
    """What the payment form of one order needs. The secrets are for this buyer's page only and never for a log or an address.

    A guest has no session of a customer: nobody's kept cards are shown to somebody who has not signed in.
    """

    order_id: UUID
    amount: Money
    publishable_key: str
    script: str
    client_secret: str = field(repr=False)
    customer_session_secret: str = field(repr=False)
    until: datetime
    processing: bool


@dataclass(frozen=True, kw_only=True)
class _Opening:
    """An order that waits for its payment, with the payment's row and until when its units are held."""

    id: UUID
    number: str
    buyer: UUID
    email: str
    guest: bool
    status: str
    payment_id: UUID
    intent_id: str | None
    idempotency_key: str
    amount_minor: int
    currency: str
    until: datetime | None

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


_OPENING = """
    select o.id, o.number, o.buyer, o.email, o.guest, o.status, p.id as payment_id, p.intent_id, p.idempotency_key, p.amount_minor,
           p.currency, (select min(r.expires_at) from reservation r where r."order" = o.id and r.status = 'held') as until
    from shop_order o join payment p on p."order" = o.id where o.id = $1 and o.buyer = $2
"""


async def payment_form(*, order_id: UUID, by: Principal) -> PaymentForm:
    """Open the payment of the buyer's order, or find it again; safe to call at every reload.

    The key was committed with the order, so that a lost answer is asked for again and never makes a second payment.
    Raises `NotFound`, `ReservationEnded`, `PaymentWaits`.
    """
    order, until = await _open_order(order_id, by)
    try:
        customer = await customer_of(order)
        intent = await _intent(order, customer)
        if intent.status in {"succeeded", "canceled"}:
            await checkout.settle_payment(intent_id=intent.id)
            raise ReservationEnded
        await _remember(order.payment_id, intent)
        session = None if order.guest else await stripe_gateway.create_customer_session(customer=customer)
    except (OutcomeUnknown, VendorBusy) as silence:
        raise PaymentWaits(until=until) from silence
    now = settings.current()
    return PaymentForm(
        order_id=order_id,
        amount=order.amount,
        publishable_key=now.stripe_publishable_key,
        script=now.stripe_js_url,
        client_secret=intent.client_secret,
        customer_session_secret=session.client_secret if session else "",
        until=until,
        processing=intent.status == "processing",
    )


async def look_now(*, order_id: UUID) -> None:
    """Look at the order's payment at Stripe without waiting for its news. Raises what the gateway raises."""
    payment = await Payment.select(Payment.intent_id).where(Payment.order == order_id).first()
    if payment and payment["intent_id"]:
        await checkout.settle_payment(intent_id=payment["intent_id"])


async def note_charge(*, charge_id: str) -> None:
    """Note Stripe's fee once the charge's balance transaction is known; any number of times. Nothing is asked when it is known."""
    async with in_turn(charge_id):
        known = (Payment.charge_id == charge_id) & Payment.fee_minor.is_not_null()  # and its card with it
        if not await Payment.select(Payment.id).where(known).first():
            await _note(await stripe_gateway.fetch_charge(charge=charge_id))


async def unsettled_payments(*, created_before: datetime) -> list[str]:
    """Intents of payments that are open for long: their news may have been lost."""
    rows = (
        await Payment.select(Payment.intent_id)
        .where(
            Payment.status.is_in([PaymentStatus.OPEN, PaymentStatus.FAILED])
            & Payment.intent_id.is_not_null()
            & (Payment.created_at < created_before)
        )
        .order_by(Payment.created_at)
        .limit(200)
    )
    return [row["intent_id"] for row in rows]


async def charges_without_fee(*, settled_before: datetime) -> list[str]:
    """Charges whose fee should be known by now."""
    rows = (
        await Payment.select(Payment.charge_id)
        .where(
            (Payment.status == PaymentStatus.SUCCEEDED)
            & Payment.fee_minor.is_null()
            & Payment.charge_id.is_not_null()
            & (Payment.settled_at < settled_before)
        )
        .order_by(Payment.settled_at)
        .limit(200)
    )
    return [row["charge_id"] for row in rows]


async def _note(charge: stripe_gateway.Charge) -> None:
    if charge.payment is None:
        return
    ours = await Payment.select(Payment.status).where(Payment.intent_id == charge.payment).first()
    if ours is None or ours["status"] != PaymentStatus.SUCCEEDED:
        await checkout.settle_payment(intent_id=charge.payment)
    if charge.card_fingerprint:
        await Payment.update({Payment.card_fingerprint: charge.card_fingerprint}).where(Payment.intent_id == charge.payment)
    if charge.fee is None or charge.fee.currency != charge.amount.currency:
        return  # not settled yet, or settled in another currency: then the mirror of the balance knows, not the order
    async with DB.transaction():
        noted = (
            await Payment.update(
                {
                    Payment.charge_id: charge.id,
                    Payment.balance_transaction_id: charge.balance_transaction,
                    Payment.fee_minor: charge.fee.minor,
                }
            )
            .where((Payment.intent_id == charge.payment) & Payment.fee_minor.is_null())
            .returning(Payment.order)
        )
        for row in noted:
            await outbox.publish(ChargeSettled(order_id=row["order"]))


async def _open_order(order_id: UUID, by: Principal) -> tuple[_Opening, datetime]:
    async with DB.connection() as connection:
        row = await connection.fetchrow(_OPENING, order_id, by.id)
    if row is None:
        raise NotFound
    order = _Opening(**row)
    if order.status != OrderStatus.PLACED or order.until is None or order.until <= clock.now():
        raise ReservationEnded
    return order, order.until


async def _intent(order: _Opening, customer: str) -> stripe_gateway.Payment:
    if order.intent_id is not None:
        return await stripe_gateway.fetch_payment(payment=order.intent_id)
    return await stripe_gateway.open_payment(
        amount=order.amount,
        order_id=str(order.id),
        key=order.idempotency_key,
        customer=customer,
        description=f"Order {order.number}",
    )


async def _remember(payment_id: UUID, intent: stripe_gateway.Payment) -> None:
    """Bind the intent to its payment; cancel it when the order ended while Stripe was answering."""
    bound = (
        await Payment.update({Payment.intent_id: intent.id, Payment.status: PaymentStatus.OPEN})
        .where((Payment.id == payment_id) & (Payment.status == PaymentStatus.INTENDED))
        .returning(Payment.id)
    )
    if bound:
        return
    current = await Payment.objects().where(Payment.id == payment_id).first()
    if current is not None and current.intent_id == intent.id and current.status != PaymentStatus.CANCELLED:
        return
    await stripe_gateway.cancel_payment(payment=intent.id, key=f"cancel:{payment_id}")
    raise ReservationEnded
