"""Who may do what: the account's token on the API, signed tokens and grants on playback."""

import base64
import hmac
import json
import time
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from sandbox.mux.answers import ApiError, not_found
from sandbox.mux.store import Document, Store, fresh_id
from sandbox.mux.world import World

GRANT_SECONDS = 12 * 3600
"""How long a player that was let in may go on reading segments."""


def check_account(world: World, header: str) -> None:
    """Check the basic authorization of an API call. Raises `ApiError`.

    Without configured credentials any pair is good, as long as there is one.
    """
    scheme, _, encoded = header.partition(" ")
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        name = secret = ""
    good = scheme.lower() == "basic" and bool(name and secret)
    if good and world.token_id:
        good = hmac.compare_digest(f"{name}:{secret}".encode(), f"{world.token_id}:{world.token_secret}".encode())
    if not good:
        raise ApiError(401, "unauthorized", "Unauthorized request")


def new_signing_key() -> Document:
    """Make a key that signs playback tokens."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    encoded = base64.b64encode(pem).decode()
    return {"id": fresh_id(), "created_at": str(int(time.time())), "private_key": encoded}


def read_token(store: Store, token: str, *, subject: str, audience: str) -> dict[str, Any]:
    """Return the claims of a token for one subject and one use. Raises `ApiError` with 403."""
    try:
        claims = _claims(store, token)
    except (JoseError, ValueError, TypeError, KeyError):
        raise ApiError(403, "forbidden", "The token is not valid") from None
    if claims.get("sub") != subject or claims.get("aud") != audience:
        raise ApiError(403, "forbidden", "The token is for something else")
    if not isinstance(claims.get("exp"), int) or claims["exp"] <= time.time():
        raise ApiError(403, "forbidden", "The token has expired")
    return claims


def _claims(store: Store, token: str) -> dict[str, Any]:
    from_header, from_claims = _parts(token)
    key_id = from_header.get("kid") or from_claims.get("kid")
    kept = store.get("signing_key", str(key_id))
    if kept is None:
        raise ValueError("unknown key")
    return dict(jwt.decode(token, _public_key(kept["private_key"]), algorithms=["RS256"]).claims)


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read header and claims without believing them: only to learn which key to try."""
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("not a token")
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2])
    if not (isinstance(header, dict) and isinstance(claims, dict)):
        raise ValueError("not a token")
    return header, claims


@lru_cache(maxsize=64)
def _public_key(encoded: str) -> RSAKey:
    return RSAKey.import_key(base64.b64decode(encoded))


def open_playback(world: World, playback_id: str, query: dict[str, str], audience: str) -> tuple[Document, dict[str, Any]]:
    """Let a viewer in to a playback id: return whose it is, and the parameters that count (a token's, or the query's).

    Raises `ApiError`: 404 for an unknown id, 403 for a bad or missing token of a signed one.
    """
    playback = world.store.get("playback", playback_id)
    if playback is None:
        raise not_found()
    if playback["policy"] == "public":
        return playback, dict(query)
    return playback, read_token(world.store, query.get("token", ""), subject=playback_id, audience=audience)


def make_grant(store: Store, playback_id: str, asset_id: str, *, start: float = 0, end: float = 0) -> str:
    """Return the part of an address that lets one player read one asset from `start` to `end` (0: its whole length)."""
    said = f"{fresh_id(12)}~{int(time.time()) + GRANT_SECONDS}~{start:g}~{end:g}"
    return f"{said}~{_seal(store, playback_id, asset_id, said)}"


def read_grant(store: Store, playback_id: str, asset_id: str, grant: str) -> tuple[str, float, float]:
    """Return the player, the start and the end of a grant. Raises `ApiError` with 403."""
    said, _, seal = grant.rpartition("~")
    if not hmac.compare_digest(seal.encode(), _seal(store, playback_id, asset_id, said).encode()):
        raise ApiError(403, "forbidden", "The address is not valid")
    player, expires, start, end = said.split("~")
    if int(expires) < time.time():
        raise ApiError(403, "forbidden", "The address has expired")
    return player, float(start), float(end)


def _seal(store: Store, *parts: str) -> str:
    return hmac.new(store.secret(), "/".join(parts).encode(), "sha256").hexdigest()[:32]
