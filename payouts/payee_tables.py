"""Tables of payees: how they stand towards VAT, and when they want to be paid."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import UUID, BigInt, ForeignKey, OnDelete, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Person


class Schedule(StrEnum):
    """When a payee is paid. The moments are midnights in the books' time zone."""

    EVERY_RUN = "every_run"
    TWICE_A_MONTH = "twice_a_month"
    WEEKLY = "weekly"
    ON_REQUEST = "on_request"


class TaxProfile(Table, db=DB, tablename="tax_profile"):
    """How a creator or brand stands towards VAT. `owner` is the creator's or brand's id; `checked_at`: the VAT id was found valid."""

    id = UUID(primary_key=True)
    kind = Varchar(length=20, null=False, default=None)
    owner = UUID(null=False, default=None)
    country = Varchar(length=2, null=False, default=None)
    vat_status = Varchar(length=20, null=False, default=None)
    vat_id = Varchar(length=20, null=False, default="")
    checked_at = Timestamptz(null=True, default=None)
    checked_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    changed_at = Timestamptz(null=False, default=None)

    uq_tax_profile_kind_owner = Unique([kind, owner])


class PayoutPlan(Table, db=DB, tablename="payout_plan"):
    """When a payee wants to be paid and from which amount; `minimum_minor` 0 is the house's. `asked_at` is the open request."""

    id = UUID(primary_key=True)
    kind = Varchar(length=20, null=False, default=None)
    owner = UUID(null=False, default=None)
    schedule = Varchar(length=20, null=False, default=None, choices=Schedule)
    minimum_minor = BigInt(null=False, default=0)
    asked_at = Timestamptz(null=True, default=None)
    changed_at = Timestamptz(null=False, default=None)

    uq_payout_plan_kind_owner = Unique([kind, owner])
