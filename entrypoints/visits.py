"""One visit: its request id, its person, its language, and the headers that protect it."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import urlsplit

from litestar import Request
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from creators import visits as people
from creators.pages import consent
from foundation import accounts, api_tokens, i18n, logs, settings, web

LANGUAGE_COOKIE = "language"
YEAR = 365 * 24 * 3600
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
ORDERING = "/checkout"
_BARE = ("/static/", "/media/", "/webhooks/", "/health", "/ready")


def visits(app: ASGIApp) -> ASGIApp:
    """Middleware inside the session: everything below it knows who asks, in which language, under which id."""

    async def visit(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        request: web.Web = Request(scope)
        given = request.headers.get("x-request-id", "")
        with logs.requested_by(given if _REQUEST_ID.fullmatch(given) else logs.new_request_id()):
            chosen = ""
            if not scope["path"].startswith(_BARE):
                chosen = await _recognise(request)
            await app(scope, receive, _protecting(send, scope["path"], chosen))

    return visit


async def _recognise(request: web.Web) -> str:
    """Set the language and the time zone of the visit; returns the language that a link `?lang=` has just chosen, or ""."""
    if request.url.path.startswith("/api/"):
        await api_tokens.recognise(request)
    principal = await accounts.current_principal(request)
    request.scope["principal"] = principal  # type: ignore[typeddict-unknown-key]  # ASGI scopes are open
    chosen = request.query_params.get("lang", "")
    chosen = chosen if chosen in i18n.LOCALES else ""
    kept = request.cookies.get(LANGUAGE_COOKIE)
    header = request.headers.get("accept-language", "")
    i18n.locale.set(i18n.negotiate(chosen, kept, principal.locale if principal else None, header=header))
    i18n.time_zone.set(principal.time_zone if principal else "Europe/Paris")
    await people.arrived(request)
    if request.method == "POST" and request.url.path == ORDERING:
        request.scope["came_by"] = await consent.recognise(request, principal)  # type: ignore[typeddict-unknown-key]  # see above
    return chosen


def _protecting(send: Send, path: str, chosen_language: str) -> Send:
    async def protect(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            headers["X-Request-Id"] = logs.request_id.get()
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
            if chosen_language:
                kept = Cookie(key=LANGUAGE_COOKIE, value=chosen_language, max_age=YEAR, samesite="lax", httponly=True)
                headers.add("Set-Cookie", kept.to_header(header=""))
            if not path.startswith(_BARE):
                headers["Content-Security-Policy"] = content_security_policy()
                headers["X-Frame-Options"] = "DENY"
                headers["Permissions-Policy"] = "camera=(self), microphone=(self), geolocation=(), payment=(self)"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                if settings.current().production:
                    headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        await send(message)

    return protect


@cache
def content_security_policy() -> str:
    """Scripts only from our files and from Stripe.js; `unsafe-inline` styles because mux-player draws its controls with them."""
    now = settings.current()
    stripe = {_origin(now.stripe_js_url), _origin(now.stripe_api_base or "https://api.stripe.com"), "https://hooks.stripe.com"}
    video = {_origin(now.mux_stream_base) or "https://*.mux.com", _origin(now.mux_image_base) or "https://image.mux.com"}
    stripes, videos = " ".join(sorted(stripe - {""})), " ".join(sorted(video))
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {_origin(now.stripe_js_url)}",
            "style-src 'self' 'unsafe-inline'",
            f"img-src 'self' data: blob: {videos}",
            "font-src 'self'",
            f"connect-src 'self' {stripes} {videos} https://*.litix.io",
            f"media-src 'self' blob: {videos}",
            "worker-src 'self' blob:",
            f"frame-src {stripes} https://js.stripe.com",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "manifest-src 'self'",
        )
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
