"""One call of the API from its headers to its answer: key, account, idempotency, contract, handler, expansion."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sandbox.stripe import (
    account_links,
    accounts,
    balance_settings,
    balances,
    charges,
    contract,
    customers,
    disputes,
    elements,
    event_list,
    forms,
    payment_intents,
    payment_methods,
    payouts,
    refunds,
    rules,
    topups,
    transfers,
)
from sandbox.stripe.errors import StripeError
from sandbox.stripe.lists import expanded
from sandbox.stripe.routes import ROUTES, Call, Route, find_route
from sandbox.stripe.store import Thing, new_id
from sandbox.stripe.world import World

RESOURCES = (
    account_links,
    accounts,
    balance_settings,
    balances,
    charges,
    customers,
    disputes,
    elements,
    event_list,
    payment_intents,
    payment_methods,
    payouts,
    refunds,
    topups,
    transfers,
)
"""The modules whose functions answer calls; importing them fills the table of routes."""

LONGEST_KEY = 255


def operations() -> list[Route]:
    """All that the stand-in answers."""
    return [route for shelf in ROUTES.values() for route in shelf]


@dataclass(kw_only=True)
class Request:
    """What came over the wire. Header names are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(kw_only=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def answer(world: World, request: Request, *, broken: str = "") -> Answer:
    """Answer one call. `broken` is the fault that spoils it: server_error_saved or server_error_after."""
    request_id = new_id("req", 14)
    try:
        made = _answer(world, request, request_id, broken)
    except StripeError as error:
        made = _refusal(request, error)
    made.headers.setdefault("request-id", request_id)
    made.headers["stripe-version"] = request.headers.get("stripe-version", rules.VERSION)
    return made


def key_of(request: Request) -> str | None:
    """The idempotency key under which an answer is kept, of one account and one API key."""
    sent = request.headers.get("idempotency-key")
    if sent is None or request.method == "GET":
        return None
    return f"key:{request.headers.get('stripe-account', rules.PLATFORM)}:{sent}"


def in_flight() -> StripeError:
    """The refusal of a second call with a key whose first has not ended."""
    return StripeError(
        "There is currently another in-progress request using this Idempotent Key.",
        code="idempotency_key_in_use",
        status=409,
        kind="idempotency_error",
    )


def _answer(world: World, request: Request, request_id: str, broken: str) -> Answer:
    publishable = _authenticate(request)
    found = find_route(request.method, request.path)
    if found is None:
        raise StripeError(f"Unrecognized request URL ({request.method}: {request.path}).", status=404)
    if publishable and not found[0].for_browsers:
        raise StripeError("This API call cannot be made with a publishable API key.", code="secret_key_required", status=401)
    key = key_of(request)
    if key is not None and len(request.headers["idempotency-key"]) > LONGEST_KEY:
        raise StripeError("Idempotency keys can be up to 255 characters.", kind="idempotency_error")
    print_of = hashlib.sha256(request.path.encode() + b"\n" + request.body).hexdigest()
    if key is not None and (kept := _kept(world, key, print_of)) is not None:
        return kept
    call = Call(
        world=world,
        account=_account(world, request),
        publishable=publishable,
        ids=found[1],
        params=_params(found[0], request, publishable=publishable),
        request_id=request_id,
        path=request.path,
    )
    made, keep = _perform(found[0], call, request, broken)
    made.headers["request-id"] = request_id
    if key is not None and keep:
        made.headers["idempotency-key"] = request.headers["idempotency-key"]
        _keep(world, key, print_of, made)
    return made


def _perform(route: Route, call: Call, request: Request, broken: str) -> tuple[Answer, bool]:
    """The answer, and whether it is kept under the idempotency key."""
    crash = StripeError("An unknown error occurred", kind="api_error", status=500)
    if broken == "server_error_saved":
        return _refusal(request, crash), True
    try:
        thing = route.handler(call)
        paths = call.params.get("expand") or []
        if paths:
            thing = expanded(call, msgspec.json.decode(msgspec.json.encode(thing)), paths)
    except StripeError as error:
        return _refusal(request, error), error.kept
    if broken == "server_error_after":
        return _refusal(request, crash), True
    return Answer(status=200, body=msgspec.json.encode(thing)), True


def _refusal(request: Request, error: StripeError) -> Answer:
    body: Thing = error.as_v2() if request.path.startswith("/v2/") else error.as_v1()
    headers = {"stripe-should-retry": "true"} if error.code == "idempotency_key_in_use" else {}
    return Answer(status=error.status, body=msgspec.json.encode(body), headers=headers)


def _authenticate(request: Request) -> bool:
    """Whether the key is a publishable one; refuses calls without a test key."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            value = base64.b64decode(value, validate=True).decode().partition(":")[0]
        except ValueError:
            value = ""
    if value.startswith(("sk_test_", "rk_test_")):
        return False
    if value.startswith("pk_test_"):
        return True
    raise StripeError("Invalid API Key provided: this stand-in takes test keys only.", status=401)


def _account(world: World, request: Request) -> str:
    wanted = request.headers.get("stripe-account") or rules.PLATFORM
    if wanted != rules.PLATFORM and accounts.account_or_none(world, wanted) is None:
        raise StripeError(
            "The provided key does not have access to this account (or that account does not exist).",
            code="account_invalid",
            status=403,
        )
    return wanted


def _params(route: Route, request: Request, *, publishable: bool) -> dict[str, Any]:
    """The checked parameters. Calls of browsers carry what only Stripe.js may send, which the library does not describe."""
    form = request.method == "GET" or request.path.startswith("/v1/")
    if form:
        sent = forms.decode(request.query if request.method in ("GET", "DELETE") else request.body.decode("utf-8", "replace"))
    else:
        sent = _json(request.body)
    return sent if publishable or route.params == "*" else contract.check(route.params, sent, form=form)


def _json(body: bytes) -> dict[str, Any]:
    try:
        sent = msgspec.json.decode(body or b"{}")
    except msgspec.DecodeError:
        sent = None
    if not isinstance(sent, dict):
        raise StripeError("The body is not a JSON object.", code="invalid_fields")
    return sent


def _kept(world: World, key: str, print_of: str) -> Answer | None:
    kept = world.store.find("idempotency", "", key)
    if kept is None or kept["created"] < world.now() - rules.IDEMPOTENCY_SECONDS:
        return None
    if kept["print"] != print_of:
        raise StripeError(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            "Try using a key other than the one you sent if you meant to execute a different request.",
            kind="idempotency_error",
        )
    headers = {"idempotent-replayed": "true", "original-request": kept["request_id"]}
    return Answer(status=kept["status"], body=kept["body"].encode(), headers=headers)


def _keep(world: World, key: str, print_of: str, made: Answer) -> None:
    old = world.store.find("idempotency", "", key)
    kept: Thing = {
        "id": key,
        "print": print_of,
        "status": made.status,
        "body": made.body.decode(),
        "created": world.now(),
        "request_id": made.headers["request-id"],
    }
    if old is not None:
        old.update(kept)
        world.store.touch(old)
    else:
        world.store.add("idempotency", "", kept)
