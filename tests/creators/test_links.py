"""Tracking links: where they lead, who may make them, and that no click is forgotten."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest

from creators import click_storing, consent, links, redirects
from creators.conversion_tables import ShopConnection, ShopKind
from creators.link_tables import Click
from creators.links import CODE, OutsideTheBrief, TargetElsewhere
from entrypoints.app import Site, create_app
from foundation import clock
from foundation.errors import NotFound
from tests import factories
from tests.cast import Cast
from tests.factories import Stage
from tests.marketplace import stall

PERSON = {"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/605.1"}


async def link(stage: Stage, **wishes: object) -> str:
    return await links.make_link(collaboration_id=stage.collaboration_id, by=stage.nour, **wishes)  # type: ignore[arg-type]


async def shop(stage: Stage, host: str = "shop.cuivre.example") -> None:
    await ShopConnection(
        brand=stage.brand_id, kind=ShopKind.API, name="Shop", host=host, sealed_secret="-", created_at=clock.now()
    ).save()


async def test_a_link_leads_to_its_show_with_the_id_of_a_click_that_is_stored(client: httpx.AsyncClient, site: Site) -> None:
    stage = await factories.stage(live=True)
    code = await link(stage, show_id=stage.show_id, product_id=stage.pan.id)
    before = clock.now()
    answer = await client.get(f"/{code}", headers={**PERSON, "referer": "https://social.example/post/1?who=me"})
    await site.redirects.keeper.settle()
    assert answer.status_code == 302
    target = urlsplit(answer.headers["location"])
    assert target.path == f"/shows/{stage.slug}"
    [click] = await Click.objects()
    assert parse_qs(target.query) == {"fanfare_click": [str(click.id)]}
    assert (click.kind, click.consented, click.referrer) == ("person", False, "social.example")
    assert (click.creator, click.show, click.product) == (stage.creator_id, stage.show_id, stage.pan.id)
    assert before <= click.at <= clock.now()
    assert "set-cookie" not in answer.headers
    assert "no-store" in answer.headers["cache-control"]


async def test_a_cookie_is_set_only_with_consent(client: httpx.AsyncClient, site: Site) -> None:
    code = await link(await factories.stage())
    given = {**PERSON, "cookie": f"language=fr; consent={consent.cookie_of(uuid4())}"}
    for without in (PERSON, {**given, "sec-gpc": "1"}, {**given, "user-agent": "curl/8"}, {**PERSON, "cookie": "consent=none"}):
        assert "set-cookie" not in (await client.get(f"/{code}", headers=without)).headers
    answer = await client.get(f"/{code}", headers=given)
    click_id = parse_qs(urlsplit(answer.headers["location"]).query)["fanfare_click"][0]
    assert answer.headers["set-cookie"].startswith(f"fanfare_click={click_id}; Max-Age=2592000; Path=/; HttpOnly")
    await site.redirects.keeper.settle()
    rows = [(str(click.id) == click_id, click.kind, click.consented) for click in await Click.objects().order_by(Click.at)]
    assert sorted(rows) == [(False, "bot", True), *[(False, "person", False)] * 3, (True, "person", True)]


async def test_bots_and_prefetches_are_led_on_and_counted_apart(client: httpx.AsyncClient, site: Site) -> None:
    stage = await factories.stage()
    code = await link(stage)
    await client.get(f"/{code}", headers={"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"})
    await client.get(f"/{code}", headers={**PERSON, "sec-purpose": "prefetch;prerender"})
    await client.head(f"/{code}", headers=PERSON)
    await client.get(f"/{code}", headers={"user-agent": ""})
    await client.get(f"/{code.upper()}", headers=PERSON)
    await site.redirects.keeper.settle()
    [shown] = await links.links_of_creator(by=stage.nour)
    assert (shown.clicks, shown.others) == (1, 4)
    assert sorted([click.kind for click in await Click.objects()]) == ["bot", "bot", "bot", "person", "prefetch"]


async def test_what_is_no_code_and_an_ended_link_are_not_found(
    client: httpx.AsyncClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redirects, "UNKNOWN_FOR", 0.0)
    stage = await factories.stage()
    code = await link(stage)
    [shown] = await links.links_of_creator(by=stage.nour)
    chloe = await stall.person("chloe")
    await factories.creator(chloe, "chloe")
    with pytest.raises(NotFound):
        await links.revoke_link(link_id=shown.id, by=chloe)
    assert (await client.get(f"/{code}")).status_code == 302
    await links.revoke_link(link_id=shown.id, by=stage.nour)
    site.redirects.doubt()
    for path in (code, "a2bcdef", "zzzzzzz"):
        assert (await client.get(f"/{path}")).status_code == 404


def test_no_address_of_ours_looks_like_a_code() -> None:
    firsts = {route.path.split("/")[1] for route in create_app().routes}
    assert [first for first in firsts if CODE.fullmatch(first)] == []
    assert all(CODE.fullmatch(links.new_code()) for _ in range(1000))


async def test_clicks_at_once_are_each_kept_once(client: httpx.AsyncClient, site: Site) -> None:
    stage = await factories.stage()
    codes = [await link(stage), await link(stage, product_id=stage.pan.id)]
    answers = await asyncio.gather(*(client.get(f"/{codes[n % 2]}", headers=PERSON) for n in range(60)))
    answered = {found[1] for answer in answers if (found := re.search(r"fanfare_click=(.+)$", answer.headers["location"]))}
    assert len(answered) == 60
    await site.redirects.keeper.settle()
    assert {str(click.id) for click in await Click.objects()} == answered


async def test_a_link_leads_into_the_brands_own_shop_and_nowhere_else(client: httpx.AsyncClient) -> None:
    stage = await factories.stage()
    with pytest.raises(TargetElsewhere):
        await link(stage, target="https://shop.cuivre.example/pans")
    await shop(stage)
    code = await link(stage, target="https://shop.cuivre.example/pans?size=24#more")
    location = (await client.get(f"/{code}", headers=PERSON)).headers["location"]
    assert re.fullmatch(r"https://shop\.cuivre\.example/pans\?size=24&fanfare_click=[0-9a-f-]{36}#more", location)
    for wrong in (
        "http://shop.cuivre.example/",
        "https://shop.cuivre.example@evil.example/",
        "https://evil.example/?shop.cuivre.example",
        "https://shop.cuivre.example.evil.example/",
        "javascript:alert(1)",
        "https://shop.cuivre.example\\@evil.example/",
        "https://shop.cuivre.example/\r\nset-cookie: a=b",
    ):
        with pytest.raises(TargetElsewhere):
            await link(stage, target=wrong)


async def test_only_ones_own_collaborations_have_links_and_the_same_wish_is_the_same_link(cast: Cast) -> None:
    stage = await factories.stage()
    assert await link(stage, product_id=stage.pan.id) == await link(stage, product_id=stage.pan.id)
    chloe = await stall.person("chloe")
    await factories.creator(chloe, "chloe")
    with pytest.raises(NotFound):
        await links.make_link(collaboration_id=stage.collaboration_id, by=chloe)
    bruno = await stall.person("bruno")
    other = await stall.product(bruno, (await stall.brand(bruno, name="Velours")).id)
    with pytest.raises(OutsideTheBrief):
        await link(stage, product_id=other.id)


async def test_known_links_lead_on_with_a_kept_click_while_the_database_is_away(
    client: httpx.AsyncClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = await link(await factories.stage())
    assert (await client.get(f"/{code}", headers=PERSON)).status_code == 302
    with monkeypatch.context() as away:
        site.redirects.doubt()
        away.setattr(redirects, "ENDED", "select nothing")
        away.setattr(click_storing, "COLUMNS", ("nothing",))
        away.setattr(click_storing, "AGAIN", "select nothing")
        answers = await asyncio.gather(*(client.get(f"/{code}", headers=PERSON) for _ in range(5)))
        assert {answer.status_code for answer in answers} == {302}
        assert all("fanfare_click" in answer.headers["location"] for answer in answers)
    await site.redirects.keeper.settle()
    assert await Click.count() == 6
