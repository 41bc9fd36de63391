"""Questions to the host: asked, voted up by others, answered on air."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from creators import audience_news
from creators.audience_tables import Question, QuestionStatus, QuestionVote
from creators.room_news import channel
from creators.shows import hosted_show
from creators.tables import Show, ShowStatus
from foundation import audit, clock, rate_limits
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, Refusal, WrongState
from foundation.i18n import _
from foundation.tables import Role
from moderation import chat_filter, restrictions, sanctions, words
from moderation.tables import WordAction

LONGEST = 200
MOST_WAITING = 3
EARLY = timedelta(days=14)
"""A question can be asked so long before the show: the host prepares with them."""
OBJECT_KIND = "question"
SHOWN = 30


class QuestionMissing(InvalidField):
    """Nothing was written."""

    code = "question_missing"
    message = _("Please write something.")
    field = "question"


class QuestionTooLong(InvalidField):
    """data: `max` characters."""

    code = "question_too_long"
    message = _("At most %(max)s characters, please.")
    field = "question"


class QuestionRefused(InvalidField):
    """The filter refused it; it was not stored."""

    code = "question_refused"
    message = _("This question breaks the house rules and was not sent.")
    field = "question"


class TooManyWaiting(Refusal):
    """A person has at most three questions that wait in a show."""

    code = "too_many_questions"
    status = 409
    message = _("Three of your questions wait already. Please let the host answer one first.")
    field = "question"


class QuestionsClosed(Refusal):
    """Questions are asked before a show and while it is on air."""

    code = "questions_closed"
    status = 409
    message = _("This show takes no more questions.")
    field = "question"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question as the room shows it; `voted` and `own` are about the person who looks."""

    id: UUID
    show_id: UUID
    author: str
    body: str
    votes: int
    status: QuestionStatus
    voted: bool
    own: bool


async def ask(*, show_id: UUID, body: str, client_key: UUID, by: Principal) -> Asked:
    """Ask the host something; the asker's own vote counts. The same `client_key` again is the same question.

    A question that the filter stops waits for a moderator, as messages do. Raises `NotFound`, `QuestionsClosed`,
    `QuestionMissing`, `QuestionTooLong`, `QuestionRefused`, `TooManyWaiting`, `Silenced`, `Banned`, `TooManyRequests`.
    """
    text = _checked(body)
    await _open_show(show_id)
    await sanctions.check_may_write(by.id, channel(show_id))
    verdict = chat_filter.check(text, await words.word_list(), links=True)
    if verdict.action is WordAction.REFUSE:
        raise QuestionRefused
    if await Question.exists().where(Question.client_key == client_key):
        return await _said_before(client_key, show_id, by)
    await rate_limits.spend(f"questions:{by.id}", limit=10, seconds=60)
    status = QuestionStatus.HELD if verdict.action is WordAction.HOLD else QuestionStatus.OPEN
    if not await _store(show_id, text, status, client_key, by, verdict):
        return await _said_before(client_key, show_id, by)
    asked = await _said_before(client_key, show_id, by)
    await _tell(asked.id)
    return asked


async def vote(*, question_id: UUID, on: bool, by: Principal) -> Asked:
    """Want a question answered, or no longer; twice is once. Raises `NotFound`, `WrongState` when it was answered."""
    async with DB.transaction():
        question = await Question.objects().where(Question.id == question_id).lock_rows("UPDATE").first()
        if question is None or question.status in (QuestionStatus.HELD, QuestionStatus.REMOVED):
            raise NotFound
        if question.status == QuestionStatus.ANSWERED:
            raise WrongState
        changed = await (_add_vote(question_id, by) if on else _take_vote_back(question_id, by))
        if changed:
            votes = question.votes + (1 if on else -1)
            await Question.update({Question.votes: votes}).where(Question.id == question_id)
    if changed:
        await audience_news.tell_votes(question.show, question_id, votes)
    return await one(question_id=question_id, by=by)


