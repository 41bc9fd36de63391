"""Polls: prepared by the host, one at a time on screen, one answer a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from creators import audience_news
from creators.audience_tables import Poll, PollOption, PollStatus, PollVote
from creators.shows import hosted_show
from creators.tables import Show, ShowStatus
from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, Refusal, WrongState
from foundation.i18n import _

FEWEST, MOST = 2, 4
MOST_POLLS = 20
LONGEST_QUESTION, LONGEST_ANSWER = 140, 60


class PollQuestionMissing(InvalidField):
    """A poll asks something, in at most 140 characters."""

    code = "poll_question_missing"
    message = _("Please ask something, in at most 140 characters.")
    field = "poll"


class PollAnswersWrong(InvalidField):
    """A poll has two to four different answers."""

    code = "poll_answers_wrong"
    message = _("Give two to four different answers of at most 60 characters.")
    field = "answers"


class TooManyPolls(Refusal):
    """A show has at most 20 polls."""

    code = "too_many_polls"
    status = 409
    message = _("A show has at most 20 polls.")


class VotedAlready(Refusal):
    """One answer a person, and it stays."""

    code = "voted_already"
    status = 409
    message = _("You have voted already.")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer with its votes; `share` is whole percent of all votes."""

    id: UUID
    label: str
    votes: int
    share: int
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A poll as a page shows it; `voted` and `Answer.chosen` are about the person who looks."""

    id: UUID
    question: str
    status: PollStatus
    answers: tuple[Answer, ...]
    votes: int
    voted: bool

    @property
    def leading(self) -> Answer | None:
        """The answer that leads, when there is any vote."""
        return max(self.answers, key=lambda answer: answer.votes) if self.votes else None


async def prepare(*, show_id: UUID, question: str, answers: Sequence[str], by: Principal) -> UUID:
    """Get a poll ready for a show that has not ended; return its id.

    Raises `NotFound`, `WrongState`, `PollQuestionMissing`, `PollAnswersWrong`, `TooManyPolls`.
    """
    asked = _plain(question)
    labels = [label for label in map(_plain, answers) if label]
    if not 1 <= len(asked) <= LONGEST_QUESTION:
        raise PollQuestionMissing
    different = len({label.casefold() for label in labels}) == len(labels)
    if not (FEWEST <= len(labels) <= MOST and different and all(len(label) <= LONGEST_ANSWER for label in labels)):
        raise PollAnswersWrong
    async with DB.transaction():
        await hosted_show(show_id=show_id, by=by)
        show = await Show.objects().where(Show.id == show_id).lock_rows("UPDATE").first()
        if show is None or show.status not in (ShowStatus.SCHEDULED, ShowStatus.LIVE):
            raise WrongState
        if await Poll.count().where(Poll.show == show_id) >= MOST_POLLS:
            raise TooManyPolls
        poll = Poll(id=uuid4(), show=show_id, question=asked, status=PollStatus.READY, created_at=clock.now())
        await poll.save()
        await PollOption.insert(
            *(PollOption(id=uuid4(), poll=poll.id, position=place, label=label, votes=0) for place, label in enumerate(labels, 1))
        )
        await audit.record(by=by, action="poll.prepared", kind="poll", id=poll.id, show=show_id, question=asked)
    return poll.id


async def start(*, poll_id: UUID, by: Principal) -> None:
    """Put a prepared poll on screen; one that was there is counted. Raises `NotFound`, `WrongState`."""
    poll = await _of_host(poll_id, by)
    async with DB.transaction():
        show = await Show.objects().where(Show.id == poll.show).lock_rows("UPDATE").first()
        if show is None or show.status != ShowStatus.LIVE:
            raise WrongState
        now = clock.now()
        await Poll.update({Poll.status: PollStatus.CLOSED, Poll.closed_at: now}).where(
            (Poll.show == poll.show) & (Poll.status == PollStatus.OPEN)
        )
        moved = (
            await Poll.update({Poll.status: PollStatus.OPEN, Poll.opened_at: now})
            .where((Poll.id == poll_id) & (Poll.status == PollStatus.READY))
            .returning(Poll.id)
        )
        if not moved:
            raise WrongState
        await audit.record(by=by, action="poll.started", kind="poll", id=poll_id)
    await audience_news.tell_poll(poll.show, await _shown(poll_id, None))


async def close(*, poll_id: UUID, by: Principal) -> None:
    """Count: no more votes; quiet when it was counted. Raises `NotFound`."""
    poll = await _of_host(poll_id, by)
    async with DB.transaction():
        moved = (
            await Poll.update({Poll.status: PollStatus.CLOSED, Poll.closed_at: clock.now()})
            .where((Poll.id == poll_id) & (Poll.status == PollStatus.OPEN))
            .returning(Poll.id)
        )
        if moved:
            await audit.record(by=by, action="poll.closed", kind="poll", id=poll_id)
    if moved:
        await audience_news.tell_poll(poll.show, await _shown(poll_id, None))


async def choose(*, poll_id: UUID, option_id: UUID, by: Principal) -> Shown:
    """Vote once; return the poll with what all chose. Raises `NotFound`, `WrongState` (counted), `VotedAlready`."""
    async with DB.transaction():
        option = await PollOption.objects().where((PollOption.id == option_id) & (PollOption.poll == poll_id)).first()
        poll = await Poll.objects().where(Poll.id == poll_id).first()
        if option is None or poll is None or poll.status == PollStatus.READY:
            raise NotFound
        if poll.status != PollStatus.OPEN:
            raise WrongState
        row = PollVote(id=uuid4(), poll=poll_id, option=option_id, person=by.id, at=clock.now())
        made = (
            await PollVote.insert(row)
            .on_conflict(target=(PollVote.poll, PollVote.person), action="DO NOTHING")
            .returning(PollVote.id)
        )
        if not made:
            raise VotedAlready
        await PollOption.update({PollOption.votes: PollOption.votes + 1}).where(PollOption.id == option_id)
    shown = await _shown(poll_id, by)
    await audience_news.tell_poll_votes(poll.show, poll_id, {str(answer.id): answer.votes for answer in shown.answers})
    return shown


async def on_screen(*, show_id: UUID, by: Principal | None) -> Shown | None:
    """The poll that the room sees now."""
    row = await Poll.select(Poll.id).where((Poll.show == show_id) & (Poll.status == PollStatus.OPEN)).first()
    return await _shown(row["id"], by) if row else None


async def of_show(*, show_id: UUID, by: Principal) -> list[Shown]:
    """All polls of one's show, in the order they were prepared. Raises `NotFound`."""
    await hosted_show(show_id=show_id, by=by)
    rows = await Poll.select(Poll.id).where(Poll.show == show_id).order_by(Poll.created_at)
    return [await _shown(row["id"], None) for row in rows]


def _plain(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())


async def _of_host(poll_id: UUID, by: Principal) -> Poll:
    poll = await Poll.objects().where(Poll.id == poll_id).first()
    if poll is None:
        raise NotFound
    await hosted_show(show_id=poll.show, by=by)
    return poll


async def _shown(poll_id: UUID, by: Principal | None) -> Shown:
    poll = await Poll.objects().where(Poll.id == poll_id).first()
    if poll is None:
        raise NotFound
    options = await PollOption.objects().where(PollOption.poll == poll_id).order_by(PollOption.position)
    chosen = (
        await PollVote.select(PollVote.option).where((PollVote.poll == poll_id) & (PollVote.person == by.id)).first()
        if by
        else None
    )
    total = sum(option.votes for option in options)
    return Shown(
        id=poll.id,
        question=poll.question,
        status=PollStatus(poll.status),
        answers=tuple(
            Answer(
                id=option.id,
                label=option.label,
                votes=option.votes,
                share=round(100 * option.votes / total) if total else 0,
                chosen=chosen is not None and chosen["option"] == option.id,
            )
            for option in options
        ),
        votes=total,
        voted=chosen is not None,
    )
