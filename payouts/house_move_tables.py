"""Sums that two persons move between accounts of the house."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import UUID, BigInt, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Check
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Person


class MoveStatus(StrEnum):
    """Where a move stands."""

    WAITING = "waiting"
    BOOKED = "booked"
    REFUSED = "refused"


class HouseMove(Table, db=DB, tablename="house_move"):
    """One sum that is debited to one account of the house and credited to another; decided, it is never changed."""

    id = UUID(primary_key=True)
    debited = Varchar(length=4, null=False, default=None)
    credited = Varchar(length=4, null=False, default=None)
    currency = Varchar(length=3, null=False, default=None)
    amount_minor = BigInt(null=False, default=None)
    reason = Text(null=False, default=None)
    status = Varchar(length=20, null=False, default=None, choices=MoveStatus)
    client_key = UUID(null=False, default=None, unique=True)
    maker = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    made_at = Timestamptz(null=False, default=None, index=True)
    checker = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    decided_at = Timestamptz(null=True, default=None)
    decision = Text(null=False, default="")

    ck_house_move_amount = Check(amount_minor > 0)
    ck_house_move_accounts = Check("debited <> credited")
