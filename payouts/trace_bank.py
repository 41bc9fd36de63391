"""The last steps of the money trace: which payout to a bank a movement went with, and which line of our bank that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from foundation.database import DB
from foundation.money import Money


@dataclass(frozen=True)
class Banked:
    """A payout of Stripe to a bank that held `part` of the traced money: ours, or a payee's (`payee`, their name).

    `reference` is the one that the payee's bank shows; `line` is the text of our bank's line, empty while none is matched.
    """

    payee: str
    source_id: str
    payout_id: str
    amount: Money
    part: Money
    status: str
    arrives_on: date
    reference: str
    line: str
    booked_on: date | None
    statement: str


BANKED: Final = """
    select q.source_id, q.net_minor, y.id, y.account, y.amount_minor, y.currency, y.status, y.arrives_on, y.trace_id, coalesce(p.name, '') as name,
           l.text, l.booked_on, l.statement
    from stripe_payout_part q join stripe_payout y on y.id = q.payout left join payee p on p.stripe_account_id = y.account
    left join bank_match m on m.payout = y.id and m.ended_at is null left join bank_line l on l.id = m.line
    where q.source_id = any($1) order by y.created_at, y.id, l.booked_on limit 40
"""


async def banked(sources: Sequence[str]) -> list[Banked]:
    """The payouts that these charges, refunds and payments at payees' accounts (`py_`) went with, the oldest first.

    Only of automatic payouts does Stripe say what they consist of, once it has finished them.
    """
    if not sources:
        return []
    async with DB.connection() as connection:
        rows = await connection.fetch(BANKED, list(sources))
    return [
        Banked(
            payee=row["name"] or row["account"],
            source_id=row["source_id"],
            payout_id=row["id"],
            amount=Money(row["amount_minor"], row["currency"]),
            part=Money(row["net_minor"], row["currency"]),
            status=row["status"],
            arrives_on=row["arrives_on"],
            reference=row["trace_id"],
            line=row["text"] or "",
            booked_on=row["booked_on"],
            statement=str(row["statement"] or ""),
        )
        for row in rows
    ]
