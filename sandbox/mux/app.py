"""The HTTP side of the stand-in as one application."""

import asyncio
import json
from typing import Any

from litestar import Litestar, Request, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from sandbox.mux import admin, images, playback, rest_assets, rest_live_streams
from sandbox.mux.access import check_account
from sandbox.mux.answers import ApiError, error_response
from sandbox.mux.faults import Faults
from sandbox.mux.world import World, world_of

LARGEST_BODY = 256 * 1024

Asked = Request[Any, Any, Any]


def require_account(request: Asked) -> None:
    """Let only the account's token into the API."""
    check_account(world_of(request), request.headers.get("authorization", ""))


def refuse_browsers(request: Asked) -> None:
    """Web pages have no business at the admin address, wherever they come from."""
    if request.headers.get("origin"):
        raise ApiError(403, "forbidden", "Not for browsers")


def make_app(world: World) -> ASGIApp:
    """Return the application that serves one world."""
    api = Router("/", route_handlers=[rest_live_streams.routes, *rest_assets.routes], before_request=require_account)
    private = Router("/", route_handlers=[*admin.routes], before_request=refuse_browsers)
    app = Litestar(
        route_handlers=[api, private, *playback.routes, *images.routes],
        state=State({"world": world}),
        cors_config=CORSConfig(allow_origins=["*"]),
        exception_handlers={ApiError: error_response},
        request_max_body_size=LARGEST_BODY,
        openapi_config=None,
        logging_config=None,
    )
    return with_faults(app, world.faults)


def with_faults(app: ASGIApp, faults: Faults) -> ASGIApp:
    """Let the faults of the API happen around an application."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.WEBSOCKET or not scope["path"].startswith(("/video/", "/system/")):
            await app(scope, receive, send)
            return
        call = f"{scope['method']} {scope['path']}"
        delay = faults.take("api.delay", call)
        if delay:
            await asyncio.sleep(delay.seconds)
        if faults.take("api.busy", call):
            await _answer(send, 429, "too_many_requests")
        elif faults.take("api.before", call):
            await _answer(send, 500, "internal_error")
        elif faults.take("api.lost", call):
            await app(scope, receive, _swallow)
            await _answer(send, 500, "internal_error")
        else:
            await app(scope, receive, send)

    return faulty


async def _swallow(_: Any) -> None:
    """Lose what would have been sent."""


async def _answer(send: Send, status: int, kind: str) -> None:
    body = json.dumps({"error": {"type": kind, "messages": ["asked for by a fault"]}}).encode()
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body, "more_body": False})
