"""kill -9 at every single step of a run: nobody is paid twice, nothing is lost, and whoever goes on finds everything where it was left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from foundation import stripe_gateway
from foundation.database import SafeEngine
from payouts import runs, transfers
from payouts.tables import ItemStatus, PayoutItem, PayoutRun, RunStatus
from tests.payouts.ready import Ready, approved, everything_agrees, held_by, items_of, ready
from tests.stand_ins import StandIn


class Killed(BaseException):
    """As kill -9: nothing of the process goes on."""


class Process:
    """Dies at its n-th step: a statement to the database, or a call of Stripe before it leaves or after it has arrived."""

    def __init__(self, steps: int, patch: pytest.MonkeyPatch) -> None:
        self.left = steps
        connection, transfer = SafeEngine.connection, stripe_gateway.transfer

        @asynccontextmanager
        async def dying_connection(engine: SafeEngine) -> AsyncIterator[Any]:
            self.step()
            async with connection(engine) as found:
                yield found

        async def dying_transfer(**call: Any) -> stripe_gateway.Transfer:
            self.step()
            made = await transfer(**call)
            self.step()
            return made

        patch.setattr(SafeEngine, "connection", dying_connection)
        patch.setattr(stripe_gateway, "transfer", dying_transfer)

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed


async def dies_at(step: int, work: Callable[[], Awaitable[object]], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the work was killed at that step; nothing that it had begun goes on."""
    with monkeypatch.context() as patch:
        before, process = asyncio.all_tasks(), Process(step, patch)
        try:
            await work()
        except Killed:
            pass
        begun = asyncio.all_tasks() - before
        if begun:
            await asyncio.wait(begun, timeout=5)
        return process.left < 0


@pytest.fixture
async def house(db: None, stripe_sandbox: StandIn) -> Ready:
    return await ready(stripe_sandbox)


async def test_drafts_submissions_and_approvals_are_whole_or_nothing_wherever_they_are_killed(
    house: Ready, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.sale(6000)
    await house.books()
    step = 0
    while await dies_at(step, lambda: runs.draft(by=house.fay), monkeypatch):
        assert (await PayoutRun.count(), await PayoutItem.count()) == (0, 0)
        step += 3
    [run] = await PayoutRun.objects()
    assert (await house.creator()).available.minor == 1000
    for what, status in ((RunStatus.DRAFT, RunStatus.SUBMITTED), (RunStatus.SUBMITTED, RunStatus.APPROVED)):
        step = 0

        async def go_on(what: RunStatus = what) -> None:
            if what == RunStatus.DRAFT:
                await runs.submit(run_id=run.id, by=house.fay)
            else:
                now = await runs.run_of(run.id)
                await runs.approve(run_id=run.id, content_hash=now.content_hash, by=house.finn)

        while await dies_at(step, go_on, monkeypatch):
            assert (await runs.run_of(run.id)).status == what
            assert {item.status for item in await items_of(run.id)} == {ItemStatus.LOCKED}
            step += 3
        assert (await runs.run_of(run.id)).status == status
    await transfers.execute(run_id=run.id)
    await everything_agrees(house)


async def test_a_run_that_is_killed_again_and_again_pays_everybody_once(house: Ready, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.sale(6000)
    await house.books()
    run = await approved(house)
    step = 1
    while await dies_at(step, lambda: transfers.resume(older_than=timedelta(0)), monkeypatch):
        step += 1
    assert step > 10
    assert {item.status for item in await items_of(run.id)} == {ItemStatus.SENT}
    assert (await runs.run_of(run.id)).status == RunStatus.COMPLETED
    assert (await held_by(house.nour_account), await held_by(house.brand_account)) == (1000, 4750)
    await everything_agrees(house)


@pytest.mark.slow
async def test_a_kill_at_each_step_of_a_run_loses_and_doubles_nothing(house: Ready, monkeypatch: pytest.MonkeyPatch) -> None:
    for step in range(200):
        await house.sale(6000)
        await house.books()
        run = await approved(house)
        killed = await dies_at(step, lambda run=run: transfers.execute(run_id=run.id), monkeypatch)  # type: ignore[misc]
        await transfers.resume(older_than=timedelta(0))
        assert {item.status for item in await items_of(run.id)} == {ItemStatus.SENT}, step
        assert (await runs.run_of(run.id)).status == RunStatus.COMPLETED, step
        assert (await held_by(house.nour_account), await held_by(house.brand_account)) == ((step + 1) * 1000, (step + 1) * 4750)
        if not killed:
            break
    assert step > 20
    await everything_agrees(house)
