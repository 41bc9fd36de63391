"""The web application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from litestar import Litestar, Request
from litestar.config.response_cache import ResponseCacheConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.middleware import DefineMiddleware
from litestar.types import HTTPScope, LifeSpanReceive, LifeSpanScope, LifeSpanSend, Receive, Scope, Send

from creators import click_storing
from creators.redirects import Redirects
from entrypoints import failures, navigation, wiring
from entrypoints.compressed import compressed
from entrypoints.description import description
from entrypoints.form_tokens import form_tokens
from entrypoints.routes import ROUTES
from entrypoints.visits import visits
from foundation import accounts, logs, sessions, settings
from foundation.database import DB
from foundation.idempotency import idempotent


class Site(Litestar):
    """The application, with tracking links in front of it: they are answered before the framework does its work."""

    redirects: Redirects

    async def __call__(self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend) -> None:
        if scope["type"] == ScopeType.HTTP and await self.redirects.follow(cast("HTTPScope", scope), cast("Send", send)):
            return
        await super().__call__(scope, receive, send)


def create_app() -> Site:
    """Build the application from the settings of the process. Raises `SettingError`."""
    now = settings.current()
    logs.configure(now)
    wiring.connect()
    site = Site(
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
    site.redirects = Redirects(click_storing.folder())
    return site


@asynccontextmanager
async def _resources(app: Litestar) -> AsyncIterator[None]:
    async with wiring.running():
        if isinstance(app, Site):
            app.redirects.keeper.start()
        yield
    if isinstance(app, Site):
        await app.redirects.close()
    await DB.close()
