"""Stripe's form encoding: `a[b][0]=x` to nested dictionaries."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from sandbox.stripe.errors import StripeError

MOST_FIELDS = 1000


def decode(body: str) -> dict[str, Any]:
    """Nested dictionaries of strings; lists come as dictionaries with the keys "0", "1", ... (or "" for `a[]`)."""
    tree: dict[str, Any] = {}
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise StripeError("Invalid request: too many parameters.") from None
    for name, value in pairs:
        _put(tree, _path(name), value)
    return tree


def _path(name: str) -> list[str]:
    if "[" not in name:
        return [name]
    head, _, rest = name.partition("[")
    return [head, *rest.removesuffix("]").split("][")]


def _put(tree: dict[str, Any], path: list[str], value: str) -> None:
    here = tree
    for step in path[:-1]:
        below = here.setdefault(_step(here, step), {})
        if not isinstance(below, dict):
            raise StripeError(f"Invalid hash: {path[0]}", param=path[0])
        here = below
    here[_step(here, path[-1])] = value


def _step(here: dict[str, Any], step: str) -> str:
    return str(len(here)) if step == "" else step
