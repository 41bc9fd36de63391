"""Tables of runs that are drafted by themselves: on which days finance wants that, and the days on which it was done."""

from __future__ import annotations

from piccolo.columns import UUID, ForeignKey, OnDelete, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Person
from payouts.payee_tables import Schedule
from payouts.tables import PayoutRun


class AutomaticDraft(Table, db=DB, tablename="automatic_draft"):
    """Finance wants runs of a currency drafted on the days of a schedule, from `since` on; off when there is no row."""

    id = UUID(primary_key=True)
    currency = Varchar(length=3, null=False, default=None)
    schedule = Varchar(length=20, null=False, default=None, choices=Schedule)
    since = Timestamptz(null=False, default=None)
    by = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)

    uq_automatic_draft_currency_schedule = Unique([currency, schedule])


class DraftOccasion(Table, db=DB, tablename="draft_occasion"):
    """A midnight that asked for a draft, taken by one worker; `run` is None when nobody could be paid."""

    id = UUID(primary_key=True)
    currency = Varchar(length=3, null=False, default=None)
    schedule = Varchar(length=20, null=False, default=None, choices=Schedule)
    moment = Timestamptz(null=False, default=None)
    run = ForeignKey(PayoutRun, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    looked_at = Timestamptz(null=False, default=None)

    uq_draft_occasion_currency_schedule_moment = Unique([currency, schedule, moment])
