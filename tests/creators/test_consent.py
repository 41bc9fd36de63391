"""Consent to being recognised by a link: nothing without it, proof of it, and a sale that is credited either way."""

from __future__ import annotations

from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from creators import attribution, consent
from creators.attribution_facts import Rule
from creators.click_ids import ClickIds
from creators.consent_tables import Choice, ConsentRecord
from creators.link_tables import Click, ClickKind, TrackingLink
from creators.links import PARAMETER
from creators.tables import Show, Touch
from foundation import clock
from foundation.database import DB
from tests import factories
from tests.cast import Browser, Cast
from tests.creators.test_attribution import order
from tests.factories import Stage
from tests.marketplace import stall

pytestmark = pytest.mark.usefixtures("db")
HERE = "/privacy/choices"


async def clicked(made: Stage) -> UUID:
    """Somebody followed Nour's link to her show."""
    link = TrackingLink(
        id=uuid4(),
        code="ab3defg",
        collaboration=made.collaboration_id,
        creator=made.creator_id,
        brand=made.brand_id,
        show=made.show_id,
        target=f"/shows/{made.slug}",
        created_at=clock.now(),
    )
    await link.save()
    click = Click(
        id=UUID(ClickIds().new().decode()),
        link=link.id,
        creator=made.creator_id,
        show=made.show_id,
        at=clock.now(),
        kind=ClickKind.PERSON,
        consented=False,
    )
    await click.save()
    return click.id


def kept(answer: httpx.Response) -> dict[str, str]:
    return {line.split("=", 1)[0]: line.split("=", 1)[1] for line in answer.headers.get_list("set-cookie")}


async def test_who_came_by_a_link_is_asked_and_nothing_is_stored_before_the_answer(client: Browser) -> None:
    made = await factories.stage(live=True)
    address = f"/shows/{made.slug}?{PARAMETER}={await clicked(made)}"
    page = await client.get(address)
    assert "consent-strip" in page.text
    assert not {"consent", PARAMETER} & set(kept(page))
    assert "consent-strip" not in (await client.get(f"/shows/{made.slug}")).text


async def test_a_refusal_stores_one_word_that_names_nobody_and_is_not_asked_again(client: Browser) -> None:
    made = await factories.stage(live=True)
    address = f"/shows/{made.slug}?{PARAMETER}={await clicked(made)}"
    answer = await client.post(HERE, data={"choice": "refused", "next": address})
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    assert kept(answer)["consent"].startswith("none;")
    assert PARAMETER not in kept(answer)
    assert "consent-strip" not in (await client.get(address)).text


async def test_a_consent_keeps_the_click_and_its_proof_and_can_be_withdrawn(client: Browser) -> None:
    made = await factories.stage(live=True)
    click = await clicked(made)
    answer = await client.post(
        HERE, data={"choice": "given", "place": "strip", "next": f"/shows/{made.slug}?{PARAMETER}={click}"}
    )
    assert kept(answer)[PARAMETER].startswith(f"{click}; ")
    assert "HttpOnly" in kept(answer)[PARAMETER]
    (proof,) = await ConsentRecord.objects()
    assert (proof.choice, proof.text_version, proof.place, proof.person) == (Choice.GIVEN, consent.TEXT_VERSION, "strip", None)
    page = await client.get(HERE)
    assert str(proof.subject) in page.text
    gone = await client.post(HERE, data={"choice": "refused"})
    assert kept(gone)["consent"].startswith("none;")
    assert (
        "Max-Age=0" in kept(gone)[PARAMETER]
        or 'expires="' in kept(gone)[PARAMETER].lower()
        or "01 Jan 1970" in kept(gone)[PARAMETER]
    )
    choices = await ConsentRecord.select(ConsentRecord.subject, ConsentRecord.choice).order_by(ConsentRecord.id)
    assert [(row["subject"], row["choice"]) for row in choices] == [(proof.subject, "given"), (proof.subject, "withdrawn")]


