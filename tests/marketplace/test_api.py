"""Goods as programs see them."""

from __future__ import annotations

from datetime import timedelta

from foundation import clock
from marketplace import briefs
from marketplace.briefs import Wanted
from tests.cast import Browser, Cast
from tests.marketplace.stall import buy, order, person, stall

ADDRESS = {"name": "Sam Petit", "line1": "14 rue des Tanneurs", "postcode": "59000", "city": "Lille", "country": "FR"}


async def test_everybody_reads_brands_products_and_briefs(client: Browser) -> None:
    alma = await stall()
    ada, today = await person("ada"), clock.now().date()
    wanted = Wanted(
        title="Noël en cuivre",
        summary="Three sauces, live, with questions.",
        products=[alma.id],
        commission_bp=1250,
        window_days=7,
        hold_days=14,
        places=5,
        language="fr",
        starts_on=today,
        ends_on=today + timedelta(days=30),
    )
    brief_id = await briefs.draft_brief(brand_id=alma.brand.id, wanted=wanted, by=ada)
    assert (await client.get(f"/api/v1/briefs/{brief_id}")).status_code == 404
    await briefs.publish_brief(brief_id=brief_id, by=ada)
    assert (await client.get("/api/v1/brands/cuivre-sel")).json()["legal_name"] == "Cuivre & Sel SARL"
    products = (await client.get("/api/v1/brands/cuivre-sel/products")).json()
    assert products[0]["variants"][0]["price"] == {"minor": 5900, "currency": "EUR"}
    found = (await client.get("/api/v1/briefs", params={"commission_bp": 1250, "language": "fr"})).json()
    assert [brief["title"] for brief in found] == ["Noël en cuivre"]
    assert (await client.get("/api/v1/briefs", params={"commission_bp": 1251})).json() == []


async def test_an_order_is_placed_once_for_one_cart_key(cast: Cast) -> None:
    alma = await stall()
    sam = await cast.client(await cast.sam())
    body = {
        "lines": [{"variant_id": str(alma.choices[0].id), "quantity": 2}],
        "ship_to": ADDRESS,
        "cart_key": "basket-0001",
    }
    first, second = await sam.post("/api/v1/orders", json=body), await sam.post("/api/v1/orders", json=body)
    assert first.status_code == second.status_code == 201, first.text
    assert first.json()["number"] == second.json()["number"]
    assert first.json()["total"] == {"minor": 11800, "currency": "EUR"}
    assert first.json()["vat"]["minor"] == 1967


async def test_a_refusal_is_a_problem_that_a_program_can_act_on(cast: Cast) -> None:
    alma = await stall(stock=1)
    sam = await cast.client(await cast.sam())
    body = {"lines": [{"variant_id": str(alma.choices[1].id), "quantity": 1}], "ship_to": ADDRESS, "cart_key": "basket-0002"}
    sold_out = await sam.post("/api/v1/orders", json=body)
    assert sold_out.status_code == 409
    assert sold_out.headers["content-type"].startswith("application/problem+json")
    assert sold_out.json()["code"] == "sold_out"
    wrong = await sam.post("/api/v1/orders", json={**body, "price": 1})
    assert wrong.status_code in {400, 422}
    assert (await sam.post("/api/v1/orders", json={**body, "lines": []})).status_code in {400, 422}


async def test_a_brand_reads_and_refunds_its_own_orders_and_no_others(cast: Cast) -> None:
    alma = await stall()
    number = (await order(await buy(alma, await person("sam")))).number
    ada, bruno = await cast.client(await person("ada")), await cast.client(await person("bruno"))
    assert (await ada.get(f"/api/v1/brand/orders/{number}")).json()["total"]["minor"] == 5900
    assert (await bruno.get(f"/api/v1/brand/orders/{number}")).status_code in {403, 404}
    refund = {"reason": "returned", "lines": None}
    assert (await bruno.post(f"/api/v1/brand/orders/{number}/refunds", json=refund)).status_code in {403, 404}
    assert (await ada.post(f"/api/v1/brand/orders/{number}/refunds", json=refund)).status_code == 201
    again = await ada.post(f"/api/v1/brand/orders/{number}/refunds", json=refund)
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_refund")


async def test_orders_need_somebody(client: Browser) -> None:
    assert (await client.get("/api/v1/orders")).status_code == 401
