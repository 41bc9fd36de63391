"""Form tokens (CSRF) for whatever a browser could be made to send."""

from __future__ import annotations

from litestar.config.csrf import CSRFConfig
from litestar.enums import ScopeType
from litestar.middleware import DefineMiddleware
from litestar.middleware.csrf import CSRFMiddleware
from litestar.types import Receive, Scope, Send

from foundation import settings
from foundation.api_tokens import presented
from foundation.errors import SignInNeeded

SAFE = {"GET", "HEAD", "OPTIONS"}
EXEMPT = ["^/webhooks/", "^/health$", "^/ready$"]


class FormTokens(CSRFMiddleware):
    """Asks for the form token, but not of API calls that name their caller in a header, for which the session is not looked at."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["path"].startswith("/api/"):
            headers = dict(scope["headers"])
            if presented(headers) or b"fanfare-signature" in headers:
                await self.app(scope, receive, send)
                return
            if b"cookie" not in headers and scope["method"] not in SAFE:
                raise SignInNeeded  # nobody is named at all: the plainer answer than a form token that is missing
        await super().__call__(scope, receive, send)


def form_tokens() -> DefineMiddleware:
    """The middleware of the application; it stands below the one that recognises people."""
    now = settings.current()
    config = CSRFConfig(
        secret=now.signing_key(),
        cookie_name="csrftoken",
        cookie_secure=now.production,
        cookie_httponly=True,
        cookie_samesite="lax",
        exclude=EXEMPT,
    )
    return DefineMiddleware(FormTokens, config=config)
