"""What a viewer's browser is given: addresses and the tokens that open them. Signing needs no call to Mux."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Literal
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey
from mux_python import SigningKeysApi

from foundation import clock, settings
from foundation.mux_gateway.client import call, client
from foundation.mux_gateway.reading import instant
from foundation.vendor import OutcomeUnknown, VendorBusy, VendorRefused

Kind = Literal["video", "thumbnail", "storyboard", "gif"]
Counted = Literal["live_stream", "asset", "playback", "video"]
Params = Mapping[str, str | int | float | bool]

STREAM = "https://stream.mux.com"
IMAGE = "https://image.mux.com"
STATS = "https://stats.mux.com"

_SHOWN: tuple[Kind, ...] = ("video", "thumbnail", "storyboard")

AUDIENCES = {"video": "v", "thumbnail": "t", "storyboard": "s", "gif": "g"}


@dataclass(frozen=True, kw_only=True)
class SigningKey:
    """A key that signs playback tokens. Mux shows the private half (base64 of a PEM) only this once."""

    id: str
    private_key: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ViewerCount:
    """How many people watch now (`viewers`) in how many players (`views`), as Mux counted at `updated_at`."""

    viewers: int
    views: int
    updated_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class PlayerSource:
    """What the player macro needs to show one playback id; it can be written into a page for one viewer.

    With Mux itself `playback_id` and the three tokens are set (the player builds Mux's addresses); with another address in the
    settings `src` and `storyboard` are. `poster` is the address of a still and `stream` that of the HLS playlist in both cases.
    """

    playback_id: str | None = None
    playback_token: str | None = field(default=None, repr=False)
    thumbnail_token: str | None = field(default=None, repr=False)
    storyboard_token: str | None = field(default=None, repr=False)
    src: str | None = field(default=None, repr=False)
    poster: str | None = field(default=None, repr=False)
    storyboard: str | None = field(default=None, repr=False)
    stream: str | None = field(default=None, repr=False)


async def create_signing_key() -> SigningKey:
    """Create a key for playback tokens and return it with its private half."""
    data = (await call(SigningKeysApi(client()).create_signing_key))["data"]
    return SigningKey(id=data["id"], private_key=data["private_key"])


async def knows_signing_key(key_id: str) -> bool:
    """Whether Mux still has the key; what was signed with one it does not know opens nothing."""
    data = (await call(SigningKeysApi(client()).list_signing_keys, limit=100))["data"]
    return any(key["id"] == key_id for key in data)


def sign_playback(playback_id: str, *, kind: Kind = "video", seconds: int = 3600, params: Params | None = None) -> str | None:
    """Return a token that opens one playback id for one kind of use, for a number of seconds (up to a quarter more).

    None when the settings have no signing key: playback is public then, and the addresses need no token.

    Modifiers of the picture or the stream (`time` and `width` of a thumbnail, `asset_start_time` of a video) go into
    `params`, since Mux ignores the query string beside a token. The key's id is in the header and in the claims: Mux's
    own libraries differ on where they put it.
    """
    if not settings.current().mux_signing_key_id:
        return None
    return _sign(playback_id, AUDIENCES[kind], seconds, params or {})


def player_source(playback_id: str, *, seconds: int = 6 * 3600) -> PlayerSource:
    """Return what a player needs to show a live stream or a replay, valid for a number of seconds."""
    tokens = [sign_playback(playback_id, kind=kind, seconds=seconds) for kind in _SHOWN]
    if not settings.current().mux_stream_base:
        return PlayerSource(
            playback_id=playback_id,
            playback_token=tokens[0],
            thumbnail_token=tokens[1],
            storyboard_token=tokens[2],
            poster=thumbnail_url(playback_id, token=tokens[1]),
            stream=hls_url(playback_id, token=tokens[0]),
        )
    return PlayerSource(
        src=hls_url(playback_id, token=tokens[0]),
        poster=thumbnail_url(playback_id, token=tokens[1]),
        storyboard=storyboard_url(playback_id, token=tokens[2]),
        stream=hls_url(playback_id, token=tokens[0]),
    )


def hls_url(playback_id: str, *, token: str | None = None) -> str:
    """Return the address of the HLS playlist, for `src` of a player."""
    return _url(settings.current().mux_stream_base or STREAM, f"{playback_id}.m3u8", token, {})


def file_url(playback_id: str, *, name: str = "highest.mp4", token: str | None = None) -> str:
    """Return the address of a static rendition, for download or for a plain `<video>`."""
    return _url(settings.current().mux_stream_base or STREAM, f"{playback_id}/{name}", token, {})


def thumbnail_url(playback_id: str, *, token: str | None = None, params: Params | None = None, extension: str = "jpg") -> str:
    """Return the address of a still; `params` (`time`, `width`, `latest`) only count without a token."""
    return _url(settings.current().mux_image_base or IMAGE, f"{playback_id}/thumbnail.{extension}", token, params or {})


def storyboard_url(playback_id: str, *, token: str | None = None, extension: str = "vtt") -> str:
    """Return the address of the small pictures under the seek bar: `vtt` is their index, `jpg` the sheet."""
    return _url(settings.current().mux_image_base or IMAGE, f"{playback_id}/storyboard.{extension}", token, {})


async def viewer_counts(object_id: str, *, counted: Counted = "live_stream") -> ViewerCount:
    """Return how many people watch a live stream, an asset or a playback id now, as Mux counts them.

    Raises `OutcomeUnknown`, `VendorBusy` or `VendorRefused` like any other call; without a signing key Mux
    counts for nobody, which is `VendorRefused` with code `no_signing_key`.
    """
    token = _sign(object_id, f"{counted}_id", 60, {})
    try:
        async with httpx.AsyncClient(timeout=5, verify=_certificates()) as http:
            answer = await http.get(_url(settings.current().mux_stats_base or STATS, "counts", token, {}))
            rows = answer.json().get("data", []) if answer.is_success else []
    except (httpx.HTTPError, ValueError) as error:
        raise OutcomeUnknown(f"Mux did not count: {type(error).__name__}") from None
    if answer.status_code == 429:
        raise VendorBusy("Mux asks for patience")
    if answer.is_server_error:
        raise OutcomeUnknown(f"Mux answered with status {answer.status_code}")
    if answer.is_error:
        raise VendorRefused(str(answer.status_code), "counts refused")
    first = rows[0] if rows else {}
    return ViewerCount(
        viewers=int(first.get("viewers", 0)),
        views=int(first.get("views", 0)),
        updated_at=instant(first.get("updated_at")),
    )


def _sign(subject: str, audience: str, seconds: int, params: Params) -> str:
    current = settings.current()
    if not current.mux_signing_key_id or not current.mux_signing_private_key:
        raise VendorRefused("no_signing_key", "MUX_SIGNING_KEY_ID and MUX_SIGNING_PRIVATE_KEY are not set")
    step = max(1, seconds // 4)
    wanted = int(clock.now().timestamp()) + seconds
    expires = -(-wanted // step) * step  # up to a quarter longer, so that addresses stay the same and browsers can keep pictures
    claims = (*sorted(params.items()), ("sub", subject), ("aud", audience), ("exp", expires))
    return _token(current.mux_signing_key_id, current.mux_signing_private_key, claims)


@lru_cache(maxsize=4096)
def _token(key_id: str, private_key: str, claims: tuple[tuple[str, str | float], ...]) -> str:
    return jwt.encode({"alg": "RS256", "kid": key_id}, dict(claims) | {"kid": key_id}, _private_key(private_key))


@cache
def _private_key(encoded: str) -> RSAKey:
    return RSAKey.import_key(base64.b64decode(encoded))


@cache
def _certificates() -> Any:
    return httpx.create_ssl_context()


def _url(base: str, path: str, token: str | None, params: Params) -> str:
    query = {"token": token} if token else dict(params)
    return f"{base.rstrip('/')}/{path}" + (f"?{urlencode(query)}" if query else "")
