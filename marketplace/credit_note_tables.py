"""The tables of credit notes to buyers: numbered without gaps for each brand and year, never changed, never above their invoice."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigInt, ForeignKey, OnDelete, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from foundation.database import DB
from marketplace.dispute_tables import Dispute
from marketplace.invoice_tables import Invoice
from marketplace.tables import Brand, OrderLine, Refund


class CreditNote(Table, db=DB, tablename="buyer_credit_note"):
    """What one refund or one lost dispute takes off one invoice; `content` is everything that stands on it.

    `cancels` names the note that a later one takes back, when the bank has returned the money.
    """

    id = UUID(primary_key=True)
    invoice = ForeignKey(Invoice, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    refund = ForeignKey(Refund, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    dispute = ForeignKey(Dispute, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    cancels: ForeignKey[CreditNote] = ForeignKey("self", null=True, default=None, on_delete=OnDelete.restrict, unique=True)
    number = Varchar(length=30, null=False, default=None, index=True)
    locale = Varchar(length=5, null=False, default=None)
    content = JSONB(null=False, default=None)
    issued_at = Timestamptz(null=False, default=None)

    uq_buyer_credit_note_brand_number = Unique([brand, number])


class CreditNoteLine(Table, db=DB, tablename="buyer_credit_note_line"):
    """The part of a note that belongs to one order line, in minor units; below zero on a note that takes another back."""

    id = UUID(primary_key=True)
    note = ForeignKey(CreditNote, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    order_line = ForeignKey(OrderLine, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    gross_minor = BigInt(null=False, default=None)
    vat_minor = BigInt(null=False, default=None)

    uq_buyer_credit_note_line_note_order_line = Unique([note, order_line])
