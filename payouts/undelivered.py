"""News of connected accounts that Stripe could not deliver: listed account by account, each once a day."""

from __future__ import annotations

from foundation import clock, webhooks
from foundation.database import DB
from foundation.vendor import VendorRefused

HOURS = 24
"""Stripe lists events of three days, so an account may be passed over twice before anything is lost."""


async def collect() -> int:
    """Ask for the accounts of this hour of the day; return how many events were new. An account that is closed is passed over."""
    new = 0
    for account in await _accounts(clock.now().hour):
        try:
            new += await webhooks.collect_undelivered(account=account)
        except VendorRefused:
            continue
    return new


async def _accounts(hour: int) -> list[str]:
    """A twenty-fourth of the payees' accounts, by the fingerprint of their id."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select stripe_account_id from payee
            where stripe_account_id is not null and abs(hashtext(stripe_account_id)::bigint) % $1 = $2 order by 1
            """,
            HOURS,
            hour % HOURS,
        )
    return [row["stripe_account_id"] for row in rows]
