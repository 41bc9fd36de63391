"""The table of VAT rates: one row for each day on which a rate began. The migrations put the European Union's rates in."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import UUID, Date, Integer, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from foundation.database import DB


class VatClass(StrEnum):
    """Which of a country's rates a product falls under. A country without a lower rate has its reduced, then its standard one."""

    STANDARD = "standard"
    REDUCED = "reduced"
    LOWER = "lower"
    NONE = "none"


class VatRate(Table, db=DB, tablename="vat_rate"):
    """From `valid_from` on, `rate_bp` is what consumers in `country` pay on goods of this class. Rows are added, never changed; one that has not begun may be taken back."""

    id = UUID(primary_key=True)
    country = Varchar(length=2, null=False, default=None)
    vat_class = Varchar(length=20, null=False, default=None, choices=VatClass)
    valid_from = Date(null=False, default=None)
    rate_bp = Integer(null=False, default=None)

    uq_vat_rate_country_class_valid_from = Unique([country, vat_class, valid_from])
    ck_vat_rate_rate = Check((rate_bp >= 0) & (rate_bp <= 5000))
