"""Goods as programs see them."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import httpx

from foundation import clock
from marketplace import briefs, delivery, discounts
from marketplace.briefs import Wanted
from marketplace.delivery import NewWay
from marketplace.discounts import Discount
from tests.cast import Browser, Cast
from tests.marketplace.stall import buy, euros, order, person, stall

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


async def test_a_program_chooses_the_delivery_and_gives_codes(cast: Cast) -> None:
    pan, ada = await stall(), await person("ada")
    sam = await cast.client(await cast.sam())
    brand = str(pan.brand.id)
    for name, price in (("Post", 490), ("Courier", 990)):
        way = NewWay(name, ("FR", "US"), euros(price), None, 2, 4)
        await delivery.offer_way(brand_id=pan.brand.id, way=way, by=ada)
    await discounts.keep_code(code_id=uuid4(), brand_id=pan.brand.id, code="NOUR10", discount=Discount(1000))
    cart: dict[str, object] = {"lines": [{"variant_id": str(pan.choices[0].id), "quantity": 1}], "codes": ["nour 10", "nobody"]}
    asked = (await sam.post("/api/v1/quotes", json={**cart, "country": "FR"})).json()
    [offer] = asked["deliveries"]
    assert [(way["name"], way["price"]["minor"]) for way in offer["ways"]] == [("Post", 490), ("Courier", 990)]
    assert (asked["codes"], asked["discount"]["minor"], asked["total"]["minor"]) == (["NOUR10"], 590, 5310 + 490)

    courier = offer["ways"][1]["id"]
    home = {**ADDRESS, "postcode": "94103", "city": "San Francisco", "country": "US", "area": "California"}
    body = {**cart, "ship_to": home, "cart_key": "basket-0009", "deliveries": {brand: courier}, "expected_minor": 5310 + 990}
    placed = await sam.post("/api/v1/orders", json=body)
    assert placed.status_code == 201, placed.text
    assert placed.json()["total"]["minor"] == 5310 + 990
    assert (placed.json()["ship_to"]["area"], placed.json()["vat"]["minor"]) == ("CA", 0)
    for wrong, status, code in (
        ({"deliveries": {brand: str(uuid4())}}, 409, "way_gone"),
        ({"ship_to": {**home, "area": ""}}, 422, "area_missing"),
        ({"expected_minor": 1}, 409, "price_changed"),
    ):
        answer = await sam.post("/api/v1/orders", json={**body, "cart_key": "basket-0010", **wrong})
        assert (answer.status_code, answer.json()["code"]) == (status, code)


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


async def test_orders_need_somebody(client: Browser, server: str) -> None:
    assert (await client.get("/api/v1/orders")).status_code == 401
    async with httpx.AsyncClient(base_url=server) as nobody:
        for path in ("/api/v1/orders", "/api/v1/conversions", "/api/v1/returns"):
            refused = await nobody.post(path, json={})
            assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_needed"), path
