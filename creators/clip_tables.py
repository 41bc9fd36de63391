"""The table of clips: short pieces of a show's recording with an address of their own."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
from piccolo.constraints import Check
from piccolo.table import Table

from creators.tables import Show
from foundation.database import DB
from foundation.tables import Person


class ClipStatus(StrEnum):
    """Where a clip stands: `waiting` for the recording or for Mux to be asked, `cutting` while Mux is at it."""

    WAITING = "waiting"
    CUTTING = "cutting"
    READY = "ready"
    FAILED = "failed"
    REMOVED = "removed"


class Clip(Table, db=DB, tablename="clip"):
    """From one second of a show's recording to another.

    `code` is its address. `asset_id` is what Mux made of it; until then Mux knows it by the passthrough `clip:{id}`. `client_key`
    makes a repeated POST the same clip.
    """

    id = UUID(primary_key=True)
    code = Varchar(length=8, null=False, default=None, unique=True)
    show = ForeignKey(Show, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    made_by = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    by_host = Boolean(null=False, default=None)
    title = Varchar(length=80, null=False, default=None)
    starts = Integer(null=False, default=None)
    ends = Integer(null=False, default=None)
    status = Varchar(length=20, null=False, default=None, choices=ClipStatus)
    asset_id = Varchar(length=80, null=True, default=None, unique=True)
    playback_id = Varchar(length=120, null=True, default=None)
    client_key = UUID(null=False, default=None, unique=True)
    created_at = Timestamptz(null=False, default=None)
    asked_at = Timestamptz(null=True, default=None)
    ready_at = Timestamptz(null=True, default=None)

    ck_clip_length = Check((starts >= 0) & (ends > starts))
