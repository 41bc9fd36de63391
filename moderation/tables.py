"""Tables of the house rules."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import JSONB, UUID, Boolean, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Person


class SanctionKind(StrEnum):
    """What a sanction takes away."""

    TIMEOUT = "timeout"
    BAN = "ban"


class WordAction(StrEnum):
    """What the chat filter does with a message that holds the word."""

    HOLD = "hold"
    REFUSE = "refuse"


class FilterWord(Table, db=DB, tablename="filter_word"):
    """A word of the chat filter, in lower case without accents."""

    id = UUID(primary_key=True)
    word = Varchar(length=60, null=False, default=None)
    action = Varchar(length=20, null=False, default=None, choices=WordAction)
    added_at = Timestamptz(null=False, default=None)
    added_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)

    uq_filter_word_word = Unique([word])


class Sanction(Table, db=DB, tablename="sanction"):
    """A person may not write, in one place or everywhere, until a moment or for good."""

    id = UUID(primary_key=True)
    person = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=20, null=False, default=None, choices=SanctionKind)
    place = Varchar(length=80, null=False, default="")
    reason = Text(null=False, default=None)
    automatic = Boolean(null=False, default=False)
    decided_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    decided_at = Timestamptz(null=False, default=None)
    until = Timestamptz(null=True, default=None)
    lifted_at = Timestamptz(null=True, default=None)
    lifted_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)


class RestrictionStatus(StrEnum):
    """What became of a message that was kept back or taken away."""

    HELD = "held"
    RELEASED = "released"
    REMOVED = "removed"


class Restriction(Table, db=DB, tablename="restriction"):
    """Something a person wrote that was kept back or taken away, and why (EU 2022/2065 art. 17)."""

    id = UUID(primary_key=True)
    object_kind = Varchar(length=40, null=False, default=None)
    object_id = Varchar(length=80, null=False, default=None)
    place = Varchar(length=80, null=False, default=None, index=True)
    person = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    author = Varchar(length=80, null=False, default=None)
    body = Text(null=False, default=None)
    words = JSONB(null=False, default=None)
    automatic = Boolean(null=False, default=None)
    status = Varchar(length=20, null=False, default=None, choices=RestrictionStatus)
    reason = Text(null=False, default="")
    since = Timestamptz(null=False, default=None)
    decided_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    decided_at = Timestamptz(null=True, default=None)

    uq_restriction_object_kind_object_id = Unique([object_kind, object_id])


class Report(Table, db=DB, tablename="report"):
    """Somebody tells us that something breaks the rules (EU 2022/2065 art. 16)."""

    id = UUID(primary_key=True)
    object_kind = Varchar(length=40, null=False, default=None)
    object_id = Varchar(length=80, null=False, default=None, index=True)
    place = Varchar(length=80, null=False, default="")
    snapshot = JSONB(null=False, default=None)
    reason = Text(null=False, default=None)
    reporter = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    reported_at = Timestamptz(null=False, default=None)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    outcome = Varchar(length=20, null=False, default="")
