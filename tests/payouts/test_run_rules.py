"""Who is paid when, what asks for a second approval, and stopping a run (docs/money.md, chapter 6)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from foundation import accounts, clock
from foundation.errors import WrongState
from foundation.tables import Mail, Role
from payouts import cooling, run_stops, runs, schedules, simulation, transfers
from payouts.payee_tables import Schedule
from payouts.runs import RunOutdated, SamePerson
from payouts.simulation import Block, Wait
from payouts.tables import ItemStatus, Payee, PayeeKind, RunStatus
from tests.payouts.ready import Ready, approved, eur, everything_agrees, held_by, items_of


async def test_an_amount_far_above_the_usual_needs_two_approvals(house: Ready) -> None:
    await transfers.execute(run_id=(await approved(house)).id)
    await house.sale(600_000)
    await house.books()
    assert [line.kind for line in (await simulation.simulate()).unusual] == ["brand", "creator"]
    run = await approved(house)
    assert run.status == RunStatus.SUBMITTED
    with pytest.raises(runs.ApprovedAlready):
        await runs.approve(run_id=run.id, content_hash=run.content_hash, by=house.finn)
    with pytest.raises(SamePerson):
        await runs.approve(run_id=run.id, content_hash=run.content_hash, by=house.fay)
    second = await accounts.create(email="nora@fanfare.example", display_name="Nora", roles=(Role.FINANCE_CHECKER,))
    run = await runs.approve(run_id=run.id, content_hash=run.content_hash, by=second)
    assert (run.status, run.checker) == (RunStatus.APPROVED, second.id)
    await transfers.execute(run_id=run.id)
    await everything_agrees(house)


async def test_stopping_a_run_keeps_what_has_not_left(house: Ready) -> None:
    run = await approved(house)
    await transfers.send(item_id=(await items_of(run.id))[0].id)
    assert await run_stops.stop(run_id=run.id, reason="Wrong month", by=house.finn) == 1
    run = await runs.run_of(run.id)
    assert (run.status, run.note) == (RunStatus.COMPLETED, "Wrong month")
    assert (await house.brand()).available == eur(9500)
    with pytest.raises(WrongState):
        await run_stops.stop(run_id=run.id, reason="again", by=house.finn)
    await transfers.execute(run_id=(await approved(house)).id)
    assert (await held_by(house.nour_account), await held_by(house.brand_account)) == (2000, 9500)
    await everything_agrees(house)


async def test_stopping_while_it_is_sent_loses_and_doubles_nothing(house: Ready) -> None:
    run = await approved(house)
    await asyncio.gather(
        transfers.execute(run_id=run.id), run_stops.stop(run_id=run.id, reason="now", by=house.finn), return_exceptions=True
    )
    assert {item.status for item in await items_of(run.id)} <= {ItemStatus.SENT, ItemStatus.RELEASED}
    assert (await runs.run_of(run.id)).status == RunStatus.COMPLETED
    await everything_agrees(house)


async def test_a_new_bank_account_rests_for_three_days_and_its_payee_gets_a_mail(house: Ready) -> None:
    await cooling.note_bank(account=house.nour_account)
    assert len((await simulation.simulate()).payable) == 2, "the first account needs no rest"
    await house.sandbox.admin(f"accounts/{house.nour_account}/change_bank")
    for _time in range(2):
        await cooling.note_bank(account=house.nour_account)
    (line,) = (await simulation.simulate()).blocked
    assert (line.reason, line.until is not None) == (Block.NEW_BANK, True)
    assert [mail.subject for mail in await Mail.objects()] == ["Your bank account was changed"]
    with clock.shifted(timedelta(hours=72, seconds=1)):
        assert len((await simulation.simulate()).payable) == 2


async def test_a_bank_account_that_comes_back_is_told_again(house: Ready) -> None:
    await cooling.note_bank(account=house.nour_account)
    payee = await Payee.objects().get(Payee.creator == house.market.creator.id)
    assert payee is not None
    for days, bank in enumerate(("ba_other", payee.bank, "ba_other")):
        with clock.shifted(timedelta(days=5 * days)):
            now = await Payee.objects().get(Payee.id == payee.id)
            assert now is not None
            await cooling.keep_bank(now, bank)
    assert await Mail.count() == 3, "whoever changes it twice to the same one is not silent about it"


async def test_a_run_whose_payee_changes_bank_before_the_approval_is_outdated(house: Ready) -> None:
    await cooling.note_bank(account=house.nour_account)
    run = await runs.draft(by=house.fay)
    run = await runs.submit(run_id=run.id, by=house.fay)
    await house.sandbox.admin(f"accounts/{house.nour_account}/change_bank")
    await cooling.note_bank(account=house.nour_account)
    with pytest.raises(RunOutdated):
        await runs.approve(run_id=run.id, content_hash=run.content_hash, by=house.finn)


async def test_who_chose_another_day_waits_for_it_and_who_asks_is_paid_once(house: Ready) -> None:
    creator = house.market.creator.id

    async def choose(schedule: Schedule, minimum: int = 0) -> None:
        await schedules.choose(
            kind=PayeeKind.CREATOR, owner=creator, schedule=schedule, minimum=eur(minimum), by=house.market.nour
        )

    async def waits() -> list[tuple[Wait, bool]]:
        return [(line.reason, line.until is not None) for line in (await simulation.simulate()).carried]

    await choose(Schedule.TWICE_A_MONTH)
    assert await waits() == [(Wait.NOT_DUE, True)]
    with clock.shifted(timedelta(days=16)):
        assert await waits() == []
    await choose(Schedule.ON_REQUEST)
    assert await waits() == [(Wait.NOT_ASKED, False)]
    await schedules.ask(kind=PayeeKind.CREATOR, owner=creator, currency="EUR", by=house.market.nour)
    assert await waits() == []
    await transfers.execute(run_id=(await approved(house)).id)
    await house.sale(12000)
    await house.books()
    assert await waits() == [(Wait.NOT_ASKED, False)]
    await choose(Schedule.EVERY_RUN, 5000)
    assert await waits() == [(Wait.BELOW_MINIMUM, False)]
    with pytest.raises(schedules.NothingToAskFor):
        await schedules.ask(kind=PayeeKind.CREATOR, owner=creator, currency="EUR", by=house.market.nour)


@pytest.mark.parametrize(
    ("schedule", "now", "last", "following"),
    [
        (Schedule.TWICE_A_MONTH, "2026-11-14T22:59", "2026-11-01", "2026-11-15"),
        (Schedule.TWICE_A_MONTH, "2026-11-14T23:00", "2026-11-15", "2026-12-01"),
        (Schedule.TWICE_A_MONTH, "2026-12-31T23:00", "2027-01-01", "2027-01-15"),
        (Schedule.TWICE_A_MONTH, "2026-02-28T12:00", "2026-02-15", "2026-03-01"),
        (Schedule.WEEKLY, "2026-03-29T12:00", "2026-03-23", "2026-03-30"),
        (Schedule.WEEKLY, "2026-03-29T22:00", "2026-03-30", "2026-04-06"),
    ],
)
def test_paying_days_are_midnights_in_paris(schedule: Schedule, now: str, last: str, following: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found, then = schedules.last_day(schedule, moment), schedules.next_day(schedule, moment)
    assert found is not None
    assert then is not None
    assert (f"{found:%Y-%m-%dT%H:%M}", f"{then:%Y-%m-%dT%H:%M}") == (f"{last}T00:00", f"{following}T00:00")
