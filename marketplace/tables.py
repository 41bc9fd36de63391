"""Tables of goods: brands, catalogue, briefs, stock, orders, refunds."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Person


class ProductStatus(StrEnum):
    """Where a product stands."""

    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


class BriefStatus(StrEnum):
    """Where a brief stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"


class OrderStatus(StrEnum):
    """Where an order stands; moves are compare-and-set."""

    PLACED = "placed"
    PAID = "paid"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class PaymentStatus(StrEnum):
    """Where a payment stands; `intended` is written before Stripe is asked."""

    INTENDED = "intended"
    OPEN = "open"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ReservationStatus(StrEnum):
    """Stock that waits for its payment."""

    HELD = "held"
    CONSUMED = "consumed"
    RELEASED = "released"


class RefundStatus(StrEnum):
    """Where a refund stands; `sending` is written before Stripe is asked."""

    INTENDED = "intended"
    SENDING = "sending"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Brand(Table, db=DB, tablename="brand"):
    """An advertiser and seller."""

    id = UUID(primary_key=True)
    slug = Varchar(length=60, null=False, default=None, unique=True)
    name = Varchar(length=80, null=False, default=None)
    tagline = Varchar(length=140, null=False, default="")
    about = Text(null=False, default="")
    trade = Varchar(length=40, null=False, default=None)
    palette = Varchar(length=20, null=False, default="coral")
    picture = Varchar(length=200, null=False, default="")
    legal_name = Varchar(length=140, null=False, default=None)
    legal_address = Text(null=False, default="")
    country = Varchar(length=2, null=False, default=None)
    email = Varchar(length=254, null=False, default=None)
    vat_id = Varchar(length=20, null=False, default="")
    registration = Varchar(length=60, null=False, default="")
    created_at = Timestamptz(null=False, default=None)


