"""Whatever happens at once and in whatever order: stock adds up, and the same news end in the same state."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation import clock
from foundation.money import Money
from marketplace import checkout, reservations
from marketplace.payment_rules import Step, next_step
from marketplace.prices import Goods, price_cart
from marketplace.reservations import SoldOut
from marketplace.tables import Order, OrderStatus, PaymentStatus, Reservation
from marketplace.vat_tables import VatClass
from tests import databases
from tests.marketplace.stall import person, place, shelf, stall

NEWS = ("requires_payment_method", "requires_confirmation", "requires_action", "processing", "canceled", "succeeded", "new_word")
AFTER = {
    Step.OPEN: PaymentStatus.OPEN,
    Step.FAIL: PaymentStatus.FAILED,
    Step.PAY: PaymentStatus.SUCCEEDED,
    Step.CANCEL: PaymentStatus.CANCELLED,
}
heard = st.lists(st.tuples(st.sampled_from(NEWS), st.booleans()), max_size=12)


def fold(news: list[tuple[str, bool]]) -> tuple[PaymentStatus, list[Step]]:
    now, steps = PaymentStatus.OPEN, []
    for told, failed in news:
        step = next_step(now=now, told=told, failed=failed)
        steps.append(step)
        now = AFTER.get(step, now)
    return now, steps


@given(news=heard, data=st.data())
def test_news_in_any_order_and_any_number_end_in_the_same_state(news: list[tuple[str, bool]], data: st.DataObject) -> None:
    """One intent ends once: with money, or without. Whatever else is heard, and when, the end is that end."""
    for end, expected in (("succeeded", PaymentStatus.SUCCEEDED), ("canceled", PaymentStatus.CANCELLED)):
        other = {"succeeded", "canceled"} - {end}
        history = [(told, failed) for told, failed in news if told not in other] + [(end, False)]
        shuffled = data.draw(st.permutations(history + history))
        state, steps = fold(shuffled)
        assert state == expected
        assert steps.count(Step.PAY) == (end == "succeeded")
        assert steps.count(Step.CANCEL) == (end == "canceled")


@given(news=heard)
def test_money_that_arrived_is_never_forgotten(news: list[tuple[str, bool]]) -> None:
    state, _steps = fold([("succeeded", False), *news])
    assert state == PaymentStatus.SUCCEEDED


@given(unit=st.integers(1, 10**9), quantity=st.integers(1, 20), rate=st.integers(0, 5000))
def test_vat_is_inside_the_price_and_right_to_half_a_cent(unit: int, quantity: int, rate: int) -> None:
    goods = Goods(
        variant_id=uuid4(),
        brand_id=uuid4(),
        brand_name="",
        title="",
        variant_name="",
        picture="",
        quantity=quantity,
        unit=Money(unit, "EUR"),
        vat_class=VatClass.STANDARD,
    )
    priced = price_cart(
        [goods],
        country="FR",
        rates={VatClass.STANDARD: rate},
        offered={},
        chosen={},
        codes={},
    )
    [line] = priced.lines
    net = line.gross - line.vat
    assert line.gross.minor == unit * quantity
    assert 0 <= line.vat.minor <= line.gross.minor
    assert abs(2 * (line.vat.minor * 10_000 - net.minor * rate)) <= 10_000 + rate


async def _do(what: str, quantity: int, offered: object) -> None:
    sam = await person("sam")
    if what == "place":
        try:
            await place(offered, sam, quantity=quantity)  # type: ignore[arg-type]
        except SoldOut:
            return
    waiting = await Order.select(Order.id).where(Order.status == OrderStatus.PLACED).order_by(Order.id).first()
    if waiting is None:
        return
    if what == "end":
        await checkout.end_unpaid(order_id=waiting["id"])
    if what == "pay":
        from foundation.database import DB

        async with DB.transaction():
            await Order.select(Order.id).where(Order.id == waiting["id"]).lock_rows("UPDATE")
            await reservations.consume(order_id=waiting["id"])
    if what == "release":
        await reservations.release(order_id=waiting["id"])
    if what == "again":
        await reservations.take_again(order_id=waiting["id"])


@pytest.mark.usefixtures("db")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.integers(0, 12),
    rounds=st.lists(
        st.lists(
            st.tuples(st.sampled_from(["place", "place", "end", "pay", "release", "again"]), st.integers(1, 4)),
            min_size=1,
            max_size=5,
        ),
        min_size=1,
        max_size=4,
    ),
)
async def test_units_on_the_shelf_held_and_sold_always_add_up(start: int, rounds: list[list[tuple[str, int]]]) -> None:
    await databases.empty()
    alma = await stall(stock=start)
    await person("sam")
    for together in rounds:
        await asyncio.gather(*(_do(what, quantity, alma) for what, quantity in together))
        rows = await Reservation.select(Reservation.quantity).where(Reservation.status != "released")
        left = await shelf(alma)
        assert left >= 0
        assert left + sum(row["quantity"] for row in rows) == start


@pytest.mark.usefixtures("db")
async def test_holds_end_in_their_order_and_only_when_their_time_is_over() -> None:
    sam, alma = await person("sam"), await stall(stock=3)
    first = await place(alma, sam)
    with clock.shifted(timedelta(minutes=5)):
        second = await place(alma, sam)
    with clock.shifted(timedelta(minutes=11)):
        assert await reservations.overdue() == [first]
    with clock.shifted(timedelta(minutes=16)):
        assert await reservations.overdue() == [first, second]