async def take(*, question_id: UUID, by: Principal) -> None:
    """The host answers it now; the one before is answered. Raises `NotFound`, `WrongState`."""
    question = await _of_host(question_id, by)
    async with DB.transaction():
        await Show.objects().where(Show.id == question.show).lock_rows("UPDATE").first()
        before = await _move(Question.show == question.show, QuestionStatus.ANSWERING, QuestionStatus.ANSWERED)
        if not await _move(Question.id == question_id, QuestionStatus.OPEN, QuestionStatus.ANSWERING):
            raise WrongState
    for changed in (*before, question_id):
        await _tell(changed)


async def answered(*, question_id: UUID, by: Principal) -> None:
    """The host has answered it; quiet when that was known. Raises `NotFound`, `WrongState` for a removed one."""
    question = await _of_host(question_id, by)
    if question.status in (QuestionStatus.HELD, QuestionStatus.REMOVED):
        raise WrongState
    async with DB.transaction():
        moved = [
            changed
            for status in (QuestionStatus.OPEN, QuestionStatus.ANSWERING)
            for changed in await _move(Question.id == question_id, status, QuestionStatus.ANSWERED)
        ]
        if moved:
            await audit.record(by=by, action="question.answered", kind=OBJECT_KIND, id=question_id)
    if moved:
        await _tell(question_id)


async def remove(*, question_id: UUID, reason: str, by: Principal) -> None:
    """Take a question out, with the reason: the host in the own show, a moderator anywhere. Raises `NotFound`, `ReasonMissing`, `WrongState`."""
    async with DB.transaction():
        question = await _of_host(question_id, by, moderators=True)
        if question.status == QuestionStatus.REMOVED:
            raise WrongState
        await Question.update({Question.status: QuestionStatus.REMOVED}).where(Question.id == question_id)
        await restrictions.record_removal(
            object_kind=OBJECT_KIND,
            object_id=str(question_id),
            place=channel(question.show),
            person_id=question.person,
            author=question.author,
            body=question.body,
            reason=reason,
            by=by,
        )
    await audience_news.tell_question_gone(question.show, question_id)


async def settle_held(*, question_id: UUID, visible: bool) -> None:
    """Do to a held question what a moderator decided; safe to call twice."""
    status = QuestionStatus.OPEN if visible else QuestionStatus.REMOVED
    if await _move(Question.id == question_id, QuestionStatus.HELD, status) and visible:
        await _tell(question_id)


async def waiting(*, show_id: UUID, by: Principal | None, limit: int = SHOWN) -> list[Asked]:
    """The one that is being answered, then the open ones by their votes, with the person's own held ones among them."""
    seen: Any = Question.status.is_in([QuestionStatus.OPEN, QuestionStatus.ANSWERING])
    if by is not None:
        seen = seen | ((Question.status == QuestionStatus.HELD) & (Question.person == by.id))
    rows = (
        await Question.objects()
        .where(Question.show == show_id)
        .where(seen)
        .order_by(Question.votes, ascending=False)
        .order_by(Question.asked_at)
        .limit(limit)
    )
    voted = await _voted([row.id for row in rows], by)
    shown = [_asked(row, row.id in voted, by) for row in rows]
    return sorted(shown, key=lambda asked: asked.status != QuestionStatus.ANSWERING)


async def one(*, question_id: UUID, by: Principal | None) -> Asked:
    """One question. Raises `NotFound`, also for one that only its author and moderators may see."""
    row = await Question.objects().where(Question.id == question_id).first()
    own = row is not None and by is not None and row.person == by.id
    if row is None or row.status == QuestionStatus.REMOVED or (row.status == QuestionStatus.HELD and not own):
        raise NotFound
    return _asked(row, row.id in await _voted([row.id], by), by)


def _checked(body: str) -> str:
    text = " ".join(body.replace("\x00", "").split())
    if not text:
        raise QuestionMissing
    if len(text) > LONGEST:
        raise QuestionTooLong(max=LONGEST)
    return text


async def _open_show(show_id: UUID) -> None:
    show = await Show.objects().where(Show.id == show_id).first()
    if show is None:
        raise NotFound
    soon = show.status == ShowStatus.SCHEDULED and clock.now() >= show.starts_at - EARLY
    if show.status != ShowStatus.LIVE and not soon:
        raise QuestionsClosed


