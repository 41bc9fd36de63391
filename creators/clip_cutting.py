"""How clips are cut: Mux is asked once the recording is there, and what becomes of it is folded into the clip.

The clip is a committed row before Mux is asked, and Mux is told its id: when an answer is lost, or a worker is killed between
asking and writing down, the asset is looked up by that id before anything is asked again.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from creators.clip_tables import Clip, ClipStatus
from creators.clips import OBJECT_KIND, SHORTEST
from creators.tables import Show, ShowStatus
from foundation import audit, clock, mux_gateway
from foundation.database import DB
from foundation.mux_gateway import Asset
from foundation.vendor import VendorRefused

OVERDUE = timedelta(minutes=2)
"""A clip that has not moved for so long is looked at again."""
GIVEN_UP = timedelta(days=2)
"""A show that has no recording so long after its end gets none."""


async def cut(*, clip_id: UUID) -> None:
    """Ask Mux to cut a clip whose show has a recording; safe to call again, and quiet while there is none."""
    clip = await Clip.objects().where(Clip.id == clip_id).first()
    show = await Show.objects().where(Show.id == clip.show).first() if clip else None
    if clip is None or show is None or clip.asset_id is not None or clip.status not in (ClipStatus.WAITING, ClipStatus.CUTTING):
        return
    if show.asset_id is None:
        if show.status == ShowStatus.ENDED and show.ended_at is not None and show.ended_at < clock.now() - GIVEN_UP:
            await _fail(clip.id)
        return
    ends = min(clip.ends, show.asset_seconds)
    if ends - clip.starts < SHORTEST:
        await _fail(clip.id)
        return
    await Clip.update({Clip.asked_at: clock.now()}).where(Clip.id == clip.id)
    try:
        asset = await _asset_of(clip, show.asset_id, ends)
    except VendorRefused:
        await _fail(clip.id)
        return
    await _keep_asset(clip, asset)


async def cut_waiting(*, show_id: UUID) -> None:
    """The recording of a show is there: cut what was marked while it was on air."""
    for row in await Clip.select(Clip.id).where(Clip.show == show_id).where(Clip.status == ClipStatus.WAITING):
        await cut(clip_id=row["id"])


async def follow_asset(*, asset_id: str) -> None:
    """Bring a clip in step with its asset. Quiet for assets that are no clip's."""
    clip = await Clip.objects().where(Clip.asset_id == asset_id).first()
    if clip is None or clip.status != ClipStatus.CUTTING:
        return
    try:
        asset = await mux_gateway.fetch_asset(asset_id=asset_id)
    except VendorRefused:
        await _fail(clip.id)
        return
    await _fold(clip.id, asset)


async def catch_up() -> None:
    """Look at the clips whose news may have been lost: asked of Mux and not done, or not even asked though they could be."""
    late = clock.now() - OVERDUE
    unfinished = (
        await Clip.select(Clip.id, Clip.asset_id)
        .where(Clip.status.is_in([ClipStatus.WAITING, ClipStatus.CUTTING]))
        .where((Clip.asked_at.is_null()) | (Clip.asked_at < late))
        .where(Clip.created_at < late)
        .order_by(Clip.created_at)
        .limit(100)
    )
    for row in unfinished:
        if row["asset_id"]:
            await follow_asset(asset_id=row["asset_id"])
        else:
            await cut(clip_id=row["id"])


async def discard(*, clip_id: UUID) -> None:
    """Delete what Mux keeps of a removed clip; safe to call again."""
    clip = await Clip.objects().where(Clip.id == clip_id).first()
    if clip is None or clip.status != ClipStatus.REMOVED:
        return
    if clip.asset_id is None and clip.asked_at is None:
        return
    asset = None if clip.asset_id else await mux_gateway.find_asset(passthrough=_mark(clip.id))
    if asset_id := clip.asset_id or (asset.id if asset else None):
        await mux_gateway.delete_asset(asset_id=asset_id)


async def _asset_of(clip: Clip, recording: str, ends: int) -> Asset:
    """Make the asset, or find the one of an earlier try whose answer was lost."""
    found = await mux_gateway.find_asset(passthrough=_mark(clip.id)) if clip.asked_at else None
    return found or await mux_gateway.create_clip(asset_id=recording, start=clip.starts, end=ends, passthrough=_mark(clip.id))


async def _keep_asset(clip: Clip, asset: Asset) -> None:
    """Write down which asset it is; the first to do so wins, and what is too much or came too late is deleted."""
    kept = (
        await Clip.update({Clip.asset_id: asset.id, Clip.status: ClipStatus.CUTTING})
        .where(Clip.id == clip.id)
        .where(Clip.asset_id.is_null())
        .where(Clip.status.is_in([ClipStatus.WAITING, ClipStatus.CUTTING]))
        .returning(Clip.id)
    )
    if kept:
        await follow_asset(asset_id=asset.id)  # it may be ready by now, and its news gone by
        return
    now = await Clip.select(Clip.asset_id, Clip.status).where(Clip.id == clip.id).first()
    if now is not None and (now["asset_id"] != asset.id or now["status"] == ClipStatus.REMOVED):
        await mux_gateway.delete_asset(asset_id=asset.id)


async def _fold(clip_id: UUID, asset: Asset) -> None:
    if asset.status == "errored":
        await _fail(clip_id)
    if asset.status != "ready":
        return
    async with DB.transaction():
        ready = (
            await Clip.update({Clip.status: ClipStatus.READY, Clip.playback_id: asset.playback_id, Clip.ready_at: clock.now()})
            .where(Clip.id == clip_id)
            .where(Clip.status == ClipStatus.CUTTING)
            .returning(Clip.id)
        )
        if ready:
            await audit.record(by=None, action="clip.ready", kind=OBJECT_KIND, id=clip_id, asset=asset.id)


async def _fail(clip_id: UUID) -> None:
    async with DB.transaction():
        failed = (
            await Clip.update({Clip.status: ClipStatus.FAILED})
            .where(Clip.id == clip_id)
            .where(Clip.status.is_in([ClipStatus.WAITING, ClipStatus.CUTTING]))
            .returning(Clip.id)
        )
        if failed:
            await audit.record(by=None, action="clip.failed", kind=OBJECT_KIND, id=clip_id)


def _mark(clip_id: UUID) -> str:
    return f"clip:{clip_id}"
