"""Payments of brands to us by card or direct debit: for an invoice or in advance; believed only when Stripe says so.

The row and its key are committed before Stripe is asked. What is paid beyond the invoice becomes the brand's credit.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from foundation import audit, clock, settings, stripe_gateway
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, WrongState
from foundation.i18n import _
from foundation.money import Money
from foundation.stripe_gateway import StripeRefused
from foundation.vendor import OutcomeUnknown, VendorBusy, VendorError
from marketplace.brands import brand_of
from payouts import brand_credit, chart, ledger, purses
from payouts.brand_invoices import smallest
from payouts.chart import Account, Code
from payouts.ledger import Entry, Source, credit, debit
from payouts.off_platform_tables import BrandInvoice, BrandPayment, BrandPaymentStatus, InvoiceStatus
from payouts.tables import PayeeKind

LATE = timedelta(minutes=2)
STRIPE_PENDING = Account(Code.STRIPE_PENDING)
OPEN = (BrandPaymentStatus.INTENDED, BrandPaymentStatus.OPEN, BrandPaymentStatus.PROCESSING)


class InvoicePaid(WrongState):
    """There is nothing left to pay."""

    code = "invoice_paid"
    message = _("This invoice is paid.")


class PaymentUnderWay(WrongState):
    """A direct debit for it is on its way."""

    code = "payment_under_way"
    message = _("A payment for this invoice is on its way. Banks take up to five working days.")


class AmountTooSmall(InvalidField):
    """Too little to pay; data: `least`."""

    code = "amount_too_small"
    message = _("At least one, please.")
    field = "amount"


@dataclass(frozen=True, kw_only=True)
class PaymentForm:
    """What the payment form needs. The secret is for this page only and never for a log or an address."""

    payment: BrandPayment
    amount: Money
    publishable_key: str
    script: str
    client_secret: str = field(repr=False)


async def pay_invoice(*, number: str, brand_id: UUID, by: Principal) -> UUID:
    """The payment of what is open of an invoice; the same wish again is the same payment. Raises `NotFound`, `InvoicePaid`, `PaymentUnderWay`."""
    async with DB.transaction():
        brand = await brand_of(by=by, brand_id=brand_id)
        await purses.lock({(PayeeKind.BRAND, brand.id)})
        invoice = (
            await BrandInvoice.objects()
            .where((BrandInvoice.number == number) & (BrandInvoice.brand == brand.id))
            .lock_rows("UPDATE")
            .first()
        )
        if invoice is None:
            raise NotFound
        if invoice.status == InvoiceStatus.PAID:
            raise InvoicePaid
        open_now = brand_credit.unpaid(invoice)
        for row in await BrandPayment.objects().where(
            (BrandPayment.invoice == invoice.id) & BrandPayment.status.is_in([status.value for status in OPEN])
        ):
            if row.status == BrandPaymentStatus.PROCESSING:
                raise PaymentUnderWay
            if row.amount_minor == open_now.minor:
                return UUID(str(row.id))
            await BrandPayment.update({BrandPayment.status: BrandPaymentStatus.CANCELLED}).where(BrandPayment.id == row.id)
        return await _intend(brand.id, invoice.id, open_now, by)


async def pay_in_advance(*, brand_id: UUID, amount: Money, by: Principal) -> UUID:
    """A payment that becomes the brand's credit. Raises `NotFound`, `AmountTooSmall`."""
    if amount.minor < smallest(amount.currency):
        raise AmountTooSmall
    async with DB.transaction():
        brand = await brand_of(by=by, brand_id=brand_id)
        return await _intend(brand.id, None, amount, by)


async def payment_form(*, payment_id: UUID, brand_id: UUID, by: Principal) -> PaymentForm:
    """Open the payment at Stripe, or find it again; safe at every reload. Raises `NotFound`, `InvoicePaid`, what the gateway raises."""
    row = await payment_of(payment_id=payment_id, brand_id=brand_id, by=by)
    if row.status not in {BrandPaymentStatus.INTENDED, BrandPaymentStatus.OPEN}:
        raise InvoicePaid
    amount = amount_of(row)
    if row.intent_id is None:
        intent = await stripe_gateway.open_payment(
            amount=amount, order_id=f"brand-payment-{row.id}", key=row.idempotency_key, description="Fanfare"
        )
        await BrandPayment.update({BrandPayment.intent_id: intent.id, BrandPayment.status: BrandPaymentStatus.OPEN}).where(
            (BrandPayment.id == row.id) & (BrandPayment.status == BrandPaymentStatus.INTENDED)
        )
    else:
        intent = await stripe_gateway.fetch_payment(payment=row.intent_id)
    now = settings.current()
    return PaymentForm(
        payment=row,
        amount=amount,
        publishable_key=now.stripe_publishable_key,
        script=now.stripe_js_url,
        client_secret=intent.client_secret,
    )


async def payment_of(*, payment_id: UUID, brand_id: UUID, by: Principal) -> BrandPayment:
    """A payment of the person's brand. Raises `NotFound`."""
    brand = await brand_of(by=by, brand_id=brand_id)
    row = await BrandPayment.objects().where((BrandPayment.id == payment_id) & (BrandPayment.brand == brand.id)).first()
    if row is None:
        raise NotFound
    return row


