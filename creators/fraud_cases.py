"""Reading cases: for those who decide, with everything; for the creator, with nothing about other people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from creators.fraud_tables import CaseStatus
from creators.profiles import creator_of
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound

PAGE = 50


@dataclass(frozen=True)
class SignalShown:
    """One signal with its figures."""

    signal: str
    score: int
    evidence: dict[str, int]
    found_at: datetime


@dataclass(frozen=True)
class CaseShown:
    """A case. `sale` is the order's number here, or the one in the brand's shop; `minor` what was sold."""

    id: UUID
    creator: str
    handle: str
    brand: str
    sale: str
    minor: int
    currency: str
    score: int
    status: CaseStatus
    opened_at: datetime
    decided_by: str
    decided_at: datetime | None
    reason: str
    appeal: str
    appealed_at: datetime | None
    appeal_decided_at: datetime | None
    appeal_reason: str
    order_line: UUID | None
    signals: list[SignalShown]


async def cases(*, open_only: bool, after: int = 0) -> list[CaseShown]:
    """All cases, those that wait for somebody first, the heaviest first; one page and one more."""
    return await _cases(
        "($1::bool is false or f.status in ('open', 'appealed'))"
        " order by f.status in ('open', 'appealed') desc, f.score desc, f.opened_at, f.id limit $2 offset $3",
        open_only,
        PAGE + 1,
        after,
    )


async def case(*, case_id: UUID) -> CaseShown:
    """One case. Raises `NotFound`."""
    found = await _cases("f.id = $1", case_id)
    if not found:
        raise NotFound
    return found[0]


async def cases_of(*, by: Principal) -> list[CaseShown]:
    """The creator's own cases, newest first."""
    creator = await creator_of(by=by)
    return await _cases("f.creator = $1 order by f.opened_at desc, f.id limit 100", creator.id)


async def waiting() -> int:
    """How many cases wait for a decision."""
    async with DB.connection() as connection:
        return int(await connection.fetchval("select count(*) from fraud_case where status in ('open', 'appealed')"))


async def _cases(condition: str, *values: Any) -> list[CaseShown]:
    query = f"""
        select f.id, c.display_name as creator, c.handle, coalesce(b.name, '') as brand, coalesce(o.number, nullif(n.called, ''), v.shop_order) as sale,
               coalesce(o.total_minor, v.net_minor) as minor, coalesce(o.currency, v.currency) as currency, f.score, f.status, f.opened_at,
               coalesce(p.display_name, '') as decided_by, f.decided_at, f.reason, f.appeal, f.appealed_at, f.appeal_decided_at, f.appeal_reason,
               (select d.order_line from attribution_decision d where d."order" = f."order" and d.creator = f.creator limit 1) as order_line,
               coalesce((select json_agg(json_build_object('signal', s.signal, 'score', s.score, 'evidence', s.evidence, 'found_at', s.found_at)
                   order by s.score desc, s.id) from fraud_signal s where s."case" = f.id), '[]')::text as signals
        from fraud_case f join creator c on c.id = f.creator left join shop_order o on o.id = f."order"
        left join conversion v on v.id = f.conversion left join shop_standing n on n.conversion = v.id left join person p on p.id = f.decided_by
        left join brand b on b.id = coalesce(v.brand, (select l.brand from order_line l where l."order" = o.id limit 1))
        where {condition}
    """  # noqa: S608  # `condition` is one of the literals above
    async with DB.connection() as connection:
        rows = await connection.fetch(query, *values)
    return [_shown(dict(row)) for row in rows]


def _shown(row: dict[str, Any]) -> CaseShown:
    signals = msgspec.json.decode(row.pop("signals"), type=list[SignalShown])
    return CaseShown(**{**row, "status": CaseStatus(row["status"]), "signals": signals})
