"""Payment methods: cards of shoppers, loose or kept by a customer."""

from __future__ import annotations

import hashlib
from typing import Any

from sandbox.stripe import cards
from sandbox.stripe.errors import StripeError, card_declined
from sandbox.stripe.events import emit, public
from sandbox.stripe.lists import page
from sandbox.stripe.routes import Call, route
from sandbox.stripe.store import Thing, new_id


@route("POST", "/v1/payment_methods", "PaymentMethodCreateParams", for_browsers=True)
def create(call: Call) -> Thing:
    """A card from its number."""
    if call.params.get("type") != "card" or "card" not in call.params:
        raise StripeError("Only cards are known here.", code="parameter_missing", param="card")
    return public(from_data(call, call.params))


@route("GET", "/v1/payment_methods/{}", "PaymentMethodRetrieveParams")
def retrieve(call: Call) -> Thing:
    """One card."""
    return public(call.get("payment_method"))


@route("POST", "/v1/payment_methods/{}/attach", "PaymentMethodAttachParams")
def attach(call: Call) -> Thing:
    """Let a customer keep a card."""
    call.get("customer", call.params["customer"], "customer")
    method = known(call, call.ids[0])
    keep(call, method, call.params["customer"])
    return public(method)


@route("POST", "/v1/payment_methods/{}/detach", "PaymentMethodDetachParams")
def detach(call: Call) -> Thing:
    """Take a card from its customer, for good."""
    method = call.get("payment_method")
    if method["customer"] is None:
        raise StripeError("The payment method you provided is not attached to a customer so detachment is impossible.")
    method["customer"], method["_spent"] = None, True
    call.world.store.touch(method)
    emit(call.world, "payment_method.detached", method, account=call.account)
    return public(method)


@route("GET", "/v1/payment_methods", "PaymentMethodListParams")
def list_methods(call: Call) -> Thing:
    """The cards of one customer."""
    customer = call.params.get("customer")
    return page(call, "payment_method", lambda method: method["customer"] is not None and method["customer"] == customer)


@route("GET", "/v1/customers/{}/payment_methods", "CustomerPaymentMethodListParams")
def list_of_customer(call: Call) -> Thing:
    """The cards that a customer keeps."""
    customer = call.get("customer")["id"]
    shown = call.params.get("allow_redisplay")
    return page(call, "payment_method", lambda m: m["customer"] == customer and (shown is None or m["allow_redisplay"] == shown))


def known(call: Call, name: str, param: str = "payment_method") -> Thing:
    """The card of this id; a test name such as `pm_card_visa` makes a new one."""
    if name in cards.BY_NAME:
        number = cards.BY_NAME[name]
        return _new(call, cards.BY_NUMBER[number], {"exp_month": 12, "exp_year": _this_year(call) + 3}, {})
    method = call.get("payment_method", name, param)
    if method.get("_spent"):
        raise StripeError(
            "This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, "
            "and may not be used again.",
            param=param,
        )
    return method


def from_data(call: Call, data: dict[str, Any]) -> Thing:
    """A card from what was typed: number, expiry, security code."""
    typed = data["card"]
    number = str(typed.get("number", "")).replace(" ", "")
    card = cards.card_of(number)
    if card is None:
        raise card_declined("incorrect_number", None, cards.message_of("incorrect_number", None), param="number")
    year = int(typed["exp_year"])
    year += 2000 if year < 100 else 0
    if not 1 <= int(typed["exp_month"]) <= 12:
        raise card_declined("invalid_expiry_month", None, "Your card's expiration month is invalid.", param="exp_month")
    if year < _this_year(call):
        raise card_declined("invalid_expiry_year", None, "Your card's expiration year is invalid.", param="exp_year")
    return _new(call, card, {"exp_month": int(typed["exp_month"]), "exp_year": year}, data)


def keep(call: Call, method: Thing, customer: str) -> None:
    """Attach a card to a customer."""
    if method["customer"] == customer:
        return
    method["customer"] = customer
    call.world.store.touch(method)
    emit(call.world, "payment_method.attached", method, account=call.account)


def _new(call: Call, card: cards.Card, expiry: dict[str, int], data: dict[str, Any]) -> Thing:
    billing = data.get("billing_details") or {}
    method: Thing = {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": data.get("allow_redisplay", "unspecified"),
        "billing_details": {
            "address": {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}
            | (billing.get("address") or {}),
            "email": billing.get("email"),
            "name": billing.get("name"),
            "phone": billing.get("phone"),
            "tax_id": None,
        },
        "card": {
            "brand": card.brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "unchecked"},
            "country": "US",
            "display_brand": card.brand,
            **expiry,
            "fingerprint": hashlib.sha256(card.number.encode()).hexdigest()[:16],
            "funding": card.funding,
            "generated_from": None,
            "last4": card.number[-4:],
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": call.world.now(),
        "customer": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
        "_number": card.number if card.number in cards.BY_NUMBER else "4000000000000002",
        "_decline": list(card.decline) if card.decline else None,
    }
    return call.world.store.add("payment_method", call.account, method)


def _this_year(call: Call) -> int:
    return 1970 + int(call.world.now() / 31_556_952)
