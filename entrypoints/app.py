"""The web application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar, Request
from litestar.config.response_cache import ResponseCacheConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.middleware import DefineMiddleware

from entrypoints import failures, navigation, wiring
from entrypoints.compressed import compressed
from entrypoints.description import description
from entrypoints.form_tokens import form_tokens
from entrypoints.routes import ROUTES
from entrypoints.visits import visits
from foundation import accounts, logs, sessions, settings
from foundation.database import DB
from foundation.idempotency import idempotent


def create_app() -> Litestar:
    """Build the application from the settings of the process. Raises `SettingError`."""
    now = settings.current()
    logs.configure(now)
    wiring.connect()
    return Litestar(
        route_handlers=ROUTES,
        request_class=Request,
        lifespan=[_resources],
        middleware=[
            DefineMiddleware(compressed),
            sessions.middleware(),
            DefineMiddleware(visits),
            form_tokens(),
            DefineMiddleware(idempotent),
        ],
        dependencies={
            "principal": Provide(accounts.current_principal),
            "by": Provide(accounts.require_principal),
        },
        exception_handlers=failures.HANDLERS,
        openapi_config=description(),
        response_cache_config=ResponseCacheConfig(),
        request_max_body_size=8 * 1024 * 1024,
        logging_config=None,
        state=State({"page_context": navigation.page_context}),
    )


@asynccontextmanager
async def _resources(_app: Litestar) -> AsyncIterator[None]:
    async with wiring.running():
        yield
    await DB.close()
