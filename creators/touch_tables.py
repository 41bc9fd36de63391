"""Tables of what is known of a visit beside its touches: how long somebody watched, and where they came from."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, BigSerial, Boolean, Date, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from creators.tables import Show, Touch
from foundation.database import DB
from foundation.tables import Person


class WatchTime(Table, db=DB, tablename="watch_time"):
    """Seconds that a visitor watched a show on a day, live or later, counted by our clock between their heartbeats."""

    id = BigSerial(primary_key=True)
    show = ForeignKey(Show, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    visitor = Varchar(length=64, null=False, default=None)
    person = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    day = Date(null=False, default=None)
    live = Boolean(null=False, default=None)
    seconds = Integer(null=False, default=0)
    last_at = Timestamptz(null=False, default=None)

    uq_watch_time_visit = Unique([show, visitor, day, live])
    ck_watch_time_seconds = Check(seconds >= 0)


class TouchOrigin(Table, db=DB, tablename="touch_origin"):
    """How a visit with consent began: the page that was opened first, the host that led there and, when it was a tracking link, the click."""

    touch = ForeignKey(Touch, null=False, default=None, on_delete=OnDelete.restrict, primary_key=True, unique=True)
    referrer = Varchar(length=100, null=False, default="")
    entry_page = Varchar(length=200, null=False, default="")
    click = UUID(null=True, default=None, unique=True)


class ShowReach(Table, db=DB, tablename="show_reach"):
    """How often a show was offered to people in lists on a day; programs are left out."""

    id = BigSerial(primary_key=True)
    show = ForeignKey(Show, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    day = Date(null=False, default=None)
    impressions = BigInt(null=False, default=0)

    uq_show_reach_show_day = Unique([show, day])
