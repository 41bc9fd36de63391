"""`/video/v1/live-streams`: the calls of Mux's API on live streams."""

from typing import Any

from litestar import Request, Router, delete, get, patch, post, put

from sandbox.mux.answers import ApiError, not_found, page_of, read_body
from sandbox.mux.assets import index_playback, new_playback_ids
from sandbox.mux.stage import new_live_stream
from sandbox.mux.store import Document, fresh_id
from sandbox.mux.world import World, world_of

CREATE = {
    *("playback_policy", "playback_policies", "advanced_playback_policies", "new_asset_settings", "reconnect_window"),
    *("use_slate_for_standard_latency", "reconnect_slate_url", "passthrough", "audio_only", "embedded_subtitles"),
    *("generated_subtitles", "reduced_latency", "low_latency", "latency_mode", "test", "simulcast_targets"),
    *("max_continuous_duration", "meta"),
}
UPDATE = {
    *("passthrough", "latency_mode", "reconnect_window", "use_slate_for_standard_latency", "reconnect_slate_url"),
    *("max_continuous_duration", "new_asset_settings", "meta"),
}
KEPT = ("passthrough", "latency_mode", "reconnect_window", "max_continuous_duration", "new_asset_settings")

Answer = dict[str, Any]


@post("/")
async def create(request: Request[Any, Any, Any]) -> Answer:
    """Create a live stream."""
    world = world_of(request)
    body = check_settings(await read_body(request, CREATE))
    stream = new_live_stream(body, key=_new_key(), key_id=fresh_id()) | {"playback_ids": new_playback_ids(body)}
    world.store.put("live_stream", stream)
    index_playback(world.store, "live_stream", stream)
    world.stage.emit("created", stream["id"])
    return {"data": stream}


@get("/")
async def index(request: Request[Any, Any, Any]) -> Answer:
    """List live streams, newest first; by `stream_key` or `status` when asked."""
    world = world_of(request)
    limit, page = page_of(request)
    wanted = {name: request.query_params[name] for name in ("stream_key", "status") if name in request.query_params}
    if not wanted:
        return {"data": world.store.page("live_stream", limit=limit, page=page)}
    fitting = [one for one in reversed(world.store.all("live_stream")) if wanted.items() <= one.items()]
    return {"data": fitting[(page - 1) * limit : page * limit]}


@get("/{key:str}")
async def show(request: Request[Any, Any, Any], key: str) -> Answer:
    """Return one live stream."""
    return {"data": find(world_of(request), key)}


@patch("/{key:str}")
async def update(request: Request[Any, Any, Any], key: str) -> Answer:
    """Change settings of a live stream; those not sent stay."""
    world = world_of(request)
    stream = find(world, key)
    body = check_settings(await read_body(request, UPDATE))
    stream |= {name: body[name] for name in KEPT if name in body}
    world.store.put("live_stream", stream)
    world.stage.emit("updated", key)
    return {"data": stream}


@delete("/{key:str}")
async def remove(request: Request[Any, Any, Any], key: str) -> None:
    """Delete a live stream; its recordings stay."""
    world = world_of(request)
    find(world, key)
    await world.stage.finish(key)
    stream = find(world, key)
    for entry in stream["playback_ids"]:
        world.store.remove("playback", entry["id"])
    world.stage.emit("deleted", key)
    world.store.remove("live_stream", key)


@put("/{key:str}/complete")
async def complete(request: Request[Any, Any, Any], key: str) -> Answer:
    """End the recording now."""
    world = world_of(request)
    find(world, key)
    await world.stage.finish(key)
    return {"data": {}}


@put("/{key:str}/disable")
async def disable(request: Request[Any, Any, Any], key: str) -> Answer:
    """End the live stream and refuse its key."""
    world = world_of(request)
    find(world, key)
    await world.stage.finish(key)
    world.store.put("live_stream", find(world, key) | {"status": "disabled"})
    world.stage.emit("disabled", key)
    return {"data": {}}


@put("/{key:str}/enable")
async def enable(request: Request[Any, Any, Any], key: str) -> Answer:
    """Accept the key of a disabled live stream again."""
    world = world_of(request)
    stream = find(world, key)
    if stream["status"] == "disabled":
        world.store.put("live_stream", stream | {"status": "idle"})
        world.stage.emit("enabled", key)
    return {"data": {}}


@post("/{key:str}/reset-stream-key")
async def reset_stream_key(request: Request[Any, Any, Any], key: str) -> Answer:
    """Give the live stream another key; an encoder that publishes with the old one is not dropped."""
    world = world_of(request)
    stream = find(world, key) | {"stream_key": _new_key()}
    world.store.put("live_stream", stream)
    world.stage.emit("updated", key)
    return {"data": stream}


def find(world: World, key: str) -> Document:
    """Return a live stream. Raises the 404."""
    stream = world.store.get("live_stream", key)
    if stream is None:
        raise not_found()
    return stream


def check_settings(body: dict[str, Any]) -> dict[str, Any]:
    """Check the values that Mux checks, in a request about a live stream or an asset. Raises `ApiError`."""
    wrong = []
    if not set(body.get("playback_policies") or []) <= {"public", "signed"}:
        wrong.append("playback_policies must be public or signed")
    if not 0 <= float(body.get("reconnect_window") or 0) <= 1800:
        wrong.append("reconnect_window must be from 0 to 1800 seconds")
    if body.get("latency_mode", "standard") not in ("standard", "reduced", "low"):
        wrong.append("latency_mode must be standard, reduced or low")
    if len(str(body.get("passthrough", ""))) > 255:
        wrong.append("passthrough must have at most 255 characters")
    if wrong:
        raise ApiError(400, "invalid_parameters", *wrong)
    return body


def _new_key() -> str:
    return "-".join((fresh_id(8), fresh_id(4), fresh_id(4), fresh_id(4), fresh_id(12))).lower()


routes = Router(
    "/video/v1/live-streams",
    route_handlers=[create, index, show, update, remove, complete, disable, enable, reset_stream_key],
)
