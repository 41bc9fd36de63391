"""Tables of exchanges: what Stripe or we have turned from one currency into another, and how far the reconciliation has read."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import UUID, BigInt, ForeignKey, OnDelete, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from foundation.database import DB
from payouts.tables import Journal


class ExchangeKind(StrEnum):
    """Why currencies were exchanged: Stripe settled a movement, or a payee is paid in what Stripe holds."""

    SETTLED = "settled"
    PAYEE = "payee"


class Exchange(Table, db=DB, tablename="exchange"):
    """One exchange: `from_minor` became `to_minor`. Its rate is these two numbers and nothing else. `source_id`: the movement or the cause."""

    id = UUID(primary_key=True)
    kind = Varchar(length=20, null=False, default=None, choices=ExchangeKind)
    source_id = Varchar(length=80, null=False, default=None)
    owner_kind = Varchar(length=20, null=False, default="")
    owner = UUID(null=True, default=None, index=True)
    from_currency = Varchar(length=3, null=False, default=None)
    from_minor = BigInt(null=False, default=None)
    to_currency = Varchar(length=3, null=False, default=None)
    to_minor = BigInt(null=False, default=None)
    journal = ForeignKey(Journal, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    at = Timestamptz(null=False, default=None, index=True)

    uq_exchange_kind_source_id = Unique([kind, source_id])
    ck_exchange_amounts = Check((from_minor > 0) & (to_minor > 0))
