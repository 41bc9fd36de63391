"""Tables of documents: who payees are before the law, the mandate to invoice in their name, and what was issued."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import JSONB, UUID, BigInt, Boolean, Bytea, Date, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from creators.tables import Creator
from foundation.database import DB
from foundation.tables import Person


class DocumentKind(StrEnum):
    """What a document is for: a creator's service to a brand, a creator's service to the house, the house's fee to a brand."""

    ON_BEHALF = "on_behalf"
    SELF_BILLED = "self_billed"
    FEE = "fee"


class LegalIdentity(Table, db=DB, tablename="legal_identity"):
    """Who a creator is before the law and the tax office; `country` is where they live for taxes, `tin` its tax number."""

    id = UUID(primary_key=True)
    creator = ForeignKey(Creator, null=False, default=None, on_delete=OnDelete.restrict, unique=True)
    legal_name = Varchar(length=140, null=False, default=None)
    is_company = Boolean(null=False, default=False)
    street = Varchar(length=140, null=False, default=None)
    postcode = Varchar(length=20, null=False, default=None)
    town = Varchar(length=80, null=False, default=None)
    country = Varchar(length=2, null=False, default=None)
    registration = Varchar(length=40, null=False, default="")
    tin = Varchar(length=40, null=False, default="")
    born_on = Date(null=True, default=None)
    born_in = Varchar(length=80, null=False, default="")
    born_country = Varchar(length=2, null=False, default="")
    works_in_us = Boolean(null=False, default=False)
    changed_at = Timestamptz(null=False, default=None)


class InvoicingMandate(Table, db=DB, tablename="invoicing_mandate"):
    """A creator lets the house issue invoices in their name (CGI annex II art. 242 nonies): which text, when, until when."""

    id = UUID(primary_key=True)
    creator = ForeignKey(Creator, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    version = Varchar(length=20, null=False, default=None)
    text = Text(null=False, default=None)
    given_at = Timestamptz(null=False, default=None)
    given_by = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    withdrawn_at = Timestamptz(null=True, default=None)


class Document(Table, db=DB, tablename="document"):
    """An invoice or a credit note as it was issued; never changed. `supplier` and `customer` are None for the house itself.

    Amounts are positive; `type_code` (UNTDID 1001) says in which direction: 380 and 389 invoices, 381 and 261 credit notes.
    `content` is everything that is printed.
    """

    id = UUID(primary_key=True)
    kind = Varchar(length=20, null=False, default=None, choices=DocumentKind)
    type_code = Varchar(length=3, null=False, default=None)
    number = Varchar(length=60, null=False, default=None, index=True)
    supplier = UUID(null=True, default=None, index=True)
    customer = UUID(null=True, default=None, index=True)
    currency = Varchar(length=3, null=False, default=None)
    period = Varchar(length=7, null=False, default=None, index=True)
    vat_bp = Integer(null=False, default=None)
    category = Varchar(length=2, null=False, default=None)
    net_minor = BigInt(null=False, default=None)
    vat_minor = BigInt(null=False, default=None)
    content = JSONB(null=False, default=None)
    issued_at = Timestamptz(null=False, default=None, index=True)

    uq_document_supplier_number = Unique([supplier, number], nulls_distinct=False)
    ck_document_amounts = Check((net_minor >= 0) & (vat_minor >= 0))


class DocumentLine(Table, db=DB, tablename="document_line"):
    """What a document says of one source (a commission, a bonus, ...); below zero on credit notes. Never changed."""

    id = UUID(primary_key=True)
    document = ForeignKey(Document, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    source = Varchar(length=20, null=False, default=None)
    source_id = UUID(null=False, default=None, index=True)
    words = Text(null=False, default=None)
    day = Date(null=False, default=None)
    net_minor = BigInt(null=False, default=None)
    vat_minor = BigInt(null=False, default=None)


class DocumentFile(Table, db=DB, tablename="document_file"):
    """The file of a document as it was made once, and its SHA-256."""

    id = UUID(primary_key=True)
    document = ForeignKey(Document, null=False, default=None, on_delete=OnDelete.restrict, unique=True)
    content = Bytea(null=False, default=None)
    sha256 = Varchar(length=64, null=False, default=None)
