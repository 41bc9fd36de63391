"""Tables of codes as the checkout knows them: what a word takes off, and what it took off an order."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from foundation.database import DB
from marketplace.tables import Brand, Order


class BrandCode(Table, db=DB, tablename="brand_code"):
    """A word that buyers may type at a brand, with what it takes off: a share, an amount, or nothing.

    Whom the word names is known to the storey above, under the same id. `folded` is how it is compared.
    """

    id = UUID(primary_key=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    code = Varchar(length=40, null=False, default=None)
    folded = Varchar(length=80, null=False, default=None, index=True)
    percent_bp = Integer(null=False, default=0)
    amount_minor = BigInt(null=False, default=0)
    currency = Varchar(length=3, null=False, default="")
    created_at = Timestamptz(null=False, default=None)
    ended_at = Timestamptz(null=True, default=None)

    uq_brand_code_brand_folded = Unique([brand, folded])
    ck_brand_code_percent = Check((percent_bp >= 0) & (percent_bp <= 9000))
    ck_brand_code_amount = Check(amount_minor >= 0)


class OrderCode(Table, db=DB, tablename="order_code"):
    """A code that counted for one brand's goods of an order, with what it took off them."""

    id = UUID(primary_key=True)
    order = ForeignKey(Order, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    code = ForeignKey(BrandCode, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    folded = Varchar(length=80, null=False, default=None)
    discount_minor = BigInt(null=False, default=0)

    uq_order_code_order_brand = Unique([order, brand])
    ck_order_code_discount = Check(discount_minor >= 0)
