"""Shows: scheduling, the line-up, cancelling, and the doors to a show."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from creators.collaborations import collaboration_of_creator
from creators.events import ShowScheduled
from creators.tables import CollaborationStatus, Show, ShowStatus, Signal, Slot
from foundation import audit, clock, outbox
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, Refusal, WrongState
from foundation.i18n import _
from marketplace.brands import slug_of

MOST_SLOTS = 100
LATE = timedelta(minutes=15)


class CollaborationEnded(Refusal):
    """No new show for an ended collaboration."""

    code = "collaboration_ended"
    status = 409
    message = _("This collaboration has ended.")


class StartPassed(InvalidField):
    """A show starts in the future."""

    code = "start_passed"
    message = _("This moment has passed.")
    field = "starts_at"


class OutsideDates(InvalidField):
    """The brief asks for a show between two days; data: `first` and `last`."""

    code = "outside_dates"
    message = _("The brief asks for a show from %(first)s to %(last)s.")
    field = "starts_at"


class LineUpEmpty(InvalidField):
    """A show presents at least one product, at most 100."""

    code = "line_up_empty"
    message = _("Choose 1 to 100 products for the line-up.")
    field = "line_up"


class ProductOutsideBrief(InvalidField):
    """Only products of the terms are presented: others would not be credited."""

    code = "product_outside_brief"
    message = _("This product is not part of your terms.")
    field = "line_up"


@dataclass(frozen=True, kw_only=True)
class SlotPlan:
    """One part of the run of show: a product, what it is called on the programme, and how many minutes (1 to 240)."""

    product_id: UUID
    title: str
    minutes: int


async def schedule_show(
    *,
    collaboration_id: UUID,
    title: str,
    starts_at: datetime,
    minutes: int,
    language: str,
    line_up: Sequence[SlotPlan],
    by: Principal,
    description: str = "",
    picture: str = "",
) -> UUID:
    """Give a collaboration a show; return its id. `starts_at` is aware, `minutes` the planned length, `language` en or fr.

    Raises `NotFound`, `CollaborationEnded`, `StartPassed`, `OutsideDates`, `LineUpEmpty`, `ProductOutsideBrief`.
    """
    async with DB.transaction():
        collaboration = await collaboration_of_creator(collaboration_id=collaboration_id, by=by)
        if collaboration["status"] != CollaborationStatus.ACTIVE:
            raise CollaborationEnded
        _check_start(starts_at, collaboration)
        show = Show(
            id=uuid4(),
            slug=f"{slug_of(title, length=80)}-{secrets.token_hex(3)}",
            collaboration=collaboration_id,
            creator=collaboration["creator_id"],
            brand=collaboration["brand_id"],
            title=title,
            description=description,
            picture=picture,
            language=language,
            starts_at=starts_at,
            minutes=minutes,
            status=ShowStatus.SCHEDULED,
            signal=Signal.NONE,
            created_at=clock.now(),
        )
        await show.save()
        await _write_line_up(show.id, line_up, collaboration["products"])
        await audit.record(by=by, action="show.schedule", kind="show", id=show.id, title=title, starts_at=starts_at)
        await outbox.publish(ShowScheduled(show.id))
    return show.id


async def change_show(
    *,
    show_id: UUID,
    title: str,
    starts_at: datetime,
    minutes: int,
    language: str,
    line_up: Sequence[SlotPlan],
    by: Principal,
    description: str = "",
    picture: str | None = None,
) -> None:
    """Change a show that has not begun; its address stays. Raises as `schedule_show`, and `WrongState` once it began."""
    async with DB.transaction():
        show = await hosted_show(show_id=show_id, by=by)
        collaboration = await collaboration_of_creator(collaboration_id=show.collaboration, by=by)
        if starts_at != show.starts_at:
            _check_start(starts_at, collaboration)
        moved = (
            await Show.update(
                {
                    Show.title: title,
                    Show.description: description,
                    Show.starts_at: starts_at,
                    Show.minutes: minutes,
                    Show.language: language,
                    Show.picture: show.picture if picture is None else picture,
                }
            )
            .where(Show.id == show_id)
            .where(Show.status == ShowStatus.SCHEDULED)
            .returning(Show.id)
        )
        if not moved:
            raise WrongState
        await Slot.delete().where(Slot.show == show_id)
        await _write_line_up(show_id, line_up, collaboration["products"])
        await audit.record(by=by, action="show.change", kind="show", id=show_id, title=title, starts_at=starts_at)


async def cancel_show(*, show_id: UUID, by: Principal) -> None:
    """Cancel a show that has not begun. Raises `NotFound`, `WrongState`."""
    async with DB.transaction():
        await hosted_show(show_id=show_id, by=by)
        moved = (
            await Show.update({Show.status: ShowStatus.CANCELLED})
            .where(Show.id == show_id)
            .where(Show.status == ShowStatus.SCHEDULED)
            .returning(Show.id)
        )
        if not moved:
            raise WrongState
        await audit.record(by=by, action="show.cancel", kind="show", id=show_id)


async def hosted_show(*, show_id: UUID, by: Principal) -> Show:
    """A show that the person hosts. Raises `NotFound`."""
    show = await Show.objects().where(Show.id == show_id).where(Show.creator.person == by.id).first()
    if show is None:
        raise NotFound
    return show


async def public_show(*, slug: str) -> Show:
    """A show by its address. Raises `NotFound`."""
    show = await Show.objects().where(Show.slug == slug).first()
    if show is None:
        raise NotFound
    return show


async def shows_of(*, by: Principal, limit: int = 100, offset: int = 0) -> list[Show]:
    """The person's own shows, the latest start first."""
    query = Show.objects().where(Show.creator.person == by.id).order_by(Show.starts_at, ascending=False)
    return await query.order_by(Show.id).limit(limit).offset(offset)


async def count_of(*, by: Principal) -> int:
    """How many shows the person has planned or hosted."""
    return int(await Show.count().where(Show.creator.person == by.id))


async def line_up(show_id: UUID) -> list[Slot]:
    """The run of show in its order."""
    return await Slot.objects().where(Slot.show == show_id).order_by(Slot.position)


def _check_start(starts_at: datetime, collaboration: dict[str, Any]) -> None:
    if starts_at < clock.now() - LATE:
        raise StartPassed
    first, last = collaboration["starts_on"], collaboration["ends_on"]
    slack = timedelta(days=1)  # whatever the time zone, the day is that of the brief
    if not first - slack <= starts_at.date() <= last + slack:
        raise OutsideDates(first=first, last=last)


async def _write_line_up(show_id: UUID, plan: Sequence[SlotPlan], allowed: Sequence[UUID]) -> None:
    if not 1 <= len(plan) <= MOST_SLOTS:
        raise LineUpEmpty
    if any(slot.product_id not in allowed for slot in plan):
        raise ProductOutsideBrief
    slots = [
        Slot(id=uuid4(), show=show_id, position=position, product=slot.product_id, title=slot.title, minutes=slot.minutes)
        for position, slot in enumerate(plan, start=1)
    ]
    await Slot.insert(*slots)
