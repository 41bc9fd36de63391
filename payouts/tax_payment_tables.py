"""The table of payments of withheld tax to the tax office."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import UUID, BigInt, Date, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Check
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Person


class TaxPaymentStatus(StrEnum):
    """Where a payment stands."""

    WAITING = "waiting"
    BOOKED = "booked"
    REFUSED = "refused"


class TaxPayment(Table, db=DB, tablename="tax_payment"):
    """A payment of withheld tax that one person enters and another one books or refuses."""

    id = UUID(primary_key=True)
    currency = Varchar(length=3, null=False, default=None)
    amount_minor = BigInt(null=False, default=None)
    paid_on = Date(null=False, default=None, index=True)
    reference = Varchar(length=140, null=False, default=None, index=True)
    status = Varchar(length=20, null=False, default=None, choices=TaxPaymentStatus)
    client_key = UUID(null=False, default=None, unique=True)
    maker = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    made_at = Timestamptz(null=False, default=None, index=True)
    checker = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    decided_at = Timestamptz(null=True, default=None)
    decision = Text(null=False, default="")

    ck_tax_payment_amount = Check(amount_minor > 0)
