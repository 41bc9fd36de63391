"""Tables of tracking links, their clicks, and promo codes."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import (
    UUID,
    Boolean,
    ForeignKey,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Unique
from piccolo.table import Table

from creators.tables import Collaboration, Creator, Show
from foundation.database import DB
from marketplace.tables import Brand, Product


class ClickKind(StrEnum):
    """Who followed a tracking link: only people count for a sale."""

    PERSON = "person"
    BOT = "bot"
    PREFETCH = "prefetch"


class TrackingLink(Table, db=DB, tablename="tracking_link"):
    """A short address of a creator for a show, a product or both."""

    id = UUID(primary_key=True)
    code = Varchar(length=8, null=False, default=None, unique=True)
    collaboration = ForeignKey(Collaboration, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    creator = ForeignKey(Creator, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    show = ForeignKey(Show, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    product = ForeignKey(Product, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    target = Text(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)
    revoked_at = Timestamptz(null=True, default=None)


class Click(Table, db=DB, tablename="click"):
    """Somebody followed a tracking link. Ids grow with time (UUIDv7), so that the table can be cut into months by its key.

    Links are never deleted: their ids need no foreign key here, where thousands of rows a second arrive.
    """

    id = UUID(primary_key=True)
    link = UUID(null=False, default=None, index=True)
    creator = UUID(null=False, default=None)
    show = UUID(null=True, default=None)
    product = UUID(null=True, default=None)
    at = Timestamptz(null=False, default=None)
    kind = Varchar(length=10, null=False, default=None, choices=ClickKind)
    consented = Boolean(null=False, default=None)
    referrer = Varchar(length=100, null=False, default="")


class PromoCode(Table, db=DB, tablename="promo_code"):
    """A word that names a creator at a brand. `folded` is how it is compared: NFKC, one case, no spaces."""

    id = UUID(primary_key=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    collaboration = ForeignKey(Collaboration, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    creator = ForeignKey(Creator, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    code = Varchar(length=40, null=False, default=None)
    folded = Varchar(length=80, null=False, default=None)
    created_at = Timestamptz(null=False, default=None)
    ended_at = Timestamptz(null=True, default=None)

    uq_promo_code_brand_folded = Unique([brand, folded])
