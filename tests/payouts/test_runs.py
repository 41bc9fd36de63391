"""Payout runs: two persons, each payee once, each item one transfer, whatever breaks (docs/money.md, chapter 6)."""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import uuid4

import asyncpg
import pytest

from foundation import clock, stripe_gateway
from foundation.database import DB
from foundation.errors import WrongState
from foundation.tables import Mail
from marketplace.tables import RefundStatus
from moderation.tables import Sanction, SanctionKind
from payouts import (
    clawbacks,
    notices,
    runs,
    simulation,
    transfers,
)
from payouts.runs import NotEnoughFunds, NothingToPay, RunChanged, RunOutdated, SamePerson
from payouts.simulation import Block
from payouts.tables import Commission, CommissionStatus, Payee, PayoutItem, PayoutRun, RunStatus
from tests.payouts.ready import Ready, approved, eur, everything_agrees, held_by, items_of


async def test_money_goes_from_the_sale_to_the_creator_and_the_brand(house: Ready) -> None:
    run = await approved(house)
    assert (await house.creator()).in_payout == eur(2000)
    await transfers.execute(run_id=run.id)
    assert (await runs.run_of(run.id)).status == RunStatus.COMPLETED
    assert (await held_by(house.nour_account), await held_by(house.brand_account)) == (2000, 9500)
    assert (await house.creator()).in_payout == (await house.brand()).in_payout == eur(0)
    row = await Commission.objects().first()
    assert row is not None
    assert row.status == CommissionStatus.PAID
    await everything_agrees(house)


async def test_who_is_paid_gets_one_mail_for_it(house: Ready) -> None:
    run = await approved(house)
    items = await items_of(run.id)
    await notices.paid(item_id=items[0].id)
    assert await Mail.count() == 0, "nothing has left yet"
    await transfers.execute(run_id=run.id)
    for _time in range(2):
        for item in items:
            await notices.paid(item_id=item.id)
    mails = await Mail.objects().order_by(Mail.subject)
    assert {mail.subject.partition(" ")[0] for mail in mails} == {"€20.00", "€95.00"}
    assert len({mail.recipient for mail in mails}) == len(mails) == 2
    assert all(run.number in mail.text for mail in mails)


async def test_who_made_a_run_cannot_approve_it(house: Ready) -> None:
    run = await runs.draft(by=house.fay)
    run = await runs.submit(run_id=run.id, by=house.fay)
    with pytest.raises(SamePerson):
        await runs.approve(run_id=run.id, content_hash=run.content_hash, by=house.fay)
    async with DB.connection() as connection:
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute("update payout_run set checker = maker")


async def test_approval_is_for_the_list_that_was_seen(house: Ready) -> None:
    run = await runs.draft(by=house.fay)
    run = await runs.submit(run_id=run.id, by=house.fay)
    with pytest.raises(RunChanged):
        await runs.approve(run_id=run.id, content_hash="0" * 64, by=house.finn)
    await PayoutItem.update({PayoutItem.amount_minor: PayoutItem.amount_minor + 1}).where(PayoutItem.run == run.id)
    with pytest.raises(RunChanged):
        await runs.approve(run_id=run.id, content_hash=run.content_hash, by=house.finn)


async def test_a_draft_cannot_be_approved_and_a_submitted_run_not_submitted_again(house: Ready) -> None:
    run = await runs.draft(by=house.fay)
    with pytest.raises(WrongState):
        await runs.approve(run_id=run.id, content_hash="", by=house.finn)
    await runs.submit(run_id=run.id, by=house.fay)
    with pytest.raises(WrongState):
        await runs.submit(run_id=run.id, by=house.fay)
    with pytest.raises(WrongState):
        await transfers.execute(run_id=run.id)


