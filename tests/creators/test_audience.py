"""What the audience of a show does: questions, polls, hearts, and several products on screen."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from creators import applause, pins, polls, questions
from creators.audience_tables import Applause, Poll, PollStatus, Question, QuestionStatus
from creators.tables import Show, ShowStatus
from foundation import clock, valkey
from foundation.accounts import Principal
from foundation.errors import NotFound, TooManyRequests, WrongState
from moderation import restrictions, words
from moderation.sanctions import Silenced, time_out
from moderation.tables import WordAction
from tests import factories
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("db")


async def _ask(show_id: UUID, by: Principal, body: str = "Does it work on induction?") -> questions.Asked:
    return await questions.ask(show_id=show_id, body=body, client_key=uuid4(), by=by)


async def _poll(made: factories.Stage, *answers: str) -> UUID:
    return await polls.prepare(
        show_id=made.show_id, question="Which sauce next?", answers=answers or ("Red", "White"), by=made.nour
    )


async def test_the_question_that_most_want_answered_comes_first(cast: Cast) -> None:
    made = await factories.stage(live=True)
    sam, chloe = await cast.sam(), await cast.chloe()
    first, second = await _ask(made.show_id, sam), await _ask(made.show_id, chloe, "How do you clean it?")
    await asyncio.gather(*(questions.vote(question_id=second.id, on=True, by=sam) for _ in range(5)))
    shown = await questions.waiting(show_id=made.show_id, by=sam)
    assert [(asked.id, asked.votes, asked.voted) for asked in shown] == [(second.id, 2, True), (first.id, 1, True)]
    await questions.vote(question_id=second.id, on=False, by=sam)
    await questions.vote(question_id=second.id, on=False, by=sam)
    assert (await questions.one(question_id=second.id, by=sam)).votes == 1


async def test_the_host_answers_one_question_at_a_time(cast: Cast) -> None:
    made = await factories.stage(live=True)
    sam = await cast.sam()
    first, second = await _ask(made.show_id, sam), await _ask(made.show_id, sam, "And gas?")
    await questions.take(question_id=first.id, by=made.nour)
    await questions.take(question_id=second.id, by=made.nour)
    shown = await questions.waiting(show_id=made.show_id, by=None)
    assert [(asked.id, asked.status) for asked in shown] == [(second.id, QuestionStatus.ANSWERING)]
    await questions.answered(question_id=second.id, by=made.nour)
    await questions.answered(question_id=second.id, by=made.nour)
    assert await questions.waiting(show_id=made.show_id, by=None) == []
    with pytest.raises(WrongState):
        await questions.vote(question_id=second.id, on=False, by=sam)


async def test_two_hosts_taps_at_once_leave_one_question_being_answered(cast: Cast) -> None:
    made = await factories.stage(live=True)
    sam = await cast.sam()
    asked = [await _ask(made.show_id, sam, f"Question {number}") for number in range(3)]
    await asyncio.gather(*(questions.take(question_id=one.id, by=made.nour) for one in asked))
    answering = Question.count().where((Question.show == made.show_id) & (Question.status == QuestionStatus.ANSWERING))
    assert await answering == 1


async def test_the_same_tap_twice_asks_once_and_nobody_fills_the_list(cast: Cast) -> None:
    made = await factories.stage(live=True)
    sam, key = await cast.sam(), uuid4()
    twice = await asyncio.gather(*(questions.ask(show_id=made.show_id, body="Twice?", client_key=key, by=sam) for _ in range(3)))
    assert len({asked.id for asked in twice}) == 1
    for number in range(2):
        await _ask(made.show_id, sam, f"More {number}")
    with pytest.raises(questions.TooManyWaiting):
        await _ask(made.show_id, sam, "One too many")
    with pytest.raises(questions.QuestionMissing):
        await _ask(made.show_id, await cast.chloe(), " \x00 ")
    with pytest.raises(questions.QuestionTooLong):
        await _ask(made.show_id, await cast.chloe(), "x" * 201)


async def test_a_stopped_question_waits_for_a_moderator_and_its_asker_alone_sees_it(
    cast: Cast, settle: Callable[[], Awaitable[None]]
) -> None:
    made = await factories.stage(live=True)
    sam, chloe, maxime = await cast.sam(), await cast.chloe(), await cast.max()
    await words.add_word(word="scam", action=WordAction.HOLD, by=maxime)
    await _ask(made.show_id, sam, "Is this a scam?")
    assert [asked.status for asked in await questions.waiting(show_id=made.show_id, by=sam)] == [QuestionStatus.HELD]
    assert await questions.waiting(show_id=made.show_id, by=chloe) == []
    held = await restrictions.queue()
    await restrictions.release(restriction_id=held[0]["id"], by=maxime)
    await settle()
    assert [asked.status for asked in await questions.waiting(show_id=made.show_id, by=chloe)] == [QuestionStatus.OPEN]


async def test_who_is_silenced_asks_nothing_and_another_creator_answers_nothing(cast: Cast) -> None:
    made = await factories.stage(live=True)
    sam, chloe = await cast.sam(), await cast.chloe()
    asked = await _ask(made.show_id, sam)
    for verb in (questions.take, questions.answered):
        with pytest.raises(NotFound):
            await verb(question_id=asked.id, by=chloe)
    with pytest.raises(NotFound):
        await questions.remove(question_id=asked.id, reason="No", by=chloe)
    await time_out(person_id=sam.id, minutes=5, place=f"show:{made.show_id}", reason="Too loud", by=await cast.max())
    with pytest.raises(Silenced):
        await _ask(made.show_id, sam, "And now?")


async def test_a_person_answers_a_poll_once_and_the_votes_add_up(cast: Cast) -> None:
    made = await factories.stage(live=True)
    sam, chloe = await cast.sam(), await cast.chloe()
    poll_id = await _poll(made)
    await polls.start(poll_id=poll_id, by=made.nour)
    shown = await polls.on_screen(show_id=made.show_id, by=sam)
    assert shown is not None
    red, white = shown.answers
    tries = await asyncio.gather(
        *(polls.choose(poll_id=poll_id, option_id=red.id, by=sam) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(result, polls.VotedAlready) for result in tries) == 3
    after = await polls.choose(poll_id=poll_id, option_id=white.id, by=chloe)
    assert [(answer.votes, answer.share, answer.chosen) for answer in after.answers] == [(1, 50, False), (1, 50, True)]
    await polls.close(poll_id=poll_id, by=made.nour)
    with pytest.raises(WrongState):
        await polls.choose(poll_id=poll_id, option_id=red.id, by=await cast.max())


async def test_one_poll_is_on_screen_and_only_its_host_starts_it(cast: Cast) -> None:
    made = await factories.stage(live=True)
    first, second = await _poll(made), await _poll(made, "Yes", "No", "Perhaps")
    with pytest.raises(NotFound):
        await polls.start(poll_id=first, by=await cast.chloe())
    await polls.start(poll_id=first, by=made.nour)
    await polls.start(poll_id=second, by=made.nour)
    states = {row["id"]: row["status"] for row in await Poll.select(Poll.id, Poll.status)}
    assert states == {first: PollStatus.CLOSED, second: PollStatus.OPEN}
    with pytest.raises(WrongState):
        await polls.start(poll_id=first, by=made.nour)
    for answers in (("Only one",), ("Same", "same"), ("a", "b", "c", "d", "e"), ("x" * 61, "y")):
        with pytest.raises(polls.PollAnswersWrong):
            await _poll(made, *answers)


async def test_an_option_of_another_poll_is_no_answer(cast: Cast) -> None:
    made = await factories.stage(live=True)
    first, second = await _poll(made), await _poll(made, "Yes", "No")
    await polls.start(poll_id=first, by=made.nour)
    other = next(poll for poll in await polls.of_show(show_id=made.show_id, by=made.nour) if poll.id == second)
    with pytest.raises(NotFound):
        await polls.choose(poll_id=first, option_id=other.answers[0].id, by=await cast.sam())


async def test_hearts_add_up_and_are_kept_when_the_counter_is_lost() -> None:
    made = await factories.stage(live=True)
    counts = await asyncio.gather(*(applause.applaud(show_id=made.show_id, hearts=5, visitor=f"v{n}") for n in range(6)))
    assert max(counts) == 30
    assert await applause.applaud(show_id=made.show_id, hearts=10_000, visitor="loud") == 50
    kept = await Applause.select(Applause.hearts).first()
    assert kept is not None
    await valkey.client().flushdb()
    assert await applause.applaud(show_id=made.show_id, hearts=1, visitor="later") == kept["hearts"] + 1
    assert await applause.hearts_of(made.show_id) >= kept["hearts"] + 1


async def test_nobody_applauds_without_end_nor_an_empty_stage() -> None:
    made = await factories.stage(live=True)
    for _ in range(30):
        await applause.applaud(show_id=made.show_id, hearts=1, visitor="loud")
    with pytest.raises(TooManyRequests):
        await applause.applaud(show_id=made.show_id, hearts=1, visitor="loud")
    quiet = await factories.show(made.nour, made.collaboration_id, [made.pan.id])
    with pytest.raises(WrongState):
        await applause.applaud(show_id=quiet.id, hearts=1, visitor="early")


async def test_more_products_stand_beside_the_slot_and_leave_with_it(cast: Cast) -> None:
    made = await factories.stage(live=True)
    pan, pot = made.products
    await pins.pin_beside(show_id=made.show_id, product_id=pot.id, by=made.nour)
    await asyncio.gather(*(pins.pin_beside(show_id=made.show_id, product_id=pan.id, by=made.nour) for _ in range(3)))
    shown = [pin.product for pin in await pins.on_screen(made.show_id)]
    assert shown == [pot.id, pan.id], "what was shown first leads"
    page = (await (await cast.client(await cast.sam())).get(f"/shows/{made.slug}")).text
    assert page.count('class="pinned-card"') == 2
    assert "2 of 2" in page
    await pins.unpin(show_id=made.show_id, product_id=pan.id, by=made.nour)
    assert [pin.product for pin in await pins.on_screen(made.show_id)] == [pot.id]
    await pins.pin_beside(show_id=made.show_id, product_id=pan.id, by=made.nour)
    await pins.pin_product(show_id=made.show_id, product_id=pan.id, by=made.nour)
    assert [pin.product for pin in await pins.on_screen(made.show_id)] == [pan.id]


async def test_a_viewer_without_scripts_asks_votes_and_applauds(cast: Cast) -> None:
    made = await factories.stage(live=True)
    sam, chloe = await cast.client(await cast.sam()), await cast.client(await cast.chloe())
    room = f"/shows/{made.slug}"
    asked = await sam.post(f"{room}/questions", data={"question": "Induction?", "client_key": str(uuid4())})
    assert (asked.status_code, asked.headers["location"]) == (303, f"{room}#questions")
    page = (await chloe.get(room)).text
    vote = re.search(r'action="(/questions/[0-9a-f-]+/vote)"', page)
    assert vote is not None
    assert (await chloe.post(vote[1], data={"on": "1"})).headers["location"] == f"{room}#questions"
    assert "<span data-votes>2</span>" in (await chloe.get(room)).text
    assert (await chloe.post(f"{room}/hearts", data={"hearts": "3"})).status_code == 303
    assert "<span data-heart-count>3</span>" in (await chloe.get(room)).text
    refused = await sam.post(f"{room}/questions", data={"question": " ", "client_key": str(uuid4())})
    assert refused.status_code == 422
    assert "Please write something." in refused.text


async def test_the_host_prepares_starts_and_counts_a_poll_from_the_cockpit(cast: Cast) -> None:
    made = await factories.stage(live=True)
    nour, there = await cast.client(made.nour), f"/studio/shows/{made.show_id}/audience"
    wrong = await nour.post(f"{there}/prepare", data={"poll": "Which?", "answers": ["Red", ""]}, headers={"hx-request": "true"})
    assert (wrong.status_code, "Give two to four different answers" in wrong.text, 'value="Red"' in wrong.text) == (
        422,
        True,
        True,
    )
    made_ready = await nour.post(f"{there}/prepare", data={"poll": "Which?", "answers": ["Red", "White", "", ""]})
    assert made_ready.status_code == 303
    poll = (await polls.of_show(show_id=made.show_id, by=made.nour))[0]
    await nour.post(f"{there}/start", data={"poll": str(poll.id)})
    sam = await cast.client(await cast.sam())
    voted = await sam.post(f"/polls/{poll.id}/vote", data={"option": str(poll.answers[0].id)}, headers={"hx-request": "true"})
    assert "data-voted" in voted.text
    assert "100%" in voted.text
    assert "100%" in (await nour.post(f"{there}/count", data={"poll": str(poll.id)}, headers={"hx-request": "true"})).text
    assert (await (await cast.client(await cast.chloe())).post(f"{there}/start", data={"poll": str(poll.id)})).status_code == 404


async def test_a_question_can_be_asked_before_the_show_but_not_after_it(cast: Cast) -> None:
    made = await factories.stage()
    sam = await cast.sam()
    await _ask(made.show_id, sam)
    await factories.go_live(made.show_id)
    await Show.update({Show.status: ShowStatus.ENDED, Show.ended_at: clock.now()}).where(Show.id == made.show_id)
    with pytest.raises(questions.QuestionsClosed):
        await _ask(made.show_id, sam, "Too late?")
