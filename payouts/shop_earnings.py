"""A creator's sales in brands' own shops: where each stands on its way from the report to the payment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from creators.profiles import creator_of
from foundation.accounts import Principal
from foundation.database import DB
from foundation.money import Money

PAGE = 50


@dataclass(frozen=True)
class ShopEarning:
    """One line of a reported sale. `state`: waiting, declined, accepted, invoiced, pending, held, available, paid, reversed.

    `due` is when the brand accepts by silence, or when its invoice is due; `why` its reason for declining.
    """

    line_id: UUID
    sale_id: UUID
    title: str
    brand: str
    at: datetime
    net: Money
    returned: Money
    rate_bp: int
    earned: Money
    state: str
    due: datetime | None
    why: str


async def shop_earnings(*, by: Principal, after: int = 0) -> list[ShopEarning]:
    """The person's lines, newest first; one page and one more."""
    creator = await creator_of(by=by)
    async with DB.connection() as connection:
        rows = await connection.fetch(_LINES, creator.id, PAGE + 1, after)
    return [
        ShopEarning(
            line_id=row["id"],
            sale_id=row["sale_id"],
            title=row["title"],
            brand=row["brand"],
            at=row["happened_at"],
            net=Money(row["net_minor"], row["currency"]),
            returned=Money(row["returned_minor"], row["currency"]),
            rate_bp=row["rate_bp"],
            earned=Money(row["earned"], row["currency"])
            if row["earned"] is not None
            else Money(row["net_minor"] - row["returned_minor"], row["currency"]).share(row["rate_bp"]),
            state=row["state"],
            due=row["due"],
            why=row["decline_reason"],
        )
        for row in rows
    ]


# A payout takes all that is available, so a line that was released before the draft of a sent item is paid by it.
_LINES = """
    select l.id, v.id as sale_id, coalesce(nullif(l.title, ''), l.sku) as title, b.name as brand, v.happened_at, v.currency, l.net_minor, l.returned_minor,
           coalesce(k.rate_bp, t.commission_bp) as rate_bp, k.amount_minor - k.reversed_minor as earned, v.decline_reason,
           case when v.status <> 'accepted' then v.status when k.id is null then 'accepted' when k.status in ('held', 'reversed') then k.status
                when k.invoice is null then 'accepted' when i.status = 'open' then 'invoiced' when k.status = 'pending' then 'pending'
                when exists (
                    select 1 from payout_item p join payout_run r on r.id = p.run join payee y on y.id = p.payee
                    where y.creator = v.creator and p.currency = v.currency and p.status = 'sent' and r.cutoff >= k.released_at
                ) then 'paid' else 'available' end as state,
           case when v.status = 'waiting' then v.accepts_at when i.status = 'open' then i.due_at end as due
    from conversion v join conversion_line l on l.conversion = v.id join brand b on b.id = v.brand join terms t on t.id = l.terms
    left join shop_commission k on k.conversion_line = l.id left join brand_invoice i on i.id = k.invoice
    where v.creator = $1 order by v.happened_at desc, l.id limit $2 offset $3
"""
