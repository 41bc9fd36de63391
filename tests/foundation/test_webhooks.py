"""The inbox: only what the vendor sent, once, worked off by a job."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar

from foundation import clock, jobs, outbox, relay, settings, webhooks
from foundation.api.webhooks import ROUTES
from foundation.tables import OutboxDelivery, WebhookReceipt
from tests.foundation.made_up_webhooks import payment, signed, signed_by_mux, stream, unjudged

pytestmark = pytest.mark.usefixtures("db")

handled: list[tuple[str, str | None]] = []
failures: list[Exception] = []


@jobs.actor
async def settle_a_payment(receipt_id: int, object_id: str, kind: str, account: str | None) -> None:
    if failures:
        raise failures[-1]
    handled.append((object_id, account))


@jobs.actor
async def look_at_a_dispute(receipt_id: int, object_id: str, kind: str, account: str | None) -> None:
    handled.append((f"{kind} {object_id}", account))


@jobs.actor
async def note_a_stream(receipt_id: int, object_id: str, kind: str, account: str | None) -> None:
    handled.append((object_id, account))


@pytest.fixture(autouse=True)
def _wired() -> Iterator[None]:
    jobs.use(jobs.broker_in_process())
    before = relay.wiring()
    relay.connect(
        relay.Wiring(
            webhooks={
                ("stripe", "payment_intent."): settle_a_payment,
                ("stripe", "charge."): settle_a_payment,
                ("stripe", "charge.dispute."): look_at_a_dispute,
                ("mux", "video.live_stream."): note_a_stream,
            }
        )
    )
    with unjudged():
        yield
    relay.connect(before)
    handled.clear()
    failures.clear()


@pytest.fixture
async def inbox() -> AsyncIterator[httpx.AsyncClient]:
    app: Any = Litestar(route_handlers=ROUTES, logging_config=None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://inbox") as client:
        yield client


async def test_a_webhook_is_kept_and_its_job_gets_the_object_to_fetch(inbox: httpx.AsyncClient) -> None:
    body = payment()
    answer = await inbox.post("/webhooks/stripe", content=body, headers=signed(body))

    assert answer.status_code == 200
    await outbox.drain()
    assert handled == [("pi_1", None)]
    receipt = await WebhookReceipt.objects().first()
    assert receipt is not None
    assert receipt.handled_at is not None
    assert (receipt.attempts, receipt.error) == (1, "")


async def test_a_webhook_that_comes_again_is_welcome_and_handled_once(inbox: httpx.AsyncClient) -> None:
    body = payment()
    for _ in range(3):
        assert (await inbox.post("/webhooks/stripe", content=body, headers=signed(body))).status_code == 200

    await outbox.drain()

    assert await WebhookReceipt.count() == 1
    assert handled == [("pi_1", None)]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"stripe-signature": "garbage"},
        {"stripe-signature": "t=now,v1=00"},
        signed(payment(), secret="whsec_somebody_else"),
        signed(payment(), age=301),
        signed(payment(), age=-301),
    ],
)
async def test_a_forged_old_or_future_webhook_leaves_no_row(inbox: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await inbox.post("/webhooks/stripe", content=payment(), headers=headers)

    assert answer.status_code == 400
    assert await WebhookReceipt.count() == 0
    assert await outbox.drain() == 0


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"[]", b'{"object": "event"}', payment(event_id="e" * 200), payment().replace(b"evt_1", b"evt\\u0000")],
)
async def test_signed_garbage_is_refused_and_not_an_error_of_ours(inbox: httpx.AsyncClient, body: bytes) -> None:
    answer = await inbox.post("/webhooks/stripe", content=body, headers=signed(body))

    assert answer.status_code == 400
    assert await WebhookReceipt.count() == 0


async def test_a_huge_webhook_is_refused_before_it_is_read(inbox: httpx.AsyncClient) -> None:
    body = b" " * (webhooks.LARGEST + 1)
    answer = await inbox.post("/webhooks/stripe", content=body, headers=signed(body))

    assert answer.status_code == 413
    assert await WebhookReceipt.count() == 0


async def test_each_address_has_its_own_secret(inbox: httpx.AsyncClient) -> None:
    body = payment(account="acct_1")
    assert (await inbox.post("/webhooks/stripe/connect", content=body, headers=signed(body))).status_code == 400

    answer = await inbox.post("/webhooks/stripe/connect", content=body, headers=signed(body, secret="whsec_sandbox_connect"))

    assert answer.status_code == 200
    await outbox.drain()
    assert handled == [("pi_1", "acct_1")]


async def test_two_secrets_are_valid_while_one_is_replaced(inbox: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", "whsec_new, whsec_old")
    settings.current.cache_clear()
    try:
        for number, secret in enumerate(("whsec_new", "whsec_old")):
            body = payment(f"evt_{number}")
            assert (await inbox.post("/webhooks/stripe", content=body, headers=signed(body, secret=secret))).status_code == 200
    finally:
        monkeypatch.undo()
        settings.current.cache_clear()


async def test_secrets_of_the_vendors_are_not_kept(inbox: httpx.AsyncClient) -> None:
    body, other = payment(), stream()
    await inbox.post("/webhooks/stripe", content=body, headers=signed(body))
    assert (await inbox.post("/webhooks/mux", content=other, headers=signed_by_mux(other))).status_code == 200

    kept = " ".join(str(row["payload"]) for row in await WebhookReceipt.select(WebhookReceipt.payload))
    assert "pi_1_secret_x" not in kept
    assert "sk-very-secret" not in kept
    await outbox.drain()
    assert ("live_1", None) in handled


async def test_the_longest_beginning_of_the_kind_decides_who_handles_it(inbox: httpx.AsyncClient) -> None:
    body = payment(kind="charge.dispute.created")
    await inbox.post("/webhooks/stripe", content=body, headers=signed(body))

    await outbox.drain()

    assert handled == [("charge.dispute.created pi_1", None)]


async def test_a_kind_that_nobody_wants_is_kept_and_done(inbox: httpx.AsyncClient) -> None:
    body = payment(kind="customer.created")
    await inbox.post("/webhooks/stripe", content=body, headers=signed(body))

    await outbox.drain()

    receipt = await WebhookReceipt.objects().first()
    assert receipt is not None
    assert receipt.handled_at is not None
    assert await OutboxDelivery.count() == 0


async def test_a_webhook_whose_job_fails_waits_and_says_why(inbox: httpx.AsyncClient) -> None:
    failures.append(ConnectionError("Stripe is away"))
    body = payment()
    await inbox.post("/webhooks/stripe", content=body, headers=signed(body))

    await outbox.drain(fail_fast=False)

    receipt = await WebhookReceipt.objects().first()
    assert receipt is not None
    assert receipt.handled_at is None
    assert (receipt.attempts, receipt.error) == (3, "ConnectionError: Stripe is away")


async def test_a_webhook_that_was_forgotten_is_put_on_its_way_again(inbox: httpx.AsyncClient) -> None:
    body = payment()
    await inbox.post("/webhooks/stripe", content=body, headers=signed(body))
    with clock.shifted(timedelta(hours=1)):
        assert await webhooks.requeue_forgotten() == 0
        await relay.push()
        assert await webhooks.requeue_forgotten() == 0
        await OutboxDelivery.delete(force=True)
        assert await webhooks.requeue_forgotten() == 1

    await outbox.drain()

    assert handled == [("pi_1", None)]
