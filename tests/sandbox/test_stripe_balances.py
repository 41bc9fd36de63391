"""Whatever happens in whatever order: no transfer overdraws, and every balance is the sum of its movements."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.stripe import accounts, api, rules
from sandbox.stripe.api import Request
from sandbox.stripe.world import World

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["pay", "pay_now", "refund", "transfer", "reverse", "payout", "topup", "wait"]), st.integers(50, 9_000)
    ),
    max_size=30,
)


class Platform:
    """A world of its own in memory, and calls to it without a network."""

    def __init__(self) -> None:
        self.world = World(None, "http://stand-in")
        account: dict[str, Any] = {"configuration": {"recipient": {"capabilities": {}}}, "identity": {"country": "fr"}}
        made = json.loads(self.call("/v2/core/accounts", json.dumps({**account, "configuration": {"recipient": {}}}))[1])
        self.payee = made["id"]
        known = accounts.account_or_none(self.world, self.payee)
        assert known is not None
        known["configuration"]["recipient"]["capabilities"] = {"stripe_balance": {"stripe_transfers": {}, "payouts": {}}}
        accounts.activate(self.world, known)
        self.paid: list[str] = []
        self.sent: list[str] = []

    def call(self, path: str, body: str) -> tuple[int, bytes]:
        headers = {"authorization": "Bearer sk_test_x", "content-type": "application/x-www-form-urlencoded"}
        made = api.answer(self.world, Request(method="POST", path=path, query="", headers=headers, body=body.encode()))
        return made.status, made.body

    def do(self, step: str, amount: int) -> None:
        euros = {"amount": amount, "currency": "eur"}
        if step in ("pay", "pay_now"):
            card = "pm_card_visa" if step == "pay" else "pm_card_bypassPending"
            _, body = self.call(
                "/v1/payment_intents",
                urlencode({**euros, "payment_method": card, "confirm": "true", "return_url": "https://a.example"}),
            )
            self.paid.append(json.loads(body)["id"])
        elif step == "refund" and self.paid:
            self.call("/v1/refunds", urlencode({"payment_intent": self.paid[amount % len(self.paid)], "amount": amount}))
        elif step == "transfer":
            status, body = self.call("/v1/transfers", urlencode({**euros, "destination": self.payee}))
            self.sent += [json.loads(body)["id"]] if status == 200 else []
        elif step == "reverse" and self.sent:
            self.call(f"/v1/transfers/{self.sent[amount % len(self.sent)]}/reversals", urlencode({"amount": amount}))
        elif step == "payout":
            self.call("/v1/payouts", urlencode(euros))
        elif step == "topup":
            self.call("/v1/topups", urlencode(euros))
        elif step == "wait":
            self.world.shift_clock(amount * 60)
        self.world.run_due()

    def balance(self, account: str) -> tuple[int, int]:
        return self.world.purses.sums(account, "eur", self.world.now())


@given(STEPS)
@settings(max_examples=40, deadline=None)
def test_no_transfer_overdraws_and_every_balance_is_the_sum_of_its_movements(steps: list[tuple[str, int]]) -> None:
    platform = Platform()
    for step, amount in steps:
        before = platform.balance(rules.PLATFORM)[0]
        sent = len(platform.sent)
        platform.do(step, amount)
        if len(platform.sent) > sent:
            assert before >= amount
        for account in (rules.PLATFORM, platform.payee):
            moved = platform.world.store.all("balance_transaction", account)
            assert sum(platform.balance(account)) == sum(entry["net"] for entry in moved)
        assert platform.balance(platform.payee)[0] >= 0
    refunded = [charge["amount_refunded"] - charge["amount"] for charge in platform.world.store.all("charge", rules.PLATFORM)]
    assert all(left <= 0 for left in refunded)
    platform.world.store.close()


@pytest.mark.parametrize(("amount", "fee"), [(50, 26), (100, 27), (6000, 115), (3333, 75), (99_999_999, 1_500_025)])
def test_a_fee_is_one_and_a_half_percent_rounded_half_up_and_a_quarter(amount: int, fee: int) -> None:
    assert rules.fee_of(amount) == fee
