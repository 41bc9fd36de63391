"""The list of events, and the endpoints that are told of them."""

from __future__ import annotations

from fnmatch import fnmatchcase

from sandbox.stripe import rules
from sandbox.stripe.errors import StripeError
from sandbox.stripe.events import public
from sandbox.stripe.lists import page
from sandbox.stripe.routes import Call, route
from sandbox.stripe.store import Thing, new_id
from sandbox.stripe.world import World


@route("GET", "/v1/events", "EventListParams")
def list_events(call: Call) -> Thing:
    """What happened, newest first; by type, and by whether every endpoint has taken it."""
    sent = call.params
    patterns = sent.get("types") or ([sent["type"]] if "type" in sent else ["*"])
    waiting = {delivery["event"] for delivery in call.world.store.all("delivery", "")}
    taken = sent.get("delivery_success")
    return page(
        call,
        "event",
        lambda event: (
            any(fnmatchcase(event["type"], pattern) for pattern in patterns)
            and (taken is None or (event["id"] not in waiting and not event.get("_missed")) == taken)
        ),
    )


@route("GET", "/v1/events/{}", "EventRetrieveParams")
def retrieve(call: Call) -> Thing:
    """One event."""
    return public(call.get("event"))


@route("GET", "/v2/core/events/{}", "v2.EventRetrieveParams")
def retrieve_v2(call: Call) -> Thing:
    """One thin event with its facts."""
    found = call.world.store.find("v2.core.event", rules.PLATFORM, call.ids[0])
    if found is None:
        raise StripeError(f"Event {call.ids[0]} could not be found.", code="not_found", status=404)
    return {**public(found), "data": {}}


@route("POST", "/v1/webhook_endpoints", "WebhookEndpointCreateParams")
def create_endpoint(call: Call) -> Thing:
    """Tell an address from now on; the secret is shown only here."""
    sent = call.params
    return public(
        add_endpoint(
            call.world, sent["url"], new_id("whsec", 32), connect=sent.get("connect") or False, events=sent["enabled_events"]
        )
    )


@route("GET", "/v1/webhook_endpoints", "WebhookEndpointListParams")
def list_endpoints(call: Call) -> Thing:
    """All endpoints, without their secrets."""
    answer = page(call, "webhook_endpoint")
    for endpoint in answer["data"]:
        del endpoint["secret"]
    return answer


@route("DELETE", "/v1/webhook_endpoints/{}", "WebhookEndpointDeleteParams")
def delete_endpoint(call: Call) -> Thing:
    """Tell an address no more."""
    endpoint = call.get("webhook_endpoint")
    call.world.store.remove(endpoint)
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


def add_endpoint(world: World, url: str, secret: str, *, connect: bool, events: list[str]) -> Thing:
    """Remember an endpoint."""
    endpoint: Thing = {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": rules.VERSION,
        "application": None,
        "created": world.now(),
        "description": None,
        "enabled_events": events,
        "livemode": False,
        "metadata": {},
        "secret": secret,
        "status": "enabled",
        "url": url,
        "_connect": connect,
    }
    return world.store.add("webhook_endpoint", rules.PLATFORM, endpoint)
