"""The bag in the browser: guests and people, codes, quantities, and a brand's ways of delivery."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from marketplace import returns
from marketplace.catalogue import Offered
from marketplace.order_links import link_to
from marketplace.tables import Order, Payment
from tests.cast import Browser, Cast
from tests.marketplace.stall import buy, pay_at_stripe, person, stall
from tests.marketplace.test_bag import market, nour10
from tests.marketplace.test_buying_pages import ADDRESS, HTMX, hidden, sheet

pytestmark = pytest.mark.usefixtures("db")


async def put_in(browser: Browser, *offered: Offered) -> str:
    for one in offered:
        answer = await browser.post("/bag/add", data={"variant": str(one.choices[0].id), "quantity": "1"}, headers=HTMX)
        assert answer.status_code == 200, answer.text
    return answer.text


def form_of(html: str, **changes: object) -> dict[str, object]:
    ways = dict(re.findall(r'name="(way-[0-9a-f-]+)" value="([^"]*)"', html))
    return {"bag": "1", "cart_key": hidden(html, "cart_key"), "expected": hidden(html, "expected"), **ways, **ADDRESS, **changes}


async def pay(browser: Browser, order_id: UUID) -> str:
    payment = await Payment.objects().where(Payment.order == order_id).first()
    assert payment is not None
    await pay_at_stripe(str(payment.intent_id))
    return (await browser.post(f"/checkout/{order_id}/confirmed", headers=HTMX)).text


async def test_a_guest_buys_from_two_brands_and_comes_back_by_the_link_of_the_mail(client: Browser, cast: Cast) -> None:
    pan, cushion = await market()
    html = await put_in(client, pan, cushion)
    assert "Delivery by Velours" in html
    assert ("It is in your bag." in html, "It is in your bag." in (await client.get("/bag")).text) == (True, False)
    sent = await client.post("/checkout", data=form_of(html, email="guest@example.com"), headers=HTMX)
    assert "Order with obligation to pay" in sent.text, sent.text
    assert 'data-session=""' in sent.text, "nobody's kept cards are shown to a guest"
    placed = await Order.objects().first()
    assert placed is not None
    assert (placed.guest, placed.email, placed.total_minor) == (True, "guest@example.com", 5900 + 2000 + 490)
    assert "Paid. Thank you!" in await pay(client, placed.id)
    assert "Your bag is empty" in (await client.get("/bag")).text
    assert (await client.get(f"/orders/{placed.number}")).status_code == 200
    assert (await client.get(f"/orders/{placed.number}/credit", headers=HTMX)).status_code == 200, (
        "a guest is not sent to sign in"
    )
    stranger = await cast.client(await cast.sam())
    assert (await stranger.get(f"/orders/{placed.number}")).status_code == 404
    opened = await stranger.get(link_to(placed.id))
    assert (opened.status_code, opened.headers["location"]) == (303, f"/orders/{placed.number}")
    assert (await stranger.get(f"/orders/{placed.number}")).status_code == 200
    assert (await stranger.get(link_to(placed.id)[:-1] + "x")).status_code == 404


async def test_an_address_with_an_account_is_answered_like_any_other_and_gives_nothing_of_it(client: Browser, cast: Cast) -> None:
    sam, alma = await cast.sam(), await stall(stock=5)
    await buy(alma, sam)
    html = await put_in(client, alma)
    sent = await client.post("/checkout", data=form_of(html, email=" SAM@fanfare.example "), headers=HTMX)
    assert "Order with obligation to pay" in sent.text
    assert 'data-session=""' in sent.text
    own = await Order.objects().where(Order.guest.eq(False)).first()
    assert own is not None
    assert (await client.get(f"/orders/{own.number}")).status_code == 303, "the account's other orders stay closed"
    assert (await client.get(f"/checkout/{own.id}")).status_code == 303


async def test_a_guest_ends_no_order_of_the_person_whose_address_they_type(client: Browser, cast: Cast) -> None:
    sam, alma = await cast.sam(), await stall(stock=5)
    own = await cast.client(sam)
    await own.post(
        "/checkout",
        data={**form_of(await sheet(own, alma.id)), "bag": "", "product": alma.id, "variant": alma.choices[0].id, "quantity": 1},
    )
    html = await put_in(client, alma)
    await client.post("/checkout", data=form_of(html, email=sam.email), headers=HTMX)
    assert sorted(row["status"] for row in await Order.select(Order.status)) == ["placed", "placed"]


async def test_a_code_is_applied_kept_for_the_visit_and_a_wrong_one_said(client: Browser) -> None:
    pan, _cushion = await market()
    await nour10(pan)
    html = await put_in(client, pan)
    look = await client.post("/checkout", data=form_of(html, code=" nOUR 10", step="look"), headers=HTMX)
    assert "€53.10" in look.text
    assert "€53.10" in (await client.get("/bag")).text
    wrong = await client.post("/checkout", data=form_of(html, code="FREE", step="look"), headers=HTMX)
    assert "No brand in your bag knows this code" in wrong.text
    assert await Order.count() == 0


async def test_the_sheet_of_one_product_takes_a_code_and_says_its_delivery(client: Browser) -> None:
    _pan, cushion = await market()
    await nour10(cushion, percent_bp=5000)
    html = await sheet(client, cushion.id)
    assert "€24.90" in html
    fields: dict[str, str | int] = {"variant": str(cushion.choices[0].id), "quantity": 1, "code": "NOUR10", "country": "BE"}
    total = await client.get(f"/shop/products/{cushion.id}/total", params=fields, headers=HTMX)
    assert hidden(total.text, "expected") == "1490"
    nowhere = await client.get(f"/shop/products/{cushion.id}/total", params={**fields, "country": "DE"}, headers=HTMX)
    assert "Velours does not deliver to Germany." in nowhere.text


async def test_quantities_change_and_things_leave_the_bag_without_javascript(client: Browser) -> None:
    pan, cushion = await market()
    await put_in(client, pan, cushion)
    line = f"/bag/lines/{pan.choices[0].id}"
    assert (await client.post(line, data={"quantity": "3"})).status_code == 303
    assert "€177.00" in (await client.get("/bag")).text
    assert (await client.post(line, data={"quantity": "99"})).status_code == 422
    await client.post(line, data={"remove": "1"})
    assert "Saucepan Alma" not in (await client.get("/bag")).text


async def test_the_brands_page_offers_changes_and_ends_a_way(cast: Cast) -> None:
    await market()
    ada, bruno = await cast.client(await person("ada")), await cast.client(await person("bruno"))
    assert "free of charge within the European Union" in (await ada.get("/brand/delivery")).text
    fields = {
        "name": "To your door",
        "price": "5.90",
        "currency": "EUR",
        "free_from": "",
        "days_min": "1",
        "days_max": "2",
        "countries": ["FR", "CH"],
    }
    assert (await ada.post("/brand/delivery", data=fields)).status_code == 303
    page = (await ada.get("/brand/delivery")).text
    assert "To your door" in page
    [option] = set(re.findall(r"/brand/delivery/([0-9a-f-]{36})", page))
    mistakes: list[dict[str, object]] = [
        {"countries": []},
        {"countries": ["XX"]},
        {"days_max": "0"},
        {"price": "x"},
        {"name": ""},
    ]
    for wrong in mistakes:
        answer = await ada.post("/brand/delivery", data={**fields, **wrong})
        assert answer.status_code == 422, wrong
    for path in (f"/brand/delivery/{option}", f"/brand/delivery/{option}/end"):
        assert (await bruno.post(path, data=fields)).status_code == 404
    assert (await bruno.get(f"/brand/delivery/{option}")).status_code == 404
    assert (await ada.post(f"/brand/delivery/{option}", data={**fields, "price": "0"})).status_code == 303
    [changed] = set(re.findall(r"/brand/delivery/([0-9a-f-]{36})", (await ada.get("/brand/delivery")).text))
    assert (await ada.post(f"/brand/delivery/{changed}/end")).status_code == 303
    assert "free of charge within the European Union" in (await ada.get("/brand/delivery")).text


async def test_an_order_of_two_brands_says_whose_goods_go_back(client: Browser) -> None:
    html = await put_in(client, *(await market()))
    await client.post("/checkout", data=form_of(html, email="guest@example.com"), headers=HTMX)
    placed = await Order.objects().first()
    assert placed is not None
    await pay(client, placed.id)
    await returns.withdraw(order_id=placed.id, lines=None, name="Gisèle", by=None)
    page = (await client.get(f"/orders/{placed.number}")).text
    for seller in ("Velours", "Cuivre &amp; Sel"):
        assert f"<b>Withdrawal, {seller}</b>" in page
        assert f'<p class="timeline__text">{seller}</p>' in page
    assert page.count("You withdrew") == 2
    assert "The buyer withdrew" not in page
