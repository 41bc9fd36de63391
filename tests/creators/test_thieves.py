"""Who wants a sale that is somebody else's: what they can send, and what becomes of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from creators import attribution, conversion_returns, conversions, fraud, fraud_cases, shops
from creators.api import pixel
from creators.attribution_facts import Reason
from creators.attribution_rules import decide
from creators.conversion_returns import Returned
from creators.conversion_rules import Reason as ShopReason
from creators.conversion_tables import Conversion, ConversionLine, ConversionReturn, ShopKind
from creators.conversions import Sale, SoldLine
from creators.order_names import one_name
from creators.tables import Collaboration, CollaborationStatus
from foundation import clock
from marketplace import checkout
from marketplace.tables import Order, Payment
from moderation import sanctions
from payouts import holds
from tests import factories
from tests.creators.reported import aged, click
from tests.creators.test_attribution import tap
from tests.creators.test_attribution_rules import sale as told
from tests.creators.test_attribution_rules import terms, touch
from tests.creators.test_sales_files import HEAD, row, stage_with_code, worked_off
from tests.creators.test_shop_news import shop as connected
from tests.creators.test_shop_news import shopify_order, shopify_refund
from tests.factories import Stage
from tests.marketplace import stall
from tests.payouts.test_recredit import credited, duo, shared

PARIS = ZoneInfo("Europe/Paris")


async def reported(stage: Stage, order: str, **given: Any) -> Conversion:
    line = SoldLine(sku=stage.pan.choices[0].sku, quantity=1, net_minor=4900)
    sale = Sale(order=order, currency="EUR", happened_at=clock.now(), lines=[line], **given)
    made = await conversions.report_sale(brand_id=stage.brand_id, sale=sale, source="api")
    kept = await Conversion.objects().get(Conversion.id == made.id)
    assert kept is not None
    return kept


async def judged() -> int:
    """The look of two minutes later: by then every sale of now is settled."""
    with clock.shifted(timedelta(minutes=2)):
        return await fraud.scan()


@pytest.mark.parametrize("days", [timedelta(days=1), timedelta(days=7), timedelta(days=30)])
@pytest.mark.parametrize("begins", [datetime(2026, 10, 24, 21, 30, tzinfo=PARIS), datetime(2026, 3, 28, 21, 30, tzinfo=PARIS)])
def test_a_window_over_the_change_of_clocks_is_as_long_as_any_other_and_half_open(begins: datetime, days: timedelta) -> None:
    """The clock on the wall shows an hour less or more at its end: nobody gains or loses one."""
    seen = replace(touch(), at=begins)
    agreed = [terms(window=days, frozen_at=begins - timedelta(days=1))]
    for late, reason in ((timedelta(microseconds=-1), Reason.LAST_TOUCH_IN_WINDOW), (timedelta(0), Reason.OUTSIDE_WINDOW)):
        placed = begins.astimezone(ZoneInfo("UTC")) + days + late
        (decision,) = decide(sale=replace(told(), placed_at=placed), touches=[seen], terms=agreed)
        assert decision.reason is reason


@pytest.mark.usefixtures("db")
async def test_another_show_named_with_ones_own_tap_steals_nothing() -> None:
    """Chloé's accomplice changes the show in the form; the tap in Nour's show stays Nour's."""
    made, sam, chloe = await factories.stage(live=True), await stall.person("sam"), await stall.person("chloe")
    await factories.creator(chloe, "chloe.cuisine")
    other = await factories.show(
        chloe, await factories.collaboration(made.ada, chloe, made.brief_id), [made.pan.id], title="Soup with Chloé"
    )
    touch_id = await tap(made, sam)
    for show_id in (other.id, uuid4(), None):
        order_id = await checkout.place_order(
            lines=[(made.pan.choices[0].id, 1)],
            show_id=show_id,
            touch_id=touch_id,
            cart_key=str(uuid4()),
            ship_to=stall.HOME,
            by=sam,
        )
        (decision,) = await attribution.attribute_order(order_id=order_id)
        assert (decision.creator, decision.rule) == (made.creator_id, "click")


@pytest.mark.usefixtures("db")
async def test_a_code_of_signs_that_only_look_alike_is_another_code() -> None:
    stage = await stage_with_code()
    assert (await reported(stage, "1", code="N\u041eUR10")).reason == ShopReason.UNKNOWN_CODE  # a Cyrillic O
    assert (await reported(stage, "2", code="\u00a0no\u00adur\u2060 10\t")).reason == ShopReason.CODE_NAMED


