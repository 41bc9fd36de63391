"""Why a sale in a brand's own shop is credited: what its creator, its brand and finance read, and nobody else."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from creators import codes, shop_credit, why_not
from creators.conversion_tables import Conversion, ShopKind
from creators.conversions import Sale, SoldLine, report_sale
from foundation import clock
from foundation.errors import NotFound
from foundation.tables import Role
from tests import factories
from tests.cast import Cast
from tests.creators import shop_papers
from tests.creators.reported import aged, click
from tests.creators.shop_papers import edited, shopify_line
from tests.creators.test_shop_news import shop as connected
from tests.marketplace import stall
from tests.payouts import facts
from tests.payouts.shop_sales import shop

pytestmark = pytest.mark.usefixtures("db")


async def test_every_side_reads_rule_base_rate_and_rounding_and_a_creator_only_what_is_theirs(cast: Cast) -> None:
    sold = await shop(commission_bp=1250)
    stage = sold.stage
    send = await connected(await cast.client(stage.ada), stage, ShopKind.SHOPIFY)
    pan, pot = (each.choices[0].sku for each in stage.products)
    placed = shop_papers.shopify_order(pan, pot)
    await send("orders/paid", placed)
    lid = shopify_line(11, "LID-1", "Glass lid", 1, "24.00", "", "4.00")
    third = shopify_line(13, pan, "Saucepan Alma", 1, "60.10", "", "10.02")
    await send("orders/updated", edited(placed, current={3: 0}, added=[lid, third]))
    [row] = await Conversion.objects()
    fay = await facts.person("fay", Role.FINANCE_MAKER)
    for person, space in ((stage.nour, "studio/shop-sales"), (stage.ada, "brand/conversions"), (fay, "finance/shop-sales")):
        page = (await (await cast.client(person)).get(f"/{space}/{row.id}")).text.split("<main", 1)[1]
        for said in ("Credited to @nour.en.cuisine", "The order names the creator", "12.5%", "€11.25", "€50.08", "6.26"):
            assert said in page, (space, said)
        assert ("Glass lid" in page, "Platform fee" in page) == ((space[:6] != "studio",) * 2)
        assert "Order #1001" in page
        assert "buyer@example.com" not in page
        assert "Bea" not in page
    assert (
        f"/finance/shop-sales/{row.id}" in (await (await cast.client(fay)).get(f"/finance/credits?order={row.shop_order}")).text
    )
    assert f"/finance/shop-sales/{row.id}" in (await (await cast.client(fay)).get("/finance/credits?order=%231001")).text
    assert [answer.mine for answer in await why_not.why_not(asked="#1001", by=stage.nour)] == [True]
    ines = await facts.person("ines", Role.CREATOR)
    await factories.creator(ines, "ines.bakes")
    stranger = await cast.client(ines)
    assert (await stranger.get(f"/studio/shop-sales/{row.id}")).status_code == 404
    assert (await stranger.get(f"/brand/conversions/{row.id}")).status_code == 404
    assert (await stranger.get(f"/finance/shop-sales/{row.id}")).status_code == 403


async def test_a_click_that_lost_to_a_code_is_told_and_another_creators_click_names_nobody() -> None:
    stage = await aged()
    chloe = await stall.person("chloe")
    await factories.creator(chloe, "chloe.cuisine")
    clicked = await click(stage)
    line = SoldLine(sku=stage.pan.choices[0].sku, quantity=1, net_minor=4_900)
    made = await report_sale(
        brand_id=stage.brand_id,
        sale=Sale(order="1", currency="EUR", happened_at=clock.now(), lines=[line], click=clicked),
        source="api",
    )
    own = await shop_credit.why_shop_sale(conversion_id=made.id, by=stage.nour)
    assert own.click is not None
    assert (own.click.mine, own.window_days, own.click_would) == (True, 7, True)
    await Conversion.update({Conversion.creator: await creator_of_chloe()}, force=True)
    other = await shop_credit.why_shop_sale(conversion_id=made.id, by=chloe)
    assert other.click is not None
    assert (other.click.mine, other.click.link, other.click.at) == (False, "", None)
    with pytest.raises(NotFound):
        await shop_credit.why_shop_sale(conversion_id=made.id, by=stage.nour)


async def test_why_not_mine_answers_for_shops_by_number_and_by_click_and_to_the_others_nothing(cast: Cast) -> None:
    stage = await aged()
    chloe = await facts.person("chloe", Role.CREATOR)
    with clock.shifted(-timedelta(days=39)):
        await factories.creator(chloe, "chloe.cuisine")
        theirs = await factories.collaboration(stage.ada, chloe, stage.brief_id)
        await codes.give_code(collaboration_id=stage.collaboration_id, code="NOUR10", by=stage.ada)
        await codes.give_code(collaboration_id=theirs, code="CHLOE", by=stage.ada)
    own, late = await click(stage), await click(stage, ago=timedelta(days=20))
    line = SoldLine(sku=stage.pan.choices[0].sku, quantity=1, net_minor=4_900)
    for order, given in (
        ("1", {"click": own, "code": "chloe"}),
        ("2", {"click": late}),
        ("3", {"code": "nour10"}),
        ("4", {"code": "chloe"}),
    ):
        sale = Sale(order=order, currency="EUR", happened_at=clock.now(), lines=[line], **given)  # type: ignore[arg-type]
        await report_sale(brand_id=stage.brand_id, sale=sale, source="api")

    async def answers(asked: str) -> list[tuple[bool, str, int]]:
        found = await why_not.why_not(asked=asked, by=stage.nour)
        assert {answer.title for answer in found} <= {"Cuivre & Sel"}
        return [(answer.mine, answer.verdict, len(answer.touches)) for answer in found]

    stronger = (False, "A stronger rule decided: the buyer gave a creator's code.", 1)
    assert await answers("1") == await answers(own) == [stronger]
    assert await answers("2") == await answers(late) == [(False, "The click was too long ago", 1)]
    assert await answers("3") == [(True, "The order names the creator's code", 0)]
    assert await answers("4") == await answers("5") == await answers(str(uuid4())) == []
    page = (await (await cast.client(stage.nour)).get("/studio/sales/why-not?asked=1")).text.split("<main", 1)[1]
    assert "A stronger rule decided" in page
    assert "chloe" not in page.lower()


async def creator_of_chloe() -> UUID:
    from creators.tables import Creator

    row = await Creator.objects().get(Creator.handle == "chloe.cuisine")
    assert row is not None
    return UUID(str(row.id))
