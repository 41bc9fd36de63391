"""Creators: how a person becomes one, and what everybody may see of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from asyncpg import UniqueViolationError

from creators.tables import Creator
from foundation import accounts, audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import Forbidden, InvalidField, NotFound, Refusal
from foundation.i18n import _
from foundation.tables import Role

_HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9._]{1,28})[a-z0-9]")


class HandleTaken(InvalidField):
    """Another creator has this handle; data: `handle`."""

    code = "handle_taken"
    status = 409
    message = _("@%(handle)s is taken. Please choose another one.")
    field = "handle"


class HandleInvalid(InvalidField):
    """A handle is 3 to 30 letters, figures, dots and underscores."""

    code = "handle_invalid"
    message = _("3 to 30 small letters, figures, dots or underscores, please.")
    field = "handle"


class CreatorAlready(Refusal):
    """One person is one creator."""

    code = "creator_already"
    status = 409
    message = _("You are a creator already.")


class NotACreator(Forbidden):
    """Only creators do this."""

    code = "not_a_creator"
    message = _("Create your creator profile first.")


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A creator as everybody sees them. `picture` is a path for `media()`, or empty."""

    id: UUID
    person_id: UUID
    handle: str
    display_name: str
    bio: str
    trade: str
    picture: str
    country: str
    language: str
    followers: int

    @property
    def first_name(self) -> str:
        return self.display_name.split(" ")[0]


async def become_creator(
    *,
    handle: str,
    display_name: str,
    bio: str,
    trade: str,
    country: str,
    language: str,
    by: Principal,
    picture: str = "",
    followers: int = 0,
) -> UUID:
    """Make a creator of the person; return the creator's id.

    `country` is ISO 3166-1 alpha-2, `language` en or fr, `followers` what the person says of other networks. Raises
    `HandleInvalid`, `HandleTaken`, `CreatorAlready`.
    """
    creator = Creator(
        id=uuid4(),
        person=by.id,
        handle=_checked(handle),
        display_name=display_name,
        bio=bio,
        trade=trade,
        picture=picture,
        country=country,
        language=language,
        followers=followers,
        created_at=clock.now(),
    )
    async with DB.transaction():
        if await Creator.exists().where(Creator.person == by.id):
            raise CreatorAlready
        await _save(creator)
        await accounts.grant(person_id=by.id, role=Role.CREATOR)
        await audit.record(by=by, action="creator.become", kind="creator", id=creator.id, handle=creator.handle)
    return creator.id


async def edit_profile(
    *,
    handle: str,
    display_name: str,
    bio: str,
    trade: str,
    country: str,
    language: str,
    by: Principal,
    picture: str | None = None,
) -> None:
    """Change one's own profile; `picture` None keeps the present one. Raises `NotACreator`, `HandleInvalid`, `HandleTaken`."""
    async with DB.transaction():
        me = await creator_of(by=by)
        values: dict[Any, Any] = {
            Creator.handle: _checked(handle),
            Creator.display_name: display_name,
            Creator.bio: bio,
            Creator.trade: trade,
            Creator.country: country,
            Creator.language: language,
        }
        if picture is not None:
            values[Creator.picture] = picture
        try:
            async with DB.transaction():
                await Creator.update(values).where(Creator.id == me.id)
        except UniqueViolationError as error:
            raise HandleTaken(handle=handle) from error
        await audit.record(by=by, action="creator.edit", kind="creator", id=me.id, handle=handle)


async def creator_of(*, by: Principal) -> Profile:
    """The person's own creator profile. Raises `NotACreator`."""
    row = await Creator.select().where(Creator.person == by.id).first()
    if row is None:
        raise NotACreator
    return _profile(row)


async def creator_named(*, handle: str) -> Profile:
    """The creator with this handle. Raises `NotFound`."""
    row = await Creator.select().where(Creator.handle == handle.lower()).first()
    if row is None:
        raise NotFound
    return _profile(row)


async def creators_by_id(ids: set[UUID]) -> dict[UUID, Profile]:
    """Several creators at once, by id."""
    if not ids:
        return {}
    rows = await Creator.select().where(Creator.id.is_in(list(ids)))
    return {row["id"]: _profile(row) for row in rows}


async def all_creators(*, trade: str = "", limit: int = 60, offset: int = 0) -> list[Profile]:
    """Creators in the order of their names, of one trade when it is named."""
    query = Creator.select().order_by(Creator.display_name).limit(limit).offset(offset)
    if trade:
        query = query.where(Creator.trade == trade)
    return [_profile(row) for row in await query]


async def creators_by_words(words: str, limit: int = 24, offset: int = 0) -> list[Profile]:
    """Creators whose name or handle holds the words."""
    pattern = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    matching = Creator.display_name.ilike(pattern) | Creator.handle.ilike(pattern)
    found = Creator.select().where(matching).order_by(Creator.display_name).order_by(Creator.id).limit(limit).offset(offset)
    return [_profile(row) for row in await found]


def _checked(handle: str) -> str:
    wanted = handle.strip().lower().removeprefix("@")
    if not _HANDLE.fullmatch(wanted):
        raise HandleInvalid
    return wanted


async def _save(creator: Creator) -> None:
    try:
        async with DB.transaction():
            await creator.save()
    except UniqueViolationError as error:
        raise HandleTaken(handle=creator.handle) from error


def _profile(row: dict[str, Any]) -> Profile:
    return Profile(
        id=row["id"],
        person_id=row["person"],
        **{name: row[name] for name in ("handle", "display_name", "bio", "trade", "picture", "country", "language", "followers")},
    )
