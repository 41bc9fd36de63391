"""Links to the hosted onboarding: good once, for a few minutes."""

from __future__ import annotations

from sandbox.stripe import rules
from sandbox.stripe.accounts import account_or_none
from sandbox.stripe.errors import StripeError, missing_object
from sandbox.stripe.events import iso
from sandbox.stripe.routes import Call, route
from sandbox.stripe.store import Thing, new_id
from sandbox.stripe.world import World


@route("POST", "/v2/core/account_links", "v2.AccountLinkCreateParams")
def create(call: Call) -> Thing:
    """A link for an account of the second generation."""
    use_case = call.params["use_case"]
    if use_case["type"] not in use_case:
        raise StripeError(f"Missing required param: use_case[{use_case['type']}].", code="parameter_missing", param="use_case")
    if account_or_none(call.world, call.params["account"]) is None:
        raise StripeError(f"Account {call.params['account']} could not be found.", code="not_found", status=404)
    details = use_case[use_case["type"]]
    link = _keep(call.world, call.params["account"], details["refresh_url"], details.get("return_url", details["refresh_url"]))
    return {
        "object": "v2.core.account_link",
        "account": call.params["account"],
        "created": iso(call.world.now()),
        "expires_at": iso(link["expires_at"]),
        "livemode": False,
        "url": _url(call.world, link),
        "use_case": use_case,
    }


@route("POST", "/v1/account_links", "AccountLinkCreateParams")
def create_v1(call: Call) -> Thing:
    """The same in the first generation."""
    sent = call.params
    if account_or_none(call.world, sent["account"]) is None:
        raise missing_object("account", sent["account"], "account")
    if "refresh_url" not in sent or "return_url" not in sent:
        raise StripeError("You must provide refresh_url and return_url.", code="parameter_missing", param="refresh_url")
    link = _keep(call.world, sent["account"], sent["refresh_url"], sent["return_url"])
    return {
        "object": "account_link",
        "created": call.world.now(),
        "expires_at": link["expires_at"],
        "url": _url(call.world, link),
    }


def open_link(world: World, token: str) -> Thing | None:
    """The link of this address if it still works."""
    link = world.store.find("account_link", rules.PLATFORM, token)
    return None if link is None or link["used"] or link["expires_at"] < world.now() else link


def any_link(world: World, token: str) -> Thing | None:
    """The link of this address, used up or not."""
    return world.store.find("account_link", rules.PLATFORM, token)


def _keep(world: World, account: str, refresh_url: str, return_url: str) -> Thing:
    link: Thing = {
        "id": new_id("onb", 32),
        "account": account,
        "expires_at": world.now() + rules.ACCOUNT_LINK_SECONDS,
        "refresh_url": refresh_url,
        "return_url": return_url,
        "used": False,
    }
    return world.store.add("account_link", rules.PLATFORM, link)


def _url(world: World, link: Thing) -> str:
    return f"{world.base_url}/v3/onboarding/{link['id']}"
