"""From scheduled to live to replay: what Mux tells of a show's picture, folded into its state.

Webhooks come late, twice and in any order. So each one only makes us look: the live stream or the asset is fetched again, and the
signal is read from the latest news by Mux's own time.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from creators import room_news
from creators.events import ReplayReady, ShowEnded, ShowWentLive
from creators.shows import hosted_show
from creators.tables import Pin, Show, ShowStatus, Signal
from foundation import audit, clock, mux_gateway, outbox, realtime
from foundation.accounts import Principal
from foundation.database import DB
from foundation.each import each
from foundation.errors import WrongState
from foundation.mux_gateway import Asset
from foundation.tables import WebhookReceipt
from foundation.vendor import VendorRefused

NEWS = "video.live_stream."
SIGNALS = {
    f"{NEWS}connected": Signal.CONNECTED,
    f"{NEWS}recording": Signal.CONNECTED,
    f"{NEWS}active": Signal.ACTIVE,
    f"{NEWS}disconnected": Signal.DISCONNECTED,
    f"{NEWS}idle": Signal.NONE,
}
LOOK_BACK = timedelta(days=1)


async def follow_stream(*, live_stream_id: str) -> None:
    """Bring a show in step with its live stream: active makes it live, idle after that ends it. Quiet for unknown streams."""
    show = await Show.objects().where(Show.live_stream_id == live_stream_id).first()
    if show is None or show.status in (ShowStatus.ENDED, ShowStatus.CANCELLED):
        return
    stream = await mux_gateway.fetch_live_stream(live_stream_id=live_stream_id)
    signal = await _latest_signal(live_stream_id, active=stream.status == "active")
    if stream.status == "active":
        await _go_live(show, signal)
    elif show.status == ShowStatus.LIVE:
        await _end(show.id, by=None)
    else:
        await Show.update({Show.signal: signal}).where(Show.id == show.id).where(Show.status == ShowStatus.SCHEDULED)


async def end_show(*, show_id: UUID, by: Principal) -> None:
    """The host ends the show; its stream is closed by the job of `ShowEnded`. Raises `NotFound`, `WrongState`."""
    await hosted_show(show_id=show_id, by=by)
    if not await _end(show_id, by=by):
        raise WrongState


async def close_stream(*, show_id: UUID) -> None:
    """Complete the recording at Mux and refuse the stream's key from now on; safe to call again."""
    show = await Show.objects().where(Show.id == show_id).first()
    if show is None or show.live_stream_id is None:
        return
    for step in (mux_gateway.complete, mux_gateway.disable):
        try:
            await step(live_stream_id=show.live_stream_id)
        except VendorRefused as refusal:
            # Not on air any more, or gone: that is what was asked for.
            if refusal.code not in {"not_found", "invalid_parameters", "bad_request"}:
                raise


async def follow_asset(*, asset_id: str) -> None:
    """When the recording of a show can be watched, the show has a replay. Quiet for other assets."""
    try:
        asset = await mux_gateway.fetch_asset(asset_id=asset_id)
    except VendorRefused as refusal:
        if refusal.code == "not_found":
            return
        raise
    if asset.live_stream_id is None or asset.is_live or asset.status != "ready":
        return
    show = await Show.objects().where(Show.live_stream_id == asset.live_stream_id).first()
    if show is not None:
        await _keep_replay(show.id, asset)


async def catch_up() -> None:
    """Look at every show whose webhooks may have been lost: live ones, ones about to begin, ended ones without a replay."""
    since = clock.now() - LOOK_BACK
    unfinished = (
        await Show.objects()
        .where(Show.live_stream_id.is_not_null())
        .where(Show.starts_at > since)
        .where(Show.starts_at < clock.now() + LOOK_BACK)
        .where(Show.asset_id.is_null())
        .where(Show.status.is_in([ShowStatus.SCHEDULED, ShowStatus.LIVE, ShowStatus.ENDED]))
    )
    await each(unfinished, _catch_up)


async def _catch_up(show: Show) -> None:
    if show.status == ShowStatus.ENDED:
        stream = await mux_gateway.fetch_live_stream(live_stream_id=show.live_stream_id)
        for asset_id in stream.recent_asset_ids:
            await follow_asset(asset_id=asset_id)
    else:
        await _note_peak(show)
        await follow_stream(live_stream_id=show.live_stream_id)


async def _note_peak(show: Show) -> None:
    """Keep the largest audience seen; looked at once a minute, so a shorter peak is not counted."""
    watching = await realtime.viewers(room_news.channel(show.id))
    await Show.update({Show.peak_viewers: watching}).where(Show.id == show.id).where(Show.peak_viewers < watching)


async def _latest_signal(live_stream_id: str, *, active: bool) -> Signal:
    """What the latest news says, by Mux's own time; without any news, what the stream itself says."""
    rows = (
        await WebhookReceipt.select(WebhookReceipt.kind)
        .where(WebhookReceipt.source == "mux")
        .where(WebhookReceipt.object_id == live_stream_id)
        .where(WebhookReceipt.kind.is_in(list(SIGNALS)))
        .order_by(WebhookReceipt.happened_at, ascending=False)
        .order_by(WebhookReceipt.id, ascending=False)
        .limit(1)
    )
    if rows:
        return SIGNALS[rows[0]["kind"]]
    return Signal.ACTIVE if active else Signal.NONE


async def _go_live(show: Show, signal: Signal) -> None:
    seen = Signal.DISCONNECTED if signal is Signal.DISCONNECTED else Signal.ACTIVE
    async with DB.transaction():
        began = (
            await Show.update({Show.status: ShowStatus.LIVE, Show.signal: seen, Show.went_live_at: clock.now()})
            .where(Show.id == show.id)
            .where(Show.status == ShowStatus.SCHEDULED)
            .returning(Show.id)
        )
        if began:
            await audit.record(by=None, action="show.live", kind="show", id=show.id)
            await outbox.publish(ShowWentLive(show.id))
        else:
            await Show.update({Show.signal: seen}).where(Show.id == show.id).where(Show.status == ShowStatus.LIVE)
    await room_news.tell_state(show.id, ShowStatus.LIVE, seen)


async def _end(show_id: UUID, *, by: Principal | None) -> bool:
    now = clock.now()
    async with DB.transaction():
        ended = (
            await Show.update({Show.status: ShowStatus.ENDED, Show.signal: Signal.NONE, Show.ended_at: now})
            .where(Show.id == show_id)
            .where(Show.status == ShowStatus.LIVE)
            .returning(Show.id)
        )
        if not ended:
            return False
        await Pin.update({Pin.unpinned_at: now}).where(Pin.show == show_id).where(Pin.unpinned_at.is_null())
        await audit.record(by=by, action="show.end", kind="show", id=show_id)
        await outbox.publish(ShowEnded(show_id))
    await room_news.tell_state(show_id, ShowStatus.ENDED, Signal.NONE)
    return True


async def _keep_replay(show_id: UUID, asset: Asset) -> None:
    async with DB.transaction():
        kept = (
            await Show.update(
                {
                    Show.asset_id: asset.id,
                    Show.asset_playback_id: asset.playback_id,
                    Show.asset_seconds: round(asset.duration or 0),
                }
            )
            .where(Show.id == show_id)
            .where(Show.asset_id.is_null())
            .returning(Show.id)
        )
        if kept:
            await audit.record(by=None, action="show.replay", kind="show", id=show_id, asset=asset.id)
            await outbox.publish(ReplayReady(show_id))
    if kept:
        await room_news.tell_state(show_id, "replay", Signal.NONE)
