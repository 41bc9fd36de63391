"""Payment intents: a shopper's attempt to pay, from the first thought to the charge."""

from __future__ import annotations

from typing import Any

from sandbox.stripe import cards, payment_methods, rules
from sandbox.stripe.charges import make_charge
from sandbox.stripe.customers import merged
from sandbox.stripe.errors import StripeError, card_declined, missing_object
from sandbox.stripe.events import emit, public
from sandbox.stripe.lists import page
from sandbox.stripe.routes import Call, route
from sandbox.stripe.store import Thing, new_id

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
_FOR_BROWSERS = [
    "id",
    "object",
    "amount",
    "amount_details",
    "automatic_payment_methods",
    "canceled_at",
    "cancellation_reason",
    "capture_method",
]
_FOR_BROWSERS += [
    "client_secret",
    "confirmation_method",
    "created",
    "currency",
    "description",
    "last_payment_error",
    "livemode",
    "next_action",
]
_FOR_BROWSERS += [
    "payment_method",
    "payment_method_types",
    "processing",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "status",
]


@route("POST", "/v1/payment_intents", "PaymentIntentCreateParams")
def create(call: Call) -> Thing:
    """Open a payment; `confirm` tries to take the money in the same call."""
    sent = call.params
    _check_amount(sent["amount"], sent["currency"])
    if "customer" in sent:
        call.get("customer", sent["customer"], "customer")
    intent = call.world.store.add("payment_intent", call.account, _new(call, sent))
    if "payment_method" in sent:
        intent["payment_method"] = payment_methods.known(call, sent["payment_method"])["id"]
        intent["status"] = "requires_confirmation"
    emit(call.world, "payment_intent.created", intent, account=call.account)
    return _confirmed(call, intent) if sent.get("confirm") else public(intent)


@route("GET", "/v1/payment_intents", "PaymentIntentListParams")
def list_intents(call: Call) -> Thing:
    """Payments, newest first, or those of one customer."""
    customer = call.params.get("customer")
    return page(call, "payment_intent", lambda intent: customer is None or intent["customer"] == customer)


@route("GET", "/v1/payment_intents/{}", "PaymentIntentRetrieveParams", for_browsers=True)
def retrieve(call: Call) -> Thing:
    """One payment; a browser shows its client secret and sees less."""
    return _shown(call, _wanted(call))


@route("POST", "/v1/payment_intents/{}", "PaymentIntentUpdateParams")
def update(call: Call) -> Thing:
    """Change a payment that is not confirmed."""
    intent, sent = call.get("payment_intent"), call.params
    if intent["status"] not in OPEN and not set(sent) <= {"metadata", "description", "expand", "transfer_group"}:
        raise _wrong_state(intent, "updated")
    _check_amount(
        sent["amount"] if "amount" in sent else intent["amount"], sent["currency"] if "currency" in sent else intent["currency"]
    )
    for name in (
        "amount",
        "currency",
        "customer",
        "description",
        "receipt_email",
        "setup_future_usage",
        "shipping",
        "transfer_group",
    ):
        if name in sent:
            intent[name] = sent[name] if sent[name] != "" else None
    if "payment_method" in sent:
        intent["payment_method"] = payment_methods.known(call, sent["payment_method"])["id"]
        intent["status"] = "requires_confirmation"
    intent["metadata"] = merged(intent["metadata"], sent.get("metadata"))
    call.world.store.touch(intent)
    return public(intent)


@route("POST", "/v1/payment_intents/{}/confirm", "PaymentIntentConfirmParams", for_browsers=True)
def confirm(call: Call) -> Thing:
    """Try to take the money."""
    intent, sent = _wanted(call), call.params
    if intent["status"] not in OPEN:
        raise _wrong_state(intent, "confirmed")
    if sent.get("setup_future_usage"):
        intent["setup_future_usage"] = sent["setup_future_usage"]
    if "payment_method_data" in sent:
        intent["payment_method"] = payment_methods.from_data(call, sent["payment_method_data"])["id"]
    elif "payment_method" in sent:
        intent["payment_method"] = payment_methods.known(call, sent["payment_method"])["id"]
    if intent["payment_method"] is None:
        raise StripeError(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
            payment_intent=public(intent),
        )
    _confirmed(call, intent)
    return _shown(call, intent)


@route("POST", "/v1/payment_intents/{}/cancel", "PaymentIntentCancelParams")
def cancel(call: Call) -> Thing:
    """Give a payment up."""
    intent = call.get("payment_intent")
    if intent["status"] not in OPEN:
        raise _wrong_state(intent, "canceled")
    intent.update(
        status="canceled",
        canceled_at=call.world.now(),
        cancellation_reason=call.params.get("cancellation_reason"),
        next_action=None,
    )
    call.world.store.touch(intent)
    emit(call.world, "payment_intent.canceled", intent, account=call.account)
    return public(intent)


