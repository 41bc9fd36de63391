"""Tables of flash offers: a lower price for some units and some minutes."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import UUID, BigInt, ForeignKey, Integer, OnDelete, SmallInt, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Person
from marketplace.tables import Brand, Order, Variant


class OfferStatus(StrEnum):
    """Where a flash offer stands. `running` counts only inside its time and while units are left."""

    READY = "ready"
    RUNNING = "running"
    ENDED = "ended"


class FlashOffer(Table, db=DB, tablename="flash_offer"):
    """A price for `units` of a variant during `minutes` of a show. `show_id` is opaque here: it belongs to the storey above.

    `was_minor` is the lowest price of the 30 days before it began, when that is higher: the only price that may be struck.
    """

    id = UUID(primary_key=True)
    show_id = UUID(null=False, default=None, index=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    variant = ForeignKey(Variant, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    status = Varchar(length=10, null=False, default=None, choices=OfferStatus)
    price_minor = BigInt(null=False, default=None)
    was_minor = BigInt(null=True, default=None)
    units = Integer(null=False, default=None)
    taken = Integer(null=False, default=None)
    minutes = SmallInt(null=False, default=None)
    created_by = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    created_at = Timestamptz(null=False, default=None)
    starts_at = Timestamptz(null=True, default=None)
    ends_at = Timestamptz(null=True, default=None)

    ck_flash_offer_price = Check(price_minor > 0)
    ck_flash_offer_units = Check((units > 0) & (taken >= 0) & (taken <= units))
    ck_flash_offer_minutes = Check((minutes >= 1) & (minutes <= 60))


class OfferClaim(Table, db=DB, tablename="offer_claim"):
    """Units of an offer that an order took; given back when the order ends unpaid."""

    id = UUID(primary_key=True)
    offer = ForeignKey(FlashOffer, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    order = ForeignKey(Order, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    quantity = Integer(null=False, default=None)
    at = Timestamptz(null=False, default=None)
    returned_at = Timestamptz(null=True, default=None)

    uq_offer_claim_offer_order = Unique([offer, order])
    ck_offer_claim_quantity = Check(quantity > 0)
