"""Timeouts, bans, held messages and reports, with their reasons."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foundation import clock
from foundation.errors import WrongState
from foundation.tables import AuditEntry
from moderation import reports, restrictions, sanctions, words
from moderation.reports import Outcome
from moderation.tables import Report, WordAction
from tests.cast import Cast, browser
from tests.marketplace import stall

HERE, ELSEWHERE = "show:1", "show:2"


@pytest.mark.usefixtures("db")
async def test_a_timeout_holds_in_its_place_until_its_end() -> None:
    sam, max_ = await stall.person("sam"), await stall.person("max")
    await sanctions.time_out(person_id=sam.id, minutes=10, place=HERE, reason="Spam", by=max_)
    with pytest.raises(sanctions.Silenced) as silenced:
        await sanctions.check_may_write(sam.id, HERE)
    assert silenced.value.data["reason"] == "Spam"
    await sanctions.check_may_write(sam.id, ELSEWHERE)
    with clock.shifted(timedelta(minutes=10)):
        await sanctions.check_may_write(sam.id, HERE)


@pytest.mark.usefixtures("db")
async def test_a_ban_everywhere_holds_in_every_room_until_it_is_lifted() -> None:
    sam, max_ = await stall.person("sam"), await stall.person("max")
    sanction_id = await sanctions.ban(person_id=sam.id, place=sanctions.EVERYWHERE, reason="Threats", by=max_)
    for place in (HERE, ELSEWHERE):
        with pytest.raises(sanctions.Banned):
            await sanctions.check_may_write(sam.id, place)
    await sanctions.lift(sanction_id=sanction_id, by=max_)
    await sanctions.check_may_write(sam.id, HERE)
    with pytest.raises(WrongState):
        await sanctions.lift(sanction_id=sanction_id, by=max_)


@pytest.mark.usefixtures("db")
async def test_every_sanction_has_a_reason_and_an_entry_of_who_did_it() -> None:
    sam, max_ = await stall.person("sam"), await stall.person("max")
    with pytest.raises(sanctions.ReasonMissing):
        await sanctions.time_out(person_id=sam.id, minutes=10, place=HERE, reason=" ", by=max_)
    with pytest.raises(sanctions.OwnSanction):
        await sanctions.time_out(person_id=max_.id, minutes=10, place=HERE, reason="x", by=max_)
    await sanctions.time_out(person_id=sam.id, minutes=10, place=HERE, reason="Spam", by=max_)
    entry = await AuditEntry.objects().where(AuditEntry.action == "sanction.timeout").first()
    assert entry is not None
    assert (entry.actor, entry.object_id) == (f"person:{max_.id}", str(sam.id))


@pytest.mark.usefixtures("db")
async def test_a_held_message_is_decided_once() -> None:
    sam, max_ = await stall.person("sam"), await stall.person("max")
    held = await restrictions.hold(
        object_kind="chat_message", object_id="7", place=HERE, person_id=sam.id, author="Sam", body="hm", words=["hm"]
    )
    assert [row["body"] for row in await restrictions.queue()] == ["hm"]
    with pytest.raises(sanctions.ReasonMissing):
        await restrictions.remove_held(restriction_id=held, reason="", by=max_)
    await restrictions.remove_held(restriction_id=held, reason="Insult", by=max_)
    with pytest.raises(WrongState):
        await restrictions.release(restriction_id=held, by=max_)
    assert await restrictions.queue() == []
    assert (await restrictions.decided())[0]["reason"] == "Insult"


@pytest.mark.usefixtures("db")
async def test_a_word_is_kept_once_in_its_plain_form() -> None:
    await words.add_word(word="  Éscroc ", action=WordAction.HOLD, by=None)
    assert [row["word"] for row in await words.listed_words()] == ["escroc"]
    with pytest.raises(words.WordKnown):
        await words.add_word(word="ESCROC", action=WordAction.REFUSE, by=None)
    with pytest.raises(words.WordEmpty):
        await words.add_word(word=" ! ", action=WordAction.HOLD, by=None)


async def test_somebody_without_an_account_reports_and_a_moderator_decides(cast: Cast) -> None:
    async with browser(cast.server) as visitor:
        data = {"kind": "show", "id": "0a0a", "place": HERE, "reason": "Counterfeits"}
        answer = await visitor.post("/report", data=data)
        assert "Thank you" in answer.text
        assert (await visitor.post("/report", data={**data, "reason": ""})).status_code == 422
    moderator = await cast.client(await cast.max())
    assert "Counterfeits" in (await moderator.get("/moderation/reports")).text
    report = await Report.objects().first()
    assert report is not None
    assert (await moderator.post(f"/moderation/reports/{report.id}", data={"outcome": "upheld"})).status_code == 303
    with pytest.raises(WrongState):
        await reports.decide_report(report_id=report.id, outcome=Outcome.DISMISSED, by=await cast.max())


async def test_only_moderators_enter_the_desk(cast: Cast) -> None:
    sam = await cast.client(await cast.sam())
    for path in ("/moderation", "/moderation/sanctions", "/moderation/words", "/moderation/reports", "/moderation/rooms"):
        assert (await sam.get(path)).status_code == 403


async def test_a_moderator_times_somebody_out_and_lifts_it_again(cast: Cast) -> None:
    sam = await cast.sam()
    moderator = await cast.client(await cast.max())
    sent = await moderator.post(
        "/moderation/sanctions", data={"person": str(sam.id), "minutes": 60, "place": HERE, "reason": "Spam"}
    )
    assert sent.status_code == 303
    page = await moderator.get("/moderation/sanctions")
    assert "Sam Petit" in page.text
    assert "Spam" in page.text
    lift = page.text.split('/lift"')[0].rsplit('"', 1)[1] + "/lift"
    assert (await moderator.post(lift)).status_code == 303
    await sanctions.check_may_write(sam.id, HERE)


async def test_a_moderator_keeps_the_word_list_and_tries_it(cast: Cast) -> None:
    moderator = await cast.client(await cast.max())
    assert (await moderator.post("/moderation/words", data={"word": "arnaque", "action": "hold"})).status_code == 303
    assert "Held: arnaque" in (await moderator.get("/moderation/words", params={"try": "une 4rnaque"})).text
    assert (await moderator.post("/moderation/words", data={"word": "arnaque", "action": "hold"})).status_code == 409
