"""The table of the bag: what somebody means to buy, signed in or not."""

from __future__ import annotations

from piccolo.columns import UUID, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from foundation.database import DB
from marketplace.tables import Variant


class BagLine(Table, db=DB, tablename="bag_line"):
    """So many of a variant in a bag. `owner` is `person:<id>` or `visitor:<token of the session>`; prices are never kept here."""

    id = UUID(primary_key=True)
    owner = Varchar(length=80, null=False, default=None)
    variant = ForeignKey(Variant, null=False, default=None, on_delete=OnDelete.cascade, index=True)
    quantity = Integer(null=False, default=None)
    show_id = UUID(null=True, default=None)
    touch_id = UUID(null=True, default=None)
    added_at = Timestamptz(null=False, default=None, index=True)

    uq_bag_line_owner_variant = Unique([owner, variant])
    ck_bag_line_quantity = Check((quantity >= 1) & (quantity <= 20))
