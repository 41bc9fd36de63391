"""Units that do not stay with their buyer: withdrawals, returns and what a seller cannot send."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import UUID, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Person
from marketplace.tables import Brand, Order, OrderLine, Refund


class ReturnKind(StrEnum):
    """Why units come back, or never leave."""

    WITHDRAWAL = "withdrawal"
    RETURN = "return"
    REFUSAL = "refusal"


class ReturnStatus(StrEnum):
    """Where a return stands; `asked` waits for the seller's word, `accepted` for the goods."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REFUNDED = "refunded"


class ReturnRequest(Table, db=DB, tablename="return_request"):
    """One wish to give units of one brand back, and what became of it. `declared_name` is what a withdrawal was signed with."""

    id = UUID(primary_key=True)
    order = ForeignKey(Order, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=20, null=False, default=None, choices=ReturnKind)
    status = Varchar(length=20, null=False, default=None, choices=ReturnStatus)
    reason = Varchar(length=20, null=False, default=None)
    note = Text(null=False, default="")
    declared_name = Varchar(length=80, null=False, default="")
    asked_at = Timestamptz(null=False, default=None)
    asked_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    answer = Text(null=False, default="")
    answered_at = Timestamptz(null=True, default=None)
    refund = ForeignKey(Refund, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    closed_at = Timestamptz(null=True, default=None)


class ReturnLine(Table, db=DB, tablename="return_line"):
    """How many units of an order line come back; `unsent` of them had not left the seller."""

    id = UUID(primary_key=True)
    request = ForeignKey(ReturnRequest, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    order_line = ForeignKey(OrderLine, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    quantity = Integer(null=False, default=None)
    unsent = Integer(null=False, default=0)

    uq_return_line_request_order_line = Unique([request, order_line])
    ck_return_line_quantity = Check((quantity > 0) & (unsent >= 0) & (unsent <= quantity))
