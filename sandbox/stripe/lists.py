"""Lists with cursors, and the expansion of ids into objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.stripe.errors import StripeError
from sandbox.stripe.events import public
from sandbox.stripe.routes import Call
from sandbox.stripe.store import Thing

LIMIT = 10


def page(call: Call, kind: str, wanted: Callable[[Thing], bool] = lambda _: True, url: str = "") -> Thing:
    """A page of the objects of a kind, newest first, by `limit`, `starting_after`, `ending_before` and `created`."""
    return page_of(call, call.world.store.newest(kind, call.account), wanted, url or call.path)


def page_of(call: Call, things: Iterable[Thing], wanted: Callable[[Thing], bool], url: str) -> Thing:
    """A page of `things`, which come newest first."""
    limit = call.params.get("limit", LIMIT)
    if not 1 <= limit <= 100:
        raise StripeError("Invalid limit: must be between 1 and 100", code="parameter_invalid_integer", param="limit")
    found = [thing for thing in things if wanted(thing) and _created_in(thing, call.params.get("created"))]
    after, before = call.params.get("starting_after"), call.params.get("ending_before")
    if before is not None:
        end = _position(found, before, "ending_before")
        chosen, more = found[max(0, end - limit) : end], end > limit
    else:
        start = 0 if after is None else _position(found, after, "starting_after") + 1
        chosen, more = found[start : start + limit], len(found) > start + limit
    return {"object": "list", "url": url, "has_more": more, "data": [public(thing) for thing in chosen]}


def expanded(call: Call, answer: Thing, paths: list[str]) -> Thing:
    """The answer with the named ids replaced by their objects (at most four levels deep, as Stripe allows)."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > 4:
            raise StripeError("You cannot expand more than 4 levels of a property.", param="expand")
        _expand(call, answer, steps, path)
    return answer


def _expand(call: Call, thing: Any, steps: list[str], path: str) -> None:
    if isinstance(thing, list):
        for item in thing:
            _expand(call, item, steps, path)
        return
    if not steps or thing is None:
        return
    name = steps[0]
    if not isinstance(thing, dict) or name not in thing:
        raise StripeError(f"This property cannot be expanded ({path}).", param="expand")
    if isinstance(thing[name], str):
        found = call.world.store.any(thing[name])
        if found is None:
            raise StripeError(f"This property cannot be expanded ({path}).", param="expand")
        thing[name] = public(found[0])
    elif thing[name] is not None and not isinstance(thing[name], dict | list):
        raise StripeError(f"This property cannot be expanded ({path}).", param="expand")
    _expand(call, thing[name], steps[1:], path)


def _created_in(thing: Thing, wanted: Any) -> bool:
    if wanted is None:
        return True
    made = thing["created"]
    if not isinstance(wanted, dict):
        return bool(made == wanted)
    return bool(
        made >= wanted.get("gte", made)
        and made <= wanted.get("lte", made)
        and made > wanted.get("gt", made - 1)
        and made < wanted.get("lt", made + 1)
    )


def _position(found: list[Thing], thing_id: str, param: str) -> int:
    for index, thing in enumerate(found):
        if thing["id"] == thing_id:
            return index
    raise StripeError(f"No such object: '{thing_id}'", code="resource_missing", param=param)
