"""What happens to a payee between the draft and the transfer counts: nothing leaves for who was banned or has a new bank account since."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from foundation import clock
from foundation.errors import WrongState
from moderation.tables import Sanction, SanctionKind
from payouts import runs, transfers
from payouts.runs import RunOutdated
from payouts.tables import ItemStatus, Payee, RunStatus
from tests.payouts.ready import Ready, approved, eur, everything_agrees, held_by, items_of


async def banned(house: Ready) -> None:
    await Sanction(id=uuid4(), person=house.market.nour.id, kind=SanctionKind.BAN, reason="x", decided_at=clock.now()).save()


async def statuses(run_id: UUID) -> list[tuple[int, str, str]]:
    return [(item.amount_minor, str(item.status), item.error_code) for item in await items_of(run_id)]


async def test_a_ban_between_the_draft_and_the_approval_makes_the_run_outdated(house: Ready) -> None:
    run = await runs.draft(by=house.fay)
    run = await runs.submit(run_id=run.id, by=house.fay)
    await banned(house)
    with pytest.raises(RunOutdated) as refused:
        await runs.approve(run_id=run.id, content_hash=run.content_hash, by=house.finn)
    assert refused.value.data == {"names": "Nour Benali"}
    assert (await runs.run_of(run.id)).status == RunStatus.SUBMITTED


async def test_a_ban_after_the_approval_keeps_the_money_here(house: Ready) -> None:
    run = await approved(house)
    await banned(house)
    for _time in range(2):
        await transfers.execute(run_id=run.id)
    assert await statuses(run.id) == [(2000, "failed", "banned"), (9500, "sent", "")]
    assert (await runs.run_of(run.id)).status == RunStatus.COMPLETED
    assert (await held_by(house.nour_account), (await house.creator()).available) == (0, eur(2000))
    await everything_agrees(house)


async def test_a_bank_account_that_changes_after_the_approval_rests_before_anything_leaves(house: Ready) -> None:
    run = await approved(house)
    await Payee.update({Payee.bank_changed_at: clock.now()}).where(Payee.creator == house.market.creator.id)
    await transfers.execute(run_id=run.id)
    assert await statuses(run.id) == [(2000, "failed", "new_bank"), (9500, "sent", "")]
    assert (await house.creator()).available == eur(2000)
    await everything_agrees(house)


async def test_what_stands_against_an_item_never_frees_one_that_was_not_approved(house: Ready) -> None:
    run = await runs.draft(by=house.fay)
    await banned(house)
    for item in await items_of(run.id):
        with pytest.raises(WrongState):
            await transfers.send(item_id=item.id)
    assert {str(item.status) for item in await items_of(run.id)} == {ItemStatus.LOCKED.value}
    assert (await house.creator()).available == eur(2000)
