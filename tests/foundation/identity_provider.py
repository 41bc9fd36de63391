"""A strict OpenID Connect provider: it refuses a sign-in without PKCE, and a token for the wrong verifier.

RFC 7636, 4.6: BASE64URL(SHA256(code_verifier)) must be the code_challenge. A test can make it lie about one claim at a time.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from litestar import Litestar, Request, Response, get, post
from litestar.response import Redirect

CLIENT_ID, CLIENT_SECRET = "fanfare", "the secret of fanfare"
KEY = RSAKey.generate_key(2048, {"kid": "first"})


@dataclass
class Provider:
    """What the provider knows, and which lies it tells."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)  # of the person who is signed in there
    lies: dict[str, Any] = field(default_factory=dict)  # claims of the ID token that are replaced; None leaves one out
    description_lies: dict[str, Any] = field(default_factory=dict)
    says_no: bool = False
    signs_with: Any = field(default_factory=lambda: KEY)
    algorithm: str = "RS256"
    email_by_userinfo: bool = False
    userinfo_subject: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)  # why sign-ins were refused

    def refuse(self, error: str, why: str) -> Response[dict[str, str]]:
        self.refused.append(why)
        return Response({"error": error, "error_description": why}, status_code=400)

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        said = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce, **self.shown(), **self.lies}
        header = {"alg": self.algorithm, "kid": "first"}
        claims = {name: value for name, value in said.items() if value is not None}
        if self.algorithm == "none":
            return (
                ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims))
                + "."
            )
        return jwt.encode(header, claims, self.signs_with, algorithms=[self.algorithm])

    def shown(self) -> dict[str, Any]:
        return {"sub": self.claims["sub"]} if self.email_by_userinfo else self.claims


def create_app(provider: Provider) -> Litestar:
    """The provider's four addresses."""

    @get("/.well-known/openid-configuration")
    async def describe() -> dict[str, Any]:
        return {
            "issuer": provider.url,
            "authorization_endpoint": f"{provider.url}/authorize",
            "token_endpoint": f"{provider.url}/token",
            "jwks_uri": f"{provider.url}/keys",
            "userinfo_endpoint": f"{provider.url}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256", "none", "HS256"],
            "code_challenge_methods_supported": ["S256"],
            **provider.description_lies,
        }

    @get("/keys")
    async def keys() -> dict[str, Any]:
        return {"keys": [KEY.as_dict(private=False)]}

    @get("/authorize")
    async def authorize(request: Request[Any, Any, Any]) -> Any:
        asked = dict(request.query_params)
        if asked.get("code_challenge_method") != "S256" or len(asked.get("code_challenge", "")) != 43:
            return provider.refuse("invalid_request", "PKCE with S256 is required")
        if asked.get("client_id") != CLIENT_ID or "openid" not in asked.get("scope", ""):
            return provider.refuse("invalid_request", "unknown client or no openid")
        if provider.says_no:
            answer = {"error": "access_denied"}
        else:
            answer = {"code": secrets.token_urlsafe()}
            provider.codes[answer["code"]] = asked
        return Redirect(f"{asked['redirect_uri']}?{urlencode({**answer, 'state': asked['state']})}", status_code=302)

    @post("/token", status_code=200)
    async def token(request: Request[Any, Any, Any]) -> Any:
        form = await request.form()
        credentials = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {credentials}":
            return provider.refuse("invalid_client", "wrong client secret")
        asked = provider.codes.pop(str(form.get("code")), None)
        if asked is None or form.get("redirect_uri") != asked["redirect_uri"]:
            return provider.refuse("invalid_grant", "unknown code")
        digest = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return provider.refuse("invalid_grant", "wrong code_verifier")
        return {
            "access_token": "opaque",
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": provider.id_token(asked["nonce"]),
        }

    @get("/userinfo")
    async def userinfo(request: Request[Any, Any, Any]) -> Any:
        assert request.headers["authorization"] == "Bearer opaque"
        return {**provider.claims, "sub": provider.userinfo_subject or provider.claims["sub"]}

    return Litestar([describe, keys, authorize, token, userinfo], openapi_config=None, logging_config=None)


def foreign_key() -> RSAKey:
    """A key that the provider does not publish, under the name of the one that it does."""
    return RSAKey.generate_key(2048, {"kid": "first"})


def shared_secret() -> OctKey:
    """The client's secret as a key: a provider may announce HS256, but whoever knows our secret could then be anybody."""
    return OctKey.import_key(CLIENT_SECRET * 3, {"kid": "first"})


@asynccontextmanager
async def running() -> AsyncIterator[Provider]:
    """The provider on a port of its own, in the event loop of the test."""
    provider = Provider()
    with socket.create_server(("127.0.0.1", 0)) as door:  # listens already: who comes early waits in the queue
        provider.url = f"http://127.0.0.1:{door.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(create_app(provider), log_config=None, lifespan="off", ws="none"))
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        serving = asyncio.ensure_future(server.serve(sockets=[door]))
        yield provider
        server.should_exit = True
        await serving
