"""Tables of delivery: the ways that a brand offers, and the one that an order took."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigInt, ForeignKey, OnDelete, SmallInt, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from foundation.database import DB
from marketplace.tables import Brand, Order, OrderLine


class DeliveryOption(Table, db=DB, tablename="delivery_option"):
    """A way in which a brand delivers. `countries` are ISO codes; from `free_from_minor` worth of goods it costs nothing."""

    id = UUID(primary_key=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    name = Varchar(length=60, null=False, default=None)
    countries = JSONB(null=False, default=None)
    currency = Varchar(length=3, null=False, default=None)
    price_minor = BigInt(null=False, default=None)
    free_from_minor = BigInt(null=True, default=None)
    days_min = SmallInt(null=False, default=None)
    days_max = SmallInt(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)
    ended_at = Timestamptz(null=True, default=None)

    ck_delivery_option_price = Check(price_minor >= 0)
    ck_delivery_option_days = Check((days_min >= 0) & (days_max >= days_min) & (days_max <= 90))


class OrderDelivery(Table, db=DB, tablename="order_delivery"):
    """How one brand's goods of an order travel, as it was chosen. `order_line` is the line that charges for it; None: free."""

    id = UUID(primary_key=True)
    order = ForeignKey(Order, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    option = ForeignKey(DeliveryOption, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    order_line = ForeignKey(OrderLine, null=True, default=None, on_delete=OnDelete.restrict, unique=True)
    name = Varchar(length=60, null=False, default=None)
    days_min = SmallInt(null=False, default=None)
    days_max = SmallInt(null=False, default=None)

    uq_order_delivery_order_brand = Unique([order, brand])
