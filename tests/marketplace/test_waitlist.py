"""The line for what is sold out: first come, first offered; nothing is left on the shelf while somebody waits."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation import accounts, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.tables import Mail
from marketplace import checkout, reservations, stock, variants, waitlist
from marketplace.catalogue import Offered
from marketplace.reservations import SoldOut
from marketplace.tables import Order, OrderStatus
from marketplace.waitlist import OFFER, StillThere
from tests import databases
from tests.cast import Cast
from tests.marketplace.stall import person, place, shelf, stall

pytestmark = pytest.mark.usefixtures("db")


async def people(count: int) -> list[Principal]:
    return [await accounts.create(email=f"p{n}@fanfare.example", display_name=f"P{n}") for n in range(count)]


async def restock(offered: Offered, change: int) -> int:
    return await variants.change_stock(variant_id=offered.choices[0].id, change=change, by=await person("ada"))


async def line(offered: Offered) -> list[tuple[str, str]]:
    """Who stands where: name and status, in the order of the line."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            "select p.display_name, e.status from waitlist_entry e join person p on p.id = e.person where e.variant = $1 order by e.id",
            offered.choices[0].id,
        )
    return [(row["display_name"], row["status"]) for row in rows]


async def queue(offered: Offered, who: list[Principal]) -> None:
    for one in who:
        await waitlist.join(variant_id=offered.choices[0].id, by=one)


async def test_what_comes_back_is_offered_in_the_order_of_the_line_and_to_nobody_else() -> None:
    alma, (first, second, third) = await stall(stock=0), await people(3)
    await queue(alma, [first, second])
    assert await restock(alma, 1) == 0
    assert await line(alma) == [("P0", "offered"), ("P1", "waiting")]
    with pytest.raises(SoldOut):
        await place(alma, third)
    with pytest.raises(SoldOut):
        await place(alma, second)
    await place(alma, first)
    assert await line(alma) == [("P0", "taken"), ("P1", "waiting")]
    assert await shelf(alma) == 0


async def test_two_units_that_come_back_at_once_go_to_two_people() -> None:
    alma, who = await stall(stock=0), await people(3)
    await queue(alma, who)
    await asyncio.gather(restock(alma, 1), restock(alma, 1))
    assert [status for _name, status in await line(alma)] == ["offered", "offered", "waiting"]


async def test_an_offer_that_is_not_taken_goes_to_the_next_and_then_back_on_the_shelf() -> None:
    alma, (first, second) = await stall(stock=0), await people(2)
    await queue(alma, [first, second])
    await restock(alma, 1)
    with clock.shifted(OFFER - timedelta(seconds=1)):
        assert await waitlist.pass_on() == 0
    with clock.shifted(OFFER):
        assert await waitlist.pass_on() == 1
        assert await line(alma) == [("P0", "passed"), ("P1", "offered")]
        assert await waitlist.pass_on() == 0
    with clock.shifted(2 * OFFER):
        await asyncio.gather(waitlist.pass_on(), waitlist.pass_on())
        assert await shelf(alma) == 1, "nobody waits any more: everybody may buy it"


async def test_an_order_that_is_not_paid_hands_its_unit_to_the_line() -> None:
    alma, (buyer, waiting) = await stall(stock=1), await people(2)
    order_id = await place(alma, buyer)
    await waitlist.join(variant_id=alma.choices[0].id, by=waiting)
    await checkout.end_unpaid(order_id=order_id)
    assert await line(alma) == [("P1", "offered")]
    assert await shelf(alma) == 0


async def test_nobody_has_to_wait_for_what_is_there_and_nobody_stands_in_line_twice() -> None:
    alma, (first,) = await stall(stock=1), await people(1)
    with pytest.raises(StillThere):
        await waitlist.join(variant_id=alma.choices[0].id, by=first)
    await restock(alma, -1)
    await asyncio.gather(*(waitlist.join(variant_id=alma.choices[0].id, by=first) for _click in range(3)))
    assert await line(alma) == [("P0", "waiting")]
    for _click in range(2):
        await waitlist.leave(variant_id=alma.choices[0].id, by=first)
    assert await line(alma) == [("P0", "left")]


async def test_leaving_with_an_offer_serves_the_next() -> None:
    alma, (first, second) = await stall(stock=0), await people(2)
    await queue(alma, [first, second])
    await restock(alma, 1)
    await waitlist.leave(variant_id=alma.choices[0].id, by=first)
    assert await line(alma) == [("P0", "left"), ("P1", "offered")]


