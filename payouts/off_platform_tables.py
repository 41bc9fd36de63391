"""Tables of sales in brands' own shops: what they pay whom, what the brand is invoiced for, and what it has paid."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import UUID, BigInt, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from creators.conversion_tables import Conversion, ConversionLine
from creators.tables import Creator, Terms
from foundation.database import DB
from foundation.tables import Person
from marketplace.tables import Brand
from payouts.tables import CommissionStatus


class InvoiceStatus(StrEnum):
    """Where an invoice to a brand stands."""

    OPEN = "open"
    PAID = "paid"


class BrandPaymentStatus(StrEnum):
    """Where a payment of a brand stands; `processing` is a direct debit on its way."""

    INTENDED = "intended"
    OPEN = "open"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"


class BrandInvoice(Table, db=DB, tablename="brand_invoice"):
    """What a brand owes for the sales of its own shop that were accepted in a month. `credited` was set off, `paid` was paid."""

    id = UUID(primary_key=True)
    number = Varchar(length=20, null=False, default=None, unique=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    currency = Varchar(length=3, null=False, default=None)
    period = Varchar(length=7, null=False, default=None)
    commission_minor = BigInt(null=False, default=None)
    fee_minor = BigInt(null=False, default=None)
    vat_bp = Integer(null=False, default=None)
    vat_minor = BigInt(null=False, default=None)
    vat_wording = Text(null=False, default="")
    total_minor = BigInt(null=False, default=None)
    credited_minor = BigInt(null=False, default=0)
    paid_minor = BigInt(null=False, default=0)
    status = Varchar(length=10, null=False, default=None, choices=InvoiceStatus)
    issued_at = Timestamptz(null=False, default=None)
    due_at = Timestamptz(null=False, default=None, index=True)
    paid_at = Timestamptz(null=True, default=None)

    uq_brand_invoice_brand_currency_period = Unique([brand, currency, period])
    ck_brand_invoice_open = Check((credited_minor >= 0) & (paid_minor >= 0))


class BrandPayment(Table, db=DB, tablename="brand_payment"):
    """A payment of a brand, for one invoice or in advance; written, with its key, before Stripe is asked."""

    id = UUID(primary_key=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    invoice = ForeignKey(BrandInvoice, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    amount_minor = BigInt(null=False, default=None)
    currency = Varchar(length=3, null=False, default=None)
    status = Varchar(length=12, null=False, default=None, choices=BrandPaymentStatus)
    error_code = Varchar(length=80, null=False, default="")
    idempotency_key = Varchar(length=80, null=False, default=None, unique=True)
    intent_id = Varchar(length=80, null=True, default=None, unique=True)
    charge_id = Varchar(length=80, null=True, default=None, unique=True)
    created_by = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    created_at = Timestamptz(null=False, default=None)
    settled_at = Timestamptz(null=True, default=None)

    ck_brand_payment_amount = Check(amount_minor > 0)


class ShopCommission(Table, db=DB, tablename="shop_commission"):
    """What one line of a reported sale pays whom, with the rates it was accepted at; `vat` is that of our fee, known with the invoice."""

    id = UUID(primary_key=True)
    conversion_line = ForeignKey(ConversionLine, null=False, default=None, on_delete=OnDelete.restrict, unique=True)
    conversion = ForeignKey(Conversion, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    creator = ForeignKey(Creator, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    terms = ForeignKey(Terms, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    currency = Varchar(length=3, null=False, default=None)
    net_minor = BigInt(null=False, default=None)
    returned_minor = BigInt(null=False, default=0)
    rate_bp = Integer(null=False, default=None)
    amount_minor = BigInt(null=False, default=None)
    reversed_minor = BigInt(null=False, default=0)
    fee_bp = Integer(null=False, default=None)
    fee_minor = BigInt(null=False, default=None)
    fee_reversed_minor = BigInt(null=False, default=0)
    vat_bp = Integer(null=False, default=0)
    status = Varchar(length=20, null=False, default=None, choices=CommissionStatus)
    invoice = ForeignKey(BrandInvoice, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    accepted_at = Timestamptz(null=False, default=None)
    released_at = Timestamptz(null=True, default=None)

    ck_shop_commission_left = Check((reversed_minor >= 0) & (reversed_minor <= amount_minor))
