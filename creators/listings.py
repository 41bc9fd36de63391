"""Shows in lists: live now, soon, replays, by creator, by words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from creators.room_news import channel
from creators.tables import ShowStatus
from foundation import clock, mux_gateway, realtime, templating
from foundation.database import DB

_COLUMNS = """
    select s.id, s.slug, s.title, s.picture, s.language, s.starts_at, s.minutes, s.status, s.asset_seconds, s.asset_playback_id,
           s.playback_id, s.went_live_at, s.ended_at, s.signal, s.peak_viewers,
           c.id as creator_id, c.handle, c.display_name, c.picture as portrait, b.name as brand, b.slug as brand_slug,
           (select array_agg(p.picture order by x.position) from slot x join product p on p.id = x.product
             where x.show = s.id and p.picture <> '') as thumbs,
           (select count(distinct x.product) from slot x where x.show = s.id) as products
    from show s join creator c on c.id = s.creator join brand b on b.id = s.brand
"""
STILL_EXPECTED = timedelta(hours=2)
"""A show that has not begun so long after its start is not listed as coming."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A show as a tile or a row shows it. `poster` is an address, or empty."""

    id: UUID
    slug: str
    title: str
    poster: str
    thumbs: tuple[str, ...]
    language: str
    starts_at: datetime
    minutes: int
    status: ShowStatus
    seconds: int
    creator_id: UUID
    handle: str
    creator: str
    portrait: str
    brand: str
    brand_slug: str
    products: int
    viewers: int

    @property
    def href(self) -> str:
        return f"/shows/{self.slug}"


async def live_now(limit: int = 24) -> list[Listed]:
    """Shows on air, the most watched first."""
    found = await _listed("where s.status = 'live' order by s.went_live_at desc limit $1", limit)
    return sorted(found, key=lambda show: -show.viewers)


async def soon(limit: int = 24) -> list[Listed]:
    """Shows to come, the next first."""
    condition = "where s.status = 'scheduled' and s.starts_at > $2 order by s.starts_at limit $1"
    return await _listed(condition, limit, clock.now() - STILL_EXPECTED)


async def replays(limit: int = 24, offset: int = 0) -> list[Listed]:
    """Shows that can be watched again, the latest first."""
    condition = "where s.status = 'ended' and s.asset_playback_id is not null order by s.ended_at desc limit $1 offset $2"
    return await _listed(condition, limit, offset)


async def of_creator(creator_id: UUID, limit: int = 24, offset: int = 0) -> list[Listed]:
    """A creator's shows that the public sees: on air, to come, then replays, the nearest first."""
    condition = """
        where s.creator = $1 and (s.status = 'live' or (s.status = 'scheduled' and s.starts_at > $2)
              or (s.status = 'ended' and s.asset_playback_id is not null))
        order by case s.status when 'live' then 0 when 'scheduled' then 1 else 2 end,
                 case when s.status = 'scheduled' then s.starts_at end, s.starts_at desc, s.id
        limit $3 offset $4
    """
    return await _listed(condition, creator_id, clock.now() - STILL_EXPECTED, limit, offset)


async def of_brand(slug: str, limit: int = 12) -> list[Listed]:
    """A brand's shows: on air, then coming, then replays, the newest first."""
    rank = "case s.status when 'live' then 0 when 'scheduled' then 1 else 2 end"
    seen = "(s.status = 'live' or (s.status = 'scheduled' and s.starts_at > $2) or s.asset_playback_id is not null)"
    condition = f"where b.slug = $1 and {seen} order by {rank}, s.starts_at desc limit $3"
    return await _listed(condition, slug, clock.now() - STILL_EXPECTED, limit)


async def one(show_id: UUID) -> Listed | None:
    """One show as lists show it; None for an unknown one."""
    return next(iter(await _listed("where s.id = $1", show_id)), None)


async def found(words: str, limit: int = 24, offset: int = 0) -> list[Listed]:
    """Shows whose title, creator or brand holds the words, those on air first, then the latest."""
    pattern = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    condition = """
        where s.status <> 'cancelled' and (s.status <> 'ended' or s.asset_playback_id is not null)
              and (s.title ilike $1 or c.display_name ilike $1 or c.handle ilike $1 or b.name ilike $1)
        order by (s.status = 'live') desc, s.starts_at desc, s.id limit $2 offset $3
    """
    return await _listed(condition, pattern, limit, offset)


async def _listed(condition: str, *values: object) -> list[Listed]:
    async with DB.connection() as connection:
        rows = await connection.fetch(_COLUMNS + condition, *values)
    return [await _one(dict(row)) for row in rows]


async def _one(row: dict[str, Any]) -> Listed:
    live = row["status"] == ShowStatus.LIVE
    return Listed(
        id=row["id"],
        slug=row["slug"],
        title=row["title"],
        poster=poster_of(row),
        thumbs=tuple(templating.media(path, 72) for path in (row["thumbs"] or [])[:3]),
        language=row["language"],
        starts_at=row["starts_at"],
        minutes=row["minutes"],
        status=ShowStatus(row["status"]),
        seconds=row["asset_seconds"],
        creator_id=row["creator_id"],
        handle=row["handle"],
        creator=row["display_name"],
        portrait=row["portrait"],
        brand=row["brand"],
        brand_slug=row["brand_slug"],
        products=row["products"],
        viewers=await realtime.viewers(channel(row["id"])) if live else 0,
    )


def poster_of(row: dict[str, Any], width: int = 640) -> str:
    """The picture that was chosen, else a still of the recording, else the creator's portrait."""
    if row["picture"]:
        return templating.media(row["picture"], width)
    if row["asset_playback_id"]:
        token = mux_gateway.sign_playback(row["asset_playback_id"], kind="thumbnail", params={"width": width})
        return mux_gateway.thumbnail_url(row["asset_playback_id"], token=token, params={"width": width})
    return templating.media(row["portrait"], width) if row["portrait"] else ""
