"""Assets: recordings of live streams, clips of recordings, and files brought in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mux_python import AssetsApi

from foundation.mux_gateway.client import call, call_again, client
from foundation.mux_gateway.live_streams import PAGE, PAGES
from foundation.mux_gateway.reading import Policy, chosen_playback_id, default_policy, instant
from foundation.vendor import VendorRefused


@dataclass(frozen=True, kw_only=True)
class Asset:
    """A recording. `status` is preparing, ready or errored; Mux may add others.

    `duration` is seconds. `started_at` is when the first recorded moment reached Mux, which is the zero of the replay.
    `files` names the static renditions that are ready (`highest.mp4`).
    """

    id: str
    status: str
    playback_id: str | None
    duration: float | None
    is_live: bool
    live_stream_id: str | None
    source_asset_id: str | None
    passthrough: str | None
    aspect_ratio: str | None
    started_at: datetime | None
    created_at: datetime | None
    files: tuple[str, ...]
    errors: tuple[str, ...]


async def fetch_asset(*, asset_id: str) -> Asset:
    """Return the asset as Mux knows it now. Raises `VendorRefused` with code `not_found`."""
    return _read((await call_again(AssetsApi(client()).get_asset, asset_id))["data"])


async def find_asset(*, passthrough: str) -> Asset | None:
    """Return the newest asset carrying our id, or None. Reads at most 1,000 assets, newest first."""
    for page in range(1, PAGES + 1):
        answer = await call_again(AssetsApi(client()).list_assets, limit=PAGE, page=page)
        for found in answer["data"]:
            if found.get("passthrough") == passthrough:
                return _read(found)
        if len(answer["data"]) < PAGE:
            return None
    return None


async def create_asset(*, url: str, passthrough: str, policy: Policy | None = None) -> Asset:
    """Bring a video file in from an address and return the asset, which is ready later."""
    return await _create({"url": url}, passthrough, policy)


async def create_clip(*, asset_id: str, start: float, end: float, passthrough: str, policy: Policy | None = None) -> Asset:
    """Cut a new asset out of another, from `start` to `end` in seconds of its replay; ready later."""
    cut = {"url": f"mux://assets/{asset_id}", "start_time": start, "end_time": end}
    return await _create(cut, passthrough, policy)


async def delete_asset(*, asset_id: str) -> None:
    """Delete the asset and what it serves. Quiet when it is already gone."""
    try:
        await call_again(AssetsApi(client()).delete_asset, asset_id)
    except VendorRefused as refusal:
        if refusal.code != "not_found":
            raise


async def _create(source: dict[str, Any], passthrough: str, policy: Policy | None) -> Asset:
    body = {
        "inputs": [source],
        "passthrough": passthrough,
        "playback_policies": [policy or default_policy()],
        "static_renditions": [{"resolution": "highest"}],
    }
    return _read((await call(AssetsApi(client()).create_asset, body))["data"])


def _read(data: dict[str, Any]) -> Asset:
    recorded = data.get("recording_times") or [{}]
    files = (data.get("static_renditions") or {}).get("files") or []
    return Asset(
        id=data["id"],
        status=data["status"],
        playback_id=chosen_playback_id(data),
        duration=data.get("duration"),
        is_live=bool(data.get("is_live")),
        live_stream_id=data.get("live_stream_id"),
        source_asset_id=data.get("source_asset_id"),
        passthrough=data.get("passthrough"),
        aspect_ratio=data.get("aspect_ratio"),
        started_at=instant(recorded[0].get("started_at")),
        created_at=instant(data.get("created_at")),
        files=tuple(entry["name"] for entry in files if entry.get("status") == "ready"),
        errors=tuple((data.get("errors") or {}).get("messages") or ()),
    )
