"""Tables of the bank: statements that were read, their lines, Stripe's payouts, what belongs together, and what two persons book for a difference."""

from __future__ import annotations

import uuid
from enum import StrEnum

from piccolo.columns import JSONB, UUID, BigInt, Boolean, Bytea, Date, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Person
from payouts.tables import Journal, ReconciliationException
from payouts.tax_payment_tables import TaxPayment

NO_BUNDLE = uuid.UUID(int=0)


class BankFormat(StrEnum):
    """How a statement was written."""

    CAMT = "camt.053"
    MT940 = "mt940"
    CSV = "csv"


class BankStatement(Table, db=DB, tablename="bank_statement"):
    """A file of the bank that a person brought, and its content; the same file is taken once (`digest`). Looked at only, it has no `taken_at`."""

    id = UUID(primary_key=True)
    name = Varchar(length=200, null=False, default=None)
    format = Varchar(length=20, null=False, default=None, choices=BankFormat)
    digest = Varchar(length=64, null=False, default=None, unique=True)
    content = Bytea(null=False, default=None)
    account = Varchar(length=40, null=False, default=None)
    currency = Varchar(length=3, null=False, default=None)
    lines = Integer(null=False, default=0)
    known_lines = Integer(null=False, default=0)
    uploaded_by = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    uploaded_at = Timestamptz(null=False, default=None)
    taken_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    taken_at = Timestamptz(null=True, default=None)


class BankLine(Table, db=DB, tablename="bank_line"):
    """One booked line of our bank account: above zero came, below zero went. `fingerprint` tells it from every other line of the account."""

    id = UUID(primary_key=True)
    statement = ForeignKey(BankStatement, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    account = Varchar(length=40, null=False, default=None)
    fingerprint = Varchar(length=80, null=False, default=None)
    booked_on = Date(null=False, default=None, index=True)
    amount_minor = BigInt(null=False, default=None)
    currency = Varchar(length=3, null=False, default=None)
    reference = Varchar(length=140, null=False, default="", index=True)
    bank_reference = Varchar(length=60, null=False, default="", index=True)
    text = Text(null=False, default="")
    is_return = Boolean(null=False, default=False)

    uq_bank_line_account_fingerprint = Unique([account, fingerprint])


class StripePayout(Table, db=DB, tablename="stripe_payout"):
    """Copy of a payout from Stripe to a bank; `account` is empty for our own, else the payee's connected account."""

    id = Varchar(length=80, primary_key=True)
    account = Varchar(length=80, null=False, default="", index=True)
    amount_minor = BigInt(null=False, default=None)
    currency = Varchar(length=3, null=False, default=None)
    status = Varchar(length=20, null=False, default=None)
    trace_id = Varchar(length=140, null=False, default="", index=True)
    arrives_on = Date(null=False, default=None, index=True)
    failure_code = Varchar(length=80, null=False, default="")
    transaction = Varchar(length=80, null=False, default="")
    created_at = Timestamptz(null=False, default=None)
    seen_at = Timestamptz(null=False, default=None)
    itemised_at = Timestamptz(null=True, default=None)


class PayoutPart(Table, db=DB, tablename="stripe_payout_part"):
    """One movement that an automatic payout consists of, as Stripe says; `source_id` is a charge, a refund, a transfer, or at a payee's `py_`."""

    transaction = Varchar(length=80, primary_key=True)
    payout = ForeignKey(StripePayout, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    source_id = Varchar(length=80, null=False, default=None, index=True)
    net_minor = BigInt(null=False, default=None)


class BankMatch(Table, db=DB, tablename="bank_match"):
    """A payout and a line of the bank that are the same money, or the part of it that they share: the rows of one `bundle` belong together.

    In place of a payout it may be a payment of withheld tax. Taken apart they stay, with who, when and why; a new match is a new row.
    """

    id = UUID(primary_key=True)
    payout = ForeignKey(StripePayout, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    tax_payment = ForeignKey(TaxPayment, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    line = ForeignKey(BankLine, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    bundle = UUID(null=False, default=NO_BUNDLE, index=True)
    amount_minor = BigInt(null=False, default=0)
    score = Integer(null=False, default=None)
    reason = Varchar(length=40, null=False, default=None)
    matched_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    matched_at = Timestamptz(null=False, default=None)
    journal = ForeignKey(Journal, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    ended_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    ended_at = Timestamptz(null=True, default=None)
    ended_because = Text(null=False, default="")


class DifferencePosting(Table, db=DB, tablename="difference_posting"):
    """What one person proposes to book for a difference; another one books or refuses it. At most one that is not refused."""

    id = UUID(primary_key=True)
    exception = ForeignKey(ReconciliationException, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    lines = JSONB(null=False, default=None)
    reason = Text(null=False, default=None)
    maker = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    asked_at = Timestamptz(null=False, default=None)
    checker = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    booked_at = Timestamptz(null=True, default=None)
    refused_at = Timestamptz(null=True, default=None)
    refused_because = Text(null=False, default="")
    journal = ForeignKey(Journal, null=True, default=None, on_delete=OnDelete.restrict, index=True)
