"""Mux's contract, read from what Mux generates: paths and models of the installed `mux_python`, required fields and event
types of the installed `@mux/mux-node`. An upgrade of either changes the contract by itself."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import mux_python
import mux_python.api

from foundation.settings import ROOT
from foundation.vendor import Exchange

NODE_TYPES = ROOT / "node_modules" / "@mux" / "mux-node" / "resources"
PLAIN: dict[str, Any] = {"str": str, "int": int, "float": (int, float), "bool": bool, "object": object, "datetime": str}


@dataclass(frozen=True)
class Operation:
    """One call: its path with {NAMES}, its query parameters, the model of its body, the model of each success."""

    method: str
    path: str
    query: frozenset[str]
    body: str
    answers: dict[int, str]

    def fits(self, method: str, path: str) -> bool:
        """True when a request is this operation."""
        return method == self.method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", self.path), path) is not None


def check(exchange: Exchange) -> list[str]:
    """Return what is wrong with an exchange by Mux's contract; nothing when it conforms."""
    if exchange.method == "WEBHOOK":
        return check_event(exchange.request_body)
    parts = urlsplit(exchange.url)
    operation = next((one for one in operations() if one.fits(exchange.method, parts.path)), None)
    if operation is None:
        return [f"{exchange.method} {parts.path} is not a call of Mux"]
    where = f"{operation.method} {operation.path}"
    wrong = [f"{where}: unknown parameter {name}" for name in parse_qs(parts.query) if name not in operation.query]
    if exchange.request_body:
        wrong += check_value(json.loads(exchange.request_body), operation.body, f"{where} request")
    if exchange.status >= 400:
        return wrong + _check_error(exchange, where)
    if exchange.status not in (operation.answers or {204: ""}):
        return [*wrong, f"{where}: status {exchange.status} is not documented"]
    if model := operation.answers.get(exchange.status):
        wrong += check_value(json.loads(exchange.response_body), model, f"{where} answer")
    elif exchange.response_body:
        wrong.append(f"{where}: an answer where none is documented")
    return wrong


def check_event(payload: bytes) -> list[str]:
    """Return what is wrong with a webhook by the types of `@mux/mux-node`."""
    event = json.loads(payload)
    wrong = _against(event, node_interface("webhooks/webhooks.d.ts", "BaseWebhookEvent"), "event")
    model = event_models().get(event.get("type", ""))
    if model is None:
        return [*wrong, f"{event.get('type')} is not an event of Mux"]
    return wrong + _against(event["data"], node_interface("webhooks/webhooks.d.ts", model), event["type"])


def check_value(value: Any, kind: str, where: str) -> list[str]:
    """Compare a value with a type of `mux_python`: `str`, `list[Asset]`, `dict(str, str)` or a model. Objects are closed."""
    if value is None:
        return [f"{where} is null"]
    if kind in PLAIN:
        fits = isinstance(value, PLAIN[kind]) and not (isinstance(value, bool) and kind in ("int", "float"))
        return [] if fits else [f"{where} is not {kind}: {type(value).__name__}"]
    if inner := re.fullmatch(r"list\[(.+)\]", kind):
        if not isinstance(value, list):
            return [f"{where} is not a list"]
        return [error for place, item in enumerate(value) for error in check_value(item, inner[1], f"{where}[{place}]")]
    if kind.startswith("dict("):
        return [] if isinstance(value, dict) else [f"{where} is not an object"]
    return _check_model(value, getattr(mux_python, kind), where)


def _check_model(value: Any, model: type[Any], where: str) -> list[str]:
    if choices := getattr(model, "allowable_values", None):
        return [] if value in choices else [f"{where} is not one of {choices}"]
    if not isinstance(value, dict):
        return [f"{where} is not an object"]
    names = {shown: name for name, shown in model.attribute_map.items()}
    wrong = [f"{where}.{name} is not a field of {model.__name__}" for name in value if name not in names]
    wrong += [f"{where}.{name} is missing" for name in sorted(required(model.__name__) - set(value))]
    allowed = choices_of(model.__name__)
    for shown in names.keys() & value.keys():
        wrong += check_value(value[shown], model.openapi_types[names[shown]], f"{where}.{shown}")
        if names[shown] in allowed and value[shown] not in allowed[names[shown]]:
            wrong.append(f"{where}.{shown} is not one of {allowed[names[shown]]}")
    return wrong


