"""Clips: a moment of a show is marked, by its host, or by viewers when the brief allows it, and taken away again."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID, uuid4

from creators.clip_tables import Clip, ClipStatus
from creators.events import ClipMarked, ClipRemoved
from creators.links import new_code
from creators.room_news import channel
from creators.tables import Collaboration, Creator, Show, ShowStatus
from foundation import audit, clock, outbox, rate_limits
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, Refusal, WrongState
from foundation.i18n import _
from foundation.tables import Role
from moderation import chat_filter, restrictions, sanctions, words
from moderation.sanctions import ReasonMissing
from moderation.tables import WordAction

OBJECT_KIND = "clip"
LENGTHS: Final = (15, 30, 60)
USUAL_LENGTH = 30
SHORTEST = 3
BEHIND = 5
"""Seconds by which a live picture is late at its viewers: a moment marked on air lies so much earlier."""
MOST_IN_A_SHOW = 200
LONGEST_TITLE = 80


class ClipsNotAllowed(Refusal):
    """The brief of the show leaves clips to its host."""

    code = "clips_not_allowed"
    status = 403
    message = _("Only the host makes clips of this show.")


class NothingToClip(Refusal):
    """A show that has not begun, was cancelled, or ended without a recording."""

    code = "nothing_to_clip"
    status = 409
    message = _("There is nothing of this show to cut yet.")


class OutsideRecording(InvalidField):
    """data: `length`, of the recording in seconds."""

    code = "outside_recording"
    message = _("A clip lies within the recording, which lasts %(length)s seconds.")
    field = "starts"


class TitleMissing(InvalidField):
    """A clip needs a name."""

    code = "title_missing"
    message = _("Please give the clip a title.")
    field = "title"


class TitleRefused(InvalidField):
    """The filter stops the title; nothing was stored."""

    code = "title_refused"
    message = _("This title breaks the house rules. Please choose another one.")
    field = "title"


class TooManyClips(Refusal):
    """A show has a limited number of clips; data: `most`."""

    code = "too_many_clips"
    status = 409
    message = _("This show has %(most)s clips already. Please remove one first.")


async def mark(
    *, show_id: UUID, title: str, client_key: UUID, by: Principal, starts: int | None = None, seconds: int = USUAL_LENGTH
) -> Clip:
    """Mark a moment and return its clip, which is cut by a job: from `starts`, a second of the recording, `seconds` long.

    Without `starts` it is what a viewer of the live picture has just seen; it is cut when the recording is there. The same
    `client_key` again is the same clip. Raises `NotFound`, `NothingToClip`, `ClipsNotAllowed`, `OutsideRecording`,
    `TitleMissing`, `TitleRefused`, `TooManyClips`, `Silenced`, `Banned`, `TooManyRequests`.
    """
    show = await _begun(show_id)
    host = await is_host(show, by)
    if not host and not await viewers_may(show):
        raise ClipsNotAllowed
    await sanctions.check_may_write(by.id, channel(show_id))
    name = await _checked_title(title)
    first, last = _within(show, starts, seconds)
    if not await Clip.exists().where(Clip.client_key == client_key):
        await rate_limits.spend(f"clips:{by.id}", limit=60 if host else 10, seconds=3600)
    return await _store(show, name, first, last, client_key, host, by)


async def remove(*, code: str, reason: str, by: Principal) -> None:
    """Take a clip away: whoever made it, the host of its show, or a moderator; others' clips with a reason that they can read.

    Raises `NotFound`, `ReasonMissing`, `WrongState` when it was removed already.
    """
    clip = await Clip.objects().where(Clip.code == code).first()
    show = await Show.objects().where(Show.id == clip.show).first() if clip else None
    if clip is None or show is None or not await may_remove(clip, show, by):
        raise NotFound
    async with DB.transaction():
        moved = (
            await Clip.update({Clip.status: ClipStatus.REMOVED})
            .where(Clip.id == clip.id)
            .where(Clip.status != ClipStatus.REMOVED)
            .returning(Clip.id)
        )
        if not moved:
            raise WrongState
        await _say_why(clip, reason, by)
        await outbox.publish(ClipRemoved(clip.id))


async def may_remove(clip: Clip, show: Show, by: Principal | None) -> bool:
    """Whether a person may take a clip away."""
    return by is not None and (clip.made_by == by.id or by.has(Role.MODERATOR) or await is_host(show, by))


async def may_mark(show: Show, by: Principal | None) -> bool:
    """Whether a person may make clips of a show."""
    return by is not None and (await is_host(show, by) or await viewers_may(show))


async def is_host(show: Show, by: Principal) -> bool:
    """Whether the person hosts the show."""
    return bool(await Creator.exists().where(Creator.id == show.creator).where(Creator.person == by.id))


async def viewers_may(show: Show) -> bool:
    """Whether the brief of the show lets viewers make clips."""
    allowed = Collaboration.brief.viewer_clips.as_alias("allowed")
    row = await Collaboration.select(allowed).where(Collaboration.id == show.collaboration).first()
    return bool(row and row["allowed"])


async def _begun(show_id: UUID) -> Show:
    show = await Show.objects().where(Show.id == show_id).first()
    if show is None:
        raise NotFound
    if show.went_live_at is None or show.status not in (ShowStatus.LIVE, ShowStatus.ENDED):
        raise NothingToClip
    return show


def _within(show: Show, starts: int | None, seconds: int) -> tuple[int, int]:
    """The seconds of the recording that a clip takes. While the show is on air its recording lasts until now."""
    until = clock.now() if show.ended_at is None else show.ended_at
    length = show.asset_seconds if show.asset_id else int((until - show.went_live_at).total_seconds())
    first = max(0, length - BEHIND - seconds) if starts is None else starts
    last = min(first + seconds, length)
    if seconds not in LENGTHS or first < 0 or last - first < SHORTEST:
        raise OutsideRecording(length=length)
    return first, last


async def _checked_title(title: str) -> str:
    text = " ".join(title.split())[:LONGEST_TITLE]
    if not text:
        raise TitleMissing
    verdict = chat_filter.check(text, await words.word_list(), links=True)
    if verdict.action in (WordAction.REFUSE, WordAction.HOLD):
        raise TitleRefused
    return text


async def _store(show: Show, title: str, first: int, last: int, client_key: UUID, host: bool, by: Principal) -> Clip:
    """Write the clip down, unless its twin was faster. What is asked of Mux is asked after this has been committed."""
    row = Clip(
        id=uuid4(),
        code=new_code(),
        show=show.id,
        made_by=by.id,
        by_host=host,
        title=title,
        starts=first,
        ends=last,
        status=ClipStatus.WAITING,
        client_key=client_key,
        created_at=clock.now(),
    )
    async with DB.transaction():
        await Show.objects().where(Show.id == show.id).lock_rows("UPDATE").first()
        if earlier := await _marked_before(client_key, show, by):
            return earlier
        if await Clip.count().where(Clip.show == show.id).where(Clip.status != ClipStatus.REMOVED) >= MOST_IN_A_SHOW:
            raise TooManyClips(most=MOST_IN_A_SHOW)
        await row.save()
        await audit.record(by=by, action="clip.mark", kind=OBJECT_KIND, id=row.id, show=show.id, starts=first, ends=last)
        await outbox.publish(ClipMarked(row.id))
    return row


async def _marked_before(client_key: UUID, show: Show, by: Principal) -> Clip | None:
    row = await Clip.objects().where(Clip.client_key == client_key).first()
    if row is not None and (row.made_by != by.id or row.show != show.id):
        raise WrongState
    return row


async def _say_why(clip: Clip, reason: str, by: Principal) -> None:
    """Keep why somebody's clip was taken away; one's own needs no reason."""
    if clip.made_by == by.id:
        await audit.record(by=by, action="clip.remove", kind=OBJECT_KIND, id=clip.id)
        return
    if not reason.strip():
        raise ReasonMissing
    maker: dict[str, Any] | None = (
        await Clip.select(Clip.made_by.display_name.as_alias("author")).where(Clip.id == clip.id).first()
    )
    await restrictions.record_removal(
        object_kind=OBJECT_KIND,
        object_id=str(clip.id),
        place=channel(clip.show),
        person_id=clip.made_by,
        author=maker["author"] if maker else "",
        body=clip.title,
        reason=reason,
        by=by,
    )
