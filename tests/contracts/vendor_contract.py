"""Compares one exchange with a vendor's OpenAPI document: path, verb, query, body, content type, status, shape of the answer.

Objects are closed both ways: a field that the document does not name is a mistake, sent or received.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from foundation.vendor import Exchange

Schema = Mapping[str, Any]
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "number": (int, float),
    "array": list,
    "object": dict,
}


class Contract:
    """A vendor's document. `check` returns what is wrong with an exchange, in words; nothing when it conforms."""

    def __init__(self, document: Schema, *, error_schema: str | None = None) -> None:
        self._document = document
        self._error_schema = error_schema
        self._paths = [(re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + r"\Z"), path) for path in document["paths"]]

    def check(self, exchange: Exchange, *, base: str = "") -> list[str]:
        """Compare one exchange; `base` is the part of the path before that of the document."""
        url = urlsplit(exchange.url)
        template = self.template(url.path.removeprefix(base))
        if template is None:
            return [f"no such path: {url.path}"]
        operation = self._document["paths"][template].get(exchange.method.lower())
        if operation is None:
            return [f"no such verb: {exchange.method} {template}"]
        found = [*self._query(operation, url.query), *self._body(operation, exchange), *self._answer(operation, exchange)]
        return [f"{exchange.method} {template} ({exchange.status}): {one}" for one in found]

    def template(self, path: str) -> str | None:
        """The path of the document that fits, the one with fewest ids first."""
        fitting = [template for pattern, template in self._paths if pattern.match(path)]
        return min(fitting, key=lambda template: template.count("{"), default=None)

    def check_object(self, schema: str, thing: Any) -> list[str]:
        """Compare one object with a schema by its name."""
        return list(self._differences(thing, {"$ref": f"#/components/schemas/{schema}"}, schema))

    def knows(self, schema: str) -> bool:
        """Whether the document has a schema of this name."""
        return schema in self._document["components"]["schemas"]

    def parameters(self, path: str, verb: str) -> frozenset[str]:
        """The names that an operation takes in its query or body."""
        operation = self._document["paths"][path][verb]
        names = {p["name"].removesuffix("[]") for p in operation.get("parameters", ()) if p["in"] == "query"}
        for offered in operation.get("requestBody", {}).get("content", {}).values():
            names |= set(self._resolved(offered["schema"]).get("properties", {}))
        return frozenset(names)

    def enum(self, path: str, verb: str, field: str) -> list[str]:
        """The values that may stand in a list of the form body of an operation."""
        body = self._document["paths"][path][verb]["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        values: list[str] = body["properties"][field]["items"]["enum"]
        return values

    def _query(self, operation: Schema, query: str) -> Iterator[str]:
        known = {p["name"].removesuffix("[]"): p for p in operation.get("parameters", ()) if p["in"] == "query"}
        schema = {"type": "object", "properties": {name: p.get("schema", {}) for name, p in known.items()}}
        schema["required"] = [name for name, p in known.items() if p.get("required")]
        yield from self._differences(self._typed(decode_form(query), schema), schema, "query")

    def _body(self, operation: Schema, exchange: Exchange) -> Iterator[str]:
        offered = operation.get("requestBody", {}).get("content", {})
        if not exchange.request_body:
            if operation.get("requestBody", {}).get("required"):
                yield "a body is needed"
            return
        if not offered:
            yield "no body may be sent"
            return
        kind = exchange.request_type.partition(";")[0]
        if kind not in offered:
            yield f"wrong content type: {kind or 'none'}, not {' or '.join(offered)}"
            return
        schema = offered[kind]["schema"]
        try:
            sent = json.loads(exchange.request_body) if "json" in kind else decode_form(exchange.request_body.decode())
        except ValueError:
            yield "the body cannot be read"
            return
        yield from self._differences(sent if "json" in kind else self._typed(sent, schema), schema, "body")

    def _answer(self, operation: Schema, exchange: Exchange) -> Iterator[str]:
        documented = operation["responses"].get(str(exchange.status))
        if documented is None and exchange.status < 400:
            yield f"status {exchange.status} is not documented"
            return
        content = (documented or operation["responses"].get("default") or {}).get("content", {})
        kind = exchange.response_type.partition(";")[0]
        if content and kind not in content:
            yield f"answered with {kind or 'no content type'}, not {' or '.join(content)}"
            return
        if not content:
            return
        try:
            thing = json.loads(exchange.response_body)
        except ValueError:
            yield "the answer cannot be read"
            return
        schema = content[kind]["schema"]
        if exchange.status >= 400 and self._error_schema and "oneOf" not in schema:
            schema = {"$ref": f"#/components/schemas/{self._error_schema}"}
        yield from self._differences(thing, schema, "answer")

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return schema

    def _differences(self, thing: Any, schema: Schema, at: str) -> Iterator[str]:
        schema = self._resolved(schema)
        if thing is None:
            if not schema.get("nullable") and schema.get("type"):
                yield f"{at}: null is not allowed"
            return
        choices = schema.get("anyOf") or schema.get("oneOf")
        if choices:
            yield from self._best(thing, choices, at)
            return
        for part in schema.get("allOf", ()):
            yield from self._differences(thing, part, at)
        kind = schema.get("type")
        if kind and (not isinstance(thing, _TYPES[kind]) or (isinstance(thing, bool) and kind != "boolean")):
            yield f"{at}: {type(thing).__name__} is not {kind}"
            return
        if "enum" in schema and thing not in schema["enum"]:
            yield f"{at}: {thing!r} is none of {schema['enum'][:6]}"
        if kind == "string" and len(thing) > schema.get("maxLength", len(thing)):
            yield f"{at}: longer than {schema['maxLength']}"
        if isinstance(thing, list):
            for index, item in enumerate(thing):
                yield from self._differences(item, schema.get("items", {}), f"{at}[{index}]")
        elif isinstance(thing, dict):
            yield from self._of_object(thing, schema, at)

    def _of_object(self, thing: Mapping[str, Any], schema: Schema, at: str) -> Iterator[str]:
        properties, rest = schema.get("properties", {}), schema.get("additionalProperties")
        for name in schema.get("required", ()):
            if name not in thing:
                yield f"{at}.{name} is missing"
        for name, value in thing.items():
            if name in properties:
                yield from self._differences(value, properties[name], f"{at}.{name}")
            elif isinstance(rest, Mapping):
                yield from self._differences(value, rest, f"{at}.{name}")
            elif properties and rest is not True:
                yield f"{at}.{name} is not documented"

    def _best(self, thing: Any, choices: list[Schema], at: str) -> Iterator[str]:
        """Nothing when one choice fits, else what the nearest one misses."""
        fewest: list[str] | None = None
        for choice in choices:
            if isinstance(thing, dict) and not self._same_kind(thing, choice):
                continue
            found = list(self._differences(thing, choice, at))
            if not found:
                return
            if fewest is None or len(found) < len(fewest):
                fewest = found
        yield from fewest if fewest is not None else [f"{at}: fits none of its {len(choices)} shapes"]

    def _same_kind(self, thing: Mapping[str, Any], choice: Schema) -> bool:
        names = self._resolved(choice).get("properties", {}).get("object", {}).get("enum")
        return not names or thing.get("object") in names

    def _typed(self, sent: Any, schema: Schema) -> Any:
        """Form values with the types that the document gives them; what does not fit stays text and is found later."""
        schema = self._resolved(schema)
        choices = schema.get("anyOf") or schema.get("oneOf")
        if choices:
            typed = [self._typed(sent, choice) for choice in choices]
            fitting = (
                value for value, choice in zip(typed, choices, strict=True) if not list(self._differences(value, choice, ""))
            )
            return next(fitting, sent)
        kind = schema.get("type")
        if kind == "array" and isinstance(sent, dict):
            return [self._typed(item, schema.get("items", {})) for item in sent.values()]
        if isinstance(sent, dict):
            properties, rest = schema.get("properties", {}), schema.get("additionalProperties")
            other = rest if isinstance(rest, Mapping) else {}
            return {name: self._typed(value, properties.get(name, other)) for name, value in sent.items()}
        if kind == "integer" and re.fullmatch(r"-?\d+", sent):
            return int(sent)
        return {"true": True, "false": False}.get(sent, sent) if kind == "boolean" else sent


def decode_form(text: str) -> dict[str, Any]:
    """`a[b][0]=x` as nested dictionaries of text; lists are dictionaries with whole numbers as keys."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        steps = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name)
        here = tree
        for step in steps[:-1]:
            here = here.setdefault(step or str(len(here)), {})
        here[steps[-1] or str(len(here))] = value
    return tree
