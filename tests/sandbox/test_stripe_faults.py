"""Every fault of the stand-in, through the real library: what is lost, repeated, slow or refused, and what is left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from foundation import settings, stripe_gateway
from foundation.money import Money
from foundation.settings import ROOT
from foundation.stripe_gateway import StripeRefused
from foundation.vendor import OutcomeUnknown, VendorBusy
from tests.sandbox.stripe_cases import available, key, paid, payable, sent
from tests.stand_ins import StandIn

pytestmark = pytest.mark.anyio

TRANSFERS = "POST /v1/transfers"
ATTEMPTS = 3


@pytest.fixture
async def nour(stripe_sandbox: StandIn) -> str:
    """A payable account, and 58.85 euros to pay it from."""
    await paid()
    await stripe_sandbox.flush()
    return await payable(stripe_sandbox)


async def fault(sandbox: StandIn, kind: str, **more: Any) -> None:
    await sandbox.admin("faults", {"kind": kind, **more})


async def test_a_response_that_is_lost_once_is_healed_by_the_key(stripe_sandbox: StandIn, nour: str) -> None:
    await fault(stripe_sandbox, "lost_response", operation=TRANSFERS)
    made = await sent(nour, 600)
    assert [one.id for one in await stripe_gateway.find_transfers(group="run_1")] == [made.id]
    assert await available(nour) == 600


async def test_a_response_that_is_always_lost_leaves_one_transfer_to_be_found(stripe_sandbox: StandIn, nour: str) -> None:
    await fault(stripe_sandbox, "lost_response", operation=TRANSFERS, times=ATTEMPTS)
    same = key()
    with pytest.raises(OutcomeUnknown):
        await sent(nour, 600, using=same)
    (found,) = await stripe_gateway.find_transfers(group="run_1")
    assert found.item_id == "5"
    assert (await sent(nour, 600, using=same)).id == found.id
    assert await available(nour) == 600


async def test_a_call_that_fails_before_its_effect_leaves_nothing(stripe_sandbox: StandIn, nour: str) -> None:
    await fault(stripe_sandbox, "fail_before", operation=TRANSFERS, times=ATTEMPTS)
    same = key()
    with pytest.raises(OutcomeUnknown):
        await sent(nour, 600, using=same)
    assert await stripe_gateway.find_transfers(group="run_1") == ()
    assert (await sent(nour, 600, using=same)).amount == Money(600, "EUR")


async def test_too_many_calls_are_asked_to_wait_and_have_no_effect(stripe_sandbox: StandIn, nour: str) -> None:
    await fault(stripe_sandbox, "rate_limit", operation=TRANSFERS)
    with pytest.raises(VendorBusy):
        await sent(nour, 600)
    assert await stripe_gateway.find_transfers(group="run_1") == ()


async def test_a_429_after_a_lost_response_is_not_taken_for_no_effect(stripe_sandbox: StandIn, nour: str) -> None:
    await fault(stripe_sandbox, "lost_response", operation=TRANSFERS)
    await fault(stripe_sandbox, "rate_limit", operation=TRANSFERS)
    with pytest.raises(OutcomeUnknown):
        await sent(nour, 600)
    assert len(await stripe_gateway.find_transfers(group="run_1")) == 1


async def test_a_passing_500_is_tried_again_and_a_saved_one_is_replayed(stripe_sandbox: StandIn, nour: str) -> None:
    await fault(stripe_sandbox, "server_error", operation=TRANSFERS)
    assert (await sent(nour, 100)).amount == Money(100, "EUR")
    await fault(stripe_sandbox, "server_error_saved", operation=TRANSFERS)
    same = key()
    for _again in range(2):
        with pytest.raises(OutcomeUnknown):
            await sent(nour, 600, using=same)
    assert len(await stripe_gateway.find_transfers(group="run_1")) == 1


async def test_a_500_after_the_effect_is_an_unknown_outcome_that_can_be_looked_up(stripe_sandbox: StandIn, nour: str) -> None:
    await fault(stripe_sandbox, "server_error_after", operation=TRANSFERS)
    with pytest.raises(OutcomeUnknown):
        await sent(nour, 600)
    assert len(await stripe_gateway.find_transfers(group="run_1")) == 1


async def test_the_same_key_twice_at_once_makes_one_transfer(stripe_sandbox: StandIn, nour: str) -> None:
    await fault(stripe_sandbox, "delay", operation=TRANSFERS, seconds=0.3)
    same = key()
    results = await asyncio.gather(sent(nour, 600, using=same), sent(nour, 600, using=same), return_exceptions=True)
    made = {one.id for one in results if not isinstance(one, BaseException)}
    assert made == {one.id for one in await stripe_gateway.find_transfers(group="run_1")}
    assert len(made) == 1
    assert await available(nour) == 600


async def test_money_can_be_made_short(stripe_sandbox: StandIn, nour: str) -> None:
    await fault(stripe_sandbox, "balance_insufficient")
    with pytest.raises(StripeRefused) as refused:
        await sent(nour, 600)
    assert refused.value.code == "balance_insufficient"
    assert (await sent(nour, 600)).amount == Money(600, "EUR")


async def test_a_payout_and_a_top_up_can_be_made_to_fail(stripe_sandbox: StandIn, nour: str) -> None:
    await sent(nour, 600)
    await fault(stripe_sandbox, "payout_fails")
    await fault(stripe_sandbox, "topup_fails")
    payout = await stripe_gateway.create_payout(amount=Money(600, "EUR"), key=key(), account=nour)
    topup = await stripe_gateway.top_up(amount=Money(500, "EUR"), description="Float", key=key())
    await stripe_sandbox.admin("clock", {"advance": 120})
    assert (await stripe_gateway.fetch_payout(payout=payout.id, account=nour)).status == "failed"
    assert (await stripe_gateway.fetch_topup(topup=topup.id)).status == "failed"


async def test_a_refund_can_be_made_to_fail_later(stripe_sandbox: StandIn) -> None:
    payment = await paid()
    await stripe_sandbox.flush()
    await fault(stripe_sandbox, "refund_fails_later")
    made = await stripe_gateway.refund(payment=payment.id, amount=Money(100, "EUR"), key=key(), metadata={})
    assert made.status == "succeeded"
    await stripe_sandbox.admin("clock", {"advance": 5})
    assert (await stripe_gateway.fetch_refund(refund=made.id)).status == "failed"


async def test_a_dispute_can_be_opened_and_decided(stripe_sandbox: StandIn) -> None:
    payment = await paid()
    await stripe_sandbox.flush()
    opened = await stripe_sandbox.admin("disputes", {"payment_intent": payment.id, "reason": "product_not_received"})
    await stripe_sandbox.admin(f"disputes/{opened['id']}/lost")
    assert (await stripe_gateway.fetch_dispute(dispute=opened["id"])).status == "lost"


@pytest.mark.parametrize(
    ("sent_fields", "code"),
    [
        ({"amount": "600", "currency": "eur", "colour": "red"}, "parameter_unknown"),
        ({"amount": "600"}, "parameter_missing"),
        ({"amount": "6.5", "currency": "eur"}, "parameter_invalid_integer"),
        ({"amount": "10", "currency": "eur"}, "amount_too_small"),
        ({"amount": "600", "currency": "eur", "customer": "cus_nobody"}, "resource_missing"),
    ],
)
async def test_a_request_against_the_contract_is_refused_as_stripe_refuses_it(
    stripe_sandbox: StandIn, sent_fields: dict[str, str], code: str
) -> None:
    async with httpx.AsyncClient(base_url=stripe_sandbox.url, headers={"authorization": "Bearer sk_test_x"}) as client:
        answer = await client.post("/v1/payment_intents", data=sent_fields)
        assert answer.json()["error"]["code"] == code
        assert answer.headers["request-id"].startswith("req_")


async def test_a_browser_key_may_not_move_money_and_no_key_may_do_nothing(stripe_sandbox: StandIn) -> None:
    async with httpx.AsyncClient(base_url=stripe_sandbox.url) as client:
        assert (await client.get("/v1/balance")).status_code == 401
        browser = {"authorization": "Bearer pk_test_x"}
        assert (await client.get("/v1/balance", headers=browser)).status_code == 401
        assert (await client.get("/v1/payment_intents/pi_1?client_secret=guess", headers=browser)).status_code == 404


async def test_one_account_does_not_see_what_belongs_to_another(stripe_sandbox: StandIn, nour: str) -> None:
    await sent(nour, 600)
    payout = await stripe_gateway.create_payout(amount=Money(600, "EUR"), key=key(), account=nour)
    with pytest.raises(StripeRefused) as refused:
        await stripe_gateway.fetch_payout(payout=payout.id)
    assert refused.value.code == "resource_missing"


async def test_a_killed_stand_in_remembers_everything(
    tmp_path: Path, stripe_sandbox: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, url = start(tmp_path)
    try:
        use(monkeypatch, url)
        payment = await paid()
        nour = await payable(StandIn("stripe", url, process.pid))
        await StandIn("stripe", url, process.pid).flush()
        made = await sent(nour, 600)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process, url = start(tmp_path)
        use(monkeypatch, url)
        assert (await stripe_gateway.fetch_payment(payment=payment.id)).status == "succeeded"
        assert [one.id for one in await stripe_gateway.find_transfers(group="run_1")] == [made.id]
        assert (await available(), await available(nour)) == (5285, 600)
    finally:
        process.kill()
        process.wait()
        monkeypatch.undo()
        settings.current.cache_clear()


def start(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    announce = folder / "announce.json"
    announce.unlink(missing_ok=True)
    command = [sys.executable, "-m", "sandbox.stripe", "--port", "0", "--data-dir", str(folder), "--announce", str(announce)]
    process = subprocess.Popen(command, cwd=ROOT)
    while not announce.exists():
        assert process.poll() is None
        time.sleep(0.02)
    return process, f"http://127.0.0.1:{json.loads(announce.read_text())['port']}"


def use(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("STRIPE_API_BASE", url)
    settings.current.cache_clear()
