"""Refunds: money back to a card, from the platform's balance, which may fail days later.

A refund may take the balance below zero (the platform's bank would be debited); one that finds it at or below zero waits.
"""

from __future__ import annotations

from sandbox.stripe import cards, faults, rules
from sandbox.stripe.balances import post, sums
from sandbox.stripe.customers import merged
from sandbox.stripe.errors import StripeError
from sandbox.stripe.events import emit, public
from sandbox.stripe.lists import page
from sandbox.stripe.routes import Call, route
from sandbox.stripe.store import Thing, new_id
from sandbox.stripe.world import World, action


@route("POST", "/v1/refunds", "RefundCreateParams")
def create(call: Call) -> Thing:
    """Give back all that is left of a charge, or a part."""
    sent = call.params
    charge = _charge(call)
    left = charge["amount"] - charge["amount_refunded"]
    amount = sent.get("amount", left)
    if charge["disputed"]:
        raise StripeError("This charge has been disputed and cannot be refunded.", code="charge_disputed")
    if left == 0:
        raise StripeError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount < 1:
        raise StripeError("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > left:
        raise StripeError(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount")
    made = call.world.store.add("refund", call.account, _new(call, charge, amount))
    behaviour = _behaviour(call, charge)
    short = sum(sums(call.world, call.account, call.world.exchange.settled(call.account, charge["currency"]))) <= 0
    _count(call.world, charge, amount)
    if short:
        made.update(status="pending", pending_reason="insufficient_funds")
        call.world.later("refund_is_paid", 3600, made["id"], account=call.account)
    elif behaviour == "pending":
        made.update(status="pending", pending_reason="processing")
        call.world.later("refund_is_paid", rules.REFUND_SECONDS, made["id"], account=call.account)
    else:
        _pay(call.world, call.account, made)
    emit(call.world, "refund.created", made, account=call.account)
    emit(call.world, "charge.refunded", charge, account=call.account)
    if behaviour == "fail":
        call.world.later("refund_fails", rules.REFUND_SECONDS, made["id"], account=call.account)
    return public(made)


@route("GET", "/v1/refunds", "RefundListParams")
def list_refunds(call: Call) -> Thing:
    """Refunds, newest first, or those of one payment."""
    names = ("payment_intent", "charge")
    return page(call, "refund", lambda made: all(n not in call.params or made[n] == call.params[n] for n in names))


@route("GET", "/v1/refunds/{}", "RefundRetrieveParams")
def retrieve(call: Call) -> Thing:
    """One refund."""
    return public(call.get("refund"))


@route("POST", "/v1/refunds/{}", "RefundUpdateParams")
def update(call: Call) -> Thing:
    """Change the metadata."""
    made = call.get("refund")
    made["metadata"] = merged(made["metadata"], call.params.get("metadata"))
    call.world.store.touch(made)
    return public(made)


def fail(world: World, account: str, made: Thing) -> None:
    """The bank sends a refund back: the money is ours again, by a movement of its own."""
    if made["status"] not in ("succeeded", "pending"):
        raise StripeError(f"This refund is {made['status']}.")
    charge = world.store.find("charge", account, made["charge"])
    if made["status"] == "succeeded":
        entry = post(world, account, "refund_failure", made["amount"], made["currency"], made["id"])
        made["failure_balance_transaction"] = entry["id"]
    made.update(status="failed", failure_reason="expired_or_canceled_card")
    made.pop("pending_reason", None)
    world.store.touch(made)
    if charge is not None:
        _count(world, charge, -made["amount"])
    emit(world, "refund.updated", made, account=account)
    emit(world, "refund.failed", made, account=account)


@action("refund_fails")
def _fails(world: World, timer: Thing) -> None:
    made = world.store.find("refund", timer["account"], timer["object"])
    if made is not None and made["status"] in ("succeeded", "pending"):
        fail(world, timer["account"], made)


@action("refund_is_paid")
def _is_paid(world: World, timer: Thing) -> None:
    made = world.store.find("refund", timer["account"], timer["object"])
    if made is None or made["status"] != "pending":
        return
    if sum(sums(world, timer["account"], world.exchange.settled(timer["account"], made["currency"]))) <= 0:
        world.later("refund_is_paid", 3600, made["id"], account=timer["account"])
        return
    _pay(world, timer["account"], made)
    emit(world, "refund.updated", made, account=timer["account"], previous={"status": "pending"})


def _pay(world: World, account: str, made: Thing) -> None:
    entry = post(world, account, "refund", -made["amount"], made["currency"], made["id"], description="REFUND FOR CHARGE")
    made.update(status="succeeded", balance_transaction=entry["id"])
    made.pop("pending_reason", None)
    world.store.touch(made)


def _count(world: World, charge: Thing, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    world.store.touch(charge)


def _behaviour(call: Call, charge: Thing) -> str:
    if faults.struck(call.world, "refund_fails_later"):
        return "fail"
    method = call.world.store.find("payment_method", call.account, charge["payment_method"])
    return cards.BY_NUMBER[method["_number"]].refund if method else ""


def _charge(call: Call) -> Thing:
    if "charge" in call.params:
        return call.get("charge", call.params["charge"], "charge")
    if "payment_intent" not in call.params:
        raise StripeError("One of the following params should be provided for this request: payment_intent or charge.")
    intent = call.get("payment_intent", call.params["payment_intent"], "payment_intent")
    if intent["status"] != "succeeded":
        raise StripeError(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
            param="payment_intent",
        )
    return call.get("charge", intent["latest_charge"])


def _new(call: Call, charge: Thing, amount: int) -> Thing:
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": call.world.now(),
        "currency": charge["currency"],
        "destination_details": {
            "card": {
                "reference": "1234567890123456",
                "reference_status": "available",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": merged({}, call.params.get("metadata")),
        "payment_intent": charge["payment_intent"],
        "reason": call.params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending",
        "transfer_reversal": None,
    }
