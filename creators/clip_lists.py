"""Clips as they are shown: one with its products and its show, those of a show, those of a creator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from creators.clip_tables import Clip, ClipStatus
from creators.clips import may_remove
from creators.room import Part, Room, room_of
from creators.tables import Show
from foundation import mux_gateway
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound
from foundation.mux_gateway import PlayerSource
from marketplace.catalogue import Offered

_COLUMNS = """
    select k.code, k.title, k.starts, k.ends, k.status, k.playback_id, k.ready_at, k.by_host, p.display_name as maker,
           s.title as show_title, c.display_name as creator, c.handle, b.name as brand
    from clip k join show s on s.id = k.show join creator c on c.id = s.creator join brand b on b.id = s.brand
         join person p on p.id = k.made_by
"""


@dataclass(frozen=True, kw_only=True)
class ListedClip:
    """A clip as a tile shows it. `poster` is an address, or empty while it is being cut; `maker` a viewer's first name, else empty."""

    code: str
    title: str
    status: ClipStatus
    seconds: int
    poster: str
    creator: str
    brand: str
    show_title: str
    maker: str
    ready_at: datetime | None

    @property
    def href(self) -> str:
        return f"/clips/{self.code}"


@dataclass(frozen=True, kw_only=True)
class ClipPage:
    """A clip's own page. `parts` and `products` are what was on screen meanwhile, else all of the show's."""

    clip: Clip
    listed: ListedClip
    room: Room
    source: PlayerSource | None
    parts: tuple[Part, ...]
    products: tuple[Offered, ...]
    others: tuple[ListedClip, ...]
    me_may_remove: bool
    me_made: bool

    @property
    def show(self) -> Show:
        return self.room.show

    @property
    def ready(self) -> bool:
        return self.clip.status == ClipStatus.READY


async def clip_page(*, code: str, by: Principal | None) -> ClipPage:
    """Everything about a clip's page for one person. Raises `NotFound` for removed ones, and for failed ones of others."""
    clip = await Clip.objects().where(Clip.code == code).first()
    show = await Show.objects().where(Show.id == clip.show).first() if clip else None
    if clip is None or show is None or clip.status == ClipStatus.REMOVED:
        raise NotFound
    removable = await may_remove(clip, show, by)
    if clip.status == ClipStatus.FAILED and not removable:
        raise NotFound
    room = await room_of(show=show, by=by)
    parts = tuple(shown_between(room.parts, clip.starts, clip.ends))
    shown = {part.product.id for part in parts if part.product}
    [listed] = await _listed("where k.id = $1", clip.id)
    return ClipPage(
        clip=clip,
        listed=listed,
        room=room,
        source=mux_gateway.player_source(clip.playback_id) if clip.playback_id and clip.status == ClipStatus.READY else None,
        parts=parts,
        products=tuple(product for product in room.products if product.id in shown) or room.products,
        others=tuple(other for other in await of_show(show.id, 5) if other.code != code)[:4],
        me_may_remove=removable,
        me_made=by is not None and clip.made_by == by.id,
    )


def shown_between(parts: tuple[Part, ...], starts: int, ends: int) -> list[Part]:
    """The parts of the programme that were on screen between two seconds of the recording."""
    return [
        part for part in parts if part.seconds is not None and part.seconds < ends and starts < part.seconds + part.length_seconds
    ]


async def of_show(show_id: UUID, limit: int = 12) -> list[ListedClip]:
    """A show's clips that can be watched, in the order of the show."""
    return await _listed("where k.show = $1 and k.status = 'ready' order by k.starts, k.id limit $2", show_id, limit)


async def of_creator(creator_id: UUID, limit: int = 24, offset: int = 0) -> list[ListedClip]:
    """The clips of a creator's shows that can be watched, the latest first."""
    condition = "where s.creator = $1 and k.status = 'ready' order by k.ready_at desc, k.id limit $2 offset $3"
    return await _listed(condition, creator_id, limit, offset)


async def marked_in(show_id: UUID, limit: int = 24) -> list[ListedClip]:
    """All clips of a show that were not removed, as its host sees them, the latest first."""
    condition = "where k.show = $1 and k.status <> 'removed' order by k.created_at desc, k.id limit $2"
    return await _listed(condition, show_id, limit)


async def _listed(condition: str, *values: object) -> list[ListedClip]:
    async with DB.connection() as connection:
        rows = await connection.fetch(_COLUMNS + condition, *values)
    return [_one(dict(row)) for row in rows]


def _one(row: dict[str, Any]) -> ListedClip:
    return ListedClip(
        code=row["code"],
        title=row["title"],
        status=ClipStatus(row["status"]),
        seconds=row["ends"] - row["starts"],
        poster=poster_of(row["playback_id"]) if row["playback_id"] else "",
        creator=row["creator"],
        brand=row["brand"],
        show_title=row["show_title"],
        maker="" if row["by_host"] else row["maker"].split()[0],
        ready_at=row["ready_at"],
    )


def poster_of(playback_id: str, width: int = 640) -> str:
    """A still of the clip."""
    token = mux_gateway.sign_playback(playback_id, kind="thumbnail", params={"width": width})
    return mux_gateway.thumbnail_url(playback_id, token=token, params={"width": width})
