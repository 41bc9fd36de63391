"""Balances: every movement of money is a balance transaction, and the balance is nothing but their sum."""

from __future__ import annotations

from typing import Any

from sandbox.stripe import rules
from sandbox.stripe.errors import StripeError
from sandbox.stripe.events import public
from sandbox.stripe.lists import page
from sandbox.stripe.routes import Call, route
from sandbox.stripe.store import Thing, new_id
from sandbox.stripe.world import World


@route("GET", "/v1/balance", "BalanceRetrieveParams")
def retrieve(call: Call) -> Thing:
    """Available and pending money, per currency."""
    entries = call.world.store.all("balance_transaction", call.account)
    currencies = sorted({entry["currency"] for entry in entries}) or ["eur"]
    answer: Thing = {"object": "balance", "livemode": False}
    for part in ("available", "pending"):
        answer[part] = [
            {"amount": amount, "currency": currency, "source_types": {"card": amount}}
            for currency in currencies
            for amount in (sums(call.world, call.account, currency)[part == "pending"],)
        ]
    if call.account == rules.PLATFORM:
        answer["connect_reserved"] = [{"amount": 0, "currency": currency} for currency in currencies]
    return answer


@route("GET", "/v1/balance_transactions", "BalanceTransactionListParams")
def list_transactions(call: Call) -> Thing:
    """Movements, newest first; by type, source, currency, or the automatic payout that contains them."""
    sent, names = call.params, ("type", "source", "currency")
    payout = sent.get("payout")
    if payout is not None and not call.get("payout", payout, "payout")["automatic"]:
        raise StripeError("Balance transaction history can only be filtered on automatic transfers, not manual.", param="payout")
    answer = page(
        call,
        "balance_transaction",
        lambda entry: (
            all(name not in sent or entry[name] == sent[name] for name in names)
            and (payout is None or entry.get("_payout") == payout)
        ),
    )
    for entry in answer["data"]:
        entry["status"] = _status(call.world, entry)
    return answer


@route("GET", "/v1/balance_transactions/{}", "BalanceTransactionRetrieveParams")
def retrieve_transaction(call: Call) -> Thing:
    """One movement."""
    entry = public(call.get("balance_transaction"))
    return {**entry, "status": _status(call.world, entry)}


def post(
    world: World,
    account: str,
    entry_type: str,
    amount: int,
    currency: str,
    source: str,
    *,
    category: str = "",
    fee: int = 0,
    available_on: int | None = None,
    description: str | None = None,
) -> Thing:
    """Move `amount` (below zero: out) on the balance of `account`; the fee comes off it."""
    rate = world.exchange.rate(account, currency)
    amount, currency = world.exchange.convert(account, amount, currency), world.exchange.settled(account, currency)
    fee = rules.fee_of(amount) if rate is not None and entry_type == "charge" else fee
    entry: Thing = {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": world.now() if available_on is None else available_on,
        "balance_type": "payments",
        "created": world.now(),
        "currency": currency,
        "description": description,
        "exchange_rate": rate,
        "fee": fee,
        "fee_details": _fee_details(entry_type, fee, currency),
        "net": amount - fee,
        "reporting_category": category or entry_type,
        "source": source,
        "status": "pending",
        "type": entry_type,
    }
    world.purses.count(account, entry)
    return world.store.add("balance_transaction", account, entry)


def available(world: World, account: str, currency: str) -> int:
    """What may be spent now."""
    return sums(world, account, currency)[0]


def sums(world: World, account: str, currency: str) -> tuple[int, int]:
    """Available and pending money of an account in a currency."""
    return world.purses.sums(account, currency, world.now())


def _status(world: World, entry: Thing) -> str:
    return "available" if entry["available_on"] <= world.now() else "pending"


def _fee_details(entry_type: str, fee: int, currency: str) -> list[dict[str, Any]]:
    if fee == 0:
        return []
    text = "Stripe processing fees" if entry_type == "charge" else "Dispute fee"
    return [{"amount": fee, "application": None, "currency": currency, "description": text, "type": "stripe_fee"}]