def authenticated(call: Call, intent: Thing, *, passed: bool) -> None:
    """The shopper answered the bank's 3-D Secure question."""
    if intent["status"] != "requires_action":
        raise _wrong_state(intent, "authenticated")
    intent["next_action"] = None
    method = call.get("payment_method", intent["payment_method"])
    if passed:
        method["_authenticated"] = True
        _take(call, intent, method, challenged=True)
        return
    _fail(call, intent, method, "payment_intent_authentication_failure", None, cards.MESSAGES["authentication_failed"])


def _confirmed(call: Call, intent: Thing) -> Thing:
    method = call.get("payment_method", intent["payment_method"], "payment_method")
    if method["customer"] is not None and method["customer"] != intent["customer"]:
        raise StripeError("The customer of this payment method is not the customer of the PaymentIntent.", param="payment_method")
    intent["status"] = "requires_confirmation"
    card = cards.BY_NUMBER[method["_number"]]
    asked = card.three_d_secure == "always" or (card.three_d_secure == "unless_set_up" and not method.get("_authenticated"))
    if asked:
        intent["status"] = "requires_action"
        intent["next_action"] = {
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {
                "type": "three_d_secure_redirect",
                "stripe_js": f"{call.world.base_url}/v3/challenge/{intent['id']}",
                "source": new_id("payatt"),
            },
        }
        call.world.store.touch(intent)
        emit(call.world, "payment_intent.requires_action", intent, account=call.account)
        return public(intent)
    _take(call, intent, method, challenged=False)
    return public(intent)


def _take(call: Call, intent: Thing, method: Thing, *, challenged: bool) -> None:
    if method["_decline"]:
        code, decline_code = method["_decline"]
        make_charge(call, intent, method, failure=(code, decline_code), challenged=challenged)
        _fail(call, intent, method, code, decline_code, cards.message_of(code, decline_code))
    charge = make_charge(call, intent, method, failure=None, challenged=challenged)
    intent.update(
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        last_payment_error=None,
        next_action=None,
    )
    call.world.store.touch(intent)
    if intent["customer"] and intent["setup_future_usage"]:
        payment_methods.keep(call, method, intent["customer"])
    elif method["customer"] is None:
        method["_spent"] = True
    call.world.store.touch(method)
    emit(call.world, "payment_intent.succeeded", intent, account=call.account)


def _fail(call: Call, intent: Thing, method: Thing, code: str, decline_code: str | None, message: str) -> None:
    """Record a refusal of the bank and raise it."""
    error: dict[str, Any] = {"code": code, "message": message, "type": "card_error", "payment_method": public(method)}
    error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
    if decline_code:
        error["decline_code"] = decline_code
    if intent["latest_charge"]:
        error["charge"] = intent["latest_charge"]
    intent.update(status="requires_payment_method", last_payment_error=error, payment_method=None)
    call.world.store.touch(intent)
    emit(call.world, "payment_intent.payment_failed", intent, account=call.account)
    more = {"charge": intent["latest_charge"]} if intent["latest_charge"] else {}
    raise card_declined(code, decline_code, message, payment_intent=_shown(call, intent), payment_method=public(method), **more)


def _wanted(call: Call) -> Thing:
    """The payment of the path; a browser must know its client secret."""
    intent = call.get("payment_intent")
    if call.publishable and call.params.get("client_secret") != intent["client_secret"]:
        raise missing_object("payment_intent", call.ids[0], "intent")
    return intent


def _shown(call: Call, intent: Thing) -> Thing:
    seen = public(intent)
    return {name: seen[name] for name in _FOR_BROWSERS} if call.publishable else seen


def _check_amount(amount: int, currency: str) -> None:
    least = rules.SMALLEST.get(currency, rules.SMALLEST_ELSE)
    if len(currency) != 3 or not currency.isalpha() or currency != currency.lower():
        raise StripeError(f"Invalid currency: {currency}.", param="currency")
    if amount < least:
        raise StripeError(f"Amount must be at least {least} {currency}", code="amount_too_small", param="amount")
    if amount > rules.LARGEST:
        raise StripeError(f"Amount must be no more than {rules.LARGEST} {currency}", code="amount_too_large", param="amount")


def _wrong_state(intent: Thing, verb: str) -> StripeError:
    return StripeError(
        f"This PaymentIntent could not be {verb} because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent=public(intent),
    )


def _new(call: Call, sent: dict[str, Any]) -> Thing:
    intent_id = new_id("pi")
    automatic = sent.get("automatic_payment_methods") or {"enabled": True}
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": sent["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": {
            "allow_redirects": automatic.get("allow_redirects", "always"),
            "enabled": automatic["enabled"],
        },
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_secret_{new_id('x', 25)[2:]}",
        "confirmation_method": "automatic",
        "created": call.world.now(),
        "currency": sent["currency"],
        "customer": sent.get("customer"),
        "description": sent.get("description"),
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": merged({}, sent.get("metadata")),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": sent.get("receipt_email"),
        "review": None,
        "setup_future_usage": sent.get("setup_future_usage"),
        "shipping": sent.get("shipping"),
        "statement_descriptor": sent.get("statement_descriptor"),
        "statement_descriptor_suffix": sent.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": sent.get("transfer_group"),
    }
