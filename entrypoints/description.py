"""The description of the API: OpenAPI 3.1 at `/schema/openapi.json`, and a page at `/schema` that shows it with files of our own."""

from __future__ import annotations

from typing import Any

from litestar.enums import MediaType
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Contact, Tag

from foundation import settings, web
from foundation.api_tokens import MEANINGS

ABOUT = """What programs may do with Fanfare.

**Who calls.** `Authorization: Bearer <token>` with a personal token from *Settings, API tokens*. A token has scopes; each operation names
the one it needs. A shop may sign its reports instead: `Fanfare-Key` names the connection, `Fanfare-Signature: t=<unix seconds>,v1=<hex>`
holds the HMAC-SHA256 of `<t>.<body>` under the connection's secret, not older than five minutes.

**Errors** are problem details (RFC 9457, `application/problem+json`) with a stable `code`.

**Again.** Send `Idempotency-Key` with anything that writes: for a day the same key gets the same answer, marked `Idempotent-Replayed: true`;
with another call it is refused (422), while the first call still runs too (409).

**How much.** 600 calls a minute and token; then 429 with `Retry-After` in seconds.

**Values.** Amounts are whole minor units (cents) with their ISO 4217 currency, rates are basis points, moments are UTC.
"""
TAGS = (
    Tag(name="goods", description="Brands, products and briefs that everybody may read."),
    Tag(name="orders", description="Orders and refunds on Fanfare itself."),
    Tag(name="sales", description="Sales, returns and stock of a brand's own shop."),
    Tag(name="links", description="Tracking links and codes."),
)
PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable, for programs."},
        "detail": {"type": "string", "description": "For people, in the language of the call."},
        "field": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {"field": {"type": "string"}, "code": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
REFUSED: dict[str, Any] = {
    "description": "Refused, with its reason.",
    "headers": {
        "Retry-After": {"description": "Seconds to wait, with 409, 429 and 503.", "schema": {"type": "integer"}},
        "WWW-Authenticate": {"description": "With 401.", "schema": {"type": "string"}},
    },
    "content": {
        "application/problem+json": {
            "schema": {"$ref": "#/components/schemas/Problem"},
            "example": {
                "type": "/problems/scope_missing",
                "title": "Forbidden",
                "status": 403,
                "code": "scope_missing",
                "detail": "This token may not be used for this. It needs the scope conversions:write.",
            },
        }
    },
}
KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes a repeated call the same call, for a day.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}


def _schemes() -> dict[str, Any]:
    scopes = "\n".join(f"- `{scope}`: {meaning}" for scope, meaning in MEANINGS.items())
    return {
        "token": {"type": "http", "scheme": "bearer", "description": f"A personal API token. Scopes:\n{scopes}"},
        "signature": {
            "type": "apiKey",
            "in": "header",
            "name": "Fanfare-Signature",
            "description": "A shop's own signature of the body, with `Fanfare-Key`.",
        },
    }


def complete(schema: dict[str, Any]) -> dict[str, Any]:
    """The description with what all operations share: how they refuse, who may call, how to call again."""
    components = {**schema.get("components", {})}
    components["schemas"] = {**components.get("schemas", {}), "Problem": PROBLEM}
    components["responses"] = {"Refused": REFUSED}
    components["securitySchemes"] = _schemes()
    components["parameters"] = {"IdempotencyKey": KEY}
    paths = {path: {method: _operation(method, each) for method, each in item.items()} for path, item in schema["paths"].items()}
    return {**schema, "paths": paths, "components": components}


def _operation(method: str, operation: dict[str, Any]) -> dict[str, Any]:
    answers = {status: answer for status, answer in operation["responses"].items() if status != "400"}
    done = {**operation, "responses": {**answers, "default": {"$ref": "#/components/responses/Refused"}}}
    if method in {"post", "put", "patch", "delete"}:
        done["parameters"] = [*operation.get("parameters", []), {"$ref": "#/components/parameters/IdempotencyKey"}]
    return done


class Description(JsonRenderPlugin):
    """The description as JSON."""

    def render(self, request: web.Web, openapi_schema: dict[str, Any]) -> bytes:
        return self.render_json(request, complete(openapi_schema))


class Viewer(OpenAPIRenderPlugin):
    """The description as a page."""

    def render(self, request: web.Web, openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002  # the page fetches it
        return web.page(request, "foundation/api_description.html").content.encode()


def description() -> OpenAPIConfig:
    """Where and how the API is described."""
    return OpenAPIConfig(
        title="Fanfare",
        version="1",
        description=ABOUT,
        contact=Contact(name="Fanfare", url=settings.current().base_url),
        tags=list(TAGS),
        path="/schema",
        render_plugins=[Viewer(path="/", media_type=MediaType.HTML), Description(path="/openapi.json")],
        use_handler_docstrings=True,
    )