def _check_error(exchange: Exchange, where: str) -> list[str]:
    try:
        error = json.loads(exchange.response_body)["error"]
        if isinstance(error["type"], str) and all(isinstance(one, str) for one in error["messages"]):
            return []
    except (ValueError, KeyError, TypeError):
        pass
    return [f"{where}: an error in another shape"]


@cache
def operations() -> list[Operation]:
    """Read every call from the sources of `mux_python`."""
    modules = [importlib.import_module(f"mux_python.api.{info.name}") for info in pkgutil.iter_modules(mux_python.api.__path__)]
    return [
        _operation(node, module)
        for module in modules
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.FunctionDef) and node.name.endswith("_with_http_info")
    ]


def _operation(node: ast.FunctionDef, module: ModuleType) -> Operation:
    source = ast.get_source_segment(inspect.getsource(module), node) or ""
    target = re.search(r"call_api\(\s*'([^']+)',\s*'([A-Z]+)'", source)
    answers = re.search(r"response_types_map = (\{.*?\})\n", source, re.DOTALL)
    body = re.search(r"body_params = local_var_params\['(\w+)'\]", source)
    model = re.search(rf":type {body[1]}: (\w+)", source) if body else None
    if target is None or answers is None:
        raise AssertionError(f"{node.name} cannot be read")
    return Operation(
        method=target[2],
        path=target[1],
        query=frozenset(re.findall(r"query_params\.append\(\('([\w\[\]]+)'", source)),
        body=model[1] if model else "object",
        answers={status: kind or "" for status, kind in ast.literal_eval(answers[1]).items()},
    )


@cache
def choices_of(model: str) -> dict[str, list[str]]:
    """Return the values that each field of a model may have, for the fields that are enumerations."""
    source = inspect.getsource(getattr(mux_python, model))
    pattern = r"def (\w+)\(self, \w+\):(?:(?!\n    def ).)*?allowed_values = (\[[^\]]*\])"
    return {name: ast.literal_eval(values) for name, values in re.findall(pattern, source, re.DOTALL)}


@cache
def required(model: str) -> set[str]:
    """Return the fields that every answer about this object has; known from `@mux/mux-node` for the two that matter."""
    files = {"LiveStream": "video/live-streams.d.ts", "Asset": "video/assets.d.ts"}
    if model not in files:
        return set()
    return {name for name, (needed, _) in node_interface(files[model], model).items() if needed}


@cache
def node_interface(file: str, name: str) -> dict[str, tuple[bool, str]]:
    """Read an interface of `@mux/mux-node`: each field with whether it is required and its type as written."""
    source = _node_source(NODE_TYPES / file)
    block = re.search(rf"^export interface {name} \{{\n(.*?)^\}}", source, re.DOTALL | re.MULTILINE)
    if block is None:
        raise AssertionError(f"@mux/mux-node has no {name}")
    fields = re.findall(r"^    (\w+)(\??): ([^\n]*)", block[1], re.MULTILINE)
    return {field: (not mark, kind.rstrip(";")) for field, mark, kind in fields}


@cache
def event_models() -> dict[str, str]:
    """Return every event type of Mux with the interface of its data."""
    source = _node_source(NODE_TYPES / "webhooks" / "webhooks.d.ts")
    return {kind: model for model, kind in re.findall(r"    data: (\w+);\n    type: '([\w.]+)';", source)}


def _against(value: dict[str, Any], interface: dict[str, tuple[bool, str]], where: str) -> list[str]:
    wrong = [f"{where}: {name} is not documented" for name in value if name not in interface]
    wrong += [f"{where}: {name} is missing" for name, (needed, _) in interface.items() if needed and name not in value]
    for name in value.keys() & interface.keys():
        kind = interface[name][1]
        literals = re.findall(r"'([^']*)'", kind)
        expected: Any = {"string": str, "number": (int, float), "boolean": bool}.get(kind, object)
        if literals and value[name] not in literals:
            wrong.append(f"{where}: {name} is {value[name]!r}, not one of {literals}")
        elif not isinstance(value[name], expected):
            wrong.append(f"{where}: {name} is not a {kind}")
    return wrong


@cache
def _node_source(path: Path) -> str:
    if not path.exists():
        raise AssertionError(f"{path.relative_to(ROOT)} is missing: run the set-up, which installs the front-end packages")
    return path.read_text()
