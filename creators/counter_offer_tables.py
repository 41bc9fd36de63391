"""The table of counter-offers: other terms than the brief's, proposed by one side of an application."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import UUID, BigInt, ForeignKey, Integer, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from creators.tables import Application
from foundation.database import DB
from foundation.tables import Person


class Side(StrEnum):
    """Who proposes."""

    BRAND = "brand"
    CREATOR = "creator"


class CounterOffer(Table, db=DB, tablename="counter_offer"):
    """One proposal in a negotiation, never rewritten: an answer is the next version, or the end of the application.

    Rates in basis points, `fee_minor` a show in minor units of `currency`. A creator's proposal has no end; a brand's is good
    until `expires_at`.
    """

    id = UUID(primary_key=True)
    application = ForeignKey(Application, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    version = SmallInt(null=False, default=None)
    side = Varchar(length=10, null=False, default=None, choices=Side)
    commission_bp = Integer(null=False, default=None)
    fee_minor = BigInt(null=False, default=None)
    currency = Varchar(length=3, null=False, default=None)
    window_days = SmallInt(null=False, default=None)
    note = Text(null=False, default="")
    made_by = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    made_at = Timestamptz(null=False, default=None)
    expires_at = Timestamptz(null=True, default=None)

    uq_counter_offer_application_version = Unique([application, version])
    ck_counter_offer_commission = Check((commission_bp >= 100) & (commission_bp <= 5000))
    ck_counter_offer_fee = Check(fee_minor >= 0)
    ck_counter_offer_window = Check((window_days >= 1) & (window_days <= 30))
