"""When a show's money comes to a creator or a brand, and with which run it came (docs/money.md, chapter 15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from foundation.database import DB
from foundation.money import Money
from payouts.exports import local_day
from payouts.show_settlements import Whose


@dataclass(frozen=True)
class Dated:
    """A part of a show's money: until when it waits (pending), since when it is available, or when and with which run it left."""

    state: str
    day: date | None
    run_number: str
    amount: Money


_DATES = """
    with line as (
        select case when $3::uuid is not null then k.amount_minor - k.reversed_minor else k.brand_minor - k.brand_reversed_minor end as minor,
               k.hold_until, k.released_at, i.settled_at, i.status as item, coalesce(r.number, '') as number, r.status as run,
               $3::uuid is not null and k.status = 'held' as held
        from commission k join attribution_decision d on d.id = k.decision
        left join payout_item i on i.id = case when $3::uuid is not null then k.creator_item else k.brand_item end
        left join payout_run r on r.id = i.run
        where d.show = $1 and k.currency = $2 and k.replaced_at is null and (k.creator = $3 or k.brand = $4)
    )
    select case when held then 'held' when released_at is null then 'pending' when item = 'sent' then 'paid'
                when item in ('sending', 'unknown') or (item = 'locked' and run in ('approved', 'executing')) then 'in_payout'
                else 'available' end as state,
           date_trunc('day', case when released_at is null then hold_until when item = 'sent' then settled_at else released_at end
                      at time zone 'Europe/Paris') at time zone 'Europe/Paris' as day,
           case when item = 'sent' or run in ('approved', 'executing') then number else '' end as number, sum(minor)::bigint as minor
    from line where minor <> 0 group by 1, 2, 3 order by 2, 1, 3
"""


async def dates(show_id: UUID, currency: str, *, whose: Whose) -> list[Dated]:
    """The parts, the earliest day first; their sum is what the share has left. The caller has checked who asks."""
    async with DB.connection() as connection:
        rows = await connection.fetch(_DATES, show_id, currency, whose.creator, whose.brand)
    return [
        Dated(row["state"], local_day(row["day"]) if row["day"] else None, row["number"], Money(row["minor"], currency))
        for row in rows
    ]
