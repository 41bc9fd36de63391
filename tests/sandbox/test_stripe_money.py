"""The money of the stand-in: what is pending, available, given away and taken back, and that nothing is overdrawn."""

from __future__ import annotations

import pytest

from foundation import stripe_gateway
from foundation.money import Money
from foundation.stripe_gateway import StripeRefused
from tests.sandbox.stripe_cases import available, key, paid, payable, pending, sent
from tests.stand_ins import StandIn

pytestmark = pytest.mark.anyio

DAY = 86_400


async def test_money_of_a_charge_is_pending_for_two_days_less_the_fee(stripe_sandbox: StandIn) -> None:
    await paid(6000, "pm_card_visa")
    await stripe_sandbox.flush()
    assert (await pending(), await available()) == (6000 - 115, 0)
    await stripe_sandbox.admin("clock", {"advance": 2 * DAY + 1})
    assert (await pending(), await available()) == (0, 5885)


async def test_a_transfer_without_available_money_is_refused_and_moves_nothing(stripe_sandbox: StandIn) -> None:
    nour = await payable(stripe_sandbox)
    await paid(6000, "pm_card_visa")
    await stripe_sandbox.flush()
    with pytest.raises(StripeRefused) as refused:
        await sent(nour, 600)
    assert refused.value.code == "balance_insufficient"
    assert await stripe_gateway.find_transfers(group="run_1") == ()
    assert await available(nour) == 0


async def test_a_refused_transfer_stays_refused_under_its_key(stripe_sandbox: StandIn) -> None:
    nour, same = await payable(stripe_sandbox), key()
    with pytest.raises(StripeRefused):
        await sent(nour, 600, using=same)
    await paid()
    await stripe_sandbox.flush()
    with pytest.raises(StripeRefused):
        await sent(nour, 600, using=same)
    assert (await sent(nour, 600)).amount == Money(600, "EUR")


async def test_a_transfer_of_a_pending_charge_is_pending_with_its_payee_too(stripe_sandbox: StandIn) -> None:
    nour = await payable(stripe_sandbox)
    payment = await paid(6000, "pm_card_visa")
    await stripe_sandbox.flush()
    assert payment.charge is not None
    made = await stripe_gateway.transfer(
        amount=Money(600, "EUR"), destination=nour, group="run_1", item_id="1", key=key(), source_charge=payment.charge
    )
    assert made.amount == Money(600, "EUR")
    assert await available(nour) == 0
    with pytest.raises(StripeRefused):
        await stripe_gateway.transfer(
            amount=Money(5500, "EUR"), destination=nour, group="run_1", item_id="2", key=key(), source_charge=payment.charge
        )


async def test_a_transfer_is_reversed_only_while_its_payee_has_the_money(stripe_sandbox: StandIn) -> None:
    nour = await payable(stripe_sandbox)
    await paid()
    await stripe_sandbox.flush()
    made = await sent(nour, 600)
    await stripe_gateway.reverse_transfer(transfer=made.id, amount=Money(200, "EUR"), key=key(), metadata={"why": "refund"})
    assert (await available(), await available(nour)) == (5885 - 400, 400)
    assert (await stripe_gateway.fetch_transfer(transfer=made.id)).reversed == Money(200, "EUR")
    assert [one.amount for one in await stripe_gateway.find_reversals(transfer=made.id)] == [Money(200, "EUR")]
    await stripe_gateway.create_payout(amount=Money(400, "EUR"), key=key(), account=nour)
    with pytest.raises(StripeRefused) as refused:
        await stripe_gateway.reverse_transfer(transfer=made.id, amount=Money(400, "EUR"), key=key(), metadata={})
    assert refused.value.code == "balance_insufficient"


async def test_no_money_goes_to_a_restricted_account(stripe_sandbox: StandIn) -> None:
    nour = await payable(stripe_sandbox)
    await paid()
    await stripe_sandbox.flush()
    await stripe_sandbox.admin(f"accounts/{nour}/restrict")
    state = await stripe_gateway.fetch_account(account=nour)
    assert (state.payable, state.deadline, state.awaiting_user) == (False, "past_due", True)
    with pytest.raises(StripeRefused) as refused:
        await sent(nour, 600)
    assert refused.value.code == "insufficient_capabilities_for_transfer"


async def test_a_closed_account_takes_no_money(stripe_sandbox: StandIn) -> None:
    nour = await payable(stripe_sandbox)
    assert (await stripe_gateway.close_account(account=nour, key=key())).closed
    with pytest.raises(StripeRefused) as refused:
        await sent(nour, 600)
    assert refused.value.code == "resource_missing"


async def test_an_automatic_payout_says_what_it_consists_of(stripe_sandbox: StandIn) -> None:
    nour = await payable(stripe_sandbox)
    await paid()
    await stripe_sandbox.flush()
    first, second = await sent(nour, 600), await sent(nour, 400)
    await stripe_sandbox.admin("clock", {"advance": DAY + 1})
    (payout,) = await stripe_gateway.payouts(account=nour)
    assert (payout.amount, payout.automatic, payout.status) == (Money(1000, "EUR"), True, "pending")
    await stripe_sandbox.admin("clock", {"advance": 3 * DAY})
    payout = await stripe_gateway.fetch_payout(payout=payout.id, account=nour)
    assert (payout.status, payout.reconciliation) == ("paid", "completed")
    assert payout.trace_id
    parts = [one async for one in stripe_gateway.balance_transactions(payout=payout.id, account=nour)]
    assert sorted(one.net.minor for one in parts) == [-1000, 400, 600]
    assert first.id != second.id