async def _store(
    show_id: UUID, text: str, status: QuestionStatus, client_key: UUID, by: Principal, verdict: chat_filter.Verdict
) -> bool:
    """Write it with its author's vote, unless its twin was faster."""
    row = Question(
        id=uuid4(),
        show=show_id,
        person=by.id,
        author=by.display_name[:80],
        body=text,
        status=status,
        votes=1,
        client_key=client_key,
        asked_at=clock.now(),
    )
    async with DB.transaction(), DB.connection() as connection:
        await connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"questions:{show_id}:{by.id}")
        still = Question.status.is_in([QuestionStatus.OPEN, QuestionStatus.HELD])
        if await Question.count().where(Question.show == show_id).where(Question.person == by.id).where(still) >= MOST_WAITING:
            raise TooManyWaiting
        if not await Question.insert(row).on_conflict(target=Question.client_key, action="DO NOTHING").returning(Question.id):
            return False
        await _add_vote(row.id, by)
        if status is QuestionStatus.HELD:
            await restrictions.hold(
                object_kind=OBJECT_KIND,
                object_id=str(row.id),
                place=channel(show_id),
                person_id=by.id,
                author=row.author,
                body=text,
                words=verdict.words,
            )
    return True


async def _said_before(client_key: UUID, show_id: UUID, by: Principal) -> Asked:
    row = await Question.objects().where(Question.client_key == client_key).first()
    if row is None or row.person != by.id or row.show != show_id:
        raise WrongState
    return _asked(row, True, by)


async def _add_vote(question_id: UUID, by: Principal) -> bool:
    row = QuestionVote(id=uuid4(), question=question_id, person=by.id, at=clock.now())
    made = QuestionVote.insert(row).on_conflict(target=(QuestionVote.question, QuestionVote.person), action="DO NOTHING")
    return bool(await made.returning(QuestionVote.id))


async def _take_vote_back(question_id: UUID, by: Principal) -> bool:
    gone = QuestionVote.delete().where(QuestionVote.question == question_id).where(QuestionVote.person == by.id)
    return bool(await gone.returning(QuestionVote.id))


async def _move(where: Any, before: QuestionStatus, after: QuestionStatus) -> list[UUID]:
    values: dict[Any, Any] = {Question.status: after}
    if after is QuestionStatus.ANSWERED:
        values[Question.answered_at] = clock.now()
    return [
        row["id"] for row in await Question.update(values).where(where).where(Question.status == before).returning(Question.id)
    ]


async def _of_host(question_id: UUID, by: Principal, *, moderators: bool = False) -> Question:
    row = await Question.objects().where(Question.id == question_id).first()
    if row is None:
        raise NotFound
    if not (moderators and by.has(Role.MODERATOR)):
        await hosted_show(show_id=row.show, by=by)
    return row


async def _voted(ids: list[UUID], by: Principal | None) -> set[UUID]:
    if by is None or not ids:
        return set()
    rows = (
        await QuestionVote.select(QuestionVote.question)
        .where(QuestionVote.question.is_in(ids))
        .where(QuestionVote.person == by.id)
    )
    return {row["question"] for row in rows}


def _asked(row: Question, voted: bool, by: Principal | None) -> Asked:
    return Asked(
        id=row.id,
        show_id=row.show,
        author=row.author,
        body=row.body,
        votes=row.votes,
        status=QuestionStatus(row.status),
        voted=voted,
        own=by is not None and row.person == by.id,
    )


async def _tell(question_id: UUID) -> None:
    """Let the room see the question as it stands now."""
    row = await Question.objects().where(Question.id == question_id).first()
    if row is None or row.status in (QuestionStatus.HELD, QuestionStatus.REMOVED):
        return
    show = await Show.select(Show.creator.display_name.as_alias("host")).where(Show.id == row.show).first()
    name = str(show["host"]).split(" ")[0] if show else ""
    await audience_news.tell_question(row.show, row.id, _asked(row, False, None), name)
