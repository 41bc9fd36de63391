"""A limited drop in small: many buyers at once, few units; each unit is sold once, and none is left while somebody wants it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from foundation import accounts, clock
from foundation.accounts import Principal
from marketplace import checkout, reservations
from marketplace.catalogue import Offered
from marketplace.reservations import SoldOut
from marketplace.tables import Order, OrderStatus, Reservation
from tests.marketplace.stall import events, open_payment, pay_at_stripe, place, shelf, stall

pytestmark = pytest.mark.usefixtures("db", "stripe_sandbox")
UNITS, BUYERS = 6, 20


async def crowd() -> list[Principal]:
    return [await accounts.create(email=f"b{n}@fanfare.example", display_name=f"B{n}") for n in range(BUYERS)]


async def rush(offered: Offered, buyers: list[Principal]) -> dict[int, UUID]:
    """Everybody taps at once: who got an order, by their place; the others were told that it is sold out."""
    results = await asyncio.gather(*(place(offered, by) for by in buyers), return_exceptions=True)
    refused = [one for one in results if not isinstance(one, UUID)]
    assert all(isinstance(one, SoldOut) for one in refused), refused
    return {place: one for place, one in enumerate(results) if isinstance(one, UUID)}


async def pay(order_id: UUID, by: Principal) -> str:
    intent_id = await open_payment(order_id, by)
    await pay_at_stripe(intent_id)
    return intent_id


async def test_a_drop_sells_every_unit_once_and_unpaid_holds_come_back() -> None:
    alma, buyers = await stall(stock=UNITS), await crowd()
    got = await rush(alma, buyers)
    assert len(got) == UNITS, "nobody is refused while a unit is free"
    assert await shelf(alma) == 0
    walked, stayed = list(got)[:2], list(got)[2:]
    paid = [await pay(got[one], buyers[one]) for one in stayed]
    told = [intent for intent in paid for _time in range(3)]  # Stripe tells at least once
    await asyncio.gather(*(checkout.settle_payment(intent_id=intent) for intent in told))
    await checkout.give_up(order_id=got[walked[0]], by=buyers[walked[0]])
    with clock.shifted(checkout.RESERVATION + timedelta(seconds=1)):
        for order_id in await reservations.overdue():
            await checkout.end_unpaid(order_id=order_id)
    assert await shelf(alma) == 2, "what was not paid is on the shelf again"
    late = [by for place, by in enumerate(buyers) if place not in got]
    again = await rush(alma, late)
    assert len(again) == 2
    for place_, order_id in again.items():
        await checkout.settle_payment(intent_id=await pay(order_id, late[place_]))
    assert await Order.count().where(Order.status == OrderStatus.PAID) == UNITS
    assert await Reservation.count().where(Reservation.status == "consumed") == UNITS
    assert (await events()).count("OrderPaid") == UNITS, "money that is told three times counts once"
    assert await shelf(alma) == 0


async def test_one_buyer_who_taps_often_holds_one_unit() -> None:
    alma, [by, *_others] = await stall(stock=3), await crowd()
    same = await asyncio.gather(*(place(alma, by, cart_key="one cart") for _tap in range(5)))
    assert len(set(same)) == 1
    assert await shelf(alma) == 2
