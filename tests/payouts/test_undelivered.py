"""What Stripe could not tell of connected accounts is asked for, each account once a day."""

from __future__ import annotations

from datetime import timedelta

from foundation import clock
from foundation.database import DB
from payouts import undelivered
from tests.payouts.ready import ready
from tests.stand_ins import StandIn


async def _a_day() -> int:
    new = 0
    for hour in range(undelivered.HOURS):
        with clock.shifted(timedelta(hours=hour)):
            new += await undelivered.collect()
    return new


async def test_the_news_of_connected_accounts_are_collected_once(db: None, stripe_sandbox: StandIn) -> None:
    made = await ready(stripe_sandbox)
    async with DB.connection() as connection:
        await connection.execute("delete from webhook_receipt")
    assert await _a_day() > 0
    async with DB.connection() as connection:
        rows = await connection.fetch("select distinct account from webhook_receipt")
    assert {row["account"] for row in rows} <= {made.nour_account, made.brand_account}
    assert await _a_day() == 0
