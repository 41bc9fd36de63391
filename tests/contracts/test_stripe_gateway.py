"""What our gateway asks of Stripe: the same cases against the stand-in, and against Stripe's test mode when its key is given."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator

import pytest

from foundation import settings, stripe_gateway
from foundation.money import Money
from foundation.stripe_gateway import Payment, StripeRefused
from tests.stand_ins import StandIn

pytestmark = pytest.mark.anyio

TEST_KEY = os.environ.get("STRIPE_TEST_SECRET_KEY", "")


@pytest.fixture(
    params=["stand-in", pytest.param("Stripe", marks=pytest.mark.skipif(not TEST_KEY, reason="needs STRIPE_TEST_SECRET_KEY"))]
)
async def stripe(request: pytest.FixtureRequest, stripe_sandbox: StandIn, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    if request.param == "Stripe":
        monkeypatch.setenv("STRIPE_SECRET_KEY", TEST_KEY)
        monkeypatch.setenv("STRIPE_API_BASE", "")
        settings.current.cache_clear()
    else:
        await stripe_sandbox.admin("settings", {"auto_deliver": True})
    yield request.param
    monkeypatch.undo()
    settings.current.cache_clear()


def key() -> str:
    return f"test:{uuid.uuid4()}"


async def paid(
    amount: int = 6000, card: str = "pm_card_bypassPending", customer: str | None = None, *, keep: bool = False
) -> Payment:
    opened = await stripe_gateway.open_payment(
        amount=Money(amount, "EUR"), order_id=uuid.uuid4().hex, key=key(), customer=customer, save_card=keep
    )
    return await stripe_gateway.confirm_payment(payment=opened.id, payment_method=card, key=key())


async def test_a_payment_is_opened_and_taken_and_its_fee_follows(stripe: str) -> None:
    payment = await paid()
    assert (payment.status, payment.received) == ("succeeded", Money(6000, "EUR"))
    assert payment.charge is not None
    charge = await stripe_gateway.fetch_charge(charge=payment.charge)
    while charge.balance_transaction is None:
        await asyncio.sleep(0.02)
        charge = await stripe_gateway.fetch_charge(charge=payment.charge)
    assert charge.fee is not None
    assert charge.net == charge.amount - charge.fee
    movement = await stripe_gateway.fetch_movement(balance_transaction=charge.balance_transaction)
    assert (movement.reporting_category, movement.source, movement.net) == ("charge", payment.charge, charge.net)


async def test_the_same_key_opens_the_same_payment(stripe: str) -> None:
    same = key()
    first = await stripe_gateway.open_payment(amount=Money(6000, "EUR"), order_id="7", key=same)
    second = await stripe_gateway.open_payment(amount=Money(6000, "EUR"), order_id="7", key=same)
    assert first.id == second.id
    assert first.order_id == "7"


async def test_another_amount_under_the_same_key_is_refused(stripe: str) -> None:
    same = key()
    await stripe_gateway.open_payment(amount=Money(6000, "EUR"), order_id="7", key=same)
    with pytest.raises(StripeRefused) as refused:
        await stripe_gateway.open_payment(amount=Money(6100, "EUR"), order_id="7", key=same)
    assert refused.value.code == "idempotency_error"


@pytest.mark.parametrize(
    ("card", "reason"),
    [("pm_card_chargeDeclined", "generic_decline"), ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds")],
)
async def test_a_declined_card_says_why_and_leaves_the_payment_open(stripe: str, card: str, reason: str) -> None:
    opened = await stripe_gateway.open_payment(amount=Money(6000, "EUR"), order_id="8", key=key())
    with pytest.raises(StripeRefused) as refused:
        await stripe_gateway.confirm_payment(payment=opened.id, payment_method=card, key=key())
    assert (refused.value.code, refused.value.decline_code) == ("card_declined", reason)
    after = await stripe_gateway.fetch_payment(payment=opened.id)
    assert (after.status, after.failure_decline_code) == ("requires_payment_method", reason)


async def test_a_card_may_ask_for_the_bank(stripe: str) -> None:
    payment = await paid(card="pm_card_threeDSecure2Required")
    assert payment.status == "requires_action"


async def test_a_kept_card_is_found_again_and_can_be_forgotten(stripe: str) -> None:
    customer = await stripe_gateway.create_customer(email="sam@example.com", name="Sam", user_id="1", key=key())
    assert (await paid(card="pm_card_visa", customer=customer, keep=True)).status == "succeeded"
    (card,) = await stripe_gateway.saved_cards(customer=customer)
    assert (card.brand, card.last4) == ("visa", "4242")
    second = await paid(card=card.id, customer=customer)
    assert (await stripe_gateway.find_payments(customer=customer))[0].id == second.id
    await stripe_gateway.forget_card(card=card.id)
    assert await stripe_gateway.saved_cards(customer=customer) == ()


async def test_a_customer_session_has_a_secret_that_is_not_shown(stripe: str) -> None:
    customer = await stripe_gateway.create_customer(email="sam@example.com", name="Sam", user_id="1", key=key())
    session = await stripe_gateway.create_customer_session(customer=customer)
    assert session.client_secret
    assert session.client_secret not in repr(session)


async def test_an_open_payment_can_change_its_amount_and_be_given_up(stripe: str) -> None:
    opened = await stripe_gateway.open_payment(amount=Money(6000, "EUR"), order_id="9", key=key())
    changed = await stripe_gateway.update_payment(payment=opened.id, amount=Money(6500, "EUR"), key=key())
    assert changed.amount == Money(6500, "EUR")
    assert (await stripe_gateway.cancel_payment(payment=opened.id, key=key())).status == "canceled"
    with pytest.raises(StripeRefused) as refused:
        await stripe_gateway.cancel_payment(payment=opened.id, key=key())
    assert refused.value.code == "payment_intent_unexpected_state"


async def test_a_payment_is_refunded_in_parts_and_never_beyond(stripe: str) -> None:
    payment = await paid()
    first = await stripe_gateway.refund(payment=payment.id, amount=Money(1500, "EUR"), key=key(), metadata={"line": "1"})
    assert (first.status, first.amount, dict(first.metadata)) == ("succeeded", Money(1500, "EUR"), {"line": "1"})
    assert (await stripe_gateway.fetch_refund(refund=first.id)).payment == payment.id
    await stripe_gateway.refund(payment=payment.id, amount=Money(4500, "EUR"), key=key(), metadata={})
    assert sum(one.amount.minor for one in await stripe_gateway.find_refunds(payment=payment.id)) == 6000
    with pytest.raises(StripeRefused) as refused:
        await stripe_gateway.refund(payment=payment.id, amount=Money(1, "EUR"), key=key(), metadata={})
    assert refused.value.code == "charge_already_refunded"


async def test_a_new_recipient_must_be_onboarded_before_money_may_go_there(stripe: str) -> None:
    account = await stripe_gateway.create_recipient(
        email="nour@example.com", display_name="Nour", country="FR", payee_id="3", key=key()
    )
    assert not account.payable
    assert account.awaiting_user
    assert account.requirements
    link = await stripe_gateway.onboarding_link(
        account=account.id, refresh_url="https://fanfare.example/again", return_url="https://fanfare.example/back"
    )
    assert link.url.startswith("http")
    assert (await stripe_gateway.fetch_account(account=account.id)).transfers != "active"
    with pytest.raises(StripeRefused):
        await stripe_gateway.transfer(amount=Money(100, "EUR"), destination=account.id, group="run_1", item_id="1", key=key())


async def test_what_is_not_there_is_refused_by_name(stripe: str) -> None:
    with pytest.raises(StripeRefused) as refused:
        await stripe_gateway.fetch_transfer(transfer="tr_nothing")
    assert refused.value.code == "resource_missing"


async def test_balances_and_movements_can_be_read(stripe: str) -> None:
    payment = await paid()
    held = await stripe_gateway.balance()
    assert {part.currency for part in held.available} >= {"EUR"}
    newest = [movement async for movement in stripe_gateway.balance_transactions(source=payment.charge)]
    assert [movement.reporting_category for movement in newest] in ([], ["charge"])
    assert isinstance(await stripe_gateway.payouts(), tuple)
    assert await stripe_gateway.find_disputes(payment=payment.id) == ()


async def test_a_top_up_is_asked_for_once_under_its_key(stripe: str) -> None:
    same = key()
    first = await stripe_gateway.top_up(amount=Money(5000, "EUR"), description="Creators", key=same)
    second = await stripe_gateway.top_up(amount=Money(5000, "EUR"), description="Creators", key=same)
    assert first.id == second.id
    assert (await stripe_gateway.fetch_topup(topup=first.id)).amount == Money(5000, "EUR")
