"""Who did what: one entry in the transaction of the fact."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from foundation import clock, logs
from foundation.tables import AuditEntry

if TYPE_CHECKING:
    from foundation.accounts import Principal


async def record(*, by: Principal | None, action: str, kind: str, id: object, **details: object) -> None:  # noqa: A002
    """Write an entry: `by` did `action` to the object `kind`:`id`. `by=None` is the system itself.

    `details` are plain values (before and after); never secrets. Call it inside the verb's transaction.
    """
    await AuditEntry(
        at=clock.now(),
        actor=f"person:{by.id}" if by else "system",
        action=action,
        object_kind=kind,
        object_id=str(id),
        details=msgspec.json.encode(details, enc_hook=_plain).decode(),
        request_id=logs.request_id.get(),
    ).save()


def _plain(value: object) -> object:
    if isinstance(value, UUID | date | datetime):
        return str(value)
    raise TypeError(f"an audit entry holds plain values, not {type(value).__name__}")
