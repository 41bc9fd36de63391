"""Table of what shops have told about their orders after the sale."""

from __future__ import annotations

from piccolo.columns import JSONB, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
from piccolo.table import Table

from creators.conversion_tables import Conversion
from foundation.database import DB


class ShopStanding(Table, db=DB, tablename="shop_standing"):
    """Where a reported order stands in its shop.

    `facts` is all that it told (`shop_facts`), `kept` what we have followed it to, in minor units by article; `changes` counts the differences and
    names the next one; `called` is the order's name for people (#1001), `told_at`
    when the shop last told the whole order. `core` is the fingerprint of what the credit was decided on; empty when another way than the shop's own news reported the order.
    """

    conversion = ForeignKey(Conversion, null=False, default=None, on_delete=OnDelete.restrict, primary_key=True, unique=True)
    called = Varchar(length=40, null=False, default="", index=True)
    core = Varchar(length=64, null=False, default="")
    facts = JSONB(null=False, default=None)
    kept = JSONB(null=False, default=None)
    changes = Integer(null=False, default=0)
    told_at = Timestamptz(null=False, default=None)
