"""Other terms than the brief's: asked, proposed, answered, and what is frozen in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from creators import applications, collaborations, counter_offers, inbox
from creators.counter_offer_tables import CounterOffer
from creators.counter_offers import Proposed
from creators.inbox import Group
from creators.tables import Collaboration
from foundation import clock
from foundation.accounts import Principal
from foundation.errors import NotFound, WrongState
from foundation.tables import Mail
from marketplace import briefs
from tests import factories
from tests.cast import Cast
from tests.factories import Stage
from tests.marketplace import stall

Settle = Callable[[], Awaitable[None]]
BRIEF = Proposed(commission_bp=1200, fee_minor=0, currency="EUR", window_days=7)
ASKED = Proposed(commission_bp=1500, fee_minor=15000, currency="EUR", window_days=7)
OFFERED = Proposed(commission_bp=1300, fee_minor=12000, currency="EUR", window_days=10)


@dataclass
class Talk:
    """A market with Chloé's application to Ada's brief."""

    made: Stage
    chloe: Principal
    application_id: UUID


async def talk(asked: Proposed | None = None) -> Talk:
    made, chloe = await factories.stage(), await stall.person("chloe")
    await factories.creator(chloe, "chloe")
    return Talk(made, chloe, await applications.apply(brief_id=made.brief_id, message="I cook daily.", asked=asked, by=chloe))


async def frozen(collaboration_id: UUID) -> tuple[int, int, int]:
    terms = await collaborations.current_terms(collaboration_id)
    return terms.commission_bp, terms.fee_minor, terms.window_days


async def propose(on: Talk, wanted: Proposed = OFFERED) -> int:
    return await counter_offers.propose(application_id=on.application_id, wanted=wanted, note="For two shows.", by=on.made.ada)


@pytest.mark.usefixtures("db")
async def test_what_a_creator_asks_for_with_the_application_is_frozen_when_the_brand_accepts() -> None:
    on = await talk(ASKED)
    collaboration = await collaborations.accept(application_id=on.application_id, by=on.made.ada)
    assert await frozen(collaboration) == (1500, 15000, 7)


@pytest.mark.usefixtures("db")
async def test_asking_for_the_terms_of_the_brief_is_asking_for_nothing() -> None:
    on = await talk(BRIEF)
    assert await CounterOffer.count() == 0
    assert await frozen(await collaborations.accept(application_id=on.application_id, by=on.made.ada)) == (1200, 0, 7)


@pytest.mark.usefixtures("db")
async def test_the_version_that_the_creator_accepts_is_the_one_that_is_frozen() -> None:
    on = await talk(ASKED)
    first = await propose(on)
    better = await propose(on, Proposed(commission_bp=1400, fee_minor=12000, currency="EUR", window_days=10))
    with pytest.raises(WrongState):
        await collaborations.accept_offer(application_id=on.application_id, version=first, by=on.chloe)
    collaboration = await collaborations.accept_offer(application_id=on.application_id, version=better, by=on.chloe)
    assert await frozen(collaboration) == (1400, 12000, 10)
    versions = [(offer.version, offer.side) for offer in (await counter_offers.offers_of([on.application_id]))[on.application_id]]
    assert versions == [(1, "creator"), (2, "brand"), (3, "brand")]


@pytest.mark.usefixtures("db")
async def test_the_brand_accepts_the_last_word_of_the_creator_and_not_an_older_one_it_read() -> None:
    on = await talk()
    await propose(on)
    asked = await counter_offers.ask(application_id=on.application_id, wanted=ASKED, by=on.chloe)
    with pytest.raises(WrongState):
        await collaborations.accept(application_id=on.application_id, version=0, by=on.made.ada)
    collaboration = await collaborations.accept(application_id=on.application_id, version=asked, by=on.made.ada)
    assert await frozen(collaboration) == (1500, 15000, 7)


@pytest.mark.usefixtures("db")
async def test_a_counter_offer_runs_out_after_two_days_and_waits_for_the_brand_again(monkeypatch: pytest.MonkeyPatch) -> None:
    on = await talk()
    version = await propose(on)
    assert (await inbox.counts(by=on.made.ada))[Group.COUNTERED] == 1
    moment = clock.now() + counter_offers.GOOD_FOR
    monkeypatch.setattr(clock, "now", lambda: moment)
    with pytest.raises(counter_offers.OfferExpired):
        await collaborations.accept_offer(application_id=on.application_id, version=version, by=on.chloe)
    counts = await inbox.counts(by=on.made.ada)
    assert (counts[Group.COUNTERED], counts[Group.WAITING]) == (0, 1)
    await counter_offers.ask(application_id=on.application_id, wanted=OFFERED, by=on.chloe)
    assert await frozen(await collaborations.accept(application_id=on.application_id, by=on.made.ada)) == (1300, 12000, 10)


@pytest.mark.usefixtures("db")
async def test_a_counter_offer_changes_something_within_bounds_and_at_most_three_times() -> None:
    on = await talk()
    for wrong in (
        {"commission_bp": 99},
        {"commission_bp": 5001},
        {"fee_minor": -1},
        {"fee_minor": 10**9},
        {"window_days": 31},
        {"currency": "USD"},
    ):
        with pytest.raises(counter_offers.TermsOutOfRange):
            await propose(on, Proposed(**{**vars(OFFERED), **wrong}))
    with pytest.raises(counter_offers.SameTerms):
        await propose(on, BRIEF)
    for rate in (1300, 1400, 1500):
        await propose(on, Proposed(commission_bp=rate, fee_minor=0, currency="EUR", window_days=7))
    with pytest.raises(counter_offers.RoundsUsed):
        await propose(on)


@pytest.mark.usefixtures("db")
async def test_only_the_two_sides_speak_and_each_in_its_turn() -> None:
    on, bruno = await talk(), await stall.person("bruno")
    await stall.brand(bruno, "Velours")
    with pytest.raises(WrongState):
        await counter_offers.ask(application_id=on.application_id, wanted=ASKED, by=on.chloe)
    for stranger in (bruno, on.made.nour, on.chloe):
        with pytest.raises(NotFound):
            await counter_offers.propose(application_id=on.application_id, wanted=OFFERED, by=stranger)
    await propose(on)
    for stranger in (bruno, on.made.nour, on.made.ada):
        with pytest.raises(NotFound):
            await collaborations.accept_offer(application_id=on.application_id, version=1, by=stranger)
        with pytest.raises(NotFound):
            await counter_offers.decline_offer(application_id=on.application_id, by=stranger)
    with pytest.raises(NotFound):
        await applications.my_application(application_id=on.application_id, by=on.made.nour)
    with pytest.raises(NotFound):
        await inbox.compared(application_ids=[on.application_id], by=bruno)


@pytest.mark.usefixtures("db")
async def test_both_sides_accepting_at_once_begin_one_collaboration() -> None:
    on = await talk(ASKED)
    version = await propose(on)
    answers = await asyncio.gather(
        collaborations.accept(application_id=on.application_id, by=on.made.ada),
        collaborations.accept_offer(application_id=on.application_id, version=version, by=on.chloe),
        collaborations.accept_offer(application_id=on.application_id, version=version, by=on.chloe),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, WrongState) for answer in answers) == 2
    assert await Collaboration.count().where(Collaboration.application == on.application_id) == 1


@pytest.mark.usefixtures("db")
async def test_two_counter_offers_at_once_are_two_versions() -> None:
    on = await talk()
    other = Proposed(commission_bp=1400, fee_minor=0, currency="EUR", window_days=7)
    versions = await asyncio.gather(propose(on), propose(on, other))
    assert sorted(versions) == [1, 2]


@pytest.mark.usefixtures("db")
async def test_a_proposal_is_never_rewritten() -> None:
    on = await talk(ASKED)
    with pytest.raises(asyncpg.RestrictViolationError):
        await CounterOffer.update({CounterOffer.commission_bp: 2000}).where(CounterOffer.application == on.application_id)
    with pytest.raises(asyncpg.RestrictViolationError):
        await CounterOffer.delete().where(CounterOffer.application == on.application_id)


@pytest.mark.usefixtures("db")
async def test_a_closed_brief_ends_the_talking() -> None:
    on = await talk()
    version = await propose(on)
    await briefs.close_brief(brief_id=on.made.brief_id, by=on.made.ada)
    with pytest.raises(WrongState):
        await collaborations.accept_offer(application_id=on.application_id, version=version, by=on.chloe)


@pytest.mark.usefixtures("db")
async def test_an_estimate_is_rounded_once_and_says_what_is_earned() -> None:
    made = await factories.stage()
    found = await inbox.estimate(brief_id=made.brief_id, terms=OFFERED, sold=20)
    assert found.earned.minor == found.commission.minor + 12000
    assert found.commission == found.sales.share(1300)


async def test_the_whole_talk_through_the_pages_with_its_mails(cast: Cast, settle: Settle) -> None:
    made, chloe = await factories.stage(), await cast.chloe()
    await factories.creator(chloe, "chloe")
    creator, ada = await cast.client(chloe), await cast.client(made.ada)
    apply = f"/briefs/{made.brief_id}/apply"
    assert "12" in (await creator.get(apply)).text
    asked = {"message": "I cook daily.", "commission": "15,5", "fee": "150", "window_days": "7"}
    wrong = await creator.post(apply, data={**asked, "commission": "70"})
    assert (wrong.status_code, "from 1 to 50 percent" in wrong.text) == (422, True)
    assert (await creator.post(apply, data=asked)).status_code == 303
    row = (await inbox.inbox(by=made.ada))[0]
    theirs, mine = f"/brand/applications/{row['id']}", f"/studio/applications/{row['id']}"
    page = await ada.get(theirs)
    assert "Asks 15.5% + €150.00" in page.text
    typed = {"commission": "13", "fee": "120.00", "window_days": "10", "note": "For <two> shows."}
    guess = await ada.get(f"{theirs}/estimate", params={**typed, "fee": "nonsense"})
    assert guess.status_code == 200
    assert (await ada.post(f"{theirs}/counter", data={**typed, "commission": "0"})).status_code == 422
    assert (await ada.post(f"{theirs}/counter", data=typed)).status_code == 303
    await settle()
    (mail,) = await Mail.objects().where(Mail.recipient == chloe.email)
    assert "proposes other terms" in mail.subject
    assert "€120.00" in mail.text
    page = await creator.get(mine)
    assert "13%" in page.text
    assert "For &lt;two&gt; shows." in page.text
    assert (await creator.post(f"{mine}/accept", data={"version": "1"})).status_code == 409
    assert (await creator.post(f"{mine}/ask", data={**typed, "commission": "14"})).status_code == 303
    await settle()
    assert (await ada.post(f"{theirs}/counter", data={**typed, "commission": "13,5"})).status_code == 303
    assert (await creator.post(f"{mine}/accept", data={"version": "4"})).status_code == 303
    assert "13.5%" in (await creator.get(mine)).text
    assert "Frozen terms, version 1" in (await ada.get(theirs)).text
    await settle()
    subjects = {mail.subject for mail in await Mail.objects().where(Mail.recipient == made.ada.email)}
    assert {"Chloé Martin asks for other terms", "Chloé Martin accepted your counter-offer"} <= subjects


async def test_a_creator_declines_and_the_brand_reads_why(cast: Cast, settle: Settle) -> None:
    made, chloe = await factories.stage(), await cast.chloe()
    await factories.creator(chloe, "chloe")
    application_id = await applications.apply(brief_id=made.brief_id, message="I cook daily.", by=chloe)
    await counter_offers.propose(application_id=application_id, wanted=OFFERED, by=made.ada)
    creator, ada = await cast.client(chloe), await cast.client(made.ada)
    declined = await creator.post(f"/studio/applications/{application_id}/decline", data={"reason": "Too far away."})
    assert declined.status_code == 303
    assert "declined your counter-offer: Too far away." in (await ada.get(f"/brand/applications/{application_id}")).text
    assert (await ada.post(f"/brand/applications/{application_id}/accept", data={"version": "0"})).status_code == 409
    await settle()
    assert await Mail.count().where(Mail.recipient == made.ada.email) == 1


async def test_several_applications_stand_side_by_side(cast: Cast) -> None:
    made, chloe = await factories.stage(), await cast.chloe()
    await factories.creator(chloe, "chloe")
    application_id = await applications.apply(brief_id=made.brief_id, message="I cook daily.", asked=ASKED, by=chloe)
    await stall.buy(made.pan, chloe)
    rows: list[dict[str, Any]] = await inbox.inbox(by=made.ada)
    ada = await cast.client(made.ada)
    page = await ada.get("/brand/applications/compare", params={"with": [str(row["id"]) for row in rows]})
    assert page.status_code == 200
    assert "15% + €150.00" in page.text
    assert page.text.count("compare__best") == 1, "only the kept order makes a difference"
    alone = await ada.get("/brand/applications/compare", params={"with": str(application_id)})
    assert alone.headers["location"] == "/brand/applications"
    assert (await ada.get("/brand/applications/compare?with=x&with=y")).status_code == 303


async def test_a_long_inbox_has_pages_and_groups(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "PAGE", 1)
    on = await talk()
    ada = await cast.client(on.made.ada)
    first, second = await ada.get("/brand/applications"), await ada.get("/brand/applications?page=2")
    assert "Chloé" in first.text
    assert "Nour" in second.text
    assert "Chloé" not in (await ada.get("/brand/applications?group=accepted")).text
    assert "Nothing in this group" in (await ada.get("/brand/applications?group=declined")).text
    for query in ("?page=999", "?page=-1", "?page=x", "?group=nonsense", "?brief=nonsense"):
        assert (await ada.get(f"/brand/applications{query}")).status_code == 200
