"""What payees' Stripe accounts hold: looked at in turns, so that a balance below zero is found (docs/money.md, chapter 7)."""

from __future__ import annotations

from contextlib import suppress
from typing import Final
from uuid import UUID, uuid4

from foundation import clock, stripe_gateway
from foundation.database import DB
from foundation.money import Money
from foundation.vendor import VendorError
from payouts import bank_payouts
from payouts.tables import Payee

AT_ONCE: Final = 100

_NEXT: Final = """
    select p.id from payee p left join lateral (select max(seen_at) as seen_at from connected_balance b where b.payee = p.id) b on true
    where p.stripe_account_id is not null order by b.seen_at nulls first, p.id limit $1
"""


async def look_around() -> int:
    """Look at the accounts that were not looked at for longest; how many answered. What does not answer is looked at again first."""
    async with DB.connection() as connection:
        rows = await connection.fetch(_NEXT, AT_ONCE)
    seen = 0
    for row in rows:
        with suppress(VendorError):
            await look_at(payee_id=row["id"])
            seen += 1
    return seen


async def look_at(*, payee_id: UUID) -> dict[str, Money]:
    """What is available in a payee's account now, by currency; kept with what is pending, and with its payouts to the bank.

    Raises the gateway's errors.
    """
    payee = await Payee.select(Payee.stripe_account_id).where(Payee.id == payee_id).first()
    if payee is None or payee["stripe_account_id"] is None:
        return {}
    await bank_payouts.pull_of(account=payee["stripe_account_id"])
    held = await stripe_gateway.balance(account=payee["stripe_account_id"])
    available, pending = _by_currency(held.available), _by_currency(held.pending)
    currencies = sorted(available | pending)
    async with DB.connection() as connection:
        await connection.execute(
            """
            insert into connected_balance (id, payee, currency, available_minor, pending_minor, seen_at)
            select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::bigint[]), (values ($6::timestamptz)) as now (seen_at)
            on conflict (payee, currency) do update set
                available_minor = excluded.available_minor, pending_minor = excluded.pending_minor, seen_at = excluded.seen_at
            where connected_balance.seen_at <= excluded.seen_at
            """,
            [uuid4() for _currency in currencies],
            [payee_id for _currency in currencies],
            currencies,
            [available.get(currency, 0) for currency in currencies],
            [pending.get(currency, 0) for currency in currencies],
            clock.now(),
        )
    return {currency: Money(minor, currency) for currency, minor in available.items()}


def _by_currency(parts: tuple[Money, ...]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for part in parts:
        sums[part.currency] = sums.get(part.currency, 0) + part.minor
    return sums
