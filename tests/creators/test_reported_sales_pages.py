"""The pages of links, codes, connected shops and reported sales."""

from __future__ import annotations

import re

from creators import codes, conversions
from creators.conversion_tables import Conversion
from creators.link_tables import PromoCode, TrackingLink
from foundation import clock
from tests import factories
from tests.cast import Cast
from tests.marketplace import stall


async def test_a_creator_makes_a_link_sees_its_qr_and_ends_it(cast: Cast) -> None:
    stage = await factories.stage()
    nour = await cast.client(stage.nour)
    made = await nour.post("/studio/links", data={"subject": f"{stage.collaboration_id}:show:{stage.show_id}"})
    assert made.status_code == 303
    [link] = await TrackingLink.objects()
    page = (await nour.get("/studio/links")).text
    assert link.code in page
    qr = await nour.get(f"/links/{link.code}/qr.svg")
    assert qr.headers["content-type"].startswith("image/svg+xml")
    assert "<svg" in qr.text
    chloe = await cast.chloe()
    assert (await (await cast.client(chloe)).get(f"/links/{link.code}/qr.svg")).status_code == 404
    assert (await (await cast.client(stage.ada)).get(f"/links/{link.code}/qr.svg")).status_code == 200
    wrong = await nour.post("/studio/links", data={"subject": "nonsense", "target": "https://evil.example/"})
    assert wrong.status_code == 422
    assert "https://evil.example/" in wrong.text
    await nour.post(f"/studio/links/{link.id}/end")
    assert link.code not in (await nour.get("/studio/links")).text


async def test_a_brand_gives_a_code_connects_a_shop_and_reads_its_secret_once(cast: Cast) -> None:
    stage = await factories.stage()
    ada = await cast.client(stage.ada)
    await ada.post("/brand/codes", data={"collaboration": str(stage.collaboration_id), "code": "Nour10"})
    again = await ada.post("/brand/codes", data={"collaboration": str(stage.collaboration_id), "code": "nour 10"})
    assert again.status_code == 409
    fresh = await ada.post("/brand/shops", data={"kind": "shopify", "host": "cuivre.myshopify.com"})
    assert fresh.status_code == 201
    secret = re.search(r'Secret</dt><dd class="mono">([^<]+)<', fresh.text)
    assert secret
    page = (await ada.get("/brand/codes")).text
    assert "cuivre.myshopify.com" in page
    assert secret[1] not in page
    [code] = await PromoCode.objects()
    await ada.post(f"/brand/codes/{code.id}/end")
    assert (await PromoCode.objects())[0].ended_at is not None


async def test_many_codes_stand_on_several_pages_beside_the_links(cast: Cast) -> None:
    stage = await factories.stage()
    ada = await cast.client(stage.ada)
    for number in range(28):
        code = f"SUNDAY{number:02}"
        await codes.give_code(collaboration_id=stage.collaboration_id, code=code, by=stage.ada)
    first, second = [(await ada.get(f"/brand/codes?page={number}")).text for number in (1, 2)]
    assert (first.count('<b class="mono">SUNDAY'), second.count('<b class="mono">SUNDAY')) == (25, 3)
    assert 'href="?page=2#codes"' in first
    assert (await ada.get("/brand/codes?page=x&links=-3")).status_code == 200


async def test_a_brand_accepts_and_declines_with_a_reason_that_stays_when_it_is_too_short(cast: Cast) -> None:
    stage = await factories.stage()
    await codes.give_code(collaboration_id=stage.collaboration_id, code="Nour10", by=stage.ada)
    for order in ("A1", "A2"):
        line = conversions.SoldLine(sku=stage.pan.choices[0].sku, quantity=1, net_minor=4917, title="Alma")
        sale = conversions.Sale(order=order, currency="EUR", happened_at=clock.now(), lines=[line], code="nour10")
        await conversions.report_sale(brand_id=stage.brand_id, sale=sale, source="api")
    first, second = await Conversion.objects().order_by(Conversion.shop_order)
    ada = await cast.client(stage.ada)
    page = (await ada.get("/brand/conversions")).text
    assert "Order A1" in page
    assert "49.17" in page
    assert (await ada.post(f"/brand/conversions/{first.id}/accept")).status_code == 303
    short = await ada.post(f"/brand/conversions/{second.id}/decline", data={"reason": "no"})
    assert short.status_code == 422
    await ada.post(f"/brand/conversions/{second.id}/decline", data={"reason": "Bought by our own staff."})
    assert "Bought by our own staff." in (await ada.get("/brand/conversions?which=declined")).text
    bruno = await cast.bruno()
    await stall.brand(bruno, name="Velours")
    assert (await (await cast.client(bruno)).post(f"/brand/conversions/{second.id}/accept")).status_code == 404