async def test_a_shop_that_sets_its_stock_neither_gives_an_offered_unit_away_nor_forgets_the_line() -> None:
    alma, (first, second) = await stall(stock=0), await people(2)
    await queue(alma, [first, second])
    ada, sku = await person("ada"), alma.choices[0].sku
    assert await stock.set_stock(brand_id=alma.brand.id, units={sku: 1}, by=ada) == {sku: 0}
    assert await stock.set_stock(brand_id=alma.brand.id, units={sku: 1}, by=ada) == {sku: 0}, "that one is offered already"
    assert await line(alma) == [("P0", "offered"), ("P1", "waiting")]
    assert await stock.set_stock(brand_id=alma.brand.id, units={sku: 5}, by=ada) == {sku: 3}


async def test_whoever_is_served_gets_one_mail_with_the_way_to_the_product() -> None:
    alma, (first,) = await stall(stock=0), await people(1)
    await queue(alma, [first])
    await restock(alma, 1)
    [offer] = await waitlist.places_of(by=first)
    for _time in range(2):
        await waitlist.tell(entry_id=offer.entry_id)
    [mail] = await Mail.objects()
    assert mail.recipient == first.email
    assert f"/shop/products/{alma.id}?variant={alma.choices[0].id}" in mail.text


async def test_a_viewer_waits_is_asked_and_orders_in_the_pages(cast: Cast, client: httpx.AsyncClient) -> None:
    alma = await stall(stock=0)
    sam = await person("sam")
    address = f"/shop/variants/{alma.choices[0].id}/line"
    assert "/sign-in?next=" in (await client.get(address)).text
    signed_out, client = client, await cast.client(sam)
    assert address in (await client.get(f"/shop/products/{alma.id}")).text
    assert "You are the first in line" in (await client.post(address, data={}, follow_redirects=True)).text
    await restock(alma, 1)
    assert "It is your turn" in (await client.get(address)).text
    assert "Continue to payment" in (await client.get(f"/shop/products/{alma.id}")).text
    assert "Sold out" in (await signed_out.get(f"/shop/products/{alma.id}")).text
    answer = await client.post(f"{address}/leave", data={}, follow_redirects=True)
    assert "available again" in answer.text
    assert await shelf(alma) == 1


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
@given(
    start=st.integers(0, 2),
    rounds=st.lists(
        st.lists(
            st.tuples(st.sampled_from(["place", "end", "join", "join", "leave", "restock", "pass", "take"]), st.integers(0, 4)),
            min_size=1,
            max_size=5,
        ),
        min_size=1,
        max_size=5,
    ),
)
async def test_whatever_happens_at_once_units_add_up_and_none_lies_on_the_shelf_while_somebody_waits(
    start: int, rounds: list[list[tuple[str, int]]]
) -> None:
    await databases.empty()
    alma, who, added = await stall(stock=start), await people(5), start

    async def do(what: str, number: int) -> int:
        variant, one = alma.choices[0].id, who[number]
        waiting = await Order.select(Order.id).where(Order.status == OrderStatus.PLACED).order_by(Order.id).first()
        try:
            match what:
                case "place":
                    await place(alma, one)
                case "end" if waiting:
                    await checkout.end_unpaid(order_id=waiting["id"])
                case "join":
                    await waitlist.join(variant_id=variant, by=one)
                case "leave":
                    await waitlist.leave(variant_id=variant, by=one)
                case "restock":
                    await restock(alma, 1)
                    return 1
                case "pass":
                    with clock.shifted(OFFER):
                        await waitlist.pass_on()
                case "take" if waiting:
                    async with DB.transaction():
                        await reservations.release(order_id=waiting["id"])
        except (SoldOut, StillThere):
            pass
        return 0

    for together in rounds:
        added += sum(await asyncio.gather(*(do(what, number) for what, number in together)))
        async with DB.connection() as connection:
            held = await connection.fetchval("select coalesce(sum(quantity), 0) from reservation where status <> 'released'")
            offered = await connection.fetchval("select count(*) from waitlist_entry where status = 'offered'")
            waiting = await connection.fetchval("select count(*) from waitlist_entry where status = 'waiting'")
        left = await shelf(alma)
        assert left + held + offered == added
        assert left == 0 or waiting == 0
