"""Tables of what two persons decide by hand: corrections of what a payee has, and the further approvals of a run."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import UUID, BigInt, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Person
from payouts.tables import PayoutRun


class AdjustmentKind(StrEnum):
    """What is corrected: given to the payee, forgiven of their debt, or taken from them."""

    GOODWILL = "goodwill"
    WRITE_OFF = "write_off"
    CHARGE = "charge"


class AdjustmentStatus(StrEnum):
    """Where a correction stands."""

    WAITING = "waiting"
    BOOKED = "booked"
    REFUSED = "refused"


class Adjustment(Table, db=DB, tablename="adjustment"):
    """A correction that one person proposes with a reason and another one books or refuses."""

    id = UUID(primary_key=True)
    kind = Varchar(length=20, null=False, default=None, choices=AdjustmentKind)
    payee_kind = Varchar(length=20, null=False, default=None)
    owner = UUID(null=False, default=None, index=True)
    currency = Varchar(length=3, null=False, default=None)
    amount_minor = BigInt(null=False, default=None)
    reason = Text(null=False, default=None)
    status = Varchar(length=20, null=False, default=None, choices=AdjustmentStatus)
    client_key = UUID(null=False, default=None, unique=True)
    maker = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    made_at = Timestamptz(null=False, default=None, index=True)
    checker = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    decided_at = Timestamptz(null=True, default=None)
    decision = Text(null=False, default="")

    ck_adjustment_amount = Check(amount_minor > 0)


class RunApproval(Table, db=DB, tablename="run_approval"):
    """One person's approval of a run that needs more than one."""

    id = UUID(primary_key=True)
    run = ForeignKey(PayoutRun, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    person = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    content_hash = Varchar(length=64, null=False, default=None)
    approved_at = Timestamptz(null=False, default=None)

    uq_run_approval_run_person = Unique([run, person])
