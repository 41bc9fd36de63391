"""The demo's orders after their payment: parcels as the verb leaves them, somebody who sends back, somebody who waits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from entrypoints.demo import after_sale
from foundation import clock
from marketplace import waitlist
from marketplace.order_lists import Desk, Wanted, orders_for
from marketplace.shipping import parcels_of
from tests.marketplace.stall import buy, person, stall

pytestmark = pytest.mark.usefixtures("db", "stripe_sandbox")


async def test_what_was_paid_days_ago_has_arrived_and_what_is_new_waits() -> None:
    alma, sam = await stall(stock=5), await person("sam")
    old = await buy(alma, sam, quantity=2)
    with clock.shifted(timedelta(days=5)):
        new = await buy(alma, sam)
        await after_sale.happen([sam], clock.now())
        [parcel] = (await parcels_of([old]))[old]
        assert list(parcel.lines.values()) == [2]
        assert parcel.delivered_at is not None
        assert (await parcels_of([new]))[new] == []
        rows, _total = await orders_for(brand_id=alma.brand.id, wanted=Wanted(desk=Desk.TO_SEND))
        assert [row.id for row in rows] == [new]
        rows, _total = await orders_for(brand_id=alma.brand.id, wanted=Wanted(desk=Desk.RETURNS))
        assert [row.id for row in rows] == [old]
        assert len(await waitlist.places_of(by=sam)) == 1
