"""Tables of payees' Stripe accounts: what they hold there, debts that are taken back from them, and disputes that are given up."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import UUID, BigInt, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Person
from marketplace.dispute_tables import Dispute
from payouts.tables import Payee, PayoutItem


class DecisionStatus(StrEnum):
    """Where something stands that two persons decide and Stripe does; `sending` is committed before Stripe is asked."""

    PROPOSED = "proposed"
    REFUSED = "refused"
    SENDING = "sending"
    DONE = "done"
    FAILED = "failed"


class ConnectedBalance(Table, db=DB, tablename="connected_balance"):
    """What a payee's Stripe account held in one currency when it was last looked at."""

    id = UUID(primary_key=True)
    payee = ForeignKey(Payee, null=False, default=None, on_delete=OnDelete.restrict)
    currency = Varchar(length=3, null=False, default=None)
    available_minor = BigInt(null=False, default=None)
    pending_minor = BigInt(null=False, default=None)
    seen_at = Timestamptz(null=False, default=None, index=True)

    uq_connected_balance_payee_currency = Unique([payee, currency])


class Recovery(Table, db=DB, tablename="recovery"):
    """A debt that is taken back from the payee's Stripe balance by reversing a transfer: asked by one person, agreed by another."""

    id = UUID(primary_key=True)
    payee = ForeignKey(Payee, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    item = ForeignKey(PayoutItem, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    currency = Varchar(length=3, null=False, default=None)
    amount_minor = BigInt(null=False, default=None)
    reason = Text(null=False, default=None)
    status = Varchar(length=20, null=False, default=None, choices=DecisionStatus)
    idempotency_key = Varchar(length=80, null=False, default=None, unique=True)
    reversal_id = Varchar(length=80, null=True, default=None, unique=True)
    error_code = Varchar(length=80, null=False, default="")
    maker = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    made_at = Timestamptz(null=False, default=None)
    checker = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    decided_at = Timestamptz(null=True, default=None)
    settled_at = Timestamptz(null=True, default=None)

    ck_recovery_amount = Check(amount_minor > 0)


class DisputeLoss(Table, db=DB, tablename="dispute_loss"):
    """A dispute that is given up: asked by one person, agreed by another, then told to Stripe."""

    id = UUID(primary_key=True)
    dispute = ForeignKey(Dispute, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    reason = Text(null=False, default=None)
    status = Varchar(length=20, null=False, default=None, choices=DecisionStatus)
    idempotency_key = Varchar(length=80, null=False, default=None, unique=True)
    error_code = Varchar(length=80, null=False, default="")
    maker = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    made_at = Timestamptz(null=False, default=None)
    checker = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    decided_at = Timestamptz(null=True, default=None)
    settled_at = Timestamptz(null=True, default=None)
