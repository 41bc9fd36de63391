"""Shares that nobody gets while a bank decides a dispute."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, ForeignKey, OnDelete, Timestamptz
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from foundation.database import DB
from marketplace.dispute_tables import Dispute
from marketplace.tables import OrderLine
from payouts.tables import Commission


class CommissionFreeze(Table, db=DB, tablename="commission_freeze"):
    """What of a commission's shares was moved to held for a dispute; it goes back to where it came from when `ended_at` is set."""

    id = UUID(primary_key=True)
    commission = ForeignKey(Commission, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    dispute = ForeignKey(Dispute, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    brand_minor = BigInt(null=False, default=None)
    creator_minor = BigInt(null=False, default=None)
    since = Timestamptz(null=False, default=None)
    ended_at = Timestamptz(null=True, default=None)

    ck_commission_freeze_amounts = Check((brand_minor >= 0) & (creator_minor >= 0))


class DisputeShare(Table, db=DB, tablename="dispute_share"):
    """What a lost dispute took from a line, in minor units of its order: exactly that comes back when it is won after all."""

    id = UUID(primary_key=True)
    dispute = ForeignKey(Dispute, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    order_line = ForeignKey(OrderLine, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    amount_minor = BigInt(null=False, default=None)

    uq_dispute_share_dispute_line = Unique([dispute, order_line])
    ck_dispute_share_amount = Check("amount_minor > 0")
