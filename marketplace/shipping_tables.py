"""Parcels: what of an order has left its seller, with whom, and whether it has arrived."""

from __future__ import annotations

from piccolo.columns import UUID, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Person
from marketplace.tables import Brand, Order, OrderLine


class Shipment(Table, db=DB, tablename="shipment"):
    """One parcel of one brand. `tracking` may be empty: a letter has none."""

    id = UUID(primary_key=True)
    order = ForeignKey(Order, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    carrier = Varchar(length=20, null=False, default=None)
    tracking = Varchar(length=60, null=False, default="")
    shipped_at = Timestamptz(null=False, default=None)
    shipped_by = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    delivered_at = Timestamptz(null=True, default=None)


class ShipmentLine(Table, db=DB, tablename="shipment_line"):
    """How many units of an order line are in a parcel."""

    id = UUID(primary_key=True)
    shipment = ForeignKey(Shipment, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    order_line = ForeignKey(OrderLine, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    quantity = Integer(null=False, default=None)

    uq_shipment_line_shipment_order_line = Unique([shipment, order_line])
    ck_shipment_line_quantity = Check(quantity > 0)
