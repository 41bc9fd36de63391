"""Assets as documents: how they are made, what becomes of them, and the events that tell it."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.mux import playlist, recording
from sandbox.mux.children import MediaError
from sandbox.mux.recording import Media
from sandbox.mux.store import Document, Store, fresh_id
from sandbox.mux.webhooks import Webhooks


@dataclass
class Assets:
    """The assets of the stand-in and the folder of their media."""

    store: Store
    webhooks: Webhooks
    media: Path
    working: set[asyncio.Task[None]] = field(default_factory=set)

    def folder(self, asset_id: str) -> Path:
        """Return the folder of an asset's files."""
        return self.media / asset_id

    def create(self, settings: dict[str, Any], *, ingest: str, **more: Any) -> Document:
        """Write down a new asset that is being prepared, and tell it."""
        asset: Document = {
            "id": fresh_id(),
            "created_at": str(int(time.time())),
            "status": "preparing",
            "encoding_tier": "smart",
            "video_quality": "plus",
            "max_resolution_tier": "1080p",
            "master_access": "none",
            "ingest_type": ingest,
            "test": bool(settings.get("test", False)),
            "playback_ids": new_playback_ids(settings),
            "progress": {"state": "ingesting", "progress": 0},
            **more,
        }
        if settings.get("passthrough") is not None:
            asset["passthrough"] = settings["passthrough"]
        if settings.get("static_renditions"):
            asset["static_renditions"] = {"files": [_rendition()]}
        self.store.put("asset", asset)
        index_playback(self.store, "asset", asset)
        self.emit("created", asset)
        return asset

    def emit(self, event: str, asset: Document, data: Document | None = None) -> None:
        """Queue an event about an asset."""
        self.webhooks.emit(f"video.asset.{event}", "asset", asset["id"], asset if data is None else data)

    def bring_in(self, settings: dict[str, Any], source: str, *, start: float, end: float | None, **more: Any) -> Document:
        """Create an asset out of a file or another recording and prepare it in the background."""
        asset = self.create(settings, **more)
        self.later(self._bring_in(asset["id"], source, start, end))
        return asset

    async def _bring_in(self, asset_id: str, source: str, start: float, end: float | None) -> None:
        try:
            await recording.package(source, self.folder(asset_id), start=start, end=end)
            await self.finish(asset_id)
        except MediaError as error:
            self.fail(asset_id, str(error))

    def fail(self, asset_id: str, reason: str) -> None:
        """Mark an asset as not usable, and tell it."""
        asset = self.store.get("asset", asset_id)
        if asset is None:
            return
        asset |= {"status": "errored", "errors": {"type": "invalid_input", "messages": [reason]}}
        asset["progress"] = {"state": "errored", "progress": 0}
        self.store.put("asset", asset)
        self.emit("errored", asset)

    async def describe(self, asset_id: str) -> Document | None:
        """Note length, size, shape and times of an asset from its media; return it, or None when it is gone."""
        pieces = recording.segments(self.folder(asset_id))
        media = await recording.inspect(str(self.folder(asset_id) / pieces[0].name))
        asset = self.store.get("asset", asset_id)
        if asset is None:
            return None
        asset |= _shape(media, playlist.length(pieces))
        self.store.put("asset", asset)
        return asset

    async def playable(self, asset_id: str) -> None:
        """Mark the asset of a live stream as watchable from its beginning while it goes on, and tell it."""
        asset = await self.describe(asset_id)
        if asset is not None and asset["status"] == "preparing":
            asset |= {"status": "ready", "progress": {"state": "live", "progress": 100}}
            self.store.put("asset", asset)
            self.emit("ready", asset)

    async def finish(self, asset_id: str) -> None:
        """Close an asset: its length is final; tell it, then make the files that were asked for."""
        try:
            asset = await self.describe(asset_id)
        except (MediaError, IndexError):
            self.fail(asset_id, "no media arrived")
            return
        if asset is None:
            return
        was_live = asset.pop("is_live", False)
        if was_live:
            asset["recording_times"] = _takes(self.folder(asset_id))
        asset |= {"status": "ready", "progress": {"state": "completed", "progress": 100}}
        self.store.put("asset", asset)
        self.emit("live_stream_completed" if was_live else "ready", asset)
        if "static_renditions" in asset:
            self.later(self._write_files(asset_id))

    async def _write_files(self, asset_id: str) -> None:
        path: Path | None = None
        try:
            path = await recording.write_file(self.folder(asset_id))
        except MediaError:
            pass  # told below by the state of the rendition
        asset = self.store.get("asset", asset_id)
        if asset is None:
            return
        file = asset["static_renditions"]["files"][0]
        file["status"] = "ready" if path else "errored"
        if path:
            file["filesize"] = str(path.stat().st_size)
        self.store.put("asset", asset)
        self.emit(f"static_rendition.{file['status']}", asset, file | {"asset_id": asset_id})

    def later(self, work: Any) -> None:
        """Run something in the background of this process."""
        task = asyncio.create_task(work)
        self.working.add(task)
        task.add_done_callback(self.working.discard)


def new_playback_ids(settings: dict[str, Any]) -> list[Document]:
    """Make the playback ids that a request asks for by `playback_policies` (or its older name)."""
    policies = settings.get("playback_policies") or settings.get("playback_policy") or []
    return [{"id": fresh_id(), "policy": policy} for policy in policies]


def index_playback(store: Store, kind: str, owner: Document) -> None:
    """Write down which object each playback id belongs to."""
    for entry in owner.get("playback_ids", []):
        store.put("playback", {**entry, "object_kind": kind, "object_id": owner["id"]})


def _rendition() -> Document:
    return {
        "id": fresh_id(),
        "name": "highest.mp4",
        "ext": "mp4",
        "type": "standard",
        "status": "preparing",
        "resolution": "highest",
    }


def _shape(media: Media, seconds: float) -> Document:
    across = media.width / media.height
    named = {"16:9": 16 / 9, "9:16": 9 / 16, "4:3": 4 / 3, "1:1": 1.0}
    ratio = next((name for name, value in named.items() if abs(value - across) < 0.02), f"{media.width}:{media.height}")
    tracks: list[Document] = [
        {
            "id": fresh_id(),
            "type": "video",
            "duration": round(seconds, 3),
            "max_width": media.width,
            "max_height": media.height,
            "max_frame_rate": media.frame_rate,
        }
    ]
    if media.sound:
        tracks.append({"id": fresh_id(), "type": "audio", "duration": round(seconds, 3), "max_channels": 2, "primary": True})
    return {
        "duration": round(seconds, 3),
        "aspect_ratio": ratio,
        "resolution_tier": "1080p" if min(media.width, media.height) > 720 else "720p",
        "max_stored_frame_rate": media.frame_rate,
        "tracks": tracks,
    }


def _takes(folder: Path) -> list[Document]:
    takes = sorted(folder.glob("take*.m3u8"), key=lambda path: int(path.stem[4:]))
    times = []
    for path in takes:
        pieces = playlist.read(path.read_text())
        began = playlist.began_at(pieces)
        if began:
            times.append(
                {
                    "started_at": began.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                    "duration": round(playlist.length(pieces), 3),
                    "type": "content",
                }
            )
    return times
