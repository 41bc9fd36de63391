"""Disputes: a buyer's bank takes the money of an order back until it has decided."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigInt, ForeignKey, OnDelete, Timestamptz, Varchar
from piccolo.constraints import Check
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Person
from marketplace.tables import Order


class Dispute(Table, db=DB, tablename="dispute"):
    """A dispute as Stripe told it last. `status` is Stripe's own word.

    `withdrawn_minor` and `fee_minor` are what the bank has taken, `reinstated_minor` and `fee_back_minor` what it gave back;
    the fees are in `fee_currency`, in which Stripe settles, empty for that of the dispute.
    """

    id = UUID(primary_key=True)
    order = ForeignKey(Order, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    stripe_dispute_id = Varchar(length=80, null=False, default=None, unique=True)
    charge_id = Varchar(length=80, null=False, default=None)
    status = Varchar(length=40, null=False, default=None)
    reason = Varchar(length=60, null=False, default=None)
    amount_minor = BigInt(null=False, default=None)
    currency = Varchar(length=3, null=False, default=None)
    withdrawn_minor = BigInt(null=False, default=0)
    fee_minor = BigInt(null=False, default=0)
    reinstated_minor = BigInt(null=False, default=0)
    fee_back_minor = BigInt(null=False, default=0)
    fee_currency = Varchar(length=3, null=False, default="")
    evidence_due = Timestamptz(null=True, default=None, index=True)
    opened_at = Timestamptz(null=False, default=None)
    closed_at = Timestamptz(null=True, default=None)

    ck_dispute_amount = Check(amount_minor > 0)


class DisputeAnswer(Table, db=DB, tablename="dispute_answer"):
    """Evidence that was handed in: written, with its key, before Stripe is asked. `evidence` has Stripe's field names."""

    id = UUID(primary_key=True)
    dispute = ForeignKey(Dispute, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    evidence = JSONB(null=False, default=None)
    idempotency_key = Varchar(length=80, null=False, default=None, unique=True)
    answered_by = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    created_at = Timestamptz(null=False, default=None)
    sent_at = Timestamptz(null=True, default=None)
    error_code = Varchar(length=80, null=False, default="")
