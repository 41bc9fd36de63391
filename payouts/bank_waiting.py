"""Payouts that no line of the bank explains yet, and what our bank accounts should hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from foundation.database import DB
from foundation.money import Money
from payouts.chart import Code


@dataclass(frozen=True)
class WaitingPayout:
    """A payout of ours on its way to the bank, or sent back by it; or a payment of tax (`tax:` and its id) that the bank has not shown."""

    id: str
    amount: Money
    status: str
    arrives_on: date
    trace: str
    failure: str


async def payouts(*, limit: int = 100) -> list[WaitingPayout]:
    """Our payouts and payments of tax without a line of the bank, the oldest first."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select p.id, p.amount_minor, p.currency, p.status, p.arrives_on, p.trace_id, p.failure_code from stripe_payout p where p.account = '' and p.status in ('pending', 'in_transit', 'paid')
            and not exists (select 1 from bank_match m where m.payout = p.id and m.ended_at is null)
            union all
            select 'tax:' || t.id, -t.amount_minor, t.currency, t.status, t.paid_on, t.reference, '' from tax_payment t
            where t.status = 'booked' and not exists (select 1 from bank_match m where m.tax_payment = t.id and m.ended_at is null)
            order by 5, 1 limit $1
            """,
            limit,
        )
    return [
        WaitingPayout(
            row["id"],
            Money(row["amount_minor"], row["currency"]),
            row["status"],
            row["arrives_on"],
            row["trace_id"],
            row["failure_code"],
        )
        for row in rows
    ]


async def balances() -> list[tuple[Money, Money]]:
    """Of each currency: what is in the bank and what is on its way there, by the books."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select currency, coalesce(sum(balance) filter (where code = $1), 0)::bigint as bank,
                   coalesce(sum(balance) filter (where code = $2), 0)::bigint as moving
            from ledger_account where code in ($1, $2) group by 1 order by 1
            """,
            Code.BANK.value,
            Code.IN_TRANSIT.value,
        )
    return [(Money(row["bank"], row["currency"]), Money(row["moving"], row["currency"])) for row in rows]
