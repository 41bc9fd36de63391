"""Tables of what brands pay creators by rule: the versions of the rules, the ladders of a month, bonuses and fixed fees."""

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
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from creators.tables import Creator, Show
from foundation.database import DB
from foundation.tables import Person
from marketplace.tables import Brand, Product


class RuleKind(StrEnum):
    """How a rule counts. `off` is the version that ends a rule."""

    PERCENT = "percent"
    FLAT = "flat"
    TIERS = "tiers"
    OFF = "off"


class BonusKind(StrEnum):
    """Why a creator gets more than their part of the sales."""

    FIXED_FEE = "fixed_fee"
    BONUS = "bonus"


class BonusStatus(StrEnum):
    """Where a bonus stands: it waits until the brand has the money."""

    WAITING = "waiting"
    BOOKED = "booked"
    CANCELLED = "cancelled"


class CommissionRule(Table, db=DB, tablename="commission_rule"):
    """One version of a rule of a brand, or without a brand of the platform, and then with the second person who confirmed it.

    Versions are only added: the one in force is the last that began before the sale.
    """

    id = UUID(primary_key=True)
    rule = UUID(null=False, default=None, index=True)
    version = SmallInt(null=False, default=None)
    brand = ForeignKey(Brand, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    name = Varchar(length=80, null=False, default=None)
    place = SmallInt(null=False, default=None)
    kind = Varchar(length=20, null=False, default=None, choices=RuleKind)
    currency = Varchar(length=3, null=False, default=None)
    product = ForeignKey(Product, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    category = Varchar(length=40, null=False, default="")
    creator = ForeignKey(Creator, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    show = ForeignKey(Show, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    first_sale = Boolean(null=False, default=False)
    rate_bp = Integer(null=False, default=0)
    flat_minor = BigInt(null=False, default=0)
    floor_minor = BigInt(null=True, default=None)
    cap_minor = BigInt(null=True, default=None)
    tiers = JSONB(null=False, default=None)
    valid_from = Timestamptz(null=False, default=None)
    made_by = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    checked_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)

    uq_commission_rule_rule_version = Unique([rule, version])
    ck_commission_rule_rate = Check((rate_bp >= 0) & (rate_bp <= 9000))
    ck_commission_rule_flat = Check(flat_minor >= 0)


class ProductCategory(Table, db=DB, tablename="product_category"):
    """A brand's own grouping of its products, for its rules; a product without a row is in none."""

    id = UUID(primary_key=True)
    product = ForeignKey(Product, null=False, default=None, on_delete=OnDelete.restrict, unique=True)
    category = Varchar(length=40, null=False, default=None)


class TierMonth(Table, db=DB, tablename="tier_month"):
    """What a creator sold under one version of a rule in tiers in a month, and what the higher tiers gave for it.

    `extra_minor` is before VAT, `extra_vat_minor` comes on top of it.
    """

    id = UUID(primary_key=True)
    creator = ForeignKey(Creator, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    rule = ForeignKey(CommissionRule, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    promise_bp = Integer(null=False, default=None)
    month = Varchar(length=7, null=False, default=None)
    currency = Varchar(length=3, null=False, default=None)
    vat_bp = Integer(null=False, default=None)
    base_minor = BigInt(null=False, default=0)
    extra_minor = BigInt(null=False, default=0)
    extra_vat_minor = BigInt(null=False, default=0)

    uq_tier_month_creator_brand_rule_promise_bp_month = Unique([creator, brand, rule, promise_bp, month])
    ck_tier_month_base = Check(base_minor >= 0)
    ck_tier_month_extra = Check(extra_minor >= 0)


class Bonus(Table, db=DB, tablename="bonus"):
    """What a brand owes a creator besides sales: the fixed fee of a show, or a bonus with its reason."""

    id = UUID(primary_key=True)
    kind = Varchar(length=20, null=False, default=None, choices=BonusKind)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    creator = ForeignKey(Creator, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    show = ForeignKey(Show, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    currency = Varchar(length=3, null=False, default=None)
    net_minor = BigInt(null=False, default=None)
    vat_bp = Integer(null=False, default=None)
    vat_minor = BigInt(null=False, default=None)
    reason = Text(null=False, default=None)
    status = Varchar(length=20, null=False, default=None, choices=BonusStatus)
    client_key = UUID(null=False, default=None, unique=True)
    made_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    made_at = Timestamptz(null=False, default=None, index=True)
    booked_at = Timestamptz(null=True, default=None)

    ck_bonus_net = Check(net_minor > 0)
