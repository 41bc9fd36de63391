"""Top-ups: money from the platform's bank into its Stripe balance."""

from __future__ import annotations

from sandbox.stripe import faults
from sandbox.stripe.balances import post
from sandbox.stripe.customers import merged
from sandbox.stripe.errors import StripeError
from sandbox.stripe.events import emit, public
from sandbox.stripe.lists import page
from sandbox.stripe.routes import Call, route
from sandbox.stripe.store import Thing, new_id
from sandbox.stripe.world import World, action


@route("POST", "/v1/topups", "TopupCreateParams")
def create(call: Call) -> Thing:
    """Ask the bank for money."""
    sent = call.params
    if sent["amount"] < 1:
        raise StripeError("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    made: Thing = {
        "id": new_id("tu"),
        "object": "topup",
        "amount": sent["amount"],
        "balance_transaction": None,
        "created": call.world.now(),
        "currency": sent["currency"],
        "description": sent.get("description"),
        "expected_availability_date": call.world.now() + call.world.settings.topup_seconds,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": merged({}, sent.get("metadata")),
        "source": None,
        "statement_descriptor": sent.get("statement_descriptor"),
        "status": "pending",
        "transfer_group": sent.get("transfer_group"),
    }
    call.world.store.add("topup", call.account, made)
    emit(call.world, "topup.created", made, account=call.account)
    call.world.later("topup_arrives", call.world.settings.topup_seconds, made["id"], account=call.account)
    return public(made)


@route("GET", "/v1/topups", "TopupListParams")
def list_topups(call: Call) -> Thing:
    """Top-ups, newest first, or those of one status."""
    status = call.params.get("status")
    return page(call, "topup", lambda made: status is None or made["status"] == status)


@route("GET", "/v1/topups/{}", "TopupRetrieveParams")
def retrieve(call: Call) -> Thing:
    """One top-up."""
    return public(call.get("topup"))


@route("POST", "/v1/topups/{}/cancel", "TopupCancelParams")
def cancel(call: Call) -> Thing:
    """Stop a top-up that has not arrived."""
    made = call.get("topup")
    if made["status"] != "pending":
        raise StripeError("Only pending top-ups can be canceled.")
    made["status"] = "canceled"
    call.world.store.touch(made)
    emit(call.world, "topup.canceled", made, account=call.account)
    return public(made)


@action("topup_arrives")
def _arrives(world: World, timer: Thing) -> None:
    made = world.store.find("topup", timer["account"], timer["object"])
    if made is None or made["status"] != "pending":
        return
    if faults.struck(world, "topup_fails"):
        made.update(status="failed", failure_code="insufficient_funds", failure_message="The bank account has too little money.")
        emit(world, "topup.failed", made, account=timer["account"])
    else:
        entry = post(world, timer["account"], "topup", made["amount"], made["currency"], made["id"])
        made.update(status="succeeded", balance_transaction=entry["id"])
        emit(world, "topup.succeeded", made, account=timer["account"])
    world.store.touch(made)