@pytest.mark.usefixtures("db")
async def test_codes_of_banned_creators_and_of_ended_collaborations_earn_nothing() -> None:
    stage, guard = await stage_with_code(), await stall.person("max")
    moment = clock.now()
    await sanctions.ban(person_id=stage.nour.id, place="", reason="Sold what is not hers.", by=guard)
    banned = await reported(stage, "1", code="nour10")
    assert (banned.creator, banned.reason) == (None, ShopReason.CREATOR_BANNED)
    earlier = Sale(
        order="2",
        currency="EUR",
        happened_at=moment - timedelta(minutes=1),
        lines=[SoldLine(sku=stage.pan.choices[0].sku, quantity=1, net_minor=4900)],
        code="nour10",
    )
    before = await conversions.report_sale(brand_id=stage.brand_id, sale=earlier, source="api")
    assert before.reason == ShopReason.CODE_NAMED, "what was sold before the ban stays hers"
    await Collaboration.update(
        {Collaboration.status: CollaborationStatus.ENDED, Collaboration.ended_at: moment - timedelta(minutes=5)}, force=True
    )
    assert (await reported(stage, "3", code="nour10")).reason in {ShopReason.CREATOR_BANNED, ShopReason.COLLABORATION_ENDED}


@pytest.mark.usefixtures("db")
async def test_one_click_that_is_passed_on_to_five_buyers_opens_a_case_that_holds() -> None:
    stage = await aged()
    passed_on = await click(stage)
    for number in range(4):
        await reported(stage, str(number), click=passed_on)
    assert await judged() == 0
    fifth = await reported(stage, "4", click=passed_on)
    with clock.shifted(timedelta(minutes=2)):
        assert await judged() == 1
    [case] = await fraud_cases.cases(open_only=True)
    assert [one.signal for one in case.signals] == ["click_shared"]
    assert await holds.suspected_conversions({fifth.id}) == {fifth.id}


@pytest.mark.usefixtures("db")
async def test_a_creator_with_a_share_who_pays_with_a_second_account_is_found_and_the_other_is_not_held() -> None:
    """Chloé shares Nour's sales. Her second account buys with her card: hers is held, Nour's is not."""
    made = await duo()
    own = await made.market.order(2500, in_show=False)
    await Order.update({Order.buyer: made.chloe.id}).where(Order.id == own.order_id)
    sale = await credited(made.market, 6000)
    for order_id in (own.order_id, sale.order_id):
        await Payment.update({Payment.card_fingerprint: "card-of-chloe"}).where(Payment.order == order_id)
    await judged()
    assert await fraud_cases.cases(open_only=True) == []
    await shared(made, sale, (made.market.creator.id, made.market.terms.id, 6000), (made.chloe_creator, made.chloe_terms, 4000))
    with clock.shifted(timedelta(minutes=4)):
        await judged()
    [case] = await fraud_cases.cases(open_only=True)
    assert [one.signal for one in case.signals] == ["creators_card"]
    pairs = [(sale.order_id, made.market.creator.id), (sale.order_id, made.chloe_creator)]
    assert await holds.suspected(pairs) == {(sale.order_id, made.chloe_creator)}


@pytest.mark.usefixtures("db")
async def test_times_to_come_are_refused_from_files_as_from_programs() -> None:
    stage = await stage_with_code()
    tomorrow = (clock.now() + timedelta(days=1)).isoformat(timespec="seconds")
    done = await worked_off(stage, HEAD + row(stage, 1, date=tomorrow) + row(stage, 2))
    assert (done.made, done.refused) == (1, 1)


