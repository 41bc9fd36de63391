"""Payouts from a Stripe balance to a bank: pending, in transit, paid, and sometimes sent back days later."""

from __future__ import annotations

from sandbox.stripe import faults, rules
from sandbox.stripe.balances import available, post
from sandbox.stripe.customers import merged
from sandbox.stripe.errors import StripeError
from sandbox.stripe.events import emit, public
from sandbox.stripe.lists import page
from sandbox.stripe.routes import Call, route
from sandbox.stripe.store import Thing, new_id
from sandbox.stripe.world import World, action


@route("POST", "/v1/payouts", "PayoutCreateParams")
def create(call: Call) -> Thing:
    """Send money to the bank by hand."""
    amount, currency = call.params["amount"], call.params["currency"]
    if amount < 1:
        raise StripeError("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if faults.struck(call.world, "balance_insufficient") or available(call.world, call.account, currency) < amount:
        raise StripeError(
            "You have insufficient funds in your Stripe account for this payout.", code="balance_insufficient", kept=True
        )
    made = make(call.world, call.account, amount, currency, automatic=False)
    made["metadata"] = merged({}, call.params.get("metadata"))
    made["description"] = call.params.get("description")
    return public(made)


@route("GET", "/v1/payouts", "PayoutListParams")
def list_payouts(call: Call) -> Thing:
    """Payouts, newest first, or those of one status."""
    status = call.params.get("status")
    return page(call, "payout", lambda made: status is None or made["status"] == status)


@route("GET", "/v1/payouts/{}", "PayoutRetrieveParams")
def retrieve(call: Call) -> Thing:
    """One payout."""
    return public(call.get("payout"))


@route("POST", "/v1/payouts/{}/cancel", "PayoutCancelParams")
def cancel(call: Call) -> Thing:
    """Stop a payout that the bank has not got yet."""
    made = call.get("payout")
    if made["status"] != "pending":
        raise StripeError("Payouts can only be canceled if they are pending.", code="payout_not_allowed")
    entry = post(
        call.world, call.account, "payout_cancel", made["amount"], made["currency"], made["id"], category="payout_reversal"
    )
    made.update(status="canceled", failure_balance_transaction=entry["id"])
    call.world.store.touch(made)
    emit(call.world, "payout.canceled", made, account=call.account)
    return public(made)


def make(world: World, account: str, amount: int, currency: str, *, automatic: bool) -> Thing:
    """Take the money off the balance and send it on its way; an automatic payout claims what it consists of."""
    made: Thing = {
        "id": new_id("po"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": world.now() + world.settings.payout_paid_seconds,
        "automatic": automatic,
        "balance_transaction": None,
        "created": world.now(),
        "currency": currency,
        "description": "STRIPE PAYOUT" if automatic else None,
        "destination": new_id("ba"),
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "in_progress" if automatic else "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "pending",
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }
    if automatic:
        _claim(world, account, made)
    entry = post(world, account, "payout", -amount, currency, made["id"])
    made["balance_transaction"] = entry["id"]
    if automatic:
        entry["_payout"] = made["id"]
    world.store.add("payout", account, made)
    emit(world, "payout.created", made, account=account)
    world.later(
        "payout_leaves", min(rules.PAYOUT_TRANSIT_SECONDS, world.settings.payout_paid_seconds), made["id"], account=account
    )
    return made


def fail(world: World, account: str, made: Thing) -> None:
    """The bank sends a payout back; the money is on the balance again."""
    if made["status"] not in ("pending", "in_transit", "paid"):
        raise StripeError(f"This payout is {made['status']}.")
    entry = post(world, account, "payout_failure", made["amount"], made["currency"], made["id"], category="payout_reversal")
    made.update(
        status="failed",
        failure_balance_transaction=entry["id"],
        failure_code="account_closed",
        failure_message="The bank account has been closed.",
    )
    world.store.touch(made)
    emit(world, "payout.failed", made, account=account)


@action("automatic_payout")
def _automatic(world: World, timer: Thing) -> None:
    account, currency = timer["object"], timer["currency"]
    amount = available(world, account, currency)
    known = world.store.find("account", rules.PLATFORM, account)
    if amount > 0 and known is not None and known["_payouts"] == "active" and known["_schedule"] != "manual":
        make(world, account, amount, currency, automatic=True)


@action("payout_leaves")
def _leaves(world: World, timer: Thing) -> None:
    made = world.store.find("payout", timer["account"], timer["object"])
    if made is None or made["status"] != "pending":
        return
    if faults.struck(world, "payout_fails"):
        fail(world, timer["account"], made)
        return
    made.update(status="in_transit")
    world.store.touch(made)
    emit(world, "payout.updated", made, account=timer["account"], previous={"status": "pending"})
    world.later("payout_arrives", max(0, made["arrival_date"] - world.now()), made["id"], account=timer["account"])


@action("payout_arrives")
def _arrives(world: World, timer: Thing) -> None:
    made = world.store.find("payout", timer["account"], timer["object"])
    if made is None or made["status"] != "in_transit":
        return
    made.update(status="paid", trace_id={"status": "supported", "value": f"FANFARE{made['id'][-12:].upper()}"})
    if made["automatic"]:
        made["reconciliation_status"] = "completed"
    world.store.touch(made)
    emit(world, "payout.paid", made, account=timer["account"], previous={"status": "in_transit"})
    if made["automatic"]:
        emit(world, "payout.reconciliation_completed", made, account=timer["account"])


def _claim(world: World, account: str, made: Thing) -> None:
    for entry in world.store.all("balance_transaction", account):
        if "_payout" not in entry and entry["currency"] == made["currency"] and entry["available_on"] <= world.now():
            entry["_payout"] = made["id"]
            world.store.touch(entry)
