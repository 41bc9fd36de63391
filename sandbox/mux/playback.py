"""`/stream`: playlists, segments and files for players. `/stats/counts`: how many of them there are."""

import asyncio
import base64
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from litestar import Request, Response, Router, get
from litestar.response import File

from sandbox.mux import playlist, recording
from sandbox.mux.access import make_grant, open_playback, read_grant, read_token
from sandbox.mux.answers import ApiError, not_found
from sandbox.mux.store import Document
from sandbox.mux.world import World, world_of

M3U8 = "application/vnd.apple.mpegurl"
SEGMENT = re.compile(r"take\d{1,6}-\d{5,9}\.ts")
LIVE_WINDOW = 30.0
"""Seconds that a live stream's own playback id shows, as Mux's; an asset's shows everything from the beginning."""
RANGE_BYTES = 4 * 1024 * 1024
COUNTED = ("live_stream", "asset", "playback", "video")

Asked = Request[Any, Any, Any]


@get("/{name:str}")
async def multivariant(request: Asked, name: str) -> Response[str]:
    """The first playlist a player asks for: it names the one rendition, with a grant for this player."""
    world = world_of(request)
    playback_id, dot, extension = name.partition(".")
    if extension != "m3u8" or not dot:
        raise not_found()
    playback, params = open_playback(world, playback_id, dict(request.query_params), "v")
    asset = playing(world, playback)
    if not recording.segments(world.assets.folder(asset["id"])):
        raise ApiError(412, "precondition_failed", "Nothing can be played yet")
    grant = make_grant(
        world.store,
        playback_id,
        asset["id"],
        start=_seconds(params, "asset_start_time"),
        end=_seconds(params, "asset_end_time"),
    )
    return _text(_multivariant(asset, f"{playback_id}/{asset['id']}/{grant}/rendition.m3u8"))


@get("/{playback_id:str}/{asset_id:str}/{grant:str}/{name:str}")
async def media(request: Asked, playback_id: str, asset_id: str, grant: str, name: str) -> Response[Any]:
    """The rendition's playlist or one of its segments."""
    world = world_of(request)
    player, start, end = read_grant(world.store, playback_id, asset_id, grant)
    playback, asset = world.store.get("playback", playback_id), world.store.get("asset", asset_id)
    if playback is None or asset is None:
        raise not_found()
    world.counts.note(player, playback_id, asset_id, asset.get("live_stream_id", ""))
    if name == "rendition.m3u8":
        return _text(_rendition(world, playback, asset, start, end))
    if not SEGMENT.fullmatch(name):
        raise not_found()
    return await _bytes(world.assets.folder(asset_id) / name, "video/mp2t")


@get("/{playback_id:str}/{name:str}")
async def file(request: Asked, playback_id: str, name: str) -> Response[bytes] | File:
    """A static rendition, whole or a part of it."""
    world = world_of(request)
    playback, _ = open_playback(world, playback_id, dict(request.query_params), "v")
    asset = playing(world, playback)
    files = asset.get("static_renditions", {}).get("files", [])
    if not any(entry["name"] == name and entry["status"] == "ready" for entry in files):
        raise not_found()
    path = world.assets.folder(asset["id"]) / name
    wanted = re.fullmatch(r"bytes=(\d{1,15})-(\d{0,15})", request.headers.get("range", ""))
    if not wanted:
        return File(path, media_type="video/mp4", headers={"accept-ranges": "bytes"})
    return await asyncio.to_thread(_part, path, int(wanted[1]), int(wanted[2] or 10**15))


@get("/counts")
async def counts(request: Asked) -> dict[str, Any]:
    """How many players watch what a token names."""
    world = world_of(request)
    token = request.query_params.get("token", "")
    for kind in COUNTED:
        try:
            claims = read_token(world.store, token, subject=_subject(token), audience=f"{kind}_id")
        except ApiError:
            continue
        watching = world.counts.watching(str(claims["sub"]))
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return {"data": [{"views": watching, "viewers": watching, "updated_at": now}]}
    raise ApiError(403, "forbidden", "The token is not valid")


def playing(world: World, playback: Document) -> Document:
    """Return the asset that a playback id shows now. Raises `ApiError`: 412 while there is nothing to show."""
    asset_id: str | None = playback["object_id"]
    if playback["object_kind"] == "live_stream":
        stream = world.store.get("live_stream", playback["object_id"])
        asset_id = stream.get("active_asset_id") if stream else None
    asset = world.store.get("asset", asset_id) if asset_id else None
    if asset is None:
        raise ApiError(412, "precondition_failed", "The live stream is idle")
    if asset["status"] == "errored" or (asset["status"] == "preparing" and not asset.get("is_live")):
        raise ApiError(412, "precondition_failed", "The asset is not ready")
    return asset


def _rendition(world: World, playback: Document, asset: Document, start: float, end: float) -> str:
    pieces = recording.segments(world.assets.folder(asset["id"]))
    ended = not asset.get("is_live", False)
    if playback["object_kind"] == "live_stream":
        return playlist.write(pieces, first=playlist.first_of_window(pieces, LIVE_WINDOW), ended=ended)
    if start or end:
        pieces = playlist.between(pieces, start, end or playlist.length(pieces))
        ended = ended or bool(end)
    return playlist.write(pieces, ended=ended)


def _multivariant(asset: Document, uri: str) -> str:
    picture: Document = next((track for track in asset.get("tracks", []) if track["type"] == "video"), {})
    size = f",RESOLUTION={picture['max_width']}x{picture['max_height']}" if picture else ""
    return (
        "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        f"#EXT-X-STREAM-INF:BANDWIDTH=2500000{size},CLOSED-CAPTIONS=NONE\n{uri}\n"
    )


def _subject(token: str) -> str:
    """Return whom a token is about, unverified: `read_token` compares it with what was signed."""
    try:
        part = token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["sub"])
    except (IndexError, ValueError, KeyError, TypeError):
        return ""


def _seconds(params: dict[str, Any], name: str) -> float:
    try:
        return max(0.0, float(params.get(name) or 0))
    except ValueError:
        raise ApiError(400, "invalid_parameters", f"{name} must be seconds") from None


def _text(text: str) -> Response[str]:
    return Response(text, media_type=M3U8, headers={"cache-control": "no-cache"})


async def _bytes(path: Path, media_type: str) -> Response[bytes]:
    try:
        content = await asyncio.to_thread(path.read_bytes)
    except FileNotFoundError:
        raise not_found() from None
    return Response(content, media_type=media_type, headers={"cache-control": "public, max-age=86400, immutable"})


def _part(path: Path, first: int, last: int) -> Response[bytes]:
    size = path.stat().st_size
    if first >= size:
        return Response(b"", status_code=416, headers={"content-range": f"bytes */{size}"})
    last = min(last, size - 1, first + RANGE_BYTES - 1)
    with path.open("rb") as opened:
        opened.seek(first)
        content = opened.read(last - first + 1)
    headers = {"content-range": f"bytes {first}-{last}/{size}", "accept-ranges": "bytes"}
    return Response(content, status_code=206, media_type="video/mp4", headers=headers)


routes = [
    Router("/stream", route_handlers=[multivariant, media, file]),
    Router("/stats", route_handlers=[counts]),
]
