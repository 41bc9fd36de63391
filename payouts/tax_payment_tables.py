"""The table of payments of withheld tax to the tax office."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import UUID, BigInt, Date, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Check
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Person
from payouts.bank_tables import BankLine
from payouts.tables import Journal


class TaxPaymentStatus(StrEnum):
    """Where a payment stands."""

    WAITING = "waiting"
    BOOKED = "booked"
    REFUSED = "refused"


class TaxPayment(Table, db=DB, tablename="tax_payment"):
    """A payment of withheld tax that one person enters and another one books or refuses; `line` is its line of the bank once they are matched."""

    id = UUID(primary_key=True)
    currency = Varchar(length=3, null=False, default=None)
    amount_minor = BigInt(null=False, default=None)
    paid_on = Date(null=False, default=None, index=True)
    reference = Varchar(length=140, null=False, default=None)
    status = Varchar(length=20, null=False, default=None, choices=TaxPaymentStatus)
    client_key = UUID(null=False, default=None, unique=True)
    maker = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    made_at = Timestamptz(null=False, default=None, index=True)
    checker = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    decided_at = Timestamptz(null=True, default=None)
    decision = Text(null=False, default="")

    ck_tax_payment_amount = Check(amount_minor > 0)


class TaxPaymentMatch(Table, db=DB, tablename="tax_payment_match"):
    """A payment of tax and its line of the bank; taken apart it stays, with who, when and why."""

    id = UUID(primary_key=True)
    payment = ForeignKey(TaxPayment, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    line = ForeignKey(BankLine, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    reason = Varchar(length=40, null=False, default=None)
    matched_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    matched_at = Timestamptz(null=False, default=None)
    journal = ForeignKey(Journal, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    ended_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    ended_at = Timestamptz(null=True, default=None)
    ended_because = Text(null=False, default="")
