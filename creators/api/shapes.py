"""What people and shows look like to programs. Times are UTC, amounts minor units with their currency, rates basis points."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from creators.listings import Listed
from creators.profiles import Profile
from creators.room import Part, Room


class CreatorOut(Struct, frozen=True):
    """A creator as everybody sees them; `fans` follow them here."""

    handle: str
    display_name: str
    bio: str
    trade: str
    language: str
    fans: int


class ShowRow(Struct, frozen=True):
    """A show in a list. `status` is scheduled, live, ended or cancelled; an ended one with `replay_seconds` is a replay."""

    id: UUID
    slug: str
    title: str
    status: str
    language: str
    starts_at: datetime
    minutes: int
    creator: str
    brand: str
    viewers: int
    replay_seconds: int
    commercial_collaboration: bool = True


class SlotOut(Struct, frozen=True):
    """One part of the run of show. `replay_second` is where it begins in the recording."""

    position: int
    title: str
    minutes: int
    product_id: UUID | None
    state: str
    at: datetime
    replay_second: int | None


class ShowOut(Struct, frozen=True):
    """A show with its run of show; `pinned_product_id` is on screen now."""

    id: UUID
    slug: str
    title: str
    description: str
    status: str
    language: str
    starts_at: datetime
    minutes: int
    went_live_at: datetime | None
    ended_at: datetime | None
    creator: str
    brand: str
    viewers: int
    pinned_product_id: UUID | None
    slots: list[SlotOut]
    commercial_collaboration: bool = True


class ApplicationOut(Struct, frozen=True):
    """One's own application."""

    id: UUID
    brief_id: UUID
    brief: str
    brand: str
    status: str
    message: str
    reason: str
    created_at: datetime
    decided_at: datetime | None
    collaboration_id: UUID | None


def creator_out(profile: Profile, fans: int) -> CreatorOut:
    """The public fields of a creator."""
    return CreatorOut(profile.handle, profile.display_name, profile.bio, profile.trade, profile.language, fans)


def show_row(listed: Listed) -> ShowRow:
    """One row of a list."""
    return ShowRow(
        id=listed.id,
        slug=listed.slug,
        title=listed.title,
        status=str(listed.status),
        language=listed.language,
        starts_at=listed.starts_at,
        minutes=listed.minutes,
        creator=listed.handle,
        brand=listed.brand_slug,
        viewers=listed.viewers,
        replay_seconds=listed.seconds,
    )


def show_out(room: Room) -> ShowOut:
    """A show with everything that is public."""
    show = room.show
    return ShowOut(
        id=show.id,
        slug=show.slug,
        title=show.title,
        description=show.description,
        status=show.status,
        language=show.language,
        starts_at=show.starts_at,
        minutes=show.minutes,
        went_live_at=show.went_live_at,
        ended_at=show.ended_at,
        creator=room.creator.handle,
        brand=room.brand.slug,
        viewers=room.viewers,
        pinned_product_id=room.pinned.id if room.pinned else None,
        slots=[_slot(part) for part in room.parts],
    )


def application_out(row: dict[str, Any]) -> ApplicationOut:
    """One's own application with what became of it."""
    return ApplicationOut(
        id=row["id"],
        brief_id=row["brief_id"],
        brief=row["title"],
        brand=row["brand_slug"],
        status=row["status"],
        message=row["message"],
        reason=row["reason"],
        created_at=row["created_at"],
        decided_at=row["decided_at"],
        collaboration_id=row["collaboration_id"],
    )


def _slot(part: Part) -> SlotOut:
    product_id = part.product.id if part.product else None
    return SlotOut(part.position, part.title, part.minutes, product_id, str(part.state), part.at, part.seconds)
