"""Tables of credit: who hosts a show together, how a decision is shared, and what people correct in it."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import UUID, ForeignKey, Integer, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from creators.tables import AttributionDecision, Creator, Show, Terms
from foundation.database import DB
from foundation.tables import Person
from marketplace.tables import Order, OrderLine


class HostStatus(StrEnum):
    """Where an invitation to host together stands."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class CorrectionStatus(StrEnum):
    """Where a correction stands: one person asks, another agrees or not."""

    ASKED = "asked"
    AGREED = "agreed"
    REFUSED = "refused"


class AttributionShare(Table, db=DB, tablename="attribution_share"):
    """What one creator has of a decision, in basis points; the shares of a credited decision are 10,000 together."""

    id = UUID(primary_key=True)
    decision = ForeignKey(AttributionDecision, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    position = SmallInt(null=False, default=None)
    creator = ForeignKey(Creator, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    show = ForeignKey(Show, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    terms = ForeignKey(Terms, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    share_bp = Integer(null=False, default=None)

    uq_attribution_share_decision_position = Unique([decision, position])
    ck_attribution_share_bp = Check((share_bp > 0) & (share_bp <= 10_000))


class ShowHost(Table, db=DB, tablename="show_host"):
    """A creator who hosts somebody else's show with them, for a share of its commission that both agreed to."""

    id = UUID(primary_key=True)
    show = ForeignKey(Show, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    creator = ForeignKey(Creator, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    share_bp = Integer(null=False, default=None)
    status = Varchar(length=20, null=False, default=None, choices=HostStatus)
    invited_at = Timestamptz(null=False, default=None)
    answered_at = Timestamptz(null=True, default=None)

    uq_show_host_show_creator = Unique([show, creator])
    ck_show_host_share = Check((share_bp > 0) & (share_bp < 10_000))


class AttributionCorrection(Table, db=DB, tablename="attribution_correction"):
    """One person's wish to credit an order line otherwise; another agrees, and a new version of the decision follows.

    `creator` None credits nobody; `rules` puts the line back to what the rules say. `undoes` names the correction that it takes back.
    """

    id = UUID(primary_key=True)
    order_line = ForeignKey(OrderLine, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    order = ForeignKey(Order, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    creator = ForeignKey(Creator, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    terms = ForeignKey(Terms, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    undoes: ForeignKey[AttributionCorrection] = ForeignKey(
        "self", null=True, default=None, on_delete=OnDelete.restrict, index=True
    )
    status = Varchar(length=20, null=False, default=None, choices=CorrectionStatus)
    reason = Text(null=False, default=None)
    maker = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    asked_at = Timestamptz(null=False, default=None)
    checker = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    answered_at = Timestamptz(null=True, default=None)
    answer = Text(null=False, default="")
