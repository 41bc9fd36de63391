"""The greenroom: where a host's encoder publishes. The stream key is asked of Mux when it is shown and never kept here."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from creators.shows import hosted_show
from creators.tables import Show, ShowStatus
from foundation import audit, mux_gateway, settings
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, WrongState
from foundation.mux_gateway import LiveStream


@dataclass(frozen=True, kw_only=True)
class Publishing:
    """Where to publish, for OBS or `fanfare broadcast`: `stream_key` opens the show to anybody who has it."""

    rtmp_url: str
    stream_key: str = field(repr=False)


async def publishing(*, show_id: UUID, by: Principal) -> Publishing:
    """The address and the key of a show that has not ended; its live stream is made on the first call.

    Raises `NotFound`, `WrongState`, and what the gateway raises when Mux does not answer.
    """
    return await _publishing(await _open_show(show_id, by))


async def reset_key(*, show_id: UUID, by: Principal) -> Publishing:
    """Replace the stream key; the old one is refused from now on. Raises as `publishing`."""
    show = await _open_show(show_id, by)
    if show.live_stream_id is None:
        return await publishing(show_id=show_id, by=by)
    stream = await mux_gateway.reset_stream_key(live_stream_id=show.live_stream_id)
    async with DB.transaction():
        await audit.record(by=by, action="show.reset_key", kind="show", id=show_id)
    return Publishing(rtmp_url=settings.current().mux_rtmp_url, stream_key=stream.stream_key)


async def publishing_from_machine(*, slug: str) -> Publishing:
    """The same for whoever has the command line of the machine. Raises `NotFound`, `WrongState`."""
    show = await Show.objects().where(Show.slug == slug).first()
    if show is None:
        raise NotFound
    return await _publishing(_still_open(show))


async def _open_show(show_id: UUID, by: Principal) -> Show:
    return _still_open(await hosted_show(show_id=show_id, by=by))


def _still_open(show: Show) -> Show:
    if show.status not in (ShowStatus.SCHEDULED, ShowStatus.LIVE):
        raise WrongState
    return show


async def _publishing(show: Show) -> Publishing:
    if show.live_stream_id is None:
        stream = await _make_stream(show)
    else:
        stream = await mux_gateway.fetch_live_stream(live_stream_id=show.live_stream_id)
    return Publishing(rtmp_url=settings.current().mux_rtmp_url, stream_key=stream.stream_key)


async def _make_stream(show: Show) -> LiveStream:
    """Make the live stream, or find the one of an earlier try whose answer was lost; the first to record it wins."""
    mark = f"show:{show.id}"
    stream = await mux_gateway.find_live_stream(passthrough=mark) or await mux_gateway.create_live_stream(passthrough=mark)
    recorded = (
        await Show.update({Show.live_stream_id: stream.id, Show.playback_id: stream.playback_id})
        .where(Show.id == show.id)
        .where(Show.live_stream_id.is_null())
        .returning(Show.id)
    )
    if recorded:
        return stream
    row = await Show.select(Show.live_stream_id).where(Show.id == show.id).first()
    if row is not None and row["live_stream_id"] != stream.id:
        await mux_gateway.delete(live_stream_id=stream.id)
        return await mux_gateway.fetch_live_stream(live_stream_id=row["live_stream_id"])
    return stream