async def test_two_drafts_at_once_lock_each_payee_once(house: Ready) -> None:
    results = await asyncio.gather(*(runs.draft(by=house.fay) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(one, PayoutRun) for one in results) == 1
    assert sum(isinstance(one, NothingToPay) for one in results) == 3
    assert await PayoutItem.count() == 2


async def test_two_approvals_at_once_count_once(house: Ready) -> None:
    run = await runs.draft(by=house.fay)
    run = await runs.submit(run_id=run.id, by=house.fay)
    results = await asyncio.gather(
        *(runs.approve(run_id=run.id, content_hash=run.content_hash, by=house.finn) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(one, WrongState) for one in results) == 3
    assert (await house.creator()).in_payout == eur(2000)


async def test_executions_at_once_send_each_item_once(house: Ready) -> None:
    run = await approved(house)
    await asyncio.gather(*(transfers.execute(run_id=run.id) for _ in range(4)))
    await transfers.execute(run_id=run.id)
    assert await held_by(house.nour_account) == 2000
    for item in await items_of(run.id):
        assert len(await stripe_gateway.find_transfers(group=f"payout_item_{item.id}")) == 1
    await everything_agrees(house)


async def test_a_runs_number_counts_in_the_month_of_paris_through_summer_time_and_the_end_of_the_year(house: Ready) -> None:
    await house.sale(50000)
    await house.books()
    for moment, number in (
        ("2026-12-31T22:59:59", "PR-2026-12-01"),
        ("2026-12-31T23:00:00", "PR-2027-01-01"),
        ("2027-03-31T21:59:59", "PR-2027-03-01"),  # Paris has been two hours ahead since the 28th
        ("2027-03-31T22:00:00", "PR-2027-04-01"),
        ("2027-10-31T22:59:59", "PR-2027-10-01"),  # one hour ahead since that very morning
        ("2027-10-31T23:00:00", "PR-2027-11-01"),
        ("2027-11-30T22:59:00", "PR-2027-11-02"),
    ):
        with clock.shifted(datetime.fromisoformat(f"{moment}+00:00") - clock.now()):
            run = await runs.draft(by=house.fay)
            assert run.number == number
            await runs.cancel(run_id=run.id, by=house.fay)


async def test_a_cancelled_run_gives_everybody_their_money_back(house: Ready) -> None:
    run = await runs.draft(by=house.fay)
    await runs.cancel(run_id=run.id, by=house.fay)
    assert (await house.creator()).available == eur(2000)
    again = await runs.draft(by=house.fay)
    assert again.number != run.number
    assert len(await items_of(again.id)) == 2


async def test_a_refused_run_keeps_the_reason(house: Ready) -> None:
    run = await runs.draft(by=house.fay)
    await runs.submit(run_id=run.id, by=house.fay)
    with pytest.raises(SamePerson):
        await runs.refuse(run_id=run.id, reason="mine", by=house.fay)
    run = await runs.refuse(run_id=run.id, reason="Wait for the bank", by=house.finn)
    assert (run.status, run.note) == (RunStatus.CANCELLED, "Wait for the bank")


async def test_a_refund_after_the_draft_sends_it_back_to_its_maker(house: Ready) -> None:
    run = await runs.draft(by=house.fay)
    run = await runs.submit(run_id=run.id, by=house.fay)
    sale = await house.sale(3000)
    await house.books()
    await clawbacks.claw_back(refund_id=await sale.refund({0: 3000}))
    assert (await runs.approve(run_id=run.id, content_hash=run.content_hash, by=house.finn)).status == RunStatus.APPROVED


async def test_a_refund_of_what_a_draft_holds_makes_it_outdated(house: Ready) -> None:
    sale = await house.sale(6000)
    await house.books()
    run = await runs.draft(by=house.fay)
    run = await runs.submit(run_id=run.id, by=house.fay)
    await clawbacks.claw_back(refund_id=await sale.refund({0: 1000}))
    with pytest.raises(RunOutdated):
        await runs.approve(run_id=run.id, content_hash=run.content_hash, by=house.finn)
    await runs.cancel(run_id=run.id, by=house.fay)
    assert (await runs.draft(by=house.fay)).status == RunStatus.DRAFT


async def test_blocked_payees_keep_their_money_and_are_named_with_the_reason(house: Ready) -> None:
    await Payee.update({Payee.payable: False, Payee.requirements: '{"items": ["Proof of address"]}'}).where(
        Payee.kind == "creator"
    )
    await Sanction(id=uuid4(), person=house.market.nour.id, kind=SanctionKind.BAN, reason="x", decided_at=clock.now()).save()
    found = await simulation.simulate()
    assert [(line.name, line.reason) for line in found.blocked] == [("Nour Benali", Block.BANNED)]
    await Sanction.delete(force=True)
    found = await simulation.simulate()
    assert [(line.reason, line.missing) for line in found.blocked] == [(Block.REQUIREMENTS, ("Proof of address",))]
    assert found.available == found.total + found.blocked_total + found.carried_total == eur(11500)
    run = await runs.draft(by=house.fay)
    assert [item.amount_minor for item in await items_of(run.id)] == [9500]


async def test_small_amounts_wait_for_the_next_run(house: Ready) -> None:
    found = await simulation.simulate(minimum_minor=2001)
    assert [line.amount for line in found.carried] == [eur(2000)]
    with pytest.raises(NothingToPay):
        await runs.draft(by=house.fay, minimum_minor=9501)


async def test_a_run_that_stripes_balance_cannot_pay_is_not_approved(house: Ready) -> None:
    await clawbacks.claw_back(
        refund_id=await (await house.sale(6000, released=False)).refund({0: 6000}, status=RefundStatus.SUCCEEDED)
    )
    run = await runs.draft(by=house.fay)
    run = await runs.submit(run_id=run.id, by=house.fay)
    with pytest.raises(NotEnoughFunds):
        await runs.approve(run_id=run.id, content_hash=run.content_hash, by=house.finn)
