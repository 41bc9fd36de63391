"""Reports: anybody may say that something breaks the rules, without an account (EU 2022/2065 art. 16)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, WrongState
from moderation.sanctions import ReasonMissing
from moderation.tables import Report


class Outcome(StrEnum):
    """What a moderator decided about a report."""

    UPHELD = "upheld"
    DISMISSED = "dismissed"


async def report(
    *, object_kind: str, object_id: str, place: str, snapshot: Mapping[str, str], reason: str, by: Principal | None
) -> UUID:
    """File a report. `snapshot` is what could be seen at that moment; `by=None` is somebody without an account.

    Raises `ReasonMissing`.
    """
    if not reason.strip():
        raise ReasonMissing
    row = Report(
        object_kind=object_kind,
        object_id=object_id,
        place=place,
        snapshot=msgspec.json.encode(dict(snapshot)).decode(),
        reason=reason.strip(),
        reporter=by.id if by else None,
        reported_at=clock.now(),
    )
    async with DB.transaction():
        await row.save()
        await audit.record(by=by, action="report.file", kind=object_kind, id=object_id, place=place)
    return row.id


async def decide_report(*, report_id: UUID, outcome: Outcome, by: Principal) -> None:
    """Close a report. Raises `NotFound`, or `WrongState` when it was decided already."""
    async with DB.transaction():
        moved = (
            await Report.update({Report.outcome: outcome, Report.decided_by: by.id, Report.decided_at: clock.now()})
            .where(Report.id == report_id)
            .where(Report.decided_at.is_null())
            .returning(Report.object_kind)
        )
        if not moved:
            raise WrongState if await Report.exists().where(Report.id == report_id) else NotFound
        await audit.record(by=by, action=f"report.{outcome}", kind="report", id=report_id)


async def open_reports() -> list[dict[str, Any]]:
    """The reports that wait, oldest first, at most 200."""
    return (
        await Report.select(*Report.all_columns(), Report.reporter.display_name.as_alias("reporter_name"))
        .where(Report.decided_at.is_null())
        .order_by(Report.reported_at)
        .limit(200)
        .output(load_json=True)
    )
