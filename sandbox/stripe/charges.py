"""Charges: what was taken from a card, and the fee that becomes known a moment later."""

from __future__ import annotations

from sandbox.stripe import cards, rules
from sandbox.stripe.balances import post
from sandbox.stripe.events import emit, public
from sandbox.stripe.lists import page
from sandbox.stripe.routes import Call, route
from sandbox.stripe.store import Thing, new_id
from sandbox.stripe.world import World, action


@route("GET", "/v1/charges", "ChargeListParams")
def list_charges(call: Call) -> Thing:
    """Charges, newest first; by payment, customer or transfer group."""
    names = ("payment_intent", "customer", "transfer_group")
    return page(call, "charge", lambda charge: all(n not in call.params or charge[n] == call.params[n] for n in names))


@route("GET", "/v1/charges/{}", "ChargeRetrieveParams")
def retrieve(call: Call) -> Thing:
    """One charge."""
    return public(call.get("charge"))


def make_charge(call: Call, intent: Thing, method: Thing, *, failure: tuple[str, str | None] | None, challenged: bool) -> Thing:
    """Record an attempt at a card. Its balance transaction, with the fee, follows and is told by `charge.updated`."""
    charge = _new(call, intent, method, failure, challenged=challenged)
    call.world.store.add("charge", call.account, charge)
    intent["latest_charge"] = charge["id"]
    emit(call.world, "charge.failed" if failure else "charge.succeeded", charge, account=call.account)
    if not failure:
        call.world.later("charge_settles", 0, charge["id"], account=call.account, number=method["_number"])
    return charge


@action("charge_settles")
def _settle(world: World, timer: Thing) -> None:
    charge = world.store.find("charge", timer["account"], timer["object"])
    card = cards.BY_NUMBER[timer["number"]]
    if charge is None:
        return
    wait = 0 if card.settles_at_once else world.settings.settlement_seconds
    entry = post(
        world,
        timer["account"],
        "charge",
        charge["amount"],
        charge["currency"],
        charge["id"],
        fee=rules.fee_of(charge["amount"]),
        available_on=world.now() + wait,
        description=charge["description"],
    )
    charge["balance_transaction"] = entry["id"]
    world.store.touch(charge)
    emit(world, "charge.updated", charge, account=timer["account"], previous={"balance_transaction": None})
    if card.dispute:
        world.later("dispute_opens", 0, charge["id"], account=timer["account"], reason=card.dispute)


def _new(call: Call, intent: Thing, method: Thing, failure: tuple[str, str | None] | None, *, challenged: bool) -> Thing:
    charge_id, card = new_id("ch"), method["card"]
    code, decline_code = failure or (None, None)
    return {
        "id": charge_id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0 if failure else intent["amount"],
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "FANFARE",
        "captured": not failure,
        "created": call.world.now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": code,
        "failure_message": cards.message_of(code, decline_code) if code else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": {
            "advice_code": "try_again_later" if failure else None,
            "network_advice_code": None,
            "network_decline_code": "05" if failure else None,
            "network_status": "declined_by_network" if failure else "approved_by_network",
            "reason": decline_code or code,
            "risk_level": "normal",
            "risk_score": 12,
            "seller_message": "The bank did not return any further details with this decline."
            if failure
            else "Payment complete.",
            "type": "issuer_declined" if failure else "authorized",
        },
        "paid": not failure,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {
            "card": {
                "amount_authorized": None if failure else intent["amount"],
                "authorization_code": None if failure else "123456",
                "brand": card["brand"],
                "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
                "country": card["country"],
                "exp_month": card["exp_month"],
                "exp_year": card["exp_year"],
                "fingerprint": card["fingerprint"],
                "funding": card["funding"],
                "installments": None,
                "last4": card["last4"],
                "mandate": None,
                "network": card["brand"],
                "network_token": {"used": False},
                "network_transaction_id": new_id("x", 15)[2:],
                "regulated_status": "unregulated",
                "three_d_secure": _three_d_secure() if challenged else None,
                "wallet": None,
            },
            "type": "card",
        },
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "failed" if failure else "succeeded",
        "transfer_data": None,
        "transfer_group": intent["transfer_group"],
    }


def _three_d_secure() -> dict[str, object]:
    return {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": new_id("x", 24)[2:],
        "version": "2.2.0",
    }
