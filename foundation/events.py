"""Events of the ground."""

from __future__ import annotations

from uuid import UUID

import msgspec


class MailWritten(msgspec.Struct, frozen=True):
    """A mail waits to be sent."""

    mail_id: UUID
