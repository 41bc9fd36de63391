"""What the house rules tell the storeys above."""

from __future__ import annotations

from uuid import UUID

import msgspec


class MessageReleased(msgspec.Struct, frozen=True):
    """A held message may be shown; `object_kind` and `object_id` name it where it was written."""

    restriction_id: UUID
    object_kind: str
    object_id: str


class MessageRemoved(msgspec.Struct, frozen=True):
    """A message was taken away, or a held one stays hidden for good."""

    restriction_id: UUID
    object_kind: str
    object_id: str


class PersonSanctioned(msgspec.Struct, frozen=True):
    """A person may not write in `place` ("" is everywhere)."""

    sanction_id: UUID
    person_id: UUID
    place: str
