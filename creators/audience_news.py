"""What a room is told of its audience: questions and their votes, polls, applause, and how fast one may write."""

from __future__ import annotations

from uuid import UUID

from creators.room_news import channel, in_both_languages, tell_pin
from foundation import realtime
from marketplace import offers
from marketplace.offer_tables import OfferClaim


async def tell_question(show_id: UUID, question_id: UUID, question: object, host: str) -> None:
    """Send a question as it stands: new, being answered, or answered and gone."""
    html = in_both_languages("creators/pieces/question.html", question=question, host=host, csrf="")
    state = str(getattr(question, "status", ""))
    votes = int(getattr(question, "votes", 0))
    await realtime.publish(channel(show_id), "question", {"id": str(question_id), "state": state, "votes": votes, "html": html})


async def tell_votes(show_id: UUID, question_id: UUID, votes: int) -> None:
    """Send how many want a question answered."""
    await realtime.publish(channel(show_id), "votes", {"id": str(question_id), "votes": votes})


async def tell_question_gone(show_id: UUID, question_id: UUID) -> None:
    """Take a question away."""
    await realtime.publish(channel(show_id), "question", {"id": str(question_id), "state": "removed", "votes": 0, "html": {}})


async def tell_poll(show_id: UUID, poll: object | None) -> None:
    """Send the poll that is on screen, or that there is none any more."""
    html = in_both_languages("creators/pieces/poll.html", poll=poll, csrf="") if poll else {}
    await realtime.publish(channel(show_id), "poll", {"id": str(getattr(poll, "id", "")), "html": html})


async def tell_poll_votes(show_id: UUID, poll_id: UUID, votes: dict[str, int]) -> None:
    """Send how many chose each answer of the poll."""
    await realtime.publish(channel(show_id), "poll_votes", {"id": str(poll_id), "votes": votes})


async def tell_offer(show_id: UUID) -> None:
    """Send the flash offer as it stands, or that there is none; what it costs is on the pinned card."""
    html = in_both_languages("creators/pieces/offer.html", offer=await offers.running(show_id=show_id))
    await realtime.publish(channel(show_id), "offer", {"html": html})
    await tell_pin(show_id)


async def tell_offer_of_order(order_id: UUID) -> None:
    """An order took units of an offer, or gave them back: its room sees how many are left."""
    rows = await OfferClaim.select(OfferClaim.offer.show_id.as_alias("show")).where(OfferClaim.order == order_id)
    for row in rows:
        await tell_offer(row["show"])


async def tell_hearts(show_id: UUID, hearts: int) -> None:
    """Send how many hearts there are by now; missing one of these costs nothing, so it is not kept."""
    await realtime.publish(channel(show_id), "hearts", {"count": hearts}, keep=False)


async def tell_slow_mode(show_id: UUID, seconds: int) -> None:
    """Send how long each viewer waits between two messages; 0 is not at all."""
    await realtime.publish(channel(show_id), "slow", {"seconds": seconds})
