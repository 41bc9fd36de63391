"""Table of bank accounts that several creators may share because a person has looked at it."""

from __future__ import annotations

from piccolo.columns import UUID, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Person
from payouts.tables import Payee


class BankAllowance(Table, db=DB, tablename="bank_allowance"):
    """This payee may be paid to a bank account that another creator has too. It ends when the payee changes banks."""

    id = UUID(primary_key=True)
    payee = ForeignKey(Payee, null=False, default=None, on_delete=OnDelete.restrict)
    bank = Varchar(length=64, null=False, default=None)
    reason = Text(null=False, default=None)
    allowed_by = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    allowed_at = Timestamptz(null=False, default=None)

    uq_bank_allowance_payee_bank = Unique([payee, bank])
