"""Cash and what is owed, day by day: the line of the cash position."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from foundation import clock
from foundation.database import DB
from foundation.money import Money
from payouts.chart import Code
from payouts.periods import BOOKS_ZONE

DAYS: Final = 30
CASH: Final = (Code.STRIPE_PENDING, Code.STRIPE_AVAILABLE, Code.STRIPE_RESERVED, Code.IN_TRANSIT, Code.BANK)
OWED: Final = (
    Code.BRAND_PENDING,
    Code.BRAND_AVAILABLE,
    Code.BRAND_HELD,
    Code.BRAND_IN_PAYOUT,
    Code.CREATOR_PENDING,
    Code.CREATOR_AVAILABLE,
    Code.CREATOR_HELD,
    Code.CREATOR_IN_PAYOUT,
    Code.REFUND_PAYABLE,
    Code.VAT_PAYABLE,
)


@dataclass(frozen=True)
class Evening:
    """The end of one day of the books: all cash, and all that is owed to others."""

    day: date
    cash: Money
    owed: Money


async def evenings(currency: str, *, days: int = DAYS) -> list[Evening]:
    """The last so many days, today as it is now. What was booked counts on the day of its booking."""
    today = clock.now().astimezone(BOOKS_ZONE).date()
    first = today - timedelta(days=days - 1)
    since = datetime.combine(first, time(0), BOOKS_ZONE)
    async with DB.connection() as connection:
        now = await connection.fetchrow(
            """
            select coalesce(sum(balance) filter (where code = any($1)), 0)::bigint as cash, coalesce(sum(balance) filter (where code = any($2)), 0)::bigint as owed
            from ledger_account where currency = $3
            """,
            [code.value for code in CASH],
            [code.value for code in OWED],
            currency,
        )
        rows = await connection.fetch(
            """
            select (j.booked_at at time zone 'Europe/Paris')::date as day,
                   coalesce(sum(case p.side when 'D' then p.amount else -p.amount end) filter (where a.code = any($1)), 0)::bigint as cash,
                   coalesce(sum(case p.side when 'C' then p.amount else -p.amount end) filter (where a.code = any($2)), 0)::bigint as owed
            from journal j join posting p on p.journal = j.id join ledger_account a on a.id = p.account
            where j.booked_at >= $4 and p.currency = $3 and a.code = any($1 || $2) group by 1
            """,
            [code.value for code in CASH],
            [code.value for code in OWED],
            currency,
            since,
        )
    moved = {row["day"]: (row["cash"], row["owed"]) for row in rows}
    cash, owed, found = now["cash"], now["owed"], list[Evening]()
    for back in range(days):
        day = today - timedelta(days=back)
        found.append(Evening(day, Money(cash, currency), Money(owed, currency)))
        cash, owed = cash - moved.get(day, (0, 0))[0], owed - moved.get(day, (0, 0))[1]
    return found[::-1]
