"""What the audience of a show does, for its pages: questions, the poll and the flash offer on screen, hearts."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from creators import applause, polls, questions
from creators.questions import Asked
from foundation.accounts import Principal
from marketplace import offers


@dataclass(frozen=True, kw_only=True)
class Audience:
    """The part of a room that its viewers make. What is voted is about the person who looks."""

    questions: tuple[Asked, ...]
    poll: polls.Shown | None
    hearts: int
    offer: offers.Shown | None


async def audience_of(*, show_id: UUID, by: Principal | None) -> Audience:
    """How it stands now."""
    return Audience(
        questions=tuple(await questions.waiting(show_id=show_id, by=by)),
        poll=await polls.on_screen(show_id=show_id, by=by),
        hearts=await applause.hearts_of(show_id),
        offer=await offers.running(show_id=show_id),
    )
