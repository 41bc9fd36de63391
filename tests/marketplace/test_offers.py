"""Flash offers: a lower price for some units and some minutes, the same on every page and at the checkout."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from foundation import clock
from foundation.accounts import Principal
from foundation.errors import NotFound, WrongState
from marketplace import catalogue, checkout, offers
from marketplace.prices import quote
from marketplace.tables import Order, OrderLine
from tests import factories
from tests.cast import Cast
from tests.marketplace import stall

pytestmark = pytest.mark.usefixtures("db")


async def _offer(made: factories.Stage, *, price: int = 3900, units: int = 3, minutes: int = 5) -> UUID:
    variant = made.pan.choices[0].id
    return await offers.prepare(
        show_id=made.show_id, variant_id=variant, price_minor=price, units=units, minutes=minutes, by=made.ada
    )


async def _running(made: factories.Stage, **how: int) -> UUID:
    offer_id = await _offer(made, **how)
    await offers.start(offer_id=offer_id, show_id=made.show_id, by=made.nour)
    return offer_id


async def _price(made: factories.Stage) -> tuple[int, int | None]:
    choice = (await catalogue.product_on_sale(product_id=made.pan.id)).choices[0]
    return choice.price.minor, choice.was.minor if choice.was else None


async def _order(made: factories.Stage, by: Principal, quantity: int = 1) -> UUID:
    return await stall.place(made.pan, by, quantity=quantity)


async def test_while_it_runs_every_page_and_the_checkout_say_the_flash_price() -> None:
    made = await factories.stage(live=True)
    usual = made.pan.choices[0].price.minor
    offer_id = await _offer(made)
    assert (await _price(made))[0] == usual
    await offers.start(offer_id=offer_id, show_id=made.show_id, by=made.nour)
    assert await _price(made) == (3900, usual)
    assert (await quote({made.pan.choices[0].id: 2})).lines[0].goods.unit.minor == 3900
    kept = await catalogue.product_of_brand(product_id=made.pan.id, by=made.ada)
    assert kept.choices[0].price.minor == usual, "the brand edits the price that it has set"
    with clock.shifted(timedelta(minutes=6)):
        assert (await _price(made))[0] == usual
        assert await offers.running(show_id=made.show_id) is None


async def test_units_go_first_come_first_served_and_come_back_when_they_are_not_paid(cast: Cast) -> None:
    made = await factories.stage(live=True, stock=10)
    offer_id = await _running(made, units=2)
    buyers = [await cast.sam(), await cast.chloe(), await cast.max()]
    results = await asyncio.gather(*(_order(made, by) for by in buyers), return_exceptions=True)
    placed = [result for result in results if isinstance(result, UUID)]
    lines = await OrderLine.select(OrderLine.unit_minor).where(OrderLine.order.is_in(placed))
    assert sorted(row["unit_minor"] for row in lines).count(3900) == 2
    assert [offer.left for offer in await offers.of_show(show_id=made.show_id)] == [0]
    assert (await _price(made))[0] == made.pan.choices[0].price.minor, "what is gone is sold at the usual price"
    cheap = next(row["order"] for row in await OrderLine.select(OrderLine.order).where(OrderLine.unit_minor == 3900))
    buyer = (await Order.select(Order.buyer).where(Order.id == cheap))[0]["buyer"]
    await checkout.give_up(order_id=cheap, by=next(by for by in buyers if by.id == buyer))
    assert [(offer.id, offer.left) for offer in await offers.of_show(show_id=made.show_id)] == [(offer_id, 1)]
    assert (await _price(made))[0] == 3900


async def test_more_than_is_left_is_refused_with_what_is_left(cast: Cast) -> None:
    made = await factories.stage(live=True, stock=10)
    await _running(made, units=2)
    with pytest.raises(offers.OfferFewer) as refused:
        await _order(made, await cast.sam(), quantity=3)
    assert refused.value.data == {"left": 2}
    assert [offer.taken for offer in await offers.of_show(show_id=made.show_id)] == [0]


async def test_only_the_lowest_price_of_thirty_days_may_be_struck() -> None:
    made = await factories.stage(live=True)
    first = await _running(made, price=3000)
    await offers.end(offer_id=first, show_id=made.show_id, by=made.nour)
    second = await _running(made, price=3500)
    shown = next(offer for offer in await offers.of_show(show_id=made.show_id) if offer.id == second)
    assert (shown.price.minor, shown.was, shown.saving) == (3500, None, None)
    with clock.shifted(timedelta(days=31)):
        third = await _running(made, price=3500)
        shown = next(offer for offer in await offers.of_show(show_id=made.show_id) if offer.id == third)
        assert shown.was == made.pan.choices[0].price, "what was lower has been for too long to count"


async def test_a_show_has_one_running_offer_and_each_starts_once() -> None:
    made = await factories.stage(live=True)
    first, second = await _running(made), await _offer(made, price=4000)
    await offers.start(offer_id=second, show_id=made.show_id, by=made.nour)
    assert [offer.state for offer in await offers.of_show(show_id=made.show_id)] == ["ended", "running"]
    with pytest.raises(WrongState):
        await offers.start(offer_id=first, show_id=made.show_id, by=made.nour)
    with pytest.raises(NotFound):
        await offers.start(offer_id=second, show_id=uuid4(), by=made.nour)


async def test_another_brand_prepares_nothing_and_no_price_is_above_the_usual(cast: Cast) -> None:
    made = await factories.stage(live=True)
    with pytest.raises(NotFound):
        await offers.prepare(
            show_id=made.show_id, variant_id=made.pan.choices[0].id, price_minor=100, units=1, minutes=5, by=await cast.bruno()
        )
    for price in (0, made.pan.choices[0].price.minor):
        with pytest.raises(offers.OfferPriceTooHigh):
            await _offer(made, price=price)


async def test_the_brand_prepares_the_host_starts_and_the_room_shows_it(cast: Cast) -> None:
    made = await factories.stage(live=True)
    ada, nour, bruno = await cast.client(made.ada), await cast.client(made.nour), await cast.client(await cast.bruno())
    fields = {"show": str(made.show_id), "variant": str(made.pan.choices[0].id), "price": "39.00", "units": "3", "minutes": "5"}
    assert (await ada.post("/brand/offers", data=fields)).status_code == 303
    wrong = await ada.post("/brand/offers", data={**fields, "price": "9999"})
    assert (wrong.status_code, "below the usual price" in wrong.text) == (422, True)
    offer = (await offers.of_show(show_id=made.show_id))[0]
    there = f"/studio/shows/{made.show_id}/audience/offer"
    assert (await bruno.post(there, data={"offer": str(offer.id)})).status_code == 404
    assert (await nour.post(there, data={"offer": str(offer.id)})).status_code == 303
    room = (await (await cast.client(await cast.sam())).get(f"/shows/{made.slug}")).text
    assert 'class="offer-card"' in room
    assert "€39.00" in room
    assert (await bruno.post(f"/brand/offers/{offer.id}/end")).status_code in (303, 404)
    assert (await offers.of_show(show_id=made.show_id))[0].state == "running"
    assert (await ada.post(f"/brand/offers/{offer.id}/end")).status_code == 303
    assert (await offers.of_show(show_id=made.show_id))[0].state == "ended"
