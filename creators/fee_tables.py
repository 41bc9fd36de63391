"""The table of what Fanfare keeps of a sale: its versions."""

from __future__ import annotations

from piccolo.columns import UUID, ForeignKey, Integer, OnDelete, SmallInt, Text, Timestamptz
from piccolo.constraints import Check
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Person


class PlatformFee(Table, db=DB, tablename="platform_fee"):
    """One version of the platform's fee, in basis points of the base, made by one person and confirmed by another; versions are only added."""

    id = UUID(primary_key=True)
    version = SmallInt(null=False, default=None, unique=True)
    fee_bp = Integer(null=False, default=None)
    valid_from = Timestamptz(null=False, default=None)
    reason = Text(null=False, default=None)
    made_by = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    checked_by = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)

    ck_platform_fee_rate = Check((fee_bp >= 0) & (fee_bp <= 3000))
