"""From a brief to frozen terms: applying, answering, and what both sides may see."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg
import pytest

from creators import applications, collaborations, inbox, profiles, shows
from creators.shows import SlotPlan
from creators.tables import Collaboration, Terms
from foundation import clock
from foundation.errors import NotFound, WrongState
from foundation.tables import Mail, Role
from tests import factories
from tests.cast import Cast
from tests.marketplace import stall

Settle = Callable[[], Awaitable[None]]


@pytest.mark.usefixtures("db")
async def test_a_person_becomes_a_creator_with_a_handle_of_their_own() -> None:
    nour, sam = await stall.person("nour"), await stall.person("sam")
    await factories.creator(nour, "@Nour.En.Cuisine")
    assert (await profiles.creator_named(handle="nour.en.cuisine")).display_name == "Nour Benali"
    with pytest.raises(profiles.CreatorAlready):
        await factories.creator(nour, "another")
    with pytest.raises(profiles.HandleTaken):
        await factories.creator(sam, "nour.en.cuisine")
    for wrong in ("ab", "-x-", "a b c", "é" * 5, "x" * 31):
        with pytest.raises(profiles.HandleInvalid):
            await factories.creator(sam, wrong)
    assert (await stall.person("nour")).has(Role.CREATOR)


@pytest.mark.usefixtures("db")
async def test_an_application_is_sent_once_and_can_be_taken_back() -> None:
    made, chloe = await factories.stage(), await stall.person("chloe")
    with pytest.raises(profiles.NotACreator):
        await applications.apply(brief_id=made.brief_id, message="Me!", by=chloe)
    await factories.creator(chloe, "chloe")
    application_id = await applications.apply(brief_id=made.brief_id, message="Me!", by=chloe)
    with pytest.raises(applications.AppliedAlready):
        await applications.apply(brief_id=made.brief_id, message="Me again!", by=chloe)
    with pytest.raises(NotFound):
        await applications.withdraw(application_id=application_id, by=made.nour)
    await applications.withdraw(application_id=application_id, by=chloe)
    with pytest.raises(WrongState):
        await collaborations.accept(application_id=application_id, by=made.ada)


@pytest.mark.usefixtures("db")
async def test_a_member_of_the_brand_cannot_apply_to_its_brief() -> None:
    made = await factories.stage()
    await factories.creator(made.ada, "ada")
    with pytest.raises(applications.OwnBrief):
        await applications.apply(brief_id=made.brief_id, message="Me!", by=made.ada)


@pytest.mark.usefixtures("db")
async def test_accepting_freezes_the_terms_of_the_brief_with_a_fingerprint() -> None:
    made = await factories.stage(commission_bp=1250, window_days=5)
    terms = await collaborations.current_terms(made.collaboration_id)
    assert (terms.commission_bp, terms.platform_fee_bp, terms.window_days, terms.hold_days) == (1250, 500, 5, 14)
    assert sorted(terms.products) == sorted(str(product.id) for product in made.products)
    values = {
        name: getattr(terms, name)
        for name in ("commission_bp", "platform_fee_bp", "window_days", "model", "hold_days", "fee_minor", "currency", "products")
    }
    assert terms.content_hash == collaborations.content_hash(collaboration_id=made.collaboration_id, version=1, values=values)
    with pytest.raises(asyncpg.RestrictViolationError):
        await Terms.update({Terms.commission_bp: 5000}).where(Terms.id == terms.id)


@pytest.mark.usefixtures("db")
async def test_another_brand_can_neither_see_nor_answer_an_application() -> None:
    made, bruno, chloe = await factories.stage(), await stall.person("bruno"), await stall.person("chloe")
    await stall.brand(bruno, "Velours")
    await factories.creator(chloe, "chloe")
    application_id = await applications.apply(brief_id=made.brief_id, message="Me!", by=chloe)
    for answer in (
        collaborations.accept(application_id=application_id, by=bruno),
        applications.decline(application_id=application_id, reason="No", by=bruno),
    ):
        with pytest.raises(NotFound):
            await answer
    assert await inbox.inbox(by=bruno) == []


@pytest.mark.usefixtures("db")
async def test_no_more_creators_are_accepted_than_there_are_places_even_at_once() -> None:
    made, chloe, sam = await factories.stage(), await stall.person("chloe"), await stall.person("sam")
    waiting = []
    for person, handle in ((chloe, "chloe"), (sam, "sam")):
        await factories.creator(person, handle)
        waiting.append(await applications.apply(brief_id=made.brief_id, message="Me!", by=person))
    answers = await asyncio.gather(
        *(collaborations.accept(application_id=application_id, by=made.ada) for application_id in waiting),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, collaborations.PlacesTaken) for answer in answers) == 1
    assert await Collaboration.count() == 2


@pytest.mark.usefixtures("db")
async def test_accepting_twice_at_once_begins_one_collaboration() -> None:
    made, chloe = await factories.stage(), await stall.person("chloe")
    await factories.creator(chloe, "chloe")
    application_id = await applications.apply(brief_id=made.brief_id, message="Me!", by=chloe)
    answers = await asyncio.gather(
        *(collaborations.accept(application_id=application_id, by=made.ada) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(answer, Exception) for answer in answers) == 2
    assert await Collaboration.count() == 2


@pytest.mark.usefixtures("db")
async def test_a_show_keeps_to_the_products_and_the_days_of_its_terms() -> None:
    made, soon = await factories.stage(), clock.now() + timedelta(hours=2)
    other = await stall.product(made.ada, made.brand_id, title="Whisk", price=1800)

    async def plan(**changed: object) -> None:
        wanted = {
            "collaboration_id": made.collaboration_id,
            "title": "A show",
            "starts_at": soon,
            "minutes": 30,
            "language": "fr",
            "line_up": [SlotPlan(product_id=made.pan.id, title="Pan", minutes=10)],
            "by": made.nour,
        }
        await shows.schedule_show(**{**wanted, **changed})  # type: ignore[arg-type]

    for refusal, changed in (
        (shows.ProductOutsideBrief, {"line_up": [SlotPlan(product_id=other.id, title="Whisk", minutes=5)]}),
        (shows.LineUpEmpty, {"line_up": []}),
        (shows.StartPassed, {"starts_at": clock.now() - timedelta(hours=1)}),
        (shows.OutsideDates, {"starts_at": clock.now() + timedelta(days=40)}),
        (NotFound, {"by": made.ada}),
    ):
        with pytest.raises(refusal):
            await plan(**changed)
    await plan()


@pytest.mark.usefixtures("db")
async def test_an_ended_collaboration_takes_no_new_show() -> None:
    made = await factories.stage()
    await collaborations.end_collaboration(collaboration_id=made.collaboration_id, by=made.ada)
    with pytest.raises(shows.CollaborationEnded):
        await factories.show(made.nour, made.collaboration_id, [made.pan.id])


async def test_the_whole_way_through_the_pages_with_a_mail_for_the_answer(cast: Cast, settle: Settle) -> None:
    made, chloe = await factories.stage(), await cast.chloe()
    browser, ada = await cast.client(chloe), await cast.client(made.ada)
    away = await browser.get(f"/briefs/{made.brief_id}/apply")
    assert (away.status_code, away.headers["location"]) == (303, "/studio/profile")
    profile = {"handle": "chloe", "display_name": "Chloé Martin", "trade": "kitchen", "country": "FR", "language": "fr"}
    assert (await browser.post("/studio/profile", data=profile)).status_code == 303
    assert (await browser.post("/studio/profile", data={**profile, "handle": "!"})).status_code == 422
    empty = await browser.post(f"/briefs/{made.brief_id}/apply", data={"message": ""})
    assert empty.status_code == 422
    sent = await browser.post(f"/briefs/{made.brief_id}/apply", data={"message": "I cook with Alma every day."})
    assert sent.headers["location"] == "/studio/applications"
    box = await ada.get("/brand/applications")
    assert "I cook with Alma every day." in box.text
    row = next(row for row in await inbox.inbox(by=made.ada) if row["handle"] == "chloe")
    assert (await ada.post(f"/brand/applications/{row['id']}/decline", data={"reason": ""})).status_code == 422
    assert (await ada.post(f"/brand/applications/{row['id']}/accept")).status_code == 303
    assert "Frozen terms, version 1" in (await ada.get(f"/brand/applications/{row['id']}")).text
    await settle()
    mail = await Mail.objects().where(Mail.recipient == chloe.email).first()
    assert mail is not None
    assert "accepted" in mail.subject
    mine = await collaborations.my_collaborations(by=chloe)
    planner = await browser.get(f"/studio/shows/new?collaboration={mine[0]['id']}")
    assert "Saucepan Alma" in planner.text
    pan = made.pan.id
    data = {
        "collaboration": str(mine[0]["id"]),
        "title": "Chloé cooks",
        "starts_at": (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"),
        "minutes": "45",
        "language": "fr",
        f"place-{pan}": "1",
        f"minutes-{pan}": "10",
    }
    assert (await browser.post("/studio/shows", data={**data, "title": ""})).status_code == 422
    made_show = await browser.post("/studio/shows", data=data)
    assert made_show.status_code == 303
    assert "Chloé cooks" in (await browser.get(made_show.headers["location"])).text
    assert "Chloé cooks" in (await browser.get("/")).text
    for path in (
        "/studio",
        "/studio/shows",
        "/schedule",
        "/creators",
        "/creators/chloe",
        "/replays",
        "/search?q=chlo",
        "/studio/sales",
    ):
        assert (await browser.get(path)).status_code == 200
    assert "Chloé cooks" in (await browser.get("/search?q=cooks")).text


async def test_programs_read_shows_and_apply(cast: Cast) -> None:
    made, chloe = await factories.stage(live=True), await cast.chloe()
    await factories.creator(chloe, "chloe")
    program = await cast.client(chloe)
    (row,) = (await program.get("/api/v1/shows")).json()
    assert (row["slug"], row["creator"], row["commercial_collaboration"]) == (made.slug, "nour.en.cuisine", True)
    show = (await program.get(f"/api/v1/shows/{made.slug}")).json()
    assert [slot["title"] for slot in show["slots"]] == ["Part 1", "Part 2"]
    sent = await program.post(f"/api/v1/briefs/{made.brief_id}/applications", json={"message": "Me!"})
    assert (sent.status_code, sent.json()["status"]) == (201, "submitted")
    again = await program.post(f"/api/v1/briefs/{made.brief_id}/applications", json={"message": "Me!"})
    assert (again.status_code, again.json()["code"]) == (409, "applied_already")
    assert (await program.get("/api/v1/shows/none")).status_code == 404
