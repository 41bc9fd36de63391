"""The news of the stand-in: signed by Stripe's own helper, told to the right address, lost and doubled on demand."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest
import stripe

from foundation import stripe_gateway
from foundation.money import Money
from foundation.vendor import ForgedWebhook
from tests.sandbox.receiver import Receiver, listening
from tests.sandbox.stripe_cases import key, paid, payable, sent
from tests.stand_ins import StandIn

pytestmark = pytest.mark.anyio


@pytest.fixture
async def receiver(stripe_sandbox: StandIn) -> AsyncIterator[Receiver]:
    async with listening() as open_receiver:
        endpoints = [
            {"url": f"{open_receiver.url}/platform", "secret": "whsec_platform", "connect": False},
            {"url": f"{open_receiver.url}/connect", "secret": "whsec_connect", "connect": True},
        ]
        await stripe_sandbox.admin("webhooks/endpoints", {"endpoints": endpoints})
        yield open_receiver
        await stripe_sandbox.admin("webhooks/endpoints", {"endpoints": []})


async def test_a_payment_is_told_and_its_fee_comes_with_a_later_message(stripe_sandbox: StandIn, receiver: Receiver) -> None:
    payment = await paid()
    assert payment.charge is not None
    assert (await stripe_gateway.fetch_charge(charge=payment.charge)).balance_transaction is None
    await stripe_sandbox.flush()
    assert receiver.types() == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "charge.updated"]
    assert [event.object_id for event in receiver.events] == [payment.id, payment.charge, payment.id, payment.charge]
    assert (await stripe_gateway.fetch_charge(charge=payment.charge)).balance_transaction is not None


async def test_news_of_a_connected_account_goes_to_its_own_address_and_names_it(
    stripe_sandbox: StandIn, receiver: Receiver
) -> None:
    nour = await payable(stripe_sandbox)
    await stripe_sandbox.flush()
    assert "v2.core.account.created" in receiver.types()
    assert "v2.core.account[configuration.recipient].capability_status_updated" in receiver.types()
    assert "account.updated" in receiver.types()
    assert {event.account for event in receiver.events} == {nour}
    assert {event.object_kind for event in receiver.events} == {"v2.core.account", "account", "bank_account"}


async def test_a_payout_of_a_payee_is_told_through_its_whole_life(stripe_sandbox: StandIn, receiver: Receiver) -> None:
    nour = await payable(stripe_sandbox)
    await paid()
    await stripe_sandbox.flush()
    await sent(nour, 600)
    await stripe_sandbox.admin("clock", {"advance": 4 * 86_400})
    await stripe_sandbox.flush()
    told = [event.type for event in receiver.events if event.object_kind == "payout"]
    assert told == ["payout.created", "payout.updated", "payout.paid", "payout.reconciliation_completed"]


async def test_a_refused_message_is_sent_again_and_listed_until_then(stripe_sandbox: StandIn, receiver: Receiver) -> None:
    since = datetime.now(UTC) - timedelta(minutes=1)
    receiver.refusing = True
    await stripe_gateway.top_up(amount=Money(500, "EUR"), description="Float", key=key())
    assert await stripe_sandbox.flush() == 0
    waiting = [event.type async for event in stripe_gateway.undelivered_events(since=since)]
    assert waiting == ["topup.succeeded", "topup.created"]
    receiver.refusing = False
    await stripe_sandbox.admin("clock", {"advance": 10})
    assert await stripe_sandbox.flush() == 2
    assert [event async for event in stripe_gateway.undelivered_events(since=since)] == []


async def test_messages_can_be_doubled_dropped_delayed_and_reordered(stripe_sandbox: StandIn, receiver: Receiver) -> None:
    for fault in (
        {"kind": "webhook_drop", "event": "payment_intent.created"},
        {"kind": "webhook_duplicate", "event": "payment_intent.succeeded"},
        {"kind": "webhook_reorder", "event": "charge.succeeded"},
        {"kind": "webhook_delay", "event": "charge.updated", "seconds": 60},
    ):
        await stripe_sandbox.admin("faults", fault)
    await paid()
    await stripe_sandbox.flush()
    assert receiver.types() == ["payment_intent.succeeded", "payment_intent.succeeded", "charge.succeeded"]
    missed = [event.type async for event in stripe_gateway.undelivered_events(since=datetime.now(UTC) - timedelta(minutes=1))]
    assert missed == ["charge.updated", "payment_intent.created"]
    assert receiver.events[0].id == receiver.events[1].id
    await stripe_sandbox.admin("clock", {"advance": 61})
    await stripe_sandbox.flush()
    assert receiver.types()[-1] == "charge.updated"


async def test_messages_leave_by_themselves_when_nobody_holds_them_back(stripe_sandbox: StandIn, receiver: Receiver) -> None:
    await stripe_sandbox.admin("settings", {"auto_deliver": True})
    await stripe_gateway.top_up(amount=Money(500, "EUR"), description="Float", key=key())
    await stripe_sandbox.flush()
    assert sorted(receiver.types()) == ["topup.created", "topup.succeeded"]


def signed(payload: bytes, key: str = "whsec_platform", age: int = 0) -> str:
    header: str = stripe.WebhookSignature.generate_signature_header(payload.decode(), key, int(time.time()) - age)
    return header


EVENT = (
    b'{"id": "evt_1", "object": "event", "api_version": "2026-05-27.dahlia", "created": 1790000000, "type": "topup.created",'
    b' "livemode": false, "pending_webhooks": 0, "request": null, "data": {"object": {"id": "tu_1", "object": "topup", "amount": 5,'
    b' "balance_transaction": null, "created": 1790000000, "currency": "eur", "description": null, "expected_availability_date": null,'
    b' "failure_code": null, "failure_message": null, "livemode": false, "metadata": {}, "source": null, "statement_descriptor": null,'
    b' "status": "pending", "transfer_group": null}}}'
)


def test_a_message_signed_with_the_older_of_two_secrets_is_read() -> None:
    event = stripe_gateway.verify_webhook(payload=EVENT, header=signed(EVENT), secrets=("whsec_new", "whsec_platform"))
    assert (event.id, event.type, event.object_id, event.object_kind) == ("evt_1", "topup.created", "tu_1", "topup")
    assert (event.account, event.livemode, event.created) == (None, False, datetime.fromtimestamp(1_790_000_000, UTC))


@pytest.mark.parametrize(
    ("payload", "header"),
    [
        (EVENT, lambda: ""),
        (EVENT, lambda: "t=1,v1=abc"),
        (EVENT, lambda: "nonsense"),
        (EVENT, lambda: signed(EVENT, "whsec_other")),
        (EVENT + b" ", lambda: signed(EVENT)),
        (EVENT, lambda: signed(EVENT, age=400)),
        (EVENT, lambda: signed(EVENT, age=-400)),
        (b"not json", lambda: signed(b"not json")),
        (b"[]", lambda: signed(b"[]")),
        (b'{"object": "event"}', lambda: signed(b'{"object": "event"}')),
        (b'{"object": "v2.core.event", "id": "evt_2"}', lambda: signed(b'{"object": "v2.core.event", "id": "evt_2"}')),
        (b"\xff\xfe", lambda: signed(EVENT)),
    ],
    ids=["none", "short", "nonsense", "other secret", "changed", "old", "future", "text", "list", "no id", "no type", "no text"],
)
def test_a_forged_old_future_or_unreadable_message_is_refused(payload: bytes, header: Callable[[], str]) -> None:
    with pytest.raises(ForgedWebhook):
        stripe_gateway.verify_webhook(payload=payload, header=header(), secrets=("whsec_platform",))
