"""Tables of the sales that a brand's own shop reports."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from creators.tables import Creator, Show, Terms
from foundation.database import DB
from foundation.tables import Person
from marketplace.tables import Brand, Product


class ShopKind(StrEnum):
    """Which program reports a brand's own sales."""

    API = "api"
    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"


class ConversionStatus(StrEnum):
    """Where a sale in a brand's own shop stands: it waits for the brand, whose silence accepts."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class ShopConnection(Table, db=DB, tablename="shop_connection"):
    """A brand's own shop that reports sales. `host` is where its links may lead; `sealed_secret` signs what it sends."""

    id = UUID(primary_key=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=20, null=False, default=None, choices=ShopKind)
    name = Varchar(length=80, null=False, default=None)
    host = Varchar(length=253, null=False, default=None)
    sealed_secret = Text(null=False, default=None, secret=True)
    created_at = Timestamptz(null=False, default=None)
    last_used_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)


class Conversion(Table, db=DB, tablename="conversion"):
    """An order in a brand's own shop, reported once: its number there is its name. Amounts are the shop's, before VAT."""

    id = UUID(primary_key=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    shop_order = Varchar(length=100, null=False, default=None, index=True)
    source = Varchar(length=20, null=False, default=None)
    fingerprint = Varchar(length=64, null=False, default=None)
    currency = Varchar(length=3, null=False, default=None)
    net_minor = BigInt(null=False, default=None)
    code = Varchar(length=80, null=False, default="")
    click = UUID(null=True, default=None, index=True)
    consented = Boolean(null=False, default=None)
    happened_at = Timestamptz(null=False, default=None)
    received_at = Timestamptz(null=False, default=None)
    status = Varchar(length=10, null=False, default=None, choices=ConversionStatus)
    accepts_at = Timestamptz(null=False, default=None, index=True)
    creator = ForeignKey(Creator, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    rule = Varchar(length=20, null=False, default=None)
    reason = Varchar(length=40, null=False, default=None)
    evidence = JSONB(null=False, default=None)
    decided_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    decided_at = Timestamptz(null=True, default=None)
    decline_reason = Text(null=False, default="")

    uq_conversion_brand_shop_order = Unique([brand, shop_order])
    ck_conversion_net = Check(net_minor >= 0)


class ConversionLine(Table, db=DB, tablename="conversion_line"):
    """One line of a reported order; `net_minor` is what the buyer paid for it without VAT. Uncredited lines have no terms.

    `number` is 0 for what was reported first; what the shop added later follows.
    """

    id = UUID(primary_key=True)
    conversion = ForeignKey(Conversion, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    sku = Varchar(length=60, null=False, default=None)
    title = Varchar(length=200, null=False, default="")
    quantity = Integer(null=False, default=None)
    net_minor = BigInt(null=False, default=None)
    returned_minor = BigInt(null=False, default=0)
    product = ForeignKey(Product, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    terms = ForeignKey(Terms, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    show = ForeignKey(Show, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    reason = Varchar(length=40, null=False, default=None)
    number = Integer(null=False, default=0)

    ck_conversion_line_quantity = Check(quantity > 0)
    ck_conversion_line_net = Check(net_minor >= 0)
    ck_conversion_line_returned = Check((returned_minor >= 0) & (returned_minor <= net_minor))


class ConversionReturn(Table, db=DB, tablename="conversion_return"):
    """Something of a reported order went back. `lines` maps a line's id to minor units, before VAT."""

    id = UUID(primary_key=True)
    conversion = ForeignKey(Conversion, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    shop_return = Varchar(length=100, null=False, default=None)
    fingerprint = Varchar(length=64, null=False, default=None)
    lines = JSONB(null=False, default=None)
    net_minor = BigInt(null=False, default=None)
    happened_at = Timestamptz(null=False, default=None)
    received_at = Timestamptz(null=False, default=None)

    uq_conversion_return_brand_shop_return = Unique([brand, shop_return])


class ConversionUpload(Table, db=DB, tablename="conversion_upload"):
    """A file of sales, worked off by a job. `problems` names the first rows that were refused, and why."""

    id = UUID(primary_key=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    uploaded_by = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    name = Varchar(length=120, null=False, default=None)
    path = Varchar(length=200, null=False, default=None)
    bytes_total = BigInt(null=False, default=None)
    bytes_done = BigInt(null=False, default=0)
    made = Integer(null=False, default=0)
    repeated = Integer(null=False, default=0)
    refused = Integer(null=False, default=0)
    problems = JSONB(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)
    finished_at = Timestamptz(null=True, default=None)
