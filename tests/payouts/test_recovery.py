"""Debts are taken back from Stripe balances, and disputes given up, by two persons and once (docs/money.md, chapter 7)."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import pytest

from foundation.errors import NotFound, WrongState
from foundation.money import Money
from marketplace.dispute_tables import Dispute
from marketplace.disputes import DisputeClosed
from marketplace.tables import Order, RefundStatus
from payouts import clawbacks, dispute_losses, disputes, invariants, recovery, transfers
from payouts.connected_tables import DecisionStatus, DisputeLoss, Recovery
from payouts.reconciliation import ReasonMissing
from payouts.second_person import OwnProposal
from payouts.tables import PayeeKind
from tests.cast import Cast
from tests.payouts.ready import Ready, approved, held_by, ready
from tests.payouts.test_disputes import opened
from tests.stand_ins import StandIn

CREATOR = PayeeKind.CREATOR


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


@pytest.fixture
async def house(db: None, stripe_sandbox: StandIn) -> Ready:
    """Nour was paid 20.00 for 120.00, then all of it was refunded: she owes 20.00 and has them at Stripe."""
    house = await ready(stripe_sandbox)
    sale = await house.sale(12000)
    await house.sale(30000, released=False)  # so that Stripe's balance covers the refund
    await house.books()
    await transfers.execute(run_id=(await approved(house)).id)
    await clawbacks.claw_back(refund_id=await sale.refund({0: 12000}, status=RefundStatus.INTENDED))
    return house


async def wished(house: Ready, minor: int = 2000) -> Recovery:
    made = await recovery.propose(
        kind=CREATOR, owner=house.market.creator.id, amount=eur(minor), reason="Left the platform", by=house.fay
    )
    row = await Recovery.objects().get(Recovery.id == made)
    assert row is not None
    return row


async def test_a_debt_is_taken_back_once_by_two_persons(house: Ready) -> None:
    assert (await house.creator()).debt == eur(2000)
    chance = await recovery.chance(kind=CREATOR, owner=house.market.creator.id, currency="EUR")
    assert (chance.most, chance.debt, chance.balance) == (eur(2000), eur(2000), eur(2000))
    for reason, amount, refusal in ((" ", 1, ReasonMissing), ("More", 2001, recovery.TooMuch)):
        with pytest.raises(refusal):
            await recovery.propose(kind=CREATOR, owner=house.market.creator.id, amount=eur(amount), reason=reason, by=house.fay)
    row = await wished(house, 1500)
    with pytest.raises(WrongState):
        await wished(house, 100)
    with pytest.raises(OwnProposal):
        await recovery.agree(recovery_id=row.id, by=house.fay)
    ends = await asyncio.gather(*(recovery.agree(recovery_id=row.id, by=house.finn) for _ in range(3)), return_exceptions=True)
    assert sum(end == DecisionStatus.DONE for end in ends) == 1
    assert (await house.creator()).debt == eur(500)
    assert await held_by(house.nour_account) == 500
    await recovery.resume()
    await transfers.resume()
    assert (await house.creator()).debt == eur(500)
    assert all(proof.holds for proof in await invariants.check() if proof.code in {"I5", "I6"})
    second = await wished(house, 500)
    assert await recovery.agree(recovery_id=second.id, by=house.finn) == DecisionStatus.DONE
    with pytest.raises(recovery.NothingToTake):
        await wished(house, 1)


async def test_a_lost_answer_is_looked_up_and_never_taken_twice(house: Ready) -> None:
    row = await wished(house)
    await house.sandbox.admin("faults", {"kind": "lost_response", "operation": "POST /v1/transfers/*/reversals", "times": 3})
    assert await recovery.agree(recovery_id=row.id, by=house.finn) == DecisionStatus.SENDING
    assert (await house.creator()).debt == eur(2000)
    await recovery.resume()
    assert (await house.creator()).debt == eur(0)
    assert await held_by(house.nour_account) == 0
    await recovery.resume()
    assert await Recovery.count().where(Recovery.status == DecisionStatus.DONE) == 1


async def test_what_stripe_no_longer_covers_stays_a_debt(house: Ready) -> None:
    row = await wished(house)
    await house.sandbox.admin("payouts", {"account": house.nour_account})
    assert await recovery.agree(recovery_id=row.id, by=house.finn) == DecisionStatus.FAILED
    assert (await house.creator()).debt == eur(2000)
    with pytest.raises(recovery.NothingToTake):
        await wished(house, 1)


async def test_a_wish_may_be_refused_or_withdrawn(house: Ready) -> None:
    await recovery.refuse(recovery_id=(await wished(house)).id, by=house.finn)
    row = await wished(house)
    await recovery.refuse(recovery_id=row.id, by=house.fay)
    with pytest.raises(WrongState):
        await recovery.agree(recovery_id=row.id, by=house.finn)
    with pytest.raises(NotFound):
        await recovery.refuse(recovery_id=uuid4(), by=house.finn)
    assert (await house.creator()).debt == eur(2000)


async def test_a_dispute_is_given_up_by_two_persons(house: Ready) -> None:
    sale = await house.sale(6000)
    dispute_id = await opened(house, sale)
    with pytest.raises(ReasonMissing):
        await dispute_losses.propose(dispute_id=dispute_id, reason="", by=house.fay)
    await dispute_losses.propose(dispute_id=dispute_id, reason="Sold twice", by=house.fay)
    with pytest.raises(WrongState):
        await dispute_losses.propose(dispute_id=dispute_id, reason="Again", by=house.fay)
    with pytest.raises(OwnProposal):
        await dispute_losses.agree(dispute_id=dispute_id, by=house.fay)
    await dispute_losses.refuse(dispute_id=dispute_id, by=house.finn)
    await dispute_losses.propose(dispute_id=dispute_id, reason="Sold twice, look again", by=house.fay)
    await house.sandbox.admin("faults", {"kind": "lost_response", "operation": "POST /v1/disputes/*/close", "times": 3})
    assert await dispute_losses.agree(dispute_id=dispute_id, by=house.finn) == DecisionStatus.SENDING
    await dispute_losses.resume()
    row = await Dispute.objects().get(Dispute.id == dispute_id)
    assert row is not None
    assert row.status == "lost"
    assert {one["status"] for one in await DisputeLoss.select(DisputeLoss.status)} == {"refused", "done"}
    await disputes.fold(dispute_id=dispute_id)
    await disputes.fold(dispute_id=dispute_id)
    with pytest.raises(DisputeClosed):
        await dispute_losses.propose(dispute_id=dispute_id, reason="Once more", by=house.fay)


async def test_the_pages_take_back_and_give_up(server: str, house: Ready, cast: Cast) -> None:
    fay, finn = await cast.client(house.fay), await cast.client(house.finn)
    payee = f"creator:{house.market.creator.id}"
    assert f"payee={payee}" in (await fay.get("/finance/debts?currency=EUR")).text
    here = f"/finance/debts/take?currency=EUR&payee={payee}"
    assert "€20.00" in (await fay.get(here)).text
    wrong = await fay.post("/finance/debts/take?currency=EUR", data={"payee": payee, "amount": "20.01", "reason": "All"})
    assert wrong.status_code == 422
    assert "At most" in wrong.text
    assert (await fay.get("/finance/debts/take?payee=creator:nobody")).status_code == 404
    done = await fay.post("/finance/debts/take?currency=EUR", data={"payee": payee, "amount": "5", "reason": "A part"})
    assert done.status_code == 303
    row = await Recovery.objects().first()
    assert row is not None
    assert (await fay.post(f"/finance/recoveries/{row.id}/agree")).status_code == 403
    assert "A part" in (await finn.get("/finance/debts/take")).text
    assert (await finn.post(f"/finance/recoveries/{row.id}/agree")).status_code == 303
    assert (await house.creator()).debt == eur(1500)
    sale = await house.sale(6000)
    dispute_id = await opened(house, sale)
    home = {"name": "Sam", "line1": "1 rue", "postcode": "75001", "city": "Paris", "country": "FR"}
    await Order.update({Order.ship_to: json.dumps(home)}).where(Order.id == sale.order_id)
    page = f"/finance/disputes/{dispute_id}"
    assert (await fay.post(f"{page}/give-up/propose", data={"reason": ""})).status_code == 422
    assert (await fay.post(f"{page}/give-up/propose", data={"reason": "Our fault"})).status_code == 303
    assert "Our fault" in (await finn.get(page)).text
    assert (await fay.post(f"{page}/give-up/agree")).status_code == 403
    assert (await finn.post(f"{page}/give-up/nonsense")).status_code == 404
    assert (await finn.post(f"{page}/give-up/agree")).status_code == 303
    assert "Given up by" in (await fay.get(page)).text
