"""Calls of Stripe that the gateway does not make yet but the stand-in answers: made through the real library, judged like the rest."""

from __future__ import annotations

import pytest
import stripe

from foundation import stripe_gateway
from foundation.money import Money
from foundation.stripe_gateway import connection
from tests.sandbox.stripe_cases import key, paid, payable, sent
from tests.stand_ins import StandIn

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(stripe_sandbox: StandIn) -> stripe.StripeClient:
    return connection.client()


async def test_customers_and_their_cards(client: stripe.StripeClient) -> None:
    customer = await client.v1.customers.create_async({"email": "sam@example.com", "metadata": {"a": "1", "b": "2"}})
    changed = await client.v1.customers.update_async(customer.id, {"name": "Sam", "metadata": {"a": ""}})
    assert (changed.name, changed.metadata and changed.metadata.to_dict()) == ("Sam", {"b": "2"})
    method = await client.v1.payment_methods.create_async(
        {"type": "card", "card": {"number": "5555555555554444", "exp_month": 12, "exp_year": 2034, "cvc": "123"}}
    )
    await client.v1.payment_methods.attach_async(method.id, {"customer": customer.id})
    assert [one.id for one in (await client.v1.payment_methods.list_async({"customer": customer.id})).data] == [method.id]
    assert (await client.v1.payment_methods.retrieve_async(method.id)).customer == customer.id
    assert [one.id for one in (await client.v1.customers.list_async({"email": "sam@example.com"})).data] == [customer.id]
    await client.v1.customers.delete_async(customer.id)
    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.customers.retrieve_async(customer.id)


async def test_expanded_objects_stand_in_the_place_of_their_ids(client: stripe.StripeClient, stripe_sandbox: StandIn) -> None:
    payment = await paid()
    await stripe_sandbox.flush()
    intent = await client.v1.payment_intents.retrieve_async(payment.id, {"expand": ["latest_charge.balance_transaction"]})
    charge = intent.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
    assert isinstance((await client.v1.payment_intents.retrieve_async(payment.id)).latest_charge, str)
    charges = await client.v1.charges.list_async({"payment_intent": payment.id, "expand": ["data.balance_transaction"]})
    assert isinstance(charges.data[0].balance_transaction, stripe.BalanceTransaction)
    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.payment_intents.retrieve_async(payment.id, {"expand": ["nothing"]})


async def test_accounts_as_both_generations_show_them(client: stripe.StripeClient, stripe_sandbox: StandIn) -> None:
    nour = await payable(stripe_sandbox)
    assert (await client.v1.accounts.retrieve_async(nour)).payouts_enabled
    assert [one.id for one in (await client.v1.accounts.list_async()).data] == [nour]
    assert (await client.v1.accounts.login_links.create_async(nour)).url
    link = await client.v1.account_links.create_async(
        {"account": nour, "type": "account_onboarding", "refresh_url": "https://a.example", "return_url": "https://b.example"}
    )
    assert link.url
    changed = await client.v2.core.accounts.update_async(nour, {"display_name": "Nour H."})
    assert changed.display_name == "Nour H."
    assert [one.id for one in (await client.v2.core.accounts.list_async()).data] == [nour]


async def test_the_payout_schedule_of_a_payee(client: stripe.StripeClient, stripe_sandbox: StandIn) -> None:
    nour = await payable(stripe_sandbox)
    await paid()
    await stripe_sandbox.flush()
    await client.v1.balance_settings.update_async(
        {"payments": {"payouts": {"schedule": {"interval": "manual"}}}}, {"stripe_account": nour}
    )
    settings = await client.v1.balance_settings.retrieve_async(None, {"stripe_account": nour})
    assert settings.payments.payouts is not None
    assert settings.payments.payouts.schedule is not None
    assert settings.payments.payouts.schedule.interval == "manual"
    await sent(nour, 600)
    await stripe_sandbox.admin("clock", {"advance": 2 * 86_400})
    assert await stripe_gateway.payouts(account=nour) == ()


async def test_what_can_be_stopped_or_renamed(client: stripe.StripeClient, stripe_sandbox: StandIn) -> None:
    nour = await payable(stripe_sandbox)
    payment = await paid()
    await stripe_sandbox.flush()
    made = await sent(nour, 600)
    assert (await client.v1.transfers.update_async(made.id, {"description": "October"})).description == "October"
    back = await stripe_gateway.reverse_transfer(transfer=made.id, amount=Money(100, "EUR"), key=key(), metadata={})
    assert (await client.v1.transfers.reversals.retrieve_async(made.id, back.id)).amount == 100
    refund = await stripe_gateway.refund(payment=payment.id, amount=Money(100, "EUR"), key=key(), metadata={})
    assert (await client.v1.refunds.update_async(refund.id, {"metadata": {"why": "late"}})).metadata is not None
    payout = await stripe_gateway.create_payout(amount=Money(100, "EUR"), key=key())
    assert (await client.v1.payouts.cancel_async(payout.id)).status == "canceled"
    topup = await stripe_gateway.top_up(amount=Money(100, "EUR"), description="Float", key=key())
    assert (await client.v1.topups.cancel_async(topup.id)).status == "canceled"
    assert [one.id for one in (await client.v1.topups.list_async({"status": "canceled"})).data] == [topup.id]
    disputed = await paid(card="pm_card_createDisputeInquiry")
    await stripe_sandbox.flush()
    (dispute,) = await stripe_gateway.find_disputes(payment=disputed.id)
    assert dispute.status == "warning_needs_response"
    assert (await client.v1.disputes.close_async(dispute.id)).status == "warning_closed"


async def test_events_and_the_endpoints_that_hear_of_them(client: stripe.StripeClient) -> None:
    endpoint = await client.v1.webhook_endpoints.create_async(
        {"url": "http://127.0.0.1:9/x", "enabled_events": ["topup.created"]}
    )
    assert endpoint.secret
    assert not hasattr((await client.v1.webhook_endpoints.list_async()).data[0], "secret")
    await paid()
    await stripe_gateway.top_up(amount=Money(100, "EUR"), description="Float", key=key())
    waiting = (await client.v1.events.list_async({"delivery_success": False})).data
    (event,) = (event for event in waiting if event.type == "topup.created")
    assert event.pending_webhooks >= 1
    assert (await client.v1.events.retrieve_async(event.id)).id == event.id
    await client.v1.webhook_endpoints.delete_async(endpoint.id)
