"""What a request may carry, read from the types that Stripe generates into its own library.

The library describes a newer version of the API than the one the project pins; `PINNED` holds the differences.
"""

from __future__ import annotations

import importlib
import typing
from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from stripe import RequestOptions
from typing_extensions import is_typeddict

from sandbox.stripe.errors import StripeError

PINNED: Mapping[str, Mapping[str, Any]] = {
    "AccountLinkCreateParamsUseCaseAccountOnboarding": {"configurations": list[str]},
    "PaymentIntentConfirmParams": {"payment_method_types": list[str], "client_secret": str},
    "PaymentIntentCreateParams": {"payment_method_types": list[str]},
    "PaymentIntentUpdateParams": {"payment_method_types": list[str]},
}
PINNED_REQUIRED: Mapping[str, frozenset[str]] = {
    "AccountLinkCreateParamsUseCaseAccountOnboarding": frozenset({"configurations"}),
}
NOT_YET: Mapping[str, frozenset[str]] = {
    "CustomerCreateParams": frozenset({"validate"}),
    "CustomerUpdateParams": frozenset({"validate"}),
    "DisputeUpdateParams": frozenset({"intended_submission_method"}),
    "PaymentIntentConfirmParams": frozenset({"allowed_payment_method_types"}),
    "PaymentIntentCreateParams": frozenset({"allowed_payment_method_types"}),
    "PaymentIntentUpdateParams": frozenset({"allowed_payment_method_types"}),
    "PaymentMethodCreateParams": frozenset({"paypay", "sequra"}),
    "TopupCreateParams": frozenset({"payment_method", "payment_method_options"}),
}
"""What the library may send in its own version and the pinned one does not know."""
_MODULES = ("stripe.params", "stripe.params.v2.core")
_NOT_SENT = frozenset(RequestOptions.__annotations__)


def names(params_class: str) -> frozenset[str]:
    """The parameters that a class of the library names, as far as the pinned version knows them."""
    return frozenset(_fields(_class_of(params_class))[0])


def check(params_class: str, sent: Mapping[str, Any], *, form: bool) -> dict[str, Any]:
    """The parameters with their types, or a refusal as Stripe words it: unknown, missing, wrong type, not in the list.

    `params_class` is the name of a class of the library (`v2.` in front for the second generation). `form`: values arrive
    as text and lists as dictionaries.
    """
    return _object(sent, *_fields(_class_of(params_class)), "", form=form)


@cache
def _class_of(name: str) -> Any:
    module, _, bare = name.rpartition(".")
    return getattr(importlib.import_module(_MODULES[1] if module else _MODULES[0]), bare)


@cache
def _fields(typed: Any) -> tuple[dict[str, Any], frozenset[str]]:
    space = {**vars(typing), "StripeContext": str, **vars(importlib.import_module(typed.__module__))}
    unknown = _NOT_SENT | NOT_YET.get(typed.__name__, frozenset())
    hints = {name: hint for name, hint in get_type_hints(typed, space).items() if name not in unknown}
    required = frozenset(typed.__required_keys__) & hints.keys()
    return {**hints, **PINNED.get(typed.__name__, {})}, required | PINNED_REQUIRED.get(typed.__name__, frozenset())


def _object(sent: Any, fields: Mapping[str, Any], required: frozenset[str], at: str, *, form: bool) -> dict[str, Any]:
    if not isinstance(sent, dict):
        raise StripeError(f"Invalid object: {at}", param=at)
    for name in sent:
        if name not in fields:
            raise StripeError(f"Received unknown parameter: {_at(at, name)}", code="parameter_unknown", param=_at(at, name))
    for name in sorted(required):
        if name not in sent:
            raise StripeError(f"Missing required param: {_at(at, name)}.", code="parameter_missing", param=_at(at, name))
    return {name: _value(value, fields[name], _at(at, name), form=form) for name, value in sent.items()}


def _value(sent: Any, hint: Any, at: str, *, form: bool) -> Any:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _one_of(sent, get_args(hint), at, form=form)
    if origin is Literal:
        if sent not in get_args(hint):
            raise StripeError(f"Invalid {at}: must be one of {', '.join(map(str, get_args(hint)))}", param=at)
        return sent
    if origin is list:
        items = list(sent.values()) if form and isinstance(sent, dict) else sent
        if not isinstance(items, list):
            raise StripeError("Invalid array", param=at)
        return [_value(item, get_args(hint)[0], f"{at}[{i}]", form=form) for i, item in enumerate(items)]
    if is_typeddict(hint):
        return _object(sent, *_fields(hint), at, form=form)
    return _plain(sent, origin or hint, at, form=form)


def _plain(sent: Any, kind: Any, at: str, *, form: bool) -> Any:
    if kind is bool:
        if form and sent in ("true", "false"):
            return sent == "true"
        if isinstance(sent, bool):
            return sent
        raise StripeError(f"Invalid boolean: {sent}", param=at)
    if kind is int:
        try:
            return int(sent)
        except (TypeError, ValueError):
            raise StripeError(f"Invalid integer: {sent}", code="parameter_invalid_integer", param=at) from None
    if kind is float:
        return float(sent)
    if kind is str:
        if not isinstance(sent, str):
            raise StripeError("Invalid string", param=at)
        return sent
    return sent if kind is Any or isinstance(sent, dict) or not form else str(sent)


def _one_of(sent: Any, choices: tuple[Any, ...], at: str, *, form: bool) -> Any:
    """The first choice that fits; the refusal of the last that does not."""
    refused: StripeError | None = None
    for choice in choices:
        if choice is NoneType:
            if sent is None:
                return None
            continue
        if isinstance(sent, str) != _takes_text(choice, form=form):
            continue
        try:
            return _value(sent, choice, at, form=form)
        except StripeError as error:
            refused = error
    raise refused or StripeError(f"Invalid value: {at}", param=at)


def _takes_text(hint: Any, *, form: bool) -> bool:
    origin = get_origin(hint)
    if origin is Literal or hint is str:
        return True
    return form and hint in (int, bool, float)


def _at(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name
