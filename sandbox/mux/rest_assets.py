"""`/video/v1/assets` and `/system/v1/signing-keys`: the calls of Mux's API on recordings and on keys."""

import asyncio
import shutil
from typing import Any
from urllib.parse import unquote, urlsplit

from litestar import Request, Router, delete, get, patch, post

from sandbox.mux import recording
from sandbox.mux.access import new_signing_key
from sandbox.mux.answers import ApiError, not_found, page_of, read_body
from sandbox.mux.rest_live_streams import check_settings
from sandbox.mux.store import Document
from sandbox.mux.world import World, world_of

CREATE = {
    *("input", "inputs", "playback_policy", "playback_policies", "advanced_playback_policies", "per_title_encode"),
    *("passthrough", "mp4_support", "normalize_audio", "master_access", "test", "max_resolution_tier"),
    *("encoding_tier", "video_quality", "static_renditions", "meta", "copy_overlays"),
}
CLIP = "mux://assets/"

Answer = dict[str, Any]


@post("/")
async def create(request: Request[Any, Any, Any]) -> Answer:
    """Create an asset out of a file (`https://`, and `file://` here) or out of another asset (`mux://assets/ID`)."""
    world = world_of(request)
    body = check_settings(await read_body(request, CREATE))
    inputs = body.get("inputs") or body.get("input") or []
    first = inputs[0] if inputs and isinstance(inputs[0], dict) else {}
    url = str(first.get("url", ""))
    start, end = float(first.get("start_time") or 0), first.get("end_time")
    if end is not None and float(end) <= start:
        raise ApiError(400, "invalid_parameters", "end_time must be after start_time")
    more: dict[str, Any] = {"ingest": "on_demand_url"}
    if url.startswith(CLIP):
        parent = find(world, url.removeprefix(CLIP))
        source = await _whole(world, parent)
        more = {"ingest": "on_demand_clip", "source_asset_id": parent["id"]}
    else:
        source = _source(url)
    asset = world.assets.bring_in(body, source, start=start, end=float(end) if end is not None else None, **more)
    return {"data": asset}


@get("/")
async def index(request: Request[Any, Any, Any]) -> Answer:
    """List assets, newest first; those of one live stream when asked."""
    world = world_of(request)
    limit, page = page_of(request)
    wanted = request.query_params.get("live_stream_id")
    if not wanted:
        return {"data": world.store.page("asset", limit=limit, page=page)}
    fitting = [one for one in reversed(world.store.all("asset")) if one.get("live_stream_id") == wanted]
    return {"data": fitting[(page - 1) * limit : page * limit]}


@get("/{key:str}")
async def show(request: Request[Any, Any, Any], key: str) -> Answer:
    """Return one asset."""
    return {"data": find(world_of(request), key)}


@patch("/{key:str}")
async def update(request: Request[Any, Any, Any], key: str) -> Answer:
    """Change what we note on an asset."""
    world = world_of(request)
    asset = find(world, key) | check_settings(await read_body(request, {"passthrough", "meta"}))
    world.store.put("asset", asset)
    world.assets.emit("updated", asset)
    return {"data": asset}


@delete("/{key:str}")
async def remove(request: Request[Any, Any, Any], key: str) -> None:
    """Delete an asset with its files."""
    world = world_of(request)
    asset = find(world, key)
    if asset.get("is_live"):
        raise ApiError(400, "invalid_parameters", "The asset is being recorded")
    for entry in asset["playback_ids"]:
        world.store.remove("playback", entry["id"])
    world.store.remove("asset", key)
    world.assets.emit("deleted", asset)
    await asyncio.to_thread(shutil.rmtree, world.assets.folder(key), ignore_errors=True)


@post("/")
async def create_key(request: Request[Any, Any, Any]) -> Answer:
    """Make a signing key; its private half is shown only here."""
    key = new_signing_key()
    world_of(request).store.put("signing_key", key)
    return {"data": key}


@get("/")
async def index_keys(request: Request[Any, Any, Any]) -> Answer:
    """List the signing keys."""
    limit, page = page_of(request)
    return {"data": [_shown(key) for key in world_of(request).store.page("signing_key", limit=limit, page=page)]}


@delete("/{key:str}")
async def remove_key(request: Request[Any, Any, Any], key: str) -> None:
    """Delete a signing key: what it signed opens nothing any more."""
    world = world_of(request)
    if world.store.get("signing_key", key) is None:
        raise not_found()
    world.store.remove("signing_key", key)


def find(world: World, key: str) -> Document:
    """Return an asset. Raises the 404."""
    asset = world.store.get("asset", key)
    if asset is None:
        raise not_found()
    return asset


def _source(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "file":
        return unquote(parts.path)
    if parts.scheme in ("http", "https"):
        return url
    raise ApiError(400, "invalid_parameters", "inputs must name one address of a media file")


async def _whole(world: World, asset: Document) -> str:
    folder = world.assets.folder(asset["id"])
    if not recording.segments(folder):
        raise ApiError(400, "invalid_parameters", "The asset has no media yet")
    return str(await asyncio.to_thread(recording.write_whole, folder))


def _shown(key: Document) -> Document:
    return {name: value for name, value in key.items() if name != "private_key"}


routes = [
    Router("/video/v1/assets", route_handlers=[create, index, show, update, remove]),
    Router("/system/v1/signing-keys", route_handlers=[create_key, index_keys, remove_key]),
]
