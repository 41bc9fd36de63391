"""What the payment form needs to draw itself. Stripe keeps this call to itself; so do we."""

from __future__ import annotations

from typing import Any

from sandbox.stripe.errors import StripeError, missing_object
from sandbox.stripe.events import public
from sandbox.stripe.routes import Call, route
from sandbox.stripe.store import Thing


@route("POST", "/v1/elements/sessions", "*", for_browsers=True)
def open_session(call: Call) -> Thing:
    """The amount to pay, the cards that may be shown, and whether a new card may be kept."""
    intent = _intent(call)
    features, customer = _features(call)
    cards: list[Thing] = []
    if customer is not None and features.get("payment_method_redisplay") == "enabled":
        shown = features["payment_method_allow_redisplay_filters"]
        cards = [
            {"id": method["id"], "card": {name: method["card"][name] for name in ("brand", "last4", "exp_month", "exp_year")}}
            for method in call.world.store.newest("payment_method", call.account)
            if method["customer"] == customer and method["allow_redisplay"] in shown
        ][: features["payment_method_redisplay_limit"]]
    return {
        "object": "elements_session",
        "amount": intent["amount"] if intent else None,
        "currency": intent["currency"] if intent else None,
        "cards": cards,
        "may_save": customer is not None and features.get("payment_method_save") == "enabled",
        "save_usage": features.get("payment_method_save_usage"),
        "may_remove": features.get("payment_method_remove") == "enabled",
    }


@route("GET", "/v1/elements/wallets", "*", for_browsers=True)
def wallets(call: Call) -> Thing:
    """Which wallets the device is said to have: a switch of the admin address."""
    settings = call.world.settings
    return {
        "object": "elements_wallets",
        "wallets": [name for name in ("apple_pay", "google_pay") if getattr(settings, name)],
    }


@route("POST", "/v1/elements/forget", "*", for_browsers=True)
def forget(call: Call) -> Thing:
    """Remove a kept card, when the session allows it."""
    features, customer = _features(call)
    method = call.get("payment_method", str(call.params.get("payment_method", "")))
    if features.get("payment_method_remove") != "enabled" or method["customer"] != customer:
        raise missing_object("payment_method", method["id"])
    method["customer"], method["_spent"] = None, True
    call.world.store.touch(method)
    return public(method)


def _intent(call: Call) -> Thing | None:
    secret = call.params.get("client_secret")
    if secret is None:
        return None
    intent = call.world.store.find("payment_intent", call.account, str(secret).partition("_secret_")[0])
    if intent is None or intent["client_secret"] != secret:
        raise missing_object("payment_intent", str(secret).partition("_secret_")[0], "client_secret")
    return intent


def _features(call: Call) -> tuple[dict[str, Any], str | None]:
    secret = call.params.get("customer_session_client_secret")
    if not secret:
        return {}, None
    session = call.world.store.find("customer_session", call.account, str(secret))
    if session is None or session["expires_at"] < call.world.now():
        raise StripeError("This customer session has expired.", code="resource_missing", param="customer_session_client_secret")
    return session["components"]["payment_element"]["features"] or {}, session["customer"]
