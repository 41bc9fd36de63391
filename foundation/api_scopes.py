"""How an address of the API says which scope a token needs for it."""

from __future__ import annotations

from typing import Any, TypedDict

from foundation.api_tokens import Scope


class Scoped(TypedDict):
    """Keywords of a handler."""

    opt: dict[str, Any]
    security: list[dict[str, list[str]]]


def scoped(scope: Scope, *, signed: bool = False) -> Scoped:
    """Keywords for `@get`, `@post` …: the token's scope, checked by `foundation.accounts` and shown in the description.

    `signed` adds that a shop's signature opens it as well.
    """
    ways: list[dict[str, list[str]]] = [{"token": [str(scope)]}]
    return {"opt": {"scope": str(scope)}, "security": [*ways, {"signature": []}] if signed else ways}
