"""The table of invoices to buyers: numbered without gaps for each brand and year, never changed."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, ForeignKey, OnDelete, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from foundation.database import DB
from marketplace.tables import Brand, Order


class Invoice(Table, db=DB, tablename="buyer_invoice"):
    """One brand's invoice for its part of an order. `content` is everything that stands on it, as it was that day."""

    id = UUID(primary_key=True)
    order = ForeignKey(Order, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    number = Varchar(length=30, null=False, default=None, index=True)
    locale = Varchar(length=5, null=False, default=None)
    content = JSONB(null=False, default=None)
    issued_at = Timestamptz(null=False, default=None)

    uq_buyer_invoice_order_brand = Unique([order, brand])
    uq_buyer_invoice_brand_number = Unique([brand, number])
