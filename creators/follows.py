"""Following a creator, and being reminded of a show."""

from __future__ import annotations

from uuid import UUID

from creators.tables import Creator, Follow, Reminder, Show, ShowStatus
from foundation import clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, WrongState


async def follow(*, creator_id: UUID, by: Principal) -> None:
    """Follow a creator; following twice changes nothing. Raises `NotFound`."""
    if not await Creator.exists().where(Creator.id == creator_id):
        raise NotFound
    row = Follow(creator=creator_id, person=by.id, since=clock.now())
    await Follow.insert(row).on_conflict(target=(Follow.creator, Follow.person), action="DO NOTHING")


async def unfollow(*, creator_id: UUID, by: Principal) -> None:
    """Follow no longer; quiet when the person did not."""
    await Follow.delete().where(Follow.creator == creator_id).where(Follow.person == by.id)


async def remind(*, show_id: UUID, by: Principal) -> None:
    """Ask to be told when a show begins; asking twice changes nothing. Raises `NotFound`, `WrongState` once it began."""
    row = await Show.select(Show.status).where(Show.id == show_id).first()
    if row is None:
        raise NotFound
    if row["status"] != ShowStatus.SCHEDULED:
        raise WrongState
    new = Reminder(show=show_id, person=by.id, asked_at=clock.now())
    await Reminder.insert(new).on_conflict(target=(Reminder.show, Reminder.person), action="DO NOTHING")


async def forget(*, show_id: UUID, by: Principal) -> None:
    """Take a reminder back; quiet when there was none."""
    await Reminder.delete().where(Reminder.show == show_id).where(Reminder.person == by.id)


async def follows(*, creator_id: UUID, by: Principal | None) -> bool:
    """Whether the person follows the creator; nobody does without an account."""
    if by is None:
        return False
    return bool(await Follow.exists().where(Follow.creator == creator_id).where(Follow.person == by.id))


async def reminded(*, show_ids: list[UUID], by: Principal | None) -> set[UUID]:
    """Those of the shows that the person is to be reminded of."""
    if by is None or not show_ids:
        return set()
    rows = await Reminder.select(Reminder.show).where(Reminder.person == by.id).where(Reminder.show.is_in(show_ids))
    return {row["show"] for row in rows}


async def fans(creator_ids: set[UUID]) -> dict[UUID, int]:
    """How many people follow each creator here."""
    if not creator_ids:
        return {}
    async with DB.connection() as connection:
        rows = await connection.fetch(
            "select creator, count(*) as fans from follow where creator = any($1::uuid[]) group by creator", list(creator_ids)
        )
    return {row["creator"]: row["fans"] for row in rows}


async def reminders_of(show_id: UUID) -> int:
    """How many people asked to be told."""
    return int(await Reminder.count().where(Reminder.show == show_id))
