"""A creator's link that leads to a product on Fanfare, outside any show: who buys later is credited to her, with consent only."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

import pytest

from creators import attribution, guest_touches, links
from creators.attribution_facts import Reason, Rule
from creators.links import PARAMETER
from creators.tables import AttributionDecision, Touch
from marketplace.tables import Order
from tests import factories
from tests.cast import Browser, Cast, browser
from tests.creators.test_links import PERSON
from tests.factories import Stage
from tests.marketplace import stall
from tests.marketplace.test_buying_pages import HTMX, filled, sheet

pytestmark = pytest.mark.usefixtures("db")
CHOICES = "/privacy/choices"
CREDIT_OF_NOBODY = (None, Rule.NONE)


async def comes_by_the_link(visitor: Browser, made: Stage, *, answer: str) -> str:
    """Follow Nour's link to the saucepan and answer the strip; returns the click's id."""
    code = await links.make_link(collaboration_id=made.collaboration_id, product_id=made.pan.id, by=made.nour)
    led = await visitor.get(f"/{code}", headers=PERSON)
    leads = urlsplit(led.headers["location"])
    page = f"{leads.path}?{leads.query}"
    assert page.startswith(f"/shop/products/{made.pan.id}?{PARAMETER}=")
    assert "consent-strip" in (await visitor.get(page, headers=PERSON)).text
    await visitor.post(CHOICES, data={"choice": answer, "place": "strip", "next": page}, headers=PERSON)
    return page.rpartition("=")[2]


async def buys(visitor: Browser, made: Stage, **more: object) -> UUID:
    sent = await visitor.post("/checkout", data=filled(await sheet(visitor, made.pan.id), **more), headers=HTMX)
    assert sent.status_code == 200, sent.text
    order = await Order.objects().order_by(Order.placed_at, ascending=False).first()
    assert order is not None
    await guest_touches.join_guest_touch(order_id=order.id)
    return order.id


async def decided(order_id: UUID) -> AttributionDecision:
    (decision,) = await attribution.attribute_order(order_id=order_id)
    return decision


async def test_a_link_to_a_product_credits_its_creator_for_an_account_and_every_side_reads_why(cast: Cast) -> None:
    made, sam = await factories.stage(), await stall.person("sam")
    visitor = await cast.client(sam)
    click = await comes_by_the_link(visitor, made, answer="given")
    decision = await decided(await buys(visitor, made))
    assert (decision.creator, decision.rule, decision.show) == (made.creator_id, Rule.CLICK, None)
    for who, space in ((made.nour, "studio"), (made.ada, "brand")):
        page = (await (await cast.client(who)).get(f"/{space}/sales/{decision.order_line}")).text
        assert "Followed a link: Saucepan Alma" in page
        assert "a link outside any show" in page
        assert f"The visit began with /shop/products/{made.pan.id}." in page
        assert "This touch won." in page
    asked = await (await cast.client(made.nour)).get(f"/studio/sales/why-not?asked={click}")
    assert "a link outside any show" in asked.text


async def test_a_guest_who_let_us_remember_the_link_credits_its_creator(server: str) -> None:
    made = await factories.stage()
    async with browser(server) as visitor:
        await comes_by_the_link(visitor, made, answer="given")
        decision = await decided(await buys(visitor, made, email="gisele@example.com"))
    assert (decision.creator, decision.rule) == (made.creator_id, Rule.CLICK)


async def test_without_consent_neither_the_link_nor_its_id_in_the_form_credits_anybody(server: str) -> None:
    made = await factories.stage()
    async with browser(server) as visitor:
        click = await comes_by_the_link(visitor, made, answer="refused")
        refused = await decided(await buys(visitor, made, email="gisele@example.com", touch=click))
    assert (refused.creator, refused.rule) == CREDIT_OF_NOBODY
    async with browser(server) as visitor:
        click = await comes_by_the_link(visitor, made, answer="given")
        await visitor.post(CHOICES, data={"choice": "refused"})
        withdrawn = await decided(await buys(visitor, made, email="marc@example.com", touch=click))
    assert (withdrawn.creator, withdrawn.rule) == CREDIT_OF_NOBODY
    assert await Touch.count().where(Touch.kind == "link_click") == 0


async def test_the_creator_who_follows_her_own_link_and_buys_is_not_credited(cast: Cast) -> None:
    made = await factories.stage()
    visitor = await cast.client(made.nour)
    await comes_by_the_link(visitor, made, answer="given")
    decision = await decided(await buys(visitor, made))
    assert (decision.creator, decision.reason) == (None, Reason.SELF_REFERRAL)
