"""What was withheld in a year, payee by payee, as it is told and paid to the tax office of the United States."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from foundation.database import DB
from foundation.money import Money
from payouts.withholding import Why


@dataclass(frozen=True)
class WithheldLine:
    """What one payee was paid and withheld in a year for one reason, less what reversals gave back."""

    owner: UUID
    name: str
    why: Why
    country: str
    tin_end: str
    paid: Money
    withheld: Money


async def of_year(year: int, *, owner: UUID | None = None) -> list[WithheldLine]:
    """Everybody with taxes withheld in a calendar year (Europe/Paris), or one creator; the largest first."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select p.creator as owner, p.name, i.withheld_why as why, i.currency, max(coalesce(li.country, p.country)) as country,
                   max(coalesce(f.tin_end, '')) as tin_end, sum(i.amount_minor)::bigint as paid,
                   sum(i.withheld_minor - coalesce(back.minor, 0))::bigint as withheld
            from payout_item i join payee p on p.id = i.payee join journal j on j.idempotency_key = 'withheld:' || i.id
            left join legal_identity li on li.creator = p.creator left join us_tax_form f on f.creator = p.creator and f.ended_at is null
            left join lateral (
                select sum(q.amount)::bigint as minor from journal k join posting q on q.journal = k.id join ledger_account a on a.id = q.account
                where k.kind = 'W1x' and k.memo = i.id::text and a.code = '2160'
            ) back on true
            where i.withheld_minor > 0 and extract(year from j.event_at at time zone 'Europe/Paris') = $1 and ($2::uuid is null or p.creator = $2)
            group by 1, 2, 3, 4 order by withheld desc, p.name
            """,
            year,
            owner,
        )
    return [
        WithheldLine(
            owner=row["owner"],
            name=row["name"],
            why=Why(row["why"]),
            country=row["country"],
            tin_end=row["tin_end"],
            paid=Money(row["paid"], row["currency"]),
            withheld=Money(row["withheld"], row["currency"]),
        )
        for row in rows
    ]
