"""Hearts: many a second, so they are counted in Valkey; twice a second at most the room hears of it and the count is kept."""

from __future__ import annotations

from uuid import UUID, uuid4

from creators import audience_news
from creators.audience_tables import Applause
from creators.tables import Show, ShowStatus
from foundation import clock, rate_limits, valkey
from foundation.errors import NotFound, WrongState

MOST_AT_ONCE = 20
"""Hearts that one tap-tap-tap may send; a browser gathers them for a second."""
BREATH = 500
"""Milliseconds between two times that the room hears of it."""

# One step on the server: begin at what was kept when nothing is known, count on, and say whether it is time to tell.
_COUNT = """
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SET', KEYS[1], ARGV[2]) end
redis.call('EXPIRE', KEYS[1], 86400)
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
local tell = redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[3])
return {count, tell and 1 or 0}
"""


async def applaud(*, show_id: UUID, hearts: int, visitor: str) -> int:
    """Count some hearts of a visitor for a show on air; return how many it has. `hearts` is cut to 1 to 20.

    Raises `NotFound`, `WrongState` when the show is not on air, `TooManyRequests`, `LimitsAway`.
    """
    show = await Show.select(Show.status).where(Show.id == show_id).first()
    if show is None:
        raise NotFound
    if show["status"] != ShowStatus.LIVE:
        raise WrongState
    await rate_limits.spend(f"hearts:{visitor}", limit=30, seconds=30)
    count, tell = await _count(show_id, max(1, min(hearts, MOST_AT_ONCE)))
    if tell:
        await _keep(show_id, count)
        await audience_news.tell_hearts(show_id, count)
    return count


async def hearts_of(show_id: UUID) -> int:
    """How many hearts a show has: what Valkey counts, else what was kept."""
    try:
        running = await valkey.client().get(_key(show_id))
    except valkey.AWAY:
        running = None
    return max(int(running or 0), await _kept(show_id))


async def _count(show_id: UUID, hearts: int) -> tuple[int, bool]:
    count_on = valkey.client().register_script(_COUNT)
    try:
        count, tell = await count_on(keys=[_key(show_id), f"{_key(show_id)}:told"], args=[hearts, await _kept(show_id), BREATH])
    except valkey.AWAY as error:
        raise rate_limits.LimitsAway from error
    return int(count), bool(tell)


async def _kept(show_id: UUID) -> int:
    row = await Applause.select(Applause.hearts).where(Applause.show == show_id).first()
    return int(row["hearts"]) if row else 0


async def _keep(show_id: UUID, hearts: int) -> None:
    """Write the count down; a slower process never takes hearts away."""
    row = Applause(id=uuid4(), show=show_id, hearts=hearts, changed_at=clock.now())
    await Applause.insert(row).on_conflict(
        target=Applause.show,
        action="DO UPDATE",
        values=[Applause.hearts, Applause.changed_at],
        where=Applause.hearts < hearts,
    )


def _key(show_id: UUID) -> str:
    return f"hearts:{show_id}"