def amount_of(row: BrandPayment) -> Money:
    """What is to be paid."""
    return Money(row.amount_minor, row.currency)


async def settle(*, intent_id: str) -> bool:
    """Look at Stripe and fold what it says into our payment, once however often; False when the intent is none of these.

    Raises what the gateway raises.
    """
    ours = await BrandPayment.select(BrandPayment.brand).where(BrandPayment.intent_id == intent_id).first()
    if ours is None:
        return False
    found = await stripe_gateway.fetch_payment(payment=intent_id)
    async with DB.transaction():
        await purses.lock({(PayeeKind.BRAND, ours["brand"])})
        row = await BrandPayment.objects().where(BrandPayment.intent_id == intent_id).lock_rows("UPDATE").first()
        if row is None or row.status == BrandPaymentStatus.SUCCEEDED:
            return True
        if found.status == "succeeded":
            await _received(row, found.received, found.charge or intent_id)
        elif row.status != BrandPaymentStatus.CANCELLED and found.status in _STATUSES:
            await _note(row, found.status, found.failure_decline_code or found.failure_code or "")
    return True


async def look_again() -> None:
    """Look at payments whose news may have been lost, and give up those that nobody confirms any more."""
    rows = await BrandPayment.objects().where(
        BrandPayment.status.is_in([BrandPaymentStatus.OPEN.value, BrandPaymentStatus.PROCESSING.value])
        & (BrandPayment.created_at < clock.now() - LATE)
    )
    for row in rows:
        with suppress(VendorError):
            await settle(intent_id=row.intent_id)
    given_up = await BrandPayment.objects().where(
        (BrandPayment.status == BrandPaymentStatus.CANCELLED)
        & BrandPayment.intent_id.is_not_null()
        & (BrandPayment.settled_at.is_null())
    )
    for row in given_up:
        with suppress(OutcomeUnknown, VendorBusy):
            await _cancel(row)


async def _cancel(row: BrandPayment) -> None:
    try:
        await stripe_gateway.cancel_payment(payment=row.intent_id, key=f"brand-cancel:{row.id}")
    except StripeRefused:
        await settle(intent_id=row.intent_id)  # when it had succeeded, its money counts
    await BrandPayment.update({BrandPayment.settled_at: clock.now()}).where(
        (BrandPayment.id == row.id) & BrandPayment.settled_at.is_null()
    )


async def _intend(brand_id: UUID, invoice_id: UUID | None, amount: Money, by: Principal) -> UUID:
    row = BrandPayment(
        id=uuid4(),
        brand=brand_id,
        invoice=invoice_id,
        amount_minor=amount.minor,
        currency=amount.currency,
        status=BrandPaymentStatus.INTENDED,
        idempotency_key="",
        created_by=by.id,
        created_at=clock.now(),
    )
    row.idempotency_key = f"brand-payment:{row.id}"
    await row.save()
    await audit.record(by=by, action="invoice.pay", kind="brand_payment", id=row.id, amount_minor=amount.minor)
    return UUID(str(row.id))


async def _received(row: BrandPayment, received: Money, charge: str) -> None:
    """S3: the money is at Stripe; the invoice takes what it needs, the rest is credit and pays the next ones."""
    await purses.lock({(PayeeKind.BRAND, row.brand)})
    invoice = (
        await BrandInvoice.objects().where(BrandInvoice.id == row.invoice).lock_rows("UPDATE").first() if row.invoice else None
    )
    part = min(received, brand_credit.unpaid(invoice)) if invoice else Money.zero(received.currency)
    now = clock.now()
    lines = (
        debit(STRIPE_PENDING, received),
        credit(chart.of_brand(Code.BRAND_INVOICED, row.brand), part),
        credit(chart.of_brand(Code.BRAND_CREDIT, row.brand), received - part),
    )
    await ledger.post_all([_entry(row, charge, now, lines, invoice.number if invoice else "")])
    await BrandPayment.update(
        {BrandPayment.status: BrandPaymentStatus.SUCCEEDED, BrandPayment.charge_id: charge, BrandPayment.settled_at: now}
    ).where(BrandPayment.id == row.id)
    if invoice:
        await brand_credit.count(invoice, paid=part)
    await brand_credit.apply(brand_id=row.brand, currency=row.currency)


def _entry(row: BrandPayment, charge: str, at: datetime, lines: tuple[ledger.Line, ...], memo: str) -> Entry:
    source = Source(kind="charge", id=charge)
    return Entry(key=f"brand-payment:{row.id}", kind="S3", event_at=at, source=source, lines=ledger.folded(lines), memo=memo)


async def _note(row: BrandPayment, told: str, error: str) -> None:
    await BrandPayment.update({BrandPayment.status: _STATUSES[told], BrandPayment.error_code: error[:80]}).where(
        BrandPayment.id == row.id
    )


_STATUSES = {
    "processing": BrandPaymentStatus.PROCESSING,
    "canceled": BrandPaymentStatus.CANCELLED,
    "requires_payment_method": BrandPaymentStatus.OPEN,
}
