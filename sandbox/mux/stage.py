"""The life of a live stream: an encoder comes, is recorded, drops, comes back within the window, or is over.

connected -> recording -> active -> disconnected -> (connected again within the reconnect window | idle).
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.mux import recording
from sandbox.mux.assets import Assets
from sandbox.mux.faults import Faults
from sandbox.mux.recording import Take
from sandbox.mux.store import Document, Store
from sandbox.mux.webhooks import Webhooks


class KeyRefused(Exception):
    """An encoder may not publish; the text says why and never repeats the key."""


@dataclass(kw_only=True)
class OnAir:
    """A live stream between its first encoder and the end of its reconnect window."""

    live_stream_id: str
    asset_id: str
    take: Take | None = field(default=None, repr=False)
    drop: Callable[[], None] | None = field(default=None, repr=False)
    watching: asyncio.Task[None] | None = field(default=None, repr=False)
    closing: asyncio.Task[None] | None = field(default=None, repr=False)
    changing: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)


@dataclass
class Stage:
    """All live streams that are on air."""

    store: Store
    webhooks: Webhooks
    assets: Assets
    faults: Faults
    on_air: dict[str, OnAir] = field(default_factory=dict)

    def emit(self, event: str, live_stream_id: str) -> None:
        """Queue an event about a live stream."""
        stream = self.store.get("live_stream", live_stream_id)
        if stream is not None:
            self.webhooks.emit(f"video.live_stream.{event}", "live", live_stream_id, stream)

    async def begin(self, key: str, drop: Callable[[], None]) -> OnAir:
        """Let an encoder in by its stream key. Raises `KeyRefused`; `drop` is how to throw it out later."""
        stream = self.store.find("live_stream", "stream_key", key)
        if stream is None:
            raise KeyRefused("unknown stream key")
        if stream["status"] == "disabled":
            raise KeyRefused("the live stream is disabled")
        if self.faults.take("ingest.refuse", stream["id"]):
            raise KeyRefused("refused on request")
        current = self.on_air.get(stream["id"]) or self._open(stream)
        async with current.changing:
            if current.drop is not None or self.on_air.get(stream["id"]) is not current:
                raise KeyRefused("another encoder is publishing")
            await self._connect(current, drop)
        return current

    async def _connect(self, current: OnAir, drop: Callable[[], None]) -> None:
        if current.closing is not None:
            current.closing.cancel()
            current.closing = None
        self.emit("connected", current.live_stream_id)
        current.take = await recording.start_take(self.assets.folder(current.asset_id))
        current.drop = drop
        self.emit("recording", current.live_stream_id)
        current.watching = asyncio.create_task(self._watch(current, current.take))

    def _open(self, stream: Document) -> OnAir:
        asset = self.assets.create(stream["new_asset_settings"], ingest="live_rtmp", is_live=True, live_stream_id=stream["id"])
        stream["active_asset_id"] = asset["id"]
        self.store.put("live_stream", stream)
        current = OnAir(live_stream_id=stream["id"], asset_id=asset["id"])
        self.on_air[stream["id"]] = current
        return current

    async def _watch(self, current: OnAir, take: Take) -> None:
        """Wait for the first segment of a take: only then can anybody watch."""
        while not (take.playlist.exists() and recording.segments(take.folder)):
            if take.process.returncode is not None:
                return
            await asyncio.sleep(0.05)
        stream = self.store.get("live_stream", current.live_stream_id)
        if stream is None or stream["status"] == "disabled":
            return
        self.store.put("live_stream", stream | {"status": "active"})
        self.emit("active", current.live_stream_id)
        await self.assets.playable(current.asset_id)

    async def end(self, current: OnAir) -> None:
        """An encoder has gone: close its take and wait for it to come back, as long as its window says."""
        async with current.changing:
            take, current.take, current.drop = current.take, None, None
            if take is None:
                return
            await take.stop()
            if current.watching is not None:
                current.watching.cancel()
            self.emit("disconnected", current.live_stream_id)
            self._wait(current)

    def _wait(self, current: OnAir) -> None:
        stream = self.store.get("live_stream", current.live_stream_id)
        window = float(stream["reconnect_window"]) if stream else 0.0
        current.closing = asyncio.create_task(self._close_after(current, window))

    async def _close_after(self, current: OnAir, window: float) -> None:
        await asyncio.sleep(window)
        await self.finish(current.live_stream_id)

    async def finish(self, live_stream_id: str, *, status: str = "idle") -> None:
        """End the recording of a live stream now; quiet when it is not on air. Throws the encoder out."""
        current = self.on_air.get(live_stream_id)
        if current is None:
            return
        async with current.changing:
            if self.on_air.pop(live_stream_id, None) is not current:
                return
            if current.closing is not None and current.closing is not asyncio.current_task():
                current.closing.cancel()
            await self._throw_out(current)
            stream = self.store.get("live_stream", live_stream_id)
            if stream is not None:
                self._leave(stream, current.asset_id, status)
                self.emit("idle", live_stream_id)
        await self.assets.finish(current.asset_id)

    async def _throw_out(self, current: OnAir) -> None:
        drop, take = current.drop, current.take
        current.drop = current.take = None
        if drop is None or take is None:
            return
        drop()
        await take.stop()
        if current.watching is not None:
            current.watching.cancel()
        self.emit("disconnected", current.live_stream_id)

    def _leave(self, stream: Document, asset_id: str, status: str) -> None:
        stream.pop("active_asset_id", None)
        recent = [*stream.get("recent_asset_ids", []), asset_id]
        stream |= {"status": status, "recent_asset_ids": recent[-10:]}
        self.store.put("live_stream", stream)

    def recover(self) -> None:
        """After a restart: what was on air has lost its encoder, and waits for it like after any other drop."""
        for stream in self.store.all("live_stream"):
            if stream.get("active_asset_id"):
                current = OnAir(live_stream_id=stream["id"], asset_id=stream["active_asset_id"])
                self.on_air[stream["id"]] = current
                self.emit("disconnected", stream["id"])
                self._wait(current)

    async def stop(self) -> None:
        """Close all takes without ending their recordings: the next start goes on from there."""
        for current in list(self.on_air.values()):
            if current.closing is not None:
                current.closing.cancel()
            take, current.take = current.take, None
            if current.drop is not None:
                current.drop()
            if take is not None:
                await take.stop()


def new_live_stream(settings: Document, *, key: str, key_id: str) -> Document:
    """Return the document of a new live stream, with Mux's own defaults where a request says nothing."""
    latency = settings.get("latency_mode", "standard")
    return {
        "id": key_id,
        "created_at": str(int(time.time())),
        "stream_key": key,
        "status": "idle",
        "latency_mode": latency,
        "reconnect_window": settings.get("reconnect_window", 60 if latency == "standard" else 0),
        "max_continuous_duration": settings.get("max_continuous_duration", 43200),
        "new_asset_settings": settings.get("new_asset_settings", {}),
        "test": bool(settings.get("test", False)),
        **({"passthrough": settings["passthrough"]} if "passthrough" in settings else {}),
    }