async def test_a_browser_with_global_privacy_control_has_refused_whatever_is_sent(client: Browser) -> None:
    made = await factories.stage(live=True)
    gpc = {"sec-gpc": "1"}
    address = f"/shows/{made.slug}?{PARAMETER}={await clicked(made)}"
    assert "consent-strip" not in (await client.get(address, headers=gpc)).text
    answer = await client.post(HERE, data={"choice": "given", "next": address}, headers=gpc)
    assert kept(answer)["consent"].startswith("none;")
    assert PARAMETER not in kept(answer)
    assert "Global Privacy Control" in (await client.get(HERE, headers=gpc)).text


@pytest.mark.parametrize(
    "cookie", ["attribution", "attribution.2020-01-01." + "0" * 32, "attribution.x.y", "attribution.2026-11-22.zz", ""]
)
def test_an_old_or_made_up_cookie_is_no_consent(cookie: str) -> None:
    assert consent.standing(cookie, opted_out=False).given is False


async def test_a_consented_link_credits_a_later_order_and_one_without_consent_does_not(cast: Cast) -> None:
    made = await factories.stage(live=True)
    click = await clicked(made)
    sam = await stall.person("sam")
    browser = await cast.client(sam)
    address = f"/shows/{made.slug}?{PARAMETER}={click}"
    await browser.post(HERE, data={"choice": "refused", "next": address})
    assert await Touch.count().where(Touch.kind == "link_click") == 0
    await browser.post(HERE, data={"choice": "given", "next": address})
    await browser.post(HERE, data={"choice": "given", "next": address})
    assert await Touch.count().where(Touch.id == click) == 1
    (decision,) = await attribution.attribute_order(order_id=await order(made, sam, in_show=False))
    assert (decision.creator, decision.rule) == (made.creator_id, Rule.CLICK)


async def test_without_consent_a_purchase_in_the_show_is_credited_all_the_same(cast: Cast) -> None:
    made = await factories.stage(live=True)
    sam = await stall.person("sam")
    browser = await cast.client(sam)
    await browser.post(HERE, data={"choice": "refused"})
    buy = await browser.post(f"/shows/{made.slug}/buy", data={"product": str(made.pan.id)})
    touch_id = UUID(buy.headers["location"].rpartition("touch=")[2])
    (decision,) = await attribution.attribute_order(order_id=await order(made, sam, touch_id=touch_id))
    assert (decision.creator, decision.rule) == (made.creator_id, Rule.IN_STREAM)


async def test_a_device_that_agreed_signed_out_is_recognised_once_somebody_signs_in_on_it(cast: Cast) -> None:
    made = await factories.stage(live=True)
    click = await clicked(made)
    sam = await stall.person("sam")
    browser = await cast.client(sam)
    browser.cookies.set("consent", consent.cookie_of(uuid4()))
    browser.cookies.set(PARAMETER, str(click))
    await browser.post(f"/shows/{made.slug}/open", data={"product": str(made.pan.id)})
    touch = await Touch.objects().where(Touch.id == click).first()
    assert touch is not None
    assert (touch.person, touch.kind, touch.creator) == (sam.id, "link_click", made.creator_id)


async def test_made_up_clicks_and_other_sites_are_not_followed(client: Browser) -> None:
    await factories.stage(live=True)
    answer = await client.post(HERE, data={"choice": "given", "next": f"https://evil.example/?{PARAMETER}={uuid4()}"})
    assert answer.headers["location"] == HERE
    made_up = await client.post(HERE, data={"choice": "given", "next": f"/?{PARAMETER}={uuid4()}"})
    assert PARAMETER not in kept(made_up)
    assert (await client.post(HERE, data={"choice": "maybe"})).status_code == 422


async def test_proofs_are_never_rewritten() -> None:
    await consent.give(language="fr", place="page", by=None)
    with pytest.raises(asyncpg.RestrictViolationError):
        async with DB.connection() as connection:
            await connection.execute("update consent_record set choice = 'refused'")
    assert await Show.count() == 0
