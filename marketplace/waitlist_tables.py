"""The line of people who wait for something that is sold out."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import UUID, BigSerial, ForeignKey, OnDelete, Timestamptz, Varchar
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Person
from marketplace.tables import Order, Variant


class WaitStatus(StrEnum):
    """Where somebody in the line stands; moves are made under the lock of the variant's row."""

    WAITING = "waiting"
    OFFERED = "offered"
    TAKEN = "taken"
    PASSED = "passed"
    LEFT = "left"


class WaitlistEntry(Table, db=DB, tablename="waitlist_entry"):
    """One person's place in the line for one unit of a variant; the ids are the order of the line.

    An offered entry has its unit: it was taken off the shelf for this person until `offer_until`.
    """

    id = BigSerial(primary_key=True)
    variant = ForeignKey(Variant, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    person = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    status = Varchar(length=20, null=False, default=None, choices=WaitStatus)
    show_id = UUID(null=True, default=None)
    order = ForeignKey(Order, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    joined_at = Timestamptz(null=False, default=None)
    offered_at = Timestamptz(null=True, default=None)
    offer_until = Timestamptz(null=True, default=None)
