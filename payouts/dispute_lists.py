"""Refunds and disputes as lists: all for finance, a brand's own for the brand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation.database import DB
from foundation.money import Money

PAGE = 50


@dataclass(frozen=True)
class DisputeRow:
    """One dispute; `answered` when evidence was handed in."""

    id: UUID
    number: str
    brands: str
    status: str
    reason: str
    amount: Money
    due: datetime | None
    answered: bool
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True)
class RefundRow:
    """One refund, or the part of it that belongs to a brand."""

    id: UUID
    number: str
    status: str
    reason: str
    amount: Money
    by: str
    error: str
    created_at: datetime
    settled_at: datetime | None


async def disputes(*, brand_id: UUID | None, page: int = 1) -> tuple[list[DisputeRow], int]:
    """Open ones first, those with the nearest deadline on top; and how many there are."""
    rows = await _all(
        """
        select d.*, o.number, count(*) over () as total,
               (select string_agg(distinct b.name, ', ') from order_line l join brand b on b.id = l.brand where l."order" = o.id) as brands,
               exists (select 1 from dispute_answer a where a.dispute = d.id and a.error_code = '') as answered
        from dispute d join shop_order o on o.id = d."order"
        where $1::uuid is null or exists (select 1 from order_line l where l."order" = o.id and l.brand = $1)
        order by d.closed_at is not null, d.evidence_due nulls last, d.opened_at desc limit $2 offset $3
        """,
        brand_id,
        PAGE,
        (page - 1) * PAGE,
    )
    return [_dispute(row) for row in rows], rows[0]["total"] if rows else 0


async def refunds(*, brand_id: UUID | None, page: int = 1) -> tuple[list[RefundRow], int]:
    """Newest first; and how many there are."""
    rows = await _all(
        """
        select r.id, o.number, r.status, r.reason, r.currency, r.error_code, r.created_at, r.settled_at, count(*) over () as total,
               coalesce(p.display_name, '') as by, sum(x.amount_minor)::bigint as amount
        from refund r join shop_order o on o.id = r."order" join refund_line x on x.refund = r.id
        join order_line l on l.id = x.order_line left join person p on p.id = r.asked_by
        where $1::uuid is null or l.brand = $1
        group by r.id, o.number, p.display_name order by r.created_at desc, r.id limit $2 offset $3
        """,
        brand_id,
        PAGE,
        (page - 1) * PAGE,
    )
    found = [
        RefundRow(
            id=row["id"],
            number=row["number"],
            status=row["status"],
            reason=row["reason"],
            amount=Money(row["amount"], row["currency"]),
            by=row["by"],
            error=row["error_code"],
            created_at=row["created_at"],
            settled_at=row["settled_at"],
        )
        for row in rows
    ]
    return found, rows[0]["total"] if rows else 0


def _dispute(row: Any) -> DisputeRow:
    return DisputeRow(
        id=row["id"],
        number=row["number"],
        brands=row["brands"] or "",
        status=row["status"],
        reason=row["reason"],
        amount=Money(row["amount_minor"], row["currency"]),
        due=row["evidence_due"],
        answered=row["answered"],
        opened_at=row["opened_at"],
        closed_at=row["closed_at"],
    )


async def _all(query: str, *values: object) -> list[Any]:
    async with DB.connection() as connection:
        return list(await connection.fetch(query, *values))
