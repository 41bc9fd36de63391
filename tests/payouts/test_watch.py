"""The watch over the invariants: kept, told, and payout runs stop (docs/money.md, chapter 8)."""

from __future__ import annotations

import pytest

from foundation import clock
from foundation.database import DB
from foundation.money import Money
from foundation.tables import Mail
from payouts import earnings, runs, watch
from payouts.proofs import Proof
from payouts.watch import BooksBroken
from tests.cast import Cast
from tests.payouts.ready import Ready, ready
from tests.stand_ins import StandIn


async def break_balance() -> None:
    """What only somebody who gets round the triggers can do: a cent more on an account than its postings say."""
    async with DB.transaction(), DB.connection() as connection:
        await connection.execute("set local session_replication_role = replica")
        await connection.execute("update ledger_account set balance = balance + 1 where code = '4100'")


async def mend_balance() -> None:
    async with DB.transaction(), DB.connection() as connection:
        await connection.execute("set local session_replication_role = replica")
        await connection.execute("update ledger_account set balance = balance - 1 where code = '4100'")


async def test_sound_books_are_kept_as_such_and_let_runs_go_on(house: Ready) -> None:
    found = await watch.check()
    assert [proof.code for proof in found.proofs] == ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I11", "I12", "I13"]
    assert (found.broken, found.stopping) == ((), ())
    assert await watch.latest() == found
    assert await runs.draft(by=house.fay)


async def test_a_broken_balance_names_the_account_stops_runs_and_writes_to_finance_once(house: Ready) -> None:
    await break_balance()
    found = await watch.check()
    assert found.stopping == ("I2",)
    assert [proof.offenders[0].partition(" ")[0] for proof in found.proofs if not proof.holds] == ["account"]
    with pytest.raises(BooksBroken) as refused:
        await runs.draft(by=house.fay)
    assert refused.value.data == {"codes": "I2"}
    await watch.check()
    mails = await Mail.objects()
    assert sorted(mail.recipient for mail in mails) == ["fay@fanfare.example", "finn@fanfare.example"]
    assert all("I2" in mail.subject and "account" in mail.text for mail in mails)


async def test_a_run_on_its_way_waits_until_a_check_finds_the_books_mended(house: Ready) -> None:
    run = await runs.draft(by=house.fay)
    await break_balance()
    await watch.check()
    with pytest.raises(BooksBroken):
        await runs.submit(run_id=run.id, by=house.fay)
    await mend_balance()
    await watch.check()
    run = await runs.submit(run_id=run.id, by=house.fay)
    await break_balance()
    await watch.check()
    with pytest.raises(BooksBroken):
        await runs.approve(run_id=run.id, content_hash=run.content_hash, by=house.finn)
    await mend_balance()
    await watch.check()
    await runs.approve(run_id=run.id, content_hash=run.content_hash, by=house.finn)


def test_what_may_still_settle_stops_only_when_the_same_is_found_twice() -> None:
    def off(code: str, *offenders: str) -> list[Proof]:
        return [Proof(code, False, offenders)]

    first = off("I3", "EUR 5.00: Stripe 15.00, ledger 10.00")
    assert watch.stops(first, []) == ()
    assert watch.stops(off("I3", "EUR 5.00: Stripe 25.00, ledger 20.00"), first) == ("I3",)
    assert watch.stops(off("I3", "EUR 7.00: Stripe 27.00, ledger 20.00"), first) == ()
    assert watch.stops(first, [Proof("I3", True)]) == ()
    assert watch.stops(off("I7", "order a", "order b"), off("I7", "order b")) == ("I7",)
    assert watch.stops(off("I1", "journal 7"), []) == ("I1",)


async def test_a_fee_that_is_booked_before_its_sale_does_not_stop_the_runs_of_a_quarter_of_an_hour(house: Ready) -> None:
    await earnings.book_fee(charge_id="ch_early", fee=Money(114_000_00, "EUR"), event_at=clock.now())
    found = await watch.check()
    assert {"I3", "I8"} <= set(found.broken)
    assert found.stopping == ()
    assert (await watch.check()).stopping == ("I3", "I8")


async def test_the_page_shows_the_lights_their_offenders_and_the_stop(server: str, stripe_sandbox: StandIn, cast: Cast) -> None:
    house = await ready(stripe_sandbox)
    await house.sale(12000)
    await house.books()
    fay = await cast.client(house.fay)
    assert "Not checked yet" in (await fay.get("/finance/invariants")).text
    await fay.post("/finance/invariants")
    assert "All hold" in (await fay.get("/finance/invariants")).text
    await break_balance()
    await fay.post("/finance/invariants")
    page = (await fay.get("/finance/invariants")).text
    assert "Payout runs are stopped" in page
    assert "account " in page
    answer = await fay.post("/finance/runs")
    assert answer.status_code == 409
    assert "I2 does not hold" in answer.text


async def test_the_lights_are_for_finance(server: str, stripe_sandbox: StandIn, cast: Cast) -> None:
    house = await ready(stripe_sandbox)
    assert (await (await cast.client(house.market.nour)).get("/finance/invariants")).status_code == 403