async def test_a_payout_that_the_bank_sends_back_is_on_the_balance_again(stripe_sandbox: StandIn) -> None:
    nour = await payable(stripe_sandbox)
    await paid()
    await stripe_sandbox.flush()
    await sent(nour, 600)
    payout = await stripe_gateway.create_payout(amount=Money(600, "EUR"), key=key(), account=nour)
    await stripe_sandbox.admin("clock", {"advance": 3 * DAY})
    assert (await stripe_gateway.fetch_payout(payout=payout.id, account=nour)).status == "paid"
    await stripe_sandbox.admin(f"payouts/{payout.id}/fail", {"account": nour})
    returned = await stripe_gateway.fetch_payout(payout=payout.id, account=nour)
    assert (returned.status, returned.failure_code) == ("failed", "account_closed")
    assert returned.failure_balance_transaction is not None
    assert await available(nour) == 600


async def test_a_refund_takes_the_money_but_not_the_fee_back(stripe_sandbox: StandIn) -> None:
    payment = await paid()
    await stripe_sandbox.flush()
    await stripe_gateway.refund(payment=payment.id, amount=Money(6000, "EUR"), key=key(), metadata={})
    assert await available() == -115


async def test_a_refund_that_the_bank_sends_back_restores_charge_and_balance(stripe_sandbox: StandIn) -> None:
    await paid()
    payment = await paid(6000, "pm_card_refundFail")
    await stripe_sandbox.flush()
    made = await stripe_gateway.refund(payment=payment.id, amount=Money(6000, "EUR"), key=key(), metadata={})
    assert made.status == "succeeded"
    await stripe_sandbox.admin("clock", {"advance": 5})
    failed = await stripe_gateway.fetch_refund(refund=made.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert failed.failure_balance_transaction is not None
    assert payment.charge is not None
    assert (await stripe_gateway.fetch_charge(charge=payment.charge)).refunded == Money(0, "EUR")


async def test_a_refund_that_nothing_covers_waits(stripe_sandbox: StandIn) -> None:
    payment = await paid()
    await stripe_sandbox.flush()
    nour = await payable(stripe_sandbox)
    await sent(nour, 5885)
    made = await stripe_gateway.refund(payment=payment.id, amount=Money(6000, "EUR"), key=key(), metadata={})
    assert (made.status, made.pending_reason) == ("pending", "insufficient_funds")
    await stripe_gateway.top_up(amount=Money(7000, "EUR"), description="Float", key=key())
    await stripe_sandbox.admin("clock", {"advance": 3601})
    assert (await stripe_gateway.fetch_refund(refund=made.id)).status == "succeeded"


@pytest.mark.parametrize(
    ("evidence", "outcome", "balance"), [("winning_evidence", "won", 5885), ("losing_evidence", "lost", -115 - 2000)]
)
async def test_a_dispute_takes_money_and_fee_until_it_is_won(
    stripe_sandbox: StandIn, evidence: str, outcome: str, balance: int
) -> None:
    payment = await paid(6000, "pm_card_createDispute")
    await stripe_sandbox.flush()
    await stripe_sandbox.admin("clock", {"advance": 2 * DAY + 1})
    (dispute,) = await stripe_gateway.find_disputes(payment=payment.id)
    assert (dispute.status, dispute.amount) == ("needs_response", Money(6000, "EUR"))
    assert await available() == 5885 - 6000 - 2000
    answered = await stripe_gateway.answer_dispute(dispute=dispute.id, evidence={"uncategorized_text": evidence}, key=key())
    assert answered.status == outcome
    assert (await stripe_gateway.fetch_dispute(dispute=dispute.id)).movements == answered.movements
    assert await available() == balance


async def test_the_balance_is_the_sum_of_its_movements_through_everything(stripe_sandbox: StandIn) -> None:
    nour = await payable(stripe_sandbox)
    payments = [await paid(amount) for amount in (16000, 4321, 50)]
    await paid(9900, "pm_card_createDispute")
    await stripe_sandbox.flush()
    made = await sent(nour, 1234)
    await stripe_gateway.refund(payment=payments[0].id, amount=Money(333, "EUR"), key=key(), metadata={})
    await stripe_gateway.reverse_transfer(transfer=made.id, amount=Money(34, "EUR"), key=key(), metadata={})
    await stripe_gateway.top_up(amount=Money(700, "EUR"), description="Float", key=key())
    await stripe_gateway.create_payout(amount=Money(100, "EUR"), key=key())
    await stripe_sandbox.flush()
    for account in (None, nour):
        moved = [one async for one in stripe_gateway.balance_transactions(account=account)]
        held = await stripe_gateway.balance(account=account)
        assert sum(one.net.minor for one in moved) == sum(part.minor for part in (*held.available, *held.pending))
        assert all(one.amount - one.fee == one.net for one in moved)


async def test_long_lists_come_page_by_page_without_a_gap(stripe_sandbox: StandIn) -> None:
    for amount in range(100, 230):
        await stripe_gateway.top_up(amount=Money(amount, "EUR"), description="Many", key=key())
    await stripe_sandbox.flush()
    moved = [one async for one in stripe_gateway.balance_transactions()]
    assert [one.amount.minor for one in moved] == list(range(229, 99, -1))
    older = [one async for one in stripe_gateway.balance_transactions(after=moved[99].id)]
    assert [one.id for one in older] == [one.id for one in moved[100:]]
