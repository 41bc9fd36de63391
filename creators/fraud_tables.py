"""Tables of suspicion: cases with their signals, decided by a person, and appealed by the creator."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import JSONB, UUID, BigSerial, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from creators.conversion_tables import Conversion
from creators.tables import Creator
from foundation.database import DB
from foundation.tables import Person
from marketplace.tables import Order


class CaseStatus(StrEnum):
    """Where a case stands. Only `cleared` frees what it holds; no time does."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    APPEALED = "appealed"
    CLEARED = "cleared"


class FraudCase(Table, db=DB, tablename="fraud_case"):
    """A sale that looks made up: an order of ours or a reported one, with the creator whose commission it holds."""

    id = UUID(primary_key=True)
    creator = ForeignKey(Creator, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    order = ForeignKey(Order, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    conversion = ForeignKey(Conversion, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    score = Integer(null=False, default=None)
    status = Varchar(length=10, null=False, default=None, choices=CaseStatus)
    opened_at = Timestamptz(null=False, default=None)
    decided_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    decided_at = Timestamptz(null=True, default=None)
    reason = Text(null=False, default="")
    appeal = Text(null=False, default="")
    appealed_at = Timestamptz(null=True, default=None)
    appeal_decided_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    appeal_decided_at = Timestamptz(null=True, default=None)
    appeal_reason = Text(null=False, default="")

    uq_fraud_case_creator_order = Unique([creator, order])
    uq_fraud_case_conversion = Unique([conversion])
    ck_fraud_case_score = Check(score > 0)


class FraudSignal(Table, db=DB, tablename="fraud_signal"):
    """One reason of a case: the rule, its score, and the facts it rests on."""

    id = BigSerial(primary_key=True)
    case = ForeignKey(FraudCase, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    signal = Varchar(length=30, null=False, default=None)
    score = Integer(null=False, default=None)
    evidence = JSONB(null=False, default=None)
    found_at = Timestamptz(null=False, default=None)

    uq_fraud_signal_case_signal = Unique([case, signal])


class FraudScan(Table, db=DB, tablename="fraud_scan"):
    """How far the sales have been looked at: `orders` by their moment of payment, `conversions` by that of their report."""

    name = Varchar(length=20, primary_key=True)
    position = Timestamptz(null=False, default=None)
