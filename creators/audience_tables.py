"""Tables of what the audience does besides talking: questions, polls, applause."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import UUID, BigInt, ForeignKey, Integer, OnDelete, SmallInt, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from creators.tables import Show
from foundation.database import DB
from foundation.tables import Person


class QuestionStatus(StrEnum):
    """Where a question stands. One at a time is being answered."""

    OPEN = "open"
    ANSWERING = "answering"
    ANSWERED = "answered"
    HELD = "held"
    REMOVED = "removed"


class PollStatus(StrEnum):
    """Where a poll stands: prepared, on screen, counted. One at a time is on screen."""

    READY = "ready"
    OPEN = "open"
    CLOSED = "closed"


class Question(Table, db=DB, tablename="question"):
    """A question to the host. `votes` counts the rows of `question_vote`, its own author's among them."""

    id = UUID(primary_key=True)
    show = ForeignKey(Show, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    person = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    author = Varchar(length=80, null=False, default=None)
    body = Varchar(length=200, null=False, default=None)
    status = Varchar(length=20, null=False, default=None, choices=QuestionStatus)
    votes = Integer(null=False, default=None)
    client_key = UUID(null=False, default=None, unique=True)
    asked_at = Timestamptz(null=False, default=None)
    answered_at = Timestamptz(null=True, default=None)

    ck_question_votes = Check(votes >= 0)


class QuestionVote(Table, db=DB, tablename="question_vote"):
    """A person wants a question answered."""

    id = UUID(primary_key=True)
    question = ForeignKey(Question, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    person = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    at = Timestamptz(null=False, default=None)

    uq_question_vote_question_person = Unique([question, person])


class Poll(Table, db=DB, tablename="poll"):
    """A question of the host to the audience, with two to four answers."""

    id = UUID(primary_key=True)
    show = ForeignKey(Show, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    question = Varchar(length=140, null=False, default=None)
    status = Varchar(length=20, null=False, default=None, choices=PollStatus)
    created_at = Timestamptz(null=False, default=None)
    opened_at = Timestamptz(null=True, default=None)
    closed_at = Timestamptz(null=True, default=None)


class PollOption(Table, db=DB, tablename="poll_option"):
    """One answer. `votes` counts the rows of `poll_vote`."""

    id = UUID(primary_key=True)
    poll = ForeignKey(Poll, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    position = SmallInt(null=False, default=None)
    label = Varchar(length=60, null=False, default=None)
    votes = Integer(null=False, default=None)

    uq_poll_option_poll_position = Unique([poll, position])
    ck_poll_option_votes = Check(votes >= 0)


class PollVote(Table, db=DB, tablename="poll_vote"):
    """A person's answer; it stays as it was given."""

    id = UUID(primary_key=True)
    poll = ForeignKey(Poll, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    option = ForeignKey(PollOption, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    person = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    at = Timestamptz(null=False, default=None)

    uq_poll_vote_poll_person = Unique([poll, person])


class Applause(Table, db=DB, tablename="applause"):
    """How many hearts a show got. The running count is in Valkey; this is what is kept of it."""

    id = UUID(primary_key=True)
    show = ForeignKey(Show, null=False, default=None, on_delete=OnDelete.restrict, unique=True)
    hearts = BigInt(null=False, default=None)
    changed_at = Timestamptz(null=False, default=None)

    ck_applause_hearts = Check(hearts >= 0)
