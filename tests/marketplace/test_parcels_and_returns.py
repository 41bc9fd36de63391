"""After the payment: parcels leave, things come back, and nothing is sent, returned or refunded twice."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import clock
from foundation.errors import NotFound, WrongState
from foundation.money import Money
from foundation.tables import Mail
from marketplace import order_files, order_lists, order_notices, orders, returns, shipping
from marketplace.brands import brand_of
from marketplace.order_lists import Desk, Wanted
from marketplace.refunds import Reason
from marketplace.returns import NothingToReturn, PeriodOver
from marketplace.returns_tables import ReturnRequest
from marketplace.shipping import BadTracking, NothingToShip
from marketplace.tables import OrderLine, Refund
from marketplace.units import part_of, units_of
from marketplace.withdrawal_rules import may_withdraw, withdraw_until
from tests.cast import Cast
from tests.marketplace.stall import brand, buy, order, person, product, stall

pytestmark = pytest.mark.usefixtures("db", "stripe_sandbox")
SENT = datetime(2026, 11, 2, 15, tzinfo=UTC)


async def bought(quantity: int = 3) -> tuple[UUID, str, UUID]:
    """Sam's paid order of one line: its id, number and line."""
    order_id = await buy(await stall(stock=9), await person("sam"), quantity=quantity)
    line = await OrderLine.select(OrderLine.id).where(OrderLine.order == order_id).first()
    assert line is not None
    return order_id, (await order(order_id)).number, line["id"]


async def ship(number: str, units: dict[UUID, int] | None = None, tracking: str = "") -> UUID:
    return await shipping.ship(number=number, carrier="colissimo", tracking=tracking, units=units, by=await person("ada"))


async def refunded() -> list[tuple[str, int]]:
    rows = await Refund.select(Refund.reason, Refund.amount_minor).order_by(Refund.created_at)
    return [(row["reason"], row["amount_minor"]) for row in rows]


async def test_an_order_leaves_in_several_parcels_and_never_more_than_was_bought() -> None:
    order_id, number, line = await bought(3)
    await ship(number, {line: 1}, "6A 123-x")
    with pytest.raises(NothingToShip) as refusal:
        await ship(number, {line: 3})
    assert refusal.value.data["left"] == 2
    await ship(number)
    with pytest.raises(NothingToShip):
        await ship(number)
    first, second = (await shipping.parcels_of([order_id]))[order_id]
    assert (first.tracking, first.lines, second.lines) == ("6A123-X", {line: 1}, {line: 2})
    assert first.follow.endswith("code=6A123-X")


async def test_a_parcel_that_is_noted_twice_or_by_two_at_once_is_one_parcel() -> None:
    order_id, number, _line = await bought(2)
    same = await asyncio.gather(*(ship(number, tracking="LA1") for _click in range(3)))
    assert len(set(same)) == 1
    assert len((await shipping.parcels_of([order_id]))[order_id]) == 1
    other_order = await asyncio.gather(*(ship(number) for _click in range(2)), return_exceptions=True)
    assert all(isinstance(one, NothingToShip) for one in other_order)


@pytest.mark.parametrize("tracking", ["x" * 61, "<script>", "1 or 1=1;", "https://evil.example/?", "é"])
async def test_a_tracking_number_is_no_address_and_no_sentence(tracking: str) -> None:
    _order, number, _line = await bought(1)
    with pytest.raises(BadTracking):
        await ship(number, tracking=tracking)


async def test_nobody_ships_refuses_or_answers_for_another_brand() -> None:
    order_id, number, line = await bought(1)
    bruno = await person("bruno")
    await brand(bruno, "Maison Velours")
    with pytest.raises(NotFound):
        await shipping.ship(number=number, carrier="dhl", tracking="", by=bruno)
    with pytest.raises(NotFound):
        await returns.refuse(number=number, lines=None, note="no", by=bruno)
    parcel = await ship(number)
    with pytest.raises(NotFound):
        await shipping.mark_delivered(shipment_id=parcel, by=bruno)
    [request] = await returns.ask_return(
        order_id=order_id, lines={line: 1}, reason=Reason.DAMAGED, note="", by=await person("sam")
    )
    for verb in (returns.accept, returns.decline):
        with pytest.raises(NotFound):
            await verb(request_id=request, answer="no", by=bruno)