async def test_no_report_of_a_shop_whatever_stands_in_it_is_a_fault_of_ours(client: httpx.AsyncClient) -> None:
    stage = await factories.stage()
    send = await connected(client, stage, ShopKind.SHOPIFY)
    order = shopify_order(stage)
    line = order["line_items"][0]
    later = (clock.now() + timedelta(hours=1)).isoformat()
    strange: list[Any] = [
        b"[" * 100_000,
        b'{"id": ' + b"9" * 5000 + b"}",
        {**order, "line_items": [{**line, "quantity": -2}]},
        {**order, "line_items": [{**line, "quantity": 10**9}]},
        {**order, "line_items": [{**line, "price": "1e999999999"}]},
        {**order, "line_items": [{**line, "price": "NaN"}]},
        {**order, "id": "x" * 500},
        {**order, "id": "1\x00"},
        {**order, "processed_at": "tomorrow"},
        {**order, "refunds": [{"id": 1}]},
    ]
    for paper in strange:
        answer = await send("orders/paid", paper)
        assert (answer.status_code, answer.text) == (200, "unreadable"), paper if isinstance(paper, dict) else paper[:20]
    assert (await send("orders/paid", {**order, "processed_at": later})).text == "refused: moment_invalid"
    odd = {
        **order,
        "line_items": [{**line, "title": "A\x00" + "b" * 900, "sku": "s" * 300}],
        "discount_codes": [{"code": "\ufdfa" * 90}],
    }
    assert (await send("orders/paid", odd)).text == "kept"
    assert (
        await send("refunds/create", shopify_refund(order, refund_line_items=[{"quantity": -1, "line_item": line}]))
    ).text == "unreadable"
    [kept] = await ConversionLine.objects()
    assert kept.returned_minor == 0


async def test_what_one_shop_signed_counts_for_no_other_brand(client: httpx.AsyncClient) -> None:
    stage = await factories.stage()
    bruno = await stall.person("bruno")
    velours = await stall.brand(bruno, name="Velours")
    theirs, _secret = await shops.connect_shop(
        brand_id=velours.id, kind=ShopKind.SHOPIFY, name="S", host="velours.example", by=bruno
    )
    caught: list[tuple[bytes, dict[str, str]]] = []

    class Wire:
        async def post(self, address: str, *, content: bytes, headers: dict[str, str]) -> httpx.Response:
            caught.append((content, headers))
            return await client.post(address, content=content, headers=headers)

    send = await connected(Wire(), stage, ShopKind.SHOPIFY)  # type: ignore[arg-type]  # all that it needs of a client
    assert (await send("orders/paid", shopify_order(stage))).text == "kept"
    [(body, headers)] = caught
    assert (await client.post(f"/webhooks/shopify/{theirs}", content=body, headers=headers)).status_code == 401
    assert (await client.post(f"/webhooks/woocommerce/{theirs}", content=body, headers=headers)).status_code == 401
    assert await Conversion.count() == 1


@pytest.mark.usefixtures("db")
async def test_one_order_told_on_all_ways_at_once_and_written_otherwise_on_each_is_one_sale() -> None:
    stage = await stage_with_code()
    now = clock.now().replace(microsecond=0)
    line = SoldLine(sku=stage.pan.choices[0].sku, quantity=1, net_minor=4900)
    read = pixel.read(f"order=%20100042%20&t={int(now.timestamp())}&currency=EUR&line={line.sku}:1:4900&code=nour10")
    told = [
        (read, "pixel"),
        *(
            (Sale(order=order, currency="EUR", happened_at=now, lines=[line], code="NOUR10"), source)
            for order, source in (("100042", "api"), ("\uff11\uff100042", "file"), ("1000\u200b42\u00a0", "woocommerce"))
        ),
    ]
    made = await asyncio.gather(
        *(conversions.report_sale(brand_id=stage.brand_id, sale=sale, source=source) for sale, source in told)
    )
    assert (sum(one.new for one in made), len({one.id for one in made})) == (1, 1)
    theirs = replace(told[1][0], order="\u2060100042", code="THIEF")
    with pytest.raises(conversions.ReportDiffers):
        await conversions.report_sale(brand_id=stage.brand_id, sale=theirs, source="api")
    for name, fresh in (("r1", True), (" r1\u200d", False)):
        _id, new = await conversion_returns.report_return(
            brand_id=stage.brand_id,
            order=" 100042",
            return_id=name,
            lines=[Returned(sku=line.sku, quantity=1)],
            happened_at=now,
            source="api",
        )
        assert new is fresh
    assert (await Conversion.count(), await ConversionReturn.count()) == (1, 1)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (" 10  42 ", "10 42"),
        ("\u2460\u200b", "1"),
        ("A-1", "A-1"),
        ("a-1", "a-1"),
        ("\u200b", "\u200b"),
        ("\ufdfa" * 100, "\ufdfa" * 100),
    ],
)
def test_an_orders_name_is_one_however_it_is_written_and_never_becomes_empty_or_too_long(told: str, kept: str) -> None:
    assert one_name(told) == kept == one_name(kept)
