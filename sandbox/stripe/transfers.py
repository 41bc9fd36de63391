"""Transfers to connected accounts and their reversals. Neither ever overdraws a balance."""

from __future__ import annotations

from typing import Any

from sandbox.stripe import faults
from sandbox.stripe.accounts import account_or_none, transfers_status
from sandbox.stripe.balances import available, post
from sandbox.stripe.customers import merged
from sandbox.stripe.errors import StripeError, missing_object
from sandbox.stripe.events import emit, public
from sandbox.stripe.lists import page, page_of
from sandbox.stripe.routes import Call, route
from sandbox.stripe.store import Thing, new_id


@route("POST", "/v1/transfers", "TransferCreateParams")
def create(call: Call) -> Thing:
    """Move money to a connected account; without `source_transaction` it must be available."""
    sent = call.params
    amount, currency = sent.get("amount", 0), sent["currency"]
    if amount < 1:
        raise StripeError("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    destination = account_or_none(call.world, sent["destination"])
    if destination is None:
        raise StripeError(f"No such destination: '{sent['destination']}'", code="resource_missing", param="destination")
    if transfers_status(destination) != "active":
        raise StripeError(
            "Your destination account needs to have at least one of the following capabilities enabled: transfers",
            code="insufficient_capabilities_for_transfer",
            kept=True,
        )
    source = _source(call, amount, currency)
    if source is None and (
        faults.struck(call.world, "balance_insufficient") or available(call.world, call.account, currency) < amount
    ):
        raise StripeError(
            "You have insufficient available funds in your Stripe account. Try adding funds directly to your available balance by "
            "creating Charges using the 4000000000000077 test card.",
            code="balance_insufficient",
            kept=True,
        )
    made = call.world.store.add("transfer", call.account, _new(call, source))
    _move(call, made, source)
    emit(call.world, "transfer.created", made, account=call.account)
    return public(made)


@route("GET", "/v1/transfers", "TransferListParams")
def list_transfers(call: Call) -> Thing:
    """Transfers, newest first; by group or destination."""
    names = ("transfer_group", "destination")
    return page(call, "transfer", lambda made: all(n not in call.params or made[n] == call.params[n] for n in names))


@route("GET", "/v1/transfers/{}", "TransferRetrieveParams")
def retrieve(call: Call) -> Thing:
    """One transfer."""
    return public(call.get("transfer"))


@route("POST", "/v1/transfers/{}", "TransferUpdateParams")
def update(call: Call) -> Thing:
    """Change metadata or description."""
    made = call.get("transfer")
    made["metadata"] = merged(made["metadata"], call.params.get("metadata"))
    made["description"] = call.params.get("description", made["description"])
    call.world.store.touch(made)
    emit(call.world, "transfer.updated", made, account=call.account)
    return public(made)


@route("POST", "/v1/transfers/{}/reversals", "TransferReversalCreateParams")
def reverse(call: Call) -> Thing:
    """Take back all that is left of a transfer, or a part, when the connected balance covers it."""
    made = call.get("transfer")
    left = made["amount"] - made["amount_reversed"]
    amount = call.params.get("amount", left)
    if left == 0:
        raise StripeError(f"Transfer {made['id']} is already fully reversed.", code="transfer_already_reversed")
    if not 1 <= amount <= left:
        raise StripeError(f"Reversal amount ({amount}) is greater than unreversed amount on transfer ({left})", param="amount")
    if available(call.world, made["destination"], made["currency"]) < amount:
        raise StripeError("The recipient's Stripe balance does not cover this reversal.", code="balance_insufficient", kept=True)
    reversal = call.world.store.add("transfer_reversal", call.account, _new_reversal(call, made, amount))
    entry = post(
        call.world, call.account, "transfer_refund", amount, made["currency"], reversal["id"], category="transfer_reversal"
    )
    post(
        call.world,
        made["destination"],
        "payment_refund",
        -amount,
        made["currency"],
        made["destination_payment"],
        category="refund",
    )
    reversal["balance_transaction"] = entry["id"]
    made["amount_reversed"] += amount
    made["reversed"] = made["amount_reversed"] == made["amount"]
    _list_reversals(call, made)
    call.world.store.touch(made)
    emit(call.world, "transfer.reversed", made, account=call.account)
    return public(reversal)


@route("GET", "/v1/transfers/{}/reversals", "TransferReversalListParams")
def list_reversals(call: Call) -> Thing:
    """The reversals of one transfer."""
    made = call.get("transfer")
    return page(call, "transfer_reversal", lambda reversal: reversal["transfer"] == made["id"])


@route("GET", "/v1/transfers/{}/reversals/{}", "TransferReversalRetrieveParams")
def retrieve_reversal(call: Call) -> Thing:
    """One reversal."""
    reversal = call.get("transfer_reversal", call.ids[1])
    if reversal["transfer"] != call.ids[0]:
        raise missing_object("transfer_reversal", call.ids[1])
    return public(reversal)


def _source(call: Call, amount: int, currency: str) -> Thing | None:
    if "source_transaction" not in call.params:
        return None
    charge = call.get("charge", call.params["source_transaction"], "source_transaction")
    sent_before = sum(
        t["amount"] - t["amount_reversed"]
        for t in call.world.store.all("transfer", call.account)
        if t["source_transaction"] == charge["id"]
    )
    if charge["currency"] != currency:
        raise StripeError("The currency of source_transaction's balance transaction must be the transfer's.", param="currency")
    if sent_before + amount > charge["amount"]:
        raise StripeError("The transfers of this charge would exceed its amount.", param="amount")
    return charge


def _move(call: Call, made: Thing, source: Thing | None) -> None:
    when = None
    if source is not None and source["balance_transaction"] is not None:
        when = call.get("balance_transaction", source["balance_transaction"])["available_on"]
    elif source is not None:
        when = call.world.now() + call.world.settings.settlement_seconds
    entry = post(call.world, call.account, "transfer", -made["amount"], made["currency"], made["id"], available_on=when)
    made["balance_transaction"] = entry["id"]
    post(
        call.world,
        made["destination"],
        "payment",
        made["amount"],
        made["currency"],
        made["destination_payment"],
        category="charge",
        available_on=when,
    )
    call.world.later(
        "automatic_payout", call.world.settings.automatic_payout_seconds, made["destination"], currency=made["currency"]
    )


def _list_reversals(call: Call, made: Thing) -> None:
    reversals = (r for r in call.world.store.newest("transfer_reversal", call.account) if r["transfer"] == made["id"])
    inside = Call(world=call.world, account=call.account)
    made["reversals"] = page_of(inside, reversals, lambda _: True, f"/v1/transfers/{made['id']}/reversals")


def _new(call: Call, source: Thing | None) -> Thing:
    sent: dict[str, Any] = call.params
    made_id = new_id("tr")
    return {
        "id": made_id,
        "object": "transfer",
        "amount": sent["amount"],
        "amount_reversed": 0,
        "balance_transaction": None,
        "created": call.world.now(),
        "currency": sent["currency"],
        "description": sent.get("description"),
        "destination": sent["destination"],
        "destination_payment": new_id("py"),
        "livemode": False,
        "metadata": merged({}, sent.get("metadata")),
        "reversals": {"object": "list", "data": [], "has_more": False, "url": f"/v1/transfers/{made_id}/reversals"},
        "reversed": False,
        "source_transaction": source["id"] if source else None,
        "source_type": "card",
        "transfer_group": sent.get("transfer_group") or (source["transfer_group"] if source else None),
    }


def _new_reversal(call: Call, made: Thing, amount: int) -> Thing:
    return {
        "id": new_id("trr"),
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": None,
        "created": call.world.now(),
        "currency": made["currency"],
        "destination_payment_refund": new_id("pyr"),
        "metadata": merged({}, call.params.get("metadata")),
        "source_refund": None,
        "transfer": made["id"],
    }
