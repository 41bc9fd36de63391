"""Transfers of a run that Stripe loses, refuses, delays or takes back: each item leaves once (docs/money.md, chapter 6)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foundation import clock, stripe_gateway
from foundation.errors import WrongState
from payouts import (
    clawbacks,
    invariants,
    proofs,
    runs,
    transfers,
)
from payouts.tables import ItemStatus, RunStatus
from tests.payouts.ready import Ready, approved, eur, everything_agrees, held_by, items_of

TRANSFERS = "POST /v1/transfers"
ATTEMPTS = 3


async def test_a_lost_answer_leaves_exactly_one_transfer(house: Ready) -> None:
    run = await approved(house)
    await house.sandbox.admin("faults", {"kind": "lost_response", "operation": TRANSFERS, "times": 2 * ATTEMPTS})
    await transfers.execute(run_id=run.id)
    assert {item.status for item in await items_of(run.id)} == {ItemStatus.UNKNOWN}
    assert (await runs.run_of(run.id)).status == RunStatus.EXECUTING
    await transfers.resume(older_than=timedelta(0))
    assert {item.status for item in await items_of(run.id)} == {ItemStatus.SENT}
    assert (await held_by(house.nour_account), await held_by(house.brand_account)) == (2000, 9500)
    assert (await runs.run_of(run.id)).status == RunStatus.COMPLETED
    await everything_agrees(house)


async def test_a_call_that_never_arrived_goes_again_with_the_same_key(house: Ready) -> None:
    run = await approved(house)
    await house.sandbox.admin("faults", {"kind": "fail_before", "operation": TRANSFERS, "times": 2 * ATTEMPTS})
    await transfers.execute(run_id=run.id)
    keys = [item.idempotency_key for item in await items_of(run.id)]
    await transfers.resume(older_than=timedelta(0))
    assert [item.idempotency_key for item in await items_of(run.id)] == keys
    assert await held_by(house.nour_account) == 2000
    await everything_agrees(house)


async def test_a_run_waits_when_stripe_is_too_busy_and_goes_on_by_itself(house: Ready, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfers, "FIRST_WAIT", 0.001)
    run = await approved(house)
    await house.sandbox.admin("faults", {"kind": "rate_limit", "operation": TRANSFERS, "times": 5})
    await transfers.execute(run_id=run.id)
    assert (await runs.run_of(run.id)).status == RunStatus.COMPLETED
    await everything_agrees(house)


async def test_an_item_that_was_refused_too_often_is_put_back_and_leaves_later(
    house: Ready, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers, "WAITS", 1)
    run = await approved(house)
    await house.sandbox.admin("faults", {"kind": "rate_limit", "operation": TRANSFERS, "times": 1})
    await transfers.execute(run_id=run.id)
    assert sorted(item.status for item in await items_of(run.id)) == [ItemStatus.LOCKED, ItemStatus.SENT]
    await transfers.resume()
    assert (await runs.run_of(run.id)).status == RunStatus.COMPLETED
    await everything_agrees(house)


async def test_a_definite_no_makes_the_money_available_again(house: Ready) -> None:
    run = await approved(house)
    await house.sandbox.admin(f"accounts/{house.nour_account}/restrict")
    await transfers.execute(run_id=run.id)
    item = (await items_of(run.id))[0]
    assert item.status == ItemStatus.FAILED
    assert item.error_code
    assert (await house.creator()).available == eur(2000)
    assert (await runs.run_of(run.id)).status == RunStatus.COMPLETED
    assert await held_by(house.nour_account) == 0
    await house.sandbox.admin(f"accounts/{house.nour_account}/activate")
    await transfers.execute(run_id=(await approved(house)).id)
    assert await held_by(house.nour_account) == 2000
    await everything_agrees(house)


async def test_a_balance_that_is_short_at_stripe_fails_the_item_and_nothing_else(house: Ready) -> None:
    run = await approved(house)
    await house.sandbox.admin("faults", {"kind": "balance_insufficient"})
    await transfers.execute(run_id=run.id)
    assert sorted(item.status for item in await items_of(run.id)) == [ItemStatus.FAILED, ItemStatus.SENT]
    await everything_agrees(house)


@pytest.mark.parametrize("when", ["before the call", "after the call"])
async def test_a_kill_while_sending_loses_and_doubles_nothing(house: Ready, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    class Killed(BaseException):
        """As kill -9: nothing of the process goes on."""

    run = await approved(house)
    really = stripe_gateway.transfer

    async def dies(**call: object) -> stripe_gateway.Transfer:
        if when == "after the call":
            await really(**call)  # type: ignore[arg-type]  # passed on as it came
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(stripe_gateway, "transfer", dies)
        with pytest.raises(Killed):
            await transfers.execute(run_id=run.id)
    assert {item.status for item in await items_of(run.id)} == {ItemStatus.SENDING}
    await transfers.resume(older_than=timedelta(0))
    assert {item.status for item in await items_of(run.id)} == {ItemStatus.SENT}
    assert (await held_by(house.nour_account), await held_by(house.brand_account)) == (2000, 9500)
    await everything_agrees(house)


async def test_an_old_unknown_item_waits_for_a_person(house: Ready) -> None:
    run = await approved(house)
    await house.sandbox.admin("faults", {"kind": "fail_before", "operation": TRANSFERS, "times": 2 * ATTEMPTS})
    await transfers.execute(run_id=run.id)
    item = (await items_of(run.id))[0]
    with pytest.raises(WrongState):
        await transfers.retry(item_id=item.id, by=house.fay)
    with clock.shifted(timedelta(hours=24)):
        await transfers.resume(older_than=timedelta(0))
        assert (await items_of(run.id))[0].error_code == "key_expired"
        assert await held_by(house.nour_account) == 0
        await transfers.retry(item_id=item.id, by=house.fay)
    item = (await items_of(run.id))[0]
    assert (item.status, item.attempt) == (ItemStatus.SENT, 2)
    assert await held_by(house.nour_account) == 2000


async def test_a_refund_after_the_payout_is_a_debt_that_the_next_sale_pays(house: Ready) -> None:
    sale = await house.sale(6000)
    await house.books()
    await transfers.execute(run_id=(await approved(house)).id)
    await clawbacks.claw_back(refund_id=await sale.refund({0: 6000}))
    assert (await house.creator()).debt == eur(1000)
    assert (await house.brand()).debt == eur(4750)
    await house.sale(12000)
    await house.books()
    contents = await house.creator()
    assert (contents.available, contents.debt) == (eur(1000), eur(0))
    assert (await house.brand()).available == eur(4750)
    assert [proof for proof in [*await proofs.verify(), *await invariants.check()] if not proof.holds] == []


async def test_a_reversed_transfer_is_money_available_again(house: Ready) -> None:
    run = await approved(house)
    await transfers.execute(run_id=run.id)
    item = (await items_of(run.id))[0]
    assert item.transfer_id is not None
    await stripe_gateway.reverse_transfer(transfer=item.transfer_id, amount=eur(500), key="r1", metadata={})
    for _ in range(2):
        await transfers.confirm(transfer_id=item.transfer_id)
    assert (await house.creator()).available == eur(500)
    await everything_agrees(house)


async def test_a_confirmation_that_comes_before_our_own_record_is_the_record(
    house: Ready, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await approved(house)
    await house.sandbox.admin("faults", {"kind": "lost_response", "operation": TRANSFERS, "times": 2 * ATTEMPTS})
    await transfers.execute(run_id=run.id)
    for item in await items_of(run.id):
        (made,) = await stripe_gateway.find_transfers(group=f"payout_item_{item.id}")
        await transfers.confirm(transfer_id=made.id)
    assert (await runs.run_of(run.id)).status == RunStatus.COMPLETED
    await everything_agrees(house)
