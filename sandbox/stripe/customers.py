"""Customers, and the sessions that let the payment form show their cards."""

from __future__ import annotations

from typing import Any

from sandbox.stripe import rules
from sandbox.stripe.errors import StripeError
from sandbox.stripe.events import emit, public
from sandbox.stripe.lists import page
from sandbox.stripe.routes import Call, route
from sandbox.stripe.store import Thing, new_id

_FEATURES = {
    "payment_method_allow_redisplay_filters": ["always"],
    "payment_method_redisplay": "disabled",
    "payment_method_redisplay_limit": 3,
    "payment_method_remove": "disabled",
    "payment_method_save": "disabled",
    "payment_method_save_usage": None,
}


@route("POST", "/v1/customers", "CustomerCreateParams")
def create(call: Call) -> Thing:
    """A new customer."""
    sent = call.params
    customer: Thing = {
        "id": new_id("cus", 14),
        "object": "customer",
        "address": sent.get("address") or None,
        "balance": 0,
        "created": call.world.now(),
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": sent.get("description"),
        "discount": None,
        "email": sent.get("email"),
        "invoice_prefix": new_id("x", 8)[2:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": merged({}, sent.get("metadata")),
        "name": sent.get("name"),
        "phone": sent.get("phone"),
        "preferred_locales": sent.get("preferred_locales", []),
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    call.world.store.add("customer", call.account, customer)
    emit(call.world, "customer.created", customer, account=call.account)
    return public(customer)


@route("GET", "/v1/customers", "CustomerListParams")
def list_customers(call: Call) -> Thing:
    """All customers, or those with an e-mail address."""
    email = call.params.get("email")
    return page(call, "customer", lambda customer: email is None or customer["email"] == email)


@route("GET", "/v1/customers/{}", "CustomerRetrieveParams")
def retrieve(call: Call) -> Thing:
    """One customer."""
    return public(call.get("customer"))


@route("POST", "/v1/customers/{}", "CustomerUpdateParams")
def update(call: Call) -> Thing:
    """Change what is sent."""
    customer = call.get("customer")
    for name in ("email", "name", "phone", "description", "address", "preferred_locales"):
        if name in call.params:
            customer[name] = call.params[name] or None
    customer["metadata"] = merged(customer["metadata"], call.params.get("metadata"))
    call.world.store.touch(customer)
    emit(call.world, "customer.updated", customer, account=call.account)
    return public(customer)


@route("DELETE", "/v1/customers/{}", "CustomerDeleteParams")
def delete(call: Call) -> Thing:
    """Forget a customer."""
    customer = call.get("customer")
    call.world.store.remove(customer)
    emit(call.world, "customer.deleted", customer, account=call.account)
    return {"id": customer["id"], "object": "customer", "deleted": True}


@route("POST", "/v1/customer_sessions", "CustomerSessionCreateParams")
def create_session(call: Call) -> Thing:
    """A secret for the payment form of one customer."""
    customer = call.get("customer", call.params.get("customer", ""), "customer")
    if not call.params["components"]:
        raise StripeError("At least one component must be enabled.", param="components")
    session: Thing = {
        "id": new_id("cuss"),
        "object": "customer_session",
        "client_secret": f"{new_id('cuss_secret', 40)}",
        "components": _components(call.params["components"]),
        "created": call.world.now(),
        "customer": customer["id"],
        "expires_at": call.world.now() + rules.CUSTOMER_SESSION_SECONDS,
        "livemode": False,
    }
    call.world.store.add("customer_session", call.account, {**session, "id": session["client_secret"]})
    del session["id"]
    return session


def merged(old: dict[str, str], sent: Any) -> dict[str, str]:
    """Metadata as Stripe merges it: an empty value removes its key, an empty text removes all."""
    if sent is None:
        return old
    if sent == "":
        return {}
    both = {**old, **{str(name): str(value) for name, value in sent.items()}}
    return {name: value for name, value in both.items() if value != ""}


def _components(sent: dict[str, Any]) -> dict[str, Any]:
    element = sent.get("payment_element", {"enabled": False})
    features = {**_FEATURES, **element.get("features", {})} if element["enabled"] else None
    return {
        "buy_button": {"enabled": False},
        "customer_sheet": {"enabled": False, "features": None},
        "mobile_payment_element": {"enabled": False, "features": None},
        "payment_element": {"enabled": element["enabled"], "features": features},
        "pricing_table": {"enabled": False},
    }
