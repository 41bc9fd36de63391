"""The demo's bank: what the house earned arrives, the statement is matched, and one line stays for a person."""

from __future__ import annotations

from datetime import timedelta

from entrypoints.demo import at_the_bank
from foundation import clock
from payouts import bank, differences, looks
from tests.payouts.ready import ready
from tests.stand_ins import StandIn

AHEAD = timedelta(days=10)


async def test_the_statement_shows_what_arrived_and_one_line_that_nothing_explains(db: None, stripe_sandbox: StandIn) -> None:
    house = await ready(stripe_sandbox)
    await at_the_bank.bring_statement(house.fay)
    assert await bank.lines() == [], "nothing was earned, so there is no statement"
    await house.sale(900_000)
    await house.books()
    await at_the_bank.send_earnings()
    await at_the_bank.send_earnings()  # the same day again sends nothing more
    await house.sandbox.admin("clock", {"advance": AHEAD.total_seconds()})
    with clock.shifted(AHEAD):
        await at_the_bank.bring_statement(house.fay)
        await looks.look()
        lines = await bank.lines()
        assert sorted(bool(line.payouts) for line in lines) == [False, True]
        assert [case.code for case in await differences.cases("E10")] == ["E10"]
