"""Which function answers which call, and the call itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.stripe import rules
from sandbox.stripe.errors import missing_object
from sandbox.stripe.store import Thing
from sandbox.stripe.world import World


@dataclass(kw_only=True)
class Call:
    """One call: who asks, for which account, with which checked parameters."""

    world: World
    account: str = rules.PLATFORM
    publishable: bool = False
    ids: tuple[str, ...] = ()
    params: dict[str, Any] = field(default_factory=dict)
    request_id: str = ""
    path: str = ""

    def get(self, kind: str, thing_id: str | None = None, param: str = "id") -> Thing:
        """The object of this account, by the id in the path or the one given. Refuses what is not there with 404."""
        wanted = self.ids[0] if thing_id is None else thing_id
        found = self.world.store.find(kind, self.account, wanted)
        if found is None:
            raise missing_object(kind, wanted, param)
        return found


Handler = Callable[[Call], Thing]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One operation. `params` names the class of Stripe's library that says what may be sent; `*`: none does."""

    method: str
    path: str
    params: str
    handler: Handler
    for_browsers: bool
    pattern: re.Pattern[str]


ROUTES: dict[tuple[str, int, str], list[Route]] = {}


def route(method: str, path: str, params: str, *, for_browsers: bool = False) -> Callable[[Handler], Handler]:
    """Let the function answer `method path`; `{}` in the path stands for an id.

    `for_browsers`: a publishable key may call it too.
    """

    def register(handler: Handler) -> Handler:
        pattern = re.compile(path.replace("{}", "([^/]+)") + r"\Z")
        made = Route(method=method, path=path, params=params, handler=handler, for_browsers=for_browsers, pattern=pattern)
        ROUTES.setdefault(_shelf(method, path), []).append(made)
        return handler

    return register


def find_route(method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    """The operation of a call and the ids in its path. Routes with fixed words come before those with ids."""
    best: tuple[Route, tuple[str, ...]] | None = None
    for candidate in ROUTES.get(_shelf(method, path), ()):
        match = candidate.pattern.match(path)
        if match and (best is None or len(match.groups()) < len(best[1])):
            best = candidate, match.groups()
    return best


def _shelf(method: str, path: str) -> tuple[str, int, str]:
    parts = path.split("/")
    return method, len(parts), parts[2] if len(parts) > 2 else ""