class BrandMember(Table, db=DB, tablename="brand_member"):
    """A person who acts for a brand."""

    id = UUID(primary_key=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    person = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    owner = Boolean(null=False, default=False)
    since = Timestamptz(null=False, default=None)

    uq_brand_member_brand_person = Unique([brand, person])


class Product(Table, db=DB, tablename="product"):
    """Something a brand sells; its variants have price and stock."""

    id = UUID(primary_key=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    slug = Varchar(length=80, null=False, default=None)
    title = Varchar(length=120, null=False, default=None)
    description = Text(null=False, default="")
    picture = Varchar(length=200, null=False, default="")
    currency = Varchar(length=3, null=False, default=None)
    vat_class = Varchar(length=20, null=False, default="standard")
    status = Varchar(length=20, null=False, default=None, choices=ProductStatus)
    created_at = Timestamptz(null=False, default=None)

    uq_product_brand_slug = Unique([brand, slug])


class Variant(Table, db=DB, tablename="variant"):
    """One buyable form of a product. Prices include VAT, in minor units; stock never goes below zero."""

    id = UUID(primary_key=True)
    product = ForeignKey(Product, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    name = Varchar(length=60, null=False, default="")
    sku = Varchar(length=60, null=False, default=None)
    price_minor = BigInt(null=False, default=None)
    was_minor = BigInt(null=True, default=None)
    stock = Integer(null=False, default=None)
    position = SmallInt(null=False, default=0)

    ck_variant_price = Check(price_minor > 0)
    ck_variant_stock = Check(stock >= 0)


class Brief(Table, db=DB, tablename="brief"):
    """What a brand wants hosted, and for what."""

    id = UUID(primary_key=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    title = Varchar(length=120, null=False, default=None)
    summary = Text(null=False, default=None)
    wanted = Text(null=False, default="")
    status = Varchar(length=20, null=False, default=None, choices=BriefStatus)
    currency = Varchar(length=3, null=False, default=None)
    commission_bp = Integer(null=False, default=None)
    fee_minor = BigInt(null=False, default=0)
    samples = Boolean(null=False, default=False)
    viewer_clips = Boolean(null=False, default=False)
    window_days = SmallInt(null=False, default=None)
    model = Varchar(length=20, null=False, default="last_touch")
    hold_days = SmallInt(null=False, default=None)
    places = SmallInt(null=False, default=None)
    language = Varchar(length=5, null=False, default=None)
    starts_on = Date(null=False, default=None)
    ends_on = Date(null=False, default=None)
    published_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    ck_brief_commission = Check((commission_bp > 0) & (commission_bp <= 5000))
    ck_brief_window = Check((window_days >= 1) & (window_days <= 30))
    ck_brief_hold = Check((hold_days >= 0) & (hold_days <= 90))
    ck_brief_places = Check(places > 0)


class BriefProduct(Table, db=DB, tablename="brief_product"):
    """A product of a brief."""

    id = UUID(primary_key=True)
    brief = ForeignKey(Brief, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    product = ForeignKey(Product, null=False, default=None, on_delete=OnDelete.restrict, index=True)

    uq_brief_product_brief_product = Unique([brief, product])


class Buyer(Table, db=DB, tablename="buyer"):
    """A person as Stripe's customer."""

    id = UUID(primary_key=True)
    person = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, unique=True)
    stripe_customer_id = Varchar(length=80, null=False, default=None, unique=True)
    created_at = Timestamptz(null=False, default=None)


class Order(Table, db=DB, tablename="shop_order"):
    """One purchase. `show_id` and `touch_id` are opaque here: they belong to the storey above."""

    id = UUID(primary_key=True)
    number = Varchar(length=16, null=False, default=None, unique=True)
    buyer = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    email = Varchar(length=254, null=False, default=None)
    guest = Boolean(null=False, default=False)
    locale = Varchar(length=5, null=False, default="en")
    status = Varchar(length=20, null=False, default=None, choices=OrderStatus)
    currency = Varchar(length=3, null=False, default=None)
    total_minor = BigInt(null=False, default=None)
    vat_minor = BigInt(null=False, default=None)
    refunded_minor = BigInt(null=False, default=0)
    show_id = UUID(null=True, default=None, index=True)
    touch_id = UUID(null=True, default=None)
    cart_key = Varchar(length=64, null=False, default=None, unique=True)
    ship_to = JSONB(null=False, default=None)
    placed_at = Timestamptz(null=False, default=None)
    paid_at = Timestamptz(null=True, default=None)
    closed_at = Timestamptz(null=True, default=None)

    ck_shop_order_total = Check(total_minor > 0)
    ck_shop_order_refunded = Check((refunded_minor >= 0) & (refunded_minor <= total_minor))


class LineKind(StrEnum):
    """What an order line charges for; a delivery has no variant and earns no commission."""

    GOODS = "goods"
    DELIVERY = "delivery"


class OrderLine(Table, db=DB, tablename="order_line"):
    """One line of an order, as it was sold: title and price are copies. `gross_minor` is what is paid, the discount taken off."""

    id = UUID(primary_key=True)
    order = ForeignKey(Order, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=10, null=False, default=LineKind.GOODS, choices=LineKind)
    variant = ForeignKey(Variant, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    title = Varchar(length=120, null=False, default=None)
    variant_name = Varchar(length=60, null=False, default="")
    picture = Varchar(length=200, null=False, default="")
    quantity = Integer(null=False, default=None)
    unit_minor = BigInt(null=False, default=None)
    discount_minor = BigInt(null=False, default=0)
    gross_minor = BigInt(null=False, default=None)
    vat_bp = Integer(null=False, default=None)
    vat_minor = BigInt(null=False, default=None)
    refunded_minor = BigInt(null=False, default=0)

    ck_order_line_quantity = Check(quantity > 0)
    ck_order_line_gross = Check(gross_minor > 0)
    ck_order_line_discount = Check(discount_minor >= 0)
    ck_order_line_refunded = Check((refunded_minor >= 0) & (refunded_minor <= gross_minor))


class Reservation(Table, db=DB, tablename="reservation"):
    """Stock taken out of the shelf for an order that is being paid."""

    id = UUID(primary_key=True)
    order = ForeignKey(Order, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    variant = ForeignKey(Variant, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    quantity = Integer(null=False, default=None)
    status = Varchar(length=20, null=False, default=None, choices=ReservationStatus)
    expires_at = Timestamptz(null=False, default=None, index=True)
    created_at = Timestamptz(null=False, default=None)

    uq_reservation_order_variant = Unique([order, variant])


class Payment(Table, db=DB, tablename="payment"):
    """An order's payment. Written, with its key, before Stripe is asked."""

    id = UUID(primary_key=True)
    order = ForeignKey(Order, null=False, default=None, on_delete=OnDelete.restrict, unique=True)
    status = Varchar(length=20, null=False, default=None, choices=PaymentStatus)
    amount_minor = BigInt(null=False, default=None)
    currency = Varchar(length=3, null=False, default=None)
    idempotency_key = Varchar(length=80, null=False, default=None, unique=True)
    intent_id = Varchar(length=80, null=True, default=None, unique=True)
    charge_id = Varchar(length=80, null=True, default=None, index=True)
    card_fingerprint = Varchar(length=80, null=True, default=None, index=True)
    balance_transaction_id = Varchar(length=80, null=True, default=None)
    fee_minor = BigInt(null=True, default=None)
    error_code = Varchar(length=80, null=False, default="")
    created_at = Timestamptz(null=False, default=None)
    settled_at = Timestamptz(null=True, default=None)


class Refund(Table, db=DB, tablename="refund"):
    """Money that goes back to the buyer. Written, with its key, before Stripe is asked."""

    id = UUID(primary_key=True)
    order = ForeignKey(Order, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    status = Varchar(length=20, null=False, default=None, choices=RefundStatus)
    amount_minor = BigInt(null=False, default=None)
    currency = Varchar(length=3, null=False, default=None)
    reason = Varchar(length=20, null=False, default=None)
    note = Text(null=False, default="")
    idempotency_key = Varchar(length=80, null=False, default=None, unique=True)
    stripe_refund_id = Varchar(length=80, null=True, default=None, unique=True)
    attempts = SmallInt(null=False, default=0)
    error_code = Varchar(length=80, null=False, default="")
    asked_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    created_at = Timestamptz(null=False, default=None)
    settled_at = Timestamptz(null=True, default=None)

    ck_refund_amount = Check(amount_minor > 0)


class RefundLine(Table, db=DB, tablename="refund_line"):
    """The part of a refund that belongs to one order line."""

    id = UUID(primary_key=True)
    refund = ForeignKey(Refund, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    order_line = ForeignKey(OrderLine, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    amount_minor = BigInt(null=False, default=None)
    quantity = Integer(null=False, default=0)

    uq_refund_line_refund_order_line = Unique([refund, order_line])
    ck_refund_line_amount = Check(amount_minor > 0)