async def test_a_withdrawal_before_the_parcel_gives_the_money_back_at_once_and_stops_it() -> None:
    order_id, number, line = await bought(3)
    await returns.withdraw(order_id=order_id, lines={line: 1}, name="Sam Petit", by=await person("sam"))
    assert await refunded() == [("withdrawal", 5900)]
    assert (await units_of(order_id))[order_id][line].to_send == 2
    await ship(number)
    with pytest.raises(NothingToShip):
        await ship(number, {line: 1})


async def test_a_withdrawal_after_the_parcel_waits_for_the_goods_and_cannot_be_declined() -> None:
    order_id, number, line = await bought(2)
    sam, ada = await person("sam"), await person("ada")
    await ship(number)
    [request] = await returns.withdraw(order_id=order_id, lines=None, name="Sam", by=sam)
    assert await refunded() == []
    with pytest.raises(WrongState):
        await returns.decline(request_id=request, answer="no", by=ada)
    results = await asyncio.gather(*(returns.received(request_id=request, by=ada) for _click in range(2)), return_exceptions=True)
    assert sum(isinstance(one, WrongState) for one in results) == 1
    assert await refunded() == [("withdrawal", 11800)]
    with pytest.raises(NothingToReturn):
        await returns.withdraw(order_id=order_id, lines={line: 1}, name="Sam", by=sam)


async def test_a_return_is_asked_answered_and_refunded_by_units() -> None:
    order_id, number, line = await bought(3)
    sam, ada = await person("sam"), await person("ada")
    await ship(number)
    [request] = await returns.ask_return(order_id=order_id, lines={line: 2}, reason=Reason.DAMAGED, note="A scratch", by=sam)
    with pytest.raises(NothingToReturn):
        await returns.ask_return(order_id=order_id, lines={line: 2}, reason=Reason.DAMAGED, note="", by=sam)
    await returns.accept(request_id=request, answer="Please send them", by=ada)
    await returns.received(request_id=request, by=ada)
    assert await refunded() == [("damaged", 11800)]
    [other] = await returns.ask_return(order_id=order_id, lines={line: 1}, reason=Reason.RETURNED, note="", by=sam)
    await returns.decline(request_id=other, answer="Worn", by=ada)
    assert (await units_of(order_id))[order_id][line].to_return == 1, "what was declined can be asked for again"


async def test_what_a_seller_cannot_send_is_refunded_with_a_word() -> None:
    order_id, number, line = await bought(3)
    await ship(number, {line: 1})
    with pytest.raises(returns.ReasonNeeded):
        await returns.refuse(number=number, lines=None, note=" ", by=await person("ada"))
    await returns.refuse(number=number, lines=None, note="The kiln broke", by=await person("ada"))
    assert await refunded() == [("refused", 11800)]
    with pytest.raises(NothingToReturn):
        await returns.refuse(number=number, lines=None, note="again", by=await person("ada"))
    assert (await order(order_id)).refunded_minor == 11800


async def test_the_period_ends_fourteen_whole_days_after_the_last_parcel_has_arrived() -> None:
    assert withdraw_until([], all_sent=False) is None
    assert withdraw_until([(SENT, SENT)], all_sent=False) is None
    until = withdraw_until([(SENT, SENT + timedelta(hours=8)), (SENT, None)], all_sent=True)
    assert until == datetime(2026, 12, 17, tzinfo=UTC), "a parcel nobody told us of: thirty days after it was sent"
    until = withdraw_until([(SENT, SENT)], all_sent=True)
    assert until == datetime(2026, 11, 17, tzinfo=UTC)
    assert may_withdraw(until - timedelta(microseconds=1), until)
    assert not may_withdraw(until, until)


