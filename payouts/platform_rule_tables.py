"""The table of changes to the platform's own rules that one person proposes and another one confirms."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import JSONB, UUID, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Person


class Subject(StrEnum):
    """What is to change: the fee, a commission rule (a new one or a new version), or that a rule ends."""

    FEE = "fee"
    RULE = "rule"
    END = "end"


class ProposalStatus(StrEnum):
    """Where a change stands."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class RuleProposal(Table, db=DB, tablename="rule_proposal"):
    """A change of the platform's rules. `content` is what would be in force from `begins_at` on; decided once, never edited."""

    id = UUID(primary_key=True)
    subject = Varchar(length=10, null=False, default=None, choices=Subject)
    content = JSONB(null=False, default=None)
    begins_at = Timestamptz(null=False, default=None)
    reason = Text(null=False, default=None)
    status = Varchar(length=20, null=False, default=None, choices=ProposalStatus)
    client_key = UUID(null=False, default=None, unique=True)
    maker = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    made_at = Timestamptz(null=False, default=None, index=True)
    checker = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    decided_at = Timestamptz(null=True, default=None)
    decision = Text(null=False, default="")
