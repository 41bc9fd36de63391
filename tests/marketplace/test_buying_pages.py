"""Buying as a person does it: the sheet, the address, the payment, the order page."""

from __future__ import annotations

import re
from uuid import UUID

from marketplace.tables import Order
from tests.cast import Browser, Cast
from tests.marketplace.stall import pay_at_stripe, payment_of, shelf, stall

ADDRESS = {
    "name": "Sam Petit",
    "line1": "14 rue des Tanneurs",
    "line2": "",
    "postcode": "59000",
    "city": "Lille",
    "country": "FR",
}
HTMX = {"hx-request": "true"}


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no field {name}"
    return found[1]


async def sheet(browser: Browser, product_id: UUID) -> str:
    answer = await browser.get(f"/shop/products/{product_id}/sheet", headers=HTMX)
    assert answer.status_code == 200, answer.text
    return answer.text


def filled(html: str, **changes: object) -> dict[str, object]:
    """The form of the sheet as a buyer sends it."""
    names = ("cart_key", "product", "expected")
    variant = re.search(r'name="variant" value="([^"]+)" checked', html) or re.search(r'name="variant" value="([^"]+)"', html)
    assert variant
    return {**{name: hidden(html, name) for name in names}, "variant": variant[1], "quantity": 1, **ADDRESS, **changes}


async def test_a_purchase_from_the_sheet_to_the_order_page(cast: Cast, settle: object) -> None:
    alma = await stall(stock=3)
    browser = await cast.client(await cast.sam())
    html = await sheet(browser, alma.id)
    assert "Saucepan Alma" in html
    assert "€59.00" in html
    paying = await browser.post("/checkout", data=filled(html), headers=HTMX)
    assert paying.status_code == 200, paying.text
    assert "Order with obligation to pay" in paying.text
    assert "data-secret=" in paying.text
    order = await Order.objects().first()
    assert order is not None
    intent = (await payment_of(order.id)).intent_id
    checking = await browser.get(f"/checkout/{order.id}/status", headers=HTMX)
    assert "Paid" not in checking.text
    await pay_at_stripe(intent)
    done = await browser.post(f"/checkout/{order.id}/confirmed", headers=HTMX)
    assert "Paid. Thank you!" in done.text
    page = await browser.get(f"/orders/{order.number}")
    assert page.status_code == 200
    assert "€9.83" in page.text
    assert "Cuivre &amp; Sel" in page.text
    again = await sheet(browser, alma.id)
    assert "14 rue des Tanneurs" in again


async def test_the_server_believes_stripe_and_not_the_browser(cast: Cast) -> None:
    alma = await stall()
    browser = await cast.client(await cast.sam())
    await browser.post("/checkout", data=filled(await sheet(browser, alma.id)), headers=HTMX)
    order = await Order.objects().first()
    assert order is not None
    answer = await browser.post(f"/checkout/{order.id}/confirmed", headers=HTMX)
    assert "Paid" not in answer.text
    assert (await Order.objects().first()).status == "placed"  # type: ignore[union-attr]


async def test_without_javascript_the_order_comes_to_a_page_of_its_own(cast: Cast) -> None:
    alma = await stall()
    browser = await cast.client(await cast.sam())
    page = await browser.get(f"/shop/products/{alma.id}")
    assert "<html" in page.text
    sent = await browser.post("/checkout", data=filled(page.text))
    assert sent.status_code == 303
    paying = await browser.get(sent.headers["location"])
    assert "Paying needs JavaScript" in paying.text


async def test_a_wrong_address_comes_back_beside_its_field_with_everything_kept(cast: Cast) -> None:
    alma = await stall()
    browser = await cast.client(await cast.sam())
    html = await sheet(browser, alma.id)
    answer = await browser.post("/checkout", data=filled(html, postcode="", quantity=2), headers=HTMX)
    assert answer.status_code == 422
    assert "A postcode is needed, such as" in answer.text
    assert 'value="14 rue des Tanneurs"' in answer.text
    assert re.search(r'name="quantity"[^>]* value="2"', answer.text)
    assert await Order.count() == 0
    assert (await browser.post("/checkout", data=filled(html, country="XX"))).status_code == 422


async def test_the_loser_of_the_last_unit_reads_sold_out_and_pays_nothing(cast: Cast) -> None:
    alma = await stall(stock=1)
    winner, loser = await cast.client(await cast.sam()), await cast.client(await cast.nour())
    first, second = await sheet(winner, alma.id), await sheet(loser, alma.id)
    assert (await winner.post("/checkout", data=filled(first))).status_code == 303
    answer = await loser.post("/checkout", data=filled(second))
    assert answer.status_code == 409
    assert "Saucepan Alma is sold out. No money was taken." in answer.text
    assert await shelf(alma) == 0


async def test_ordering_the_same_thing_anew_gives_the_first_reservation_up(cast: Cast) -> None:
    alma = await stall(stock=1)
    browser = await cast.client(await cast.sam())
    for _time in range(2):
        assert (await browser.post("/checkout", data=filled(await sheet(browser, alma.id)))).status_code == 303
    statuses = sorted(row["status"] for row in await Order.select(Order.status))
    assert statuses == ["cancelled", "placed"]


async def test_a_changed_total_is_said_before_anything_is_ordered(cast: Cast) -> None:
    alma = await stall()
    browser = await cast.client(await cast.sam())
    html = await sheet(browser, alma.id)
    answer = await browser.post("/checkout", data=filled(html, quantity=2), headers=HTMX)
    assert answer.status_code == 422
    assert "the total is now €118.00" in answer.text
    total = await browser.get(
        f"/shop/products/{alma.id}/total", params={"variant": str(alma.choices[0].id), "quantity": 2}, headers=HTMX
    )
    assert hidden(total.text, "expected") == "11800"
    assert "<form" not in total.text


async def test_giving_up_returns_to_the_choice_and_frees_the_stock(cast: Cast) -> None:
    alma = await stall(stock=1)
    browser = await cast.client(await cast.sam())
    await browser.post("/checkout", data=filled(await sheet(browser, alma.id)), headers=HTMX)
    order = await Order.objects().first()
    assert order is not None
    answer = await browser.post(f"/checkout/{order.id}/give-up", headers=HTMX)
    assert "Continue to payment" in answer.text
    assert await shelf(alma) == 1


async def test_somebody_signed_out_sees_the_product_and_the_way_in(client: Browser) -> None:
    alma = await stall()
    html = await sheet(client, alma.id)
    assert "I have one: sign in" in html
    assert re.search(rf"/sign-in\?next=[^\"]*{alma.id}", html)
    assert (await client.post("/checkout", data={})).status_code == 404


async def test_orders_of_others_are_not_found(cast: Cast) -> None:
    alma = await stall()
    sam, nour = await cast.client(await cast.sam()), await cast.client(await cast.nour())
    await sam.post("/checkout", data=filled(await sheet(sam, alma.id)))
    order = await Order.objects().first()
    assert order is not None
    for path in (f"/orders/{order.number}", f"/checkout/{order.id}", f"/checkout/{order.id}/status"):
        assert (await nour.get(path)).status_code == 404
    for path in (f"/checkout/{order.id}/confirmed", f"/checkout/{order.id}/give-up", f"/checkout/{order.id}/again"):
        assert (await nour.post(path)).status_code == 404
