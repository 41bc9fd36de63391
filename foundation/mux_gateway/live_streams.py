"""Live streams: where a host's encoder publishes, one per show."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from mux_python import LiveStreamsApi

from foundation.mux_gateway.client import call, call_again, client
from foundation.mux_gateway.reading import Policy, chosen_playback_id, default_policy, instant
from foundation.vendor import VendorRefused

Latency = Literal["standard", "reduced", "low"]

PAGE = 100
PAGES = 10


@dataclass(frozen=True, kw_only=True)
class LiveStream:
    """A live stream of Mux. `status` is idle, active or disabled; Mux may add others.

    `stream_key` lets anybody publish in the host's name, so it never shows in a repr.
    """

    id: str
    stream_key: str = field(repr=False)
    playback_id: str | None
    status: str
    active_asset_id: str | None
    recent_asset_ids: tuple[str, ...]
    passthrough: str | None
    latency_mode: str
    reconnect_window: float
    created_at: datetime | None


async def create_live_stream(
    *,
    passthrough: str,
    reconnect_window: int = 60,
    latency: Latency = "low",
    policy: Policy | None = None,
    test: bool = False,
) -> LiveStream:
    """Create a live stream and return it, idle, with its stream key.

    `passthrough` is our own id, at most 255 characters, given back by Mux in webhooks; look a lost
    answer up with `find_live_stream`. `reconnect_window` is seconds, 0 to 1800: a dropped encoder that
    returns within it continues the same recording (Mux's own default is 0 for low latency). The recording
    carries the same passthrough, the same policy and one MP4. `policy` defaults to signed when the
    settings have a signing key, else public. `test` makes it free, marked and short at Mux.
    """
    policy = policy or default_policy()
    body: dict[str, Any] = {
        "passthrough": passthrough,
        "reconnect_window": reconnect_window,
        "latency_mode": latency,
        "playback_policies": [policy],
        "new_asset_settings": {
            "passthrough": passthrough,
            "playback_policies": [policy],
            "static_renditions": [{"resolution": "highest"}],
        },
    }
    if test:
        body["test"] = True
    return _read((await call(LiveStreamsApi(client()).create_live_stream, body))["data"])


async def fetch_live_stream(*, live_stream_id: str) -> LiveStream:
    """Return the live stream as Mux knows it now. Raises `VendorRefused` with code `not_found`."""
    return _read((await call_again(LiveStreamsApi(client()).get_live_stream, live_stream_id))["data"])


async def find_live_stream(*, passthrough: str) -> LiveStream | None:
    """Return the newest live stream carrying our id, or None: the look-up after a lost answer.

    Reads at most 1,000 streams, newest first.
    """
    for page in range(1, PAGES + 1):
        answer = await call_again(LiveStreamsApi(client()).list_live_streams, limit=PAGE, page=page)
        for found in answer["data"]:
            if found.get("passthrough") == passthrough:
                return _read(found)
        if len(answer["data"]) < PAGE:
            return None
    return None


async def complete(*, live_stream_id: str) -> None:
    """End the recording at once, without waiting for the reconnect window.

    The encoder may stay connected for about a minute and would begin a new recording when it
    comes back: `disable` keeps it out.
    """
    await call_again(LiveStreamsApi(client()).signal_live_stream_complete, live_stream_id)


async def disable(*, live_stream_id: str) -> None:
    """End the live stream and refuse its key until `enable`."""
    await call_again(LiveStreamsApi(client()).disable_live_stream, live_stream_id)


async def enable(*, live_stream_id: str) -> None:
    """Accept the key of a disabled live stream again."""
    await call_again(LiveStreamsApi(client()).enable_live_stream, live_stream_id)


async def reset_stream_key(*, live_stream_id: str) -> LiveStream:
    """Replace the stream key; the old one is refused from now on. Returns the live stream with its new key."""
    return _read((await call(LiveStreamsApi(client()).reset_stream_key, live_stream_id))["data"])


async def delete(*, live_stream_id: str) -> None:
    """Delete the live stream; its recordings stay. Quiet when it is already gone."""
    try:
        await call_again(LiveStreamsApi(client()).delete_live_stream, live_stream_id)
    except VendorRefused as refusal:
        if refusal.code != "not_found":
            raise


def _read(data: dict[str, Any]) -> LiveStream:
    return LiveStream(
        id=data["id"],
        stream_key=data.get("stream_key", ""),
        playback_id=chosen_playback_id(data),
        status=data["status"],
        active_asset_id=data.get("active_asset_id"),
        recent_asset_ids=tuple(data.get("recent_asset_ids") or ()),
        passthrough=data.get("passthrough"),
        latency_mode=data.get("latency_mode", "standard"),
        reconnect_window=data.get("reconnect_window") or 0,
        created_at=instant(data.get("created_at")),
    )