async def test_a_withdrawal_that_comes_too_late_is_refused_but_a_return_can_be_asked_for() -> None:
    order_id, number, line = await bought(1)
    sam = await person("sam")
    parcel = await ship(number)
    await shipping.mark_delivered(shipment_id=parcel, by=sam)
    with clock.shifted(timedelta(days=16)):
        with pytest.raises(PeriodOver):
            await returns.withdraw(order_id=order_id, lines=None, name="Sam", by=sam)
        assert await returns.ask_return(order_id=order_id, lines={line: 1}, reason=Reason.RETURNED, note="", by=sam)


@given(gross=st.integers(1, 10**7), steps=st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_units_given_back_in_any_parts_add_up_to_the_whole_line(gross: int, steps: list[int]) -> None:
    quantity, before, paid = sum(steps), 0, 0
    for count in steps:
        part = part_of(gross, quantity, before, count)
        assert part >= 0
        before, paid = before + count, paid + part
    assert paid == gross


async def test_a_withdrawal_is_acknowledged_once_with_its_time_and_the_brand_is_told() -> None:
    order_id, number, _line = await bought(1)
    await ship(number)
    [request] = await returns.withdraw(order_id=order_id, lines=None, name="Sam P.", by=await person("sam"))
    for _time in range(2):
        await order_notices.asked(request_id=request)
    row = await ReturnRequest.objects().get(ReturnRequest.id == request)
    assert row is not None
    mails = {mail.recipient: mail.text for mail in await Mail.objects()}
    assert set(mails) == {"sam@fanfare.example", "ada@fanfare.example"}
    assert f"{row.asked_at:%Y-%m-%d %H:%M:%S}" in mails["sam@fanfare.example"]
    assert "Sam P." in mails["sam@fanfare.example"]
    assert f"/brand/orders/{number}" in mails["ada@fanfare.example"]


async def test_the_desk_lists_what_is_to_be_done_and_the_pick_list_adds_up() -> None:
    ada, sam = await person("ada"), await person("sam")
    house = await brand(ada)
    pan = await product(ada, house.id, stock=9)
    first = (await order(await buy(pan, sam, quantity=2))).number
    second = (await order(await buy(pan, sam, quantity=1))).number
    await ship(first)
    rows, total = await order_lists.orders_for(brand_id=house.id, wanted=Wanted(desk=Desk.TO_SEND))
    assert ([row.number for row in rows], total) == ([second], 1)
    assert (rows[0].to_send, rows[0].total) == (1, Money(5900, "EUR"))
    assert await order_lists.counts(brand_id=house.id) == {
        Desk.ALL: 2, Desk.TO_SEND: 1, Desk.SENT: 1, Desk.RETURNS: 0, Desk.DISPUTED: 0, Desk.REFUNDED: 0,
    }  # fmt: skip
    [pick] = await order_lists.pick_list(brand_id=house.id)
    assert (pick.units, pick.orders) == (1, 1)
    for words, found in (
        (first[2:7].lower(), [first]),
        ("SAM@", [second, first]),
        ("alma", [second, first]),
        ("%", []),
        ("'", []),
    ):
        rows, _total = await order_lists.orders_for(brand_id=house.id, wanted=Wanted(words=words))
        assert [row.number for row in rows] == found, words


async def test_a_file_of_parcels_ships_each_line_for_itself_and_twice_only_once() -> None:
    order_id, number, _line = await bought(2)
    ada = await person("ada")
    house = await brand_of(by=ada)
    content = (
        f"Order;Carrier;Tracking\r\n{number.lower()};Mondial Relay;=1+1\r\n{number};dhl;77\r\nF-AAAAA-AAAAA;dhl;1\r\n".encode(
            "utf-8-sig"
        )
    )
    for _time in range(2):
        shipped = await order_files.ship_file(content=content, brand=house, by=ada)
        assert [type(one.refusal).__name__ for one in shipped] == ["BadTracking", "NoneType", "NotFound"]
    assert len((await shipping.parcels_of([order_id]))[order_id]) == 1
    for broken in (b"", b"\xff\xfe\x00", b"a,b\n1,2\n", b"x" * 1_000_001, b'order,carrier,tracking\n"unclosed'):
        with pytest.raises(order_files.NotAParcelFile):
            await order_files.ship_file(content=broken, brand=house, by=ada)


async def test_the_export_is_no_formula(cast: Cast) -> None:
    order_id, _number, line = await bought(1)
    await OrderLine.update({OrderLine.title: "=cmd|' /C calc'!A0"}).where(OrderLine.id == line)
    client = await cast.client(await person("ada"))
    answer = await client.get("/brand/orders.csv?q=&first=nonsense")
    assert "'=cmd" in answer.text
    assert (await order(order_id)).number in answer.text


async def test_a_buyer_withdraws_in_two_steps_in_the_pages(cast: Cast) -> None:
    order_id, number, line = await bought(2)
    client = await cast.client(await person("sam"))
    assert "Withdraw from contract here" in (await client.get(f"/orders/{number}")).text
    address = f"/orders/{number}/withdraw"
    assert "Your name" in (await client.get(address)).text
    wrong = await client.post(address, data={"name": "Sam", f"units-{line}": "3"})
    assert wrong.status_code == 422
    second = await client.post(address, data={"name": "Sam", f"units-{line}": "1"})
    assert "Confirm withdrawal" in second.text
    assert await refunded() == [], "nothing happens before it is confirmed"
    done = await client.post(address, data={"name": "Sam", f"units-{line}": "1", "confirm": "1"}, follow_redirects=True)
    assert "has reached the seller" in done.text
    assert await refunded() == [("withdrawal", 5900)]
    assert len((await orders.order_of_buyer(by=await person("sam"), order_id=order_id)).refunds) == 1


async def test_withdrawing_without_an_account_says_the_same_of_every_order(client: httpx.AsyncClient) -> None:
    _order_id, number, _line = await bought(1)
    said = set()
    for email in ("sam@fanfare.example", "eve@fanfare.example"):
        data = {"name": "Sam", "number": number, "email": email}
        assert "Confirm withdrawal" in (await client.post("/withdraw", data=data)).text
        answer = await client.post("/withdraw", data={**data, "confirm": "1"})
        said.add((answer.status_code, answer.text.count(number), "a mail confirms your withdrawal" in answer.text))
        if email.startswith("eve"):
            assert len(await refunded()) == 1
    assert said == {(200, 0, True)}


async def test_a_brand_ships_answers_and_refuses_in_the_pages(cast: Cast) -> None:
    _order_id, number, line = await bought(3)
    client = await cast.client(await person("ada"))
    page = f"/brand/orders/{number}"
    shipped = await client.post(
        f"{page}/ship", data={"carrier": "dhl", "tracking": "JD1", f"ship-{line}": "1"}, follow_redirects=True
    )
    assert "JD1" in shipped.text
    assert "2" in (await client.get("/brand/pick-list")).text
    bad = await client.post(f"{page}/ship", data={"carrier": "dhl", "tracking": "<b>"})
    assert bad.status_code == 422
    assert "letters, digits and dashes" in bad.text
    gone = await client.post(f"{page}/refuse", data={"answer": "Broken"}, follow_redirects=True)
    assert "gets the money back" in gone.text
    many = await client.post("/brand/ship", data={"order": number, "carrier": "other"})
    assert "Not noted" in many.text
    empty = await client.post("/brand/ship", data={})
    assert empty.status_code == 422
    for path in (
        "/brand/orders",
        "/brand/orders?desk=to_send&page=999",
        "/brand/orders?desk=x&page=-1&first=2026-13-01&q=%00",
        "/brand/ship",
    ):
        assert (await client.get(path)).status_code == 200, path
