"""Proof of what people chose about attribution on their device."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import UUID, BigSerial, ForeignKey, OnDelete, Timestamptz, Varchar
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Person


class Choice(StrEnum):
    """What somebody chose."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ConsentRecord(Table, db=DB, tablename="consent_record"):
    """One choice, never rewritten. `subject` is the random name that the cookie `consent` carries, so that proof can be given for it;
    `text_version` says which words were shown, `place` where."""

    id = BigSerial(primary_key=True)
    subject = UUID(null=False, default=None, index=True)
    person = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    purpose = Varchar(length=20, null=False, default=None)
    choice = Varchar(length=20, null=False, default=None, choices=Choice)
    text_version = Varchar(length=20, null=False, default=None)
    language = Varchar(length=5, null=False, default=None)
    place = Varchar(length=20, null=False, default=None)
    at = Timestamptz(null=False, default=None)
