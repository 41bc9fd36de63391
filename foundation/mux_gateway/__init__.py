"""The gateway to Mux: the only place that calls it. Everything here is a function of this page's list."""

from foundation.mux_gateway.assets import Asset, create_asset, create_clip, delete_asset, fetch_asset, find_asset
from foundation.mux_gateway.live_streams import (
    LiveStream,
    complete,
    create_live_stream,
    delete,
    disable,
    enable,
    fetch_live_stream,
    find_live_stream,
    reset_stream_key,
)
from foundation.mux_gateway.playback import (
    PlayerSource,
    SigningKey,
    ViewerCount,
    create_signing_key,
    file_url,
    hls_url,
    player_source,
    sign_playback,
    storyboard_url,
    thumbnail_url,
    viewer_counts,
)
from foundation.mux_gateway.webhooks import redact, verify_webhook

__all__ = [
    "Asset",
    "LiveStream",
    "PlayerSource",
    "SigningKey",
    "ViewerCount",
    "complete",
    "create_asset",
    "create_clip",
    "create_live_stream",
    "create_signing_key",
    "delete",
    "delete_asset",
    "disable",
    "enable",
    "fetch_asset",
    "fetch_live_stream",
    "file_url",
    "find_asset",
    "find_live_stream",
    "hls_url",
    "player_source",
    "redact",
    "reset_stream_key",
    "sign_playback",
    "storyboard_url",
    "thumbnail_url",
    "verify_webhook",
    "viewer_counts",
]
