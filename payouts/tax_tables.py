"""Tables of taxes: the forms of the United States that creators gave, and the yearly reports of sellers with what they said of each."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import JSONB, UUID, Bytea, Date, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Check
from piccolo.table import Table

from creators.tables import Creator
from foundation.database import DB
from foundation.tables import Person


class UsForm(StrEnum):
    """A form by which a creator says who they are for the tax of the United States."""

    W9 = "w9"
    W8BEN = "w8ben"
    W8BEN_E = "w8ben_e"


class Indicator(StrEnum):
    """What a record of a report does: it is sent again, new, corrected or deleted."""

    AGAIN = "OECD0"
    NEW = "OECD1"
    CORRECTED = "OECD2"
    DELETED = "OECD3"


class DpiVariant(StrEnum):
    """How a report of sellers is written: as the OECD published it, or as the French tax office reads it."""

    OECD = "oecd"
    FRENCH = "fr"


class UsTaxForm(Table, db=DB, tablename="us_tax_form"):
    """A form as it was signed; another one ends it. `tin_sealed` is the tax number of the United States, `tin_end` its last four digits."""

    id = UUID(primary_key=True)
    creator = ForeignKey(Creator, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    form = Varchar(length=10, null=False, default=None, choices=UsForm)
    legal_name = Varchar(length=140, null=False, default=None)
    country = Varchar(length=2, null=False, default=None)
    tin_sealed = Text(null=False, default="", secret=True)
    tin_end = Varchar(length=4, null=False, default="")
    treaty_bp = Integer(null=True, default=None)
    treaty_article = Varchar(length=40, null=False, default="")
    signature = Varchar(length=140, null=False, default=None)
    signed_at = Timestamptz(null=False, default=None)
    signed_by = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    expires_on = Date(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)


class TaxReport(Table, db=DB, tablename="tax_report"):
    """A yearly report of sellers: one person prepares it, another one confirms these very bytes. `left_out` counts incomplete sellers.

    A later one of the same year and form names the one before it (`corrects`): it corrects or completes what all before it said.
    """

    id = UUID(primary_key=True)
    year = Integer(null=False, default=None)
    variant = Varchar(length=10, null=False, default=None, choices=DpiVariant)
    reference = Varchar(length=88, null=False, default=None, unique=True)
    sellers = Integer(null=False, default=None)
    left_out = Integer(null=False, default=0)
    content = Bytea(null=False, default=None)
    sha256 = Varchar(length=64, null=False, default=None)
    maker = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    made_at = Timestamptz(null=False, default=None)
    checker = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    confirmed_at = Timestamptz(null=True, default=None)
    discarded_at = Timestamptz(null=True, default=None)
    corrects: ForeignKey[TaxReport] = ForeignKey("self", null=True, default=None, on_delete=OnDelete.restrict, index=True)

    ck_tax_report_counts = Check((sellers >= 0) & (left_out >= 0))


class TaxReportSeller(Table, db=DB, tablename="tax_report_seller"):
    """What a report says of one seller, who may read it: figures by quarters."""

    id = UUID(primary_key=True)
    report = ForeignKey(TaxReport, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=20, null=False, default=None)
    owner = UUID(null=False, default=None, index=True)
    content = JSONB(null=False, default=None)
    indicator = Varchar(length=5, null=False, default=Indicator.NEW, choices=Indicator)


class SellerRequest(Table, db=DB, tablename="seller_request"):
    """What a seller was asked for by mail (`missing`, with commas), reminded of twice, until they have said it or are no longer reported."""

    id = UUID(primary_key=True)
    kind = Varchar(length=20, null=False, default=None)
    owner = UUID(null=False, default=None, index=True)
    missing = Varchar(length=120, null=False, default=None)
    asked_at = Timestamptz(null=False, default=None)
    reminded_at = Timestamptz(null=True, default=None)
    reminded_again_at = Timestamptz(null=True, default=None)
    closed_at = Timestamptz(null=True, default=None)
