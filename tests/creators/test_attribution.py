"""Attributing real orders: what is read, what is kept, and who may read why."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from creators import attribution, collaborations, credit, touches
from creators.shows import hosted_show
from creators.tables import AttributionDecision, TouchKind
from foundation import clock
from foundation.accounts import Principal
from foundation.errors import NotFound
from marketplace import checkout
from marketplace.tables import Order
from tests import factories
from tests.factories import Stage
from tests.marketplace import stall


async def tap(made: Stage, by: Principal, kind: TouchKind = TouchKind.BUY_TAP) -> UUID:
    show = await hosted_show(show_id=made.show_id, by=made.nour)
    return await touches.record_touch(show=show, kind=kind, visitor="v", by=by, product_id=made.pan.id)


async def order(made: Stage, by: Principal, *, touch_id: UUID | None = None, in_show: bool = True) -> UUID:
    return await checkout.place_order(
        lines=[(made.pan.choices[0].id, 1)],
        show_id=made.show_id if in_show else None,
        touch_id=touch_id,
        cart_key=str(uuid4()),
        ship_to=stall.HOME,
        by=by,
    )


async def decided(order_id: UUID) -> AttributionDecision:
    (decision,) = await attribution.attribute_order(order_id=order_id)
    return decision


@pytest.mark.usefixtures("db")
async def test_a_purchase_in_the_room_is_credited_to_the_host_with_its_terms_and_evidence() -> None:
    made, sam = await factories.stage(live=True), await stall.person("sam")
    touch_id = await tap(made, sam)
    decision = await decided(await order(made, sam, touch_id=touch_id))
    terms = await collaborations.current_terms(made.collaboration_id)
    assert (decision.creator, decision.show, decision.terms) == (made.creator_id, made.show_id, terms.id)
    assert (decision.rule, decision.reason, decision.version) == ("in_stream", "bought_in_stream", 1)
    evidence: Any = decision.evidence
    assert [(seen["id"], seen["verdict"]) for seen in evidence["touches"]] == [(str(touch_id), "won")]


@pytest.mark.usefixtures("db")
async def test_attributing_again_writes_nothing_new() -> None:
    made, sam = await factories.stage(live=True), await stall.person("sam")
    order_id = await order(made, sam, touch_id=await tap(made, sam))
    first, second = await decided(order_id), await decided(order_id)
    assert first.id == second.id
    assert await AttributionDecision.count() == 1


@pytest.mark.usefixtures("db")
async def test_two_workers_at_once_write_one_version() -> None:
    made, sam = await factories.stage(live=True), await stall.person("sam")
    order_id = await order(made, sam, touch_id=await tap(made, sam))
    await asyncio.gather(*(attribution.attribute_order(order_id=order_id) for _ in range(5)))
    assert await AttributionDecision.count() == 1


@pytest.mark.usefixtures("db")
async def test_a_view_within_the_window_credits_a_later_order_outside_the_room() -> None:
    made, sam = await factories.stage(live=True), await stall.person("sam")
    await tap(made, sam, TouchKind.SHOW_VIEW)
    with clock.shifted(timedelta(days=6)):
        decision = await decided(await order(made, sam, in_show=False))
    assert (decision.creator, decision.rule) == (made.creator_id, "watched")


@pytest.mark.usefixtures("db")
async def test_a_view_before_the_window_credits_nobody_and_says_so() -> None:
    made, sam = await factories.stage(live=True), await stall.person("sam")
    await tap(made, sam, TouchKind.SHOW_VIEW)
    with clock.shifted(timedelta(days=7, seconds=1)):
        decision = await decided(await order(made, sam, in_show=False))
    assert (decision.creator, decision.reason) == (None, "outside_window")


@pytest.mark.usefixtures("db")
async def test_another_persons_touch_sent_with_the_order_steals_nothing() -> None:
    made, sam, chloe = await factories.stage(live=True), await stall.person("sam"), await stall.person("chloe")
    stolen = await tap(made, chloe)
    decision = await decided(await order(made, sam, touch_id=stolen))
    assert (decision.creator, decision.reason) == (None, "no_touch")


@pytest.mark.usefixtures("db")
async def test_a_host_who_buys_her_own_product_is_not_credited() -> None:
    made = await factories.stage(live=True)
    decision = await decided(await order(made, made.nour, touch_id=await tap(made, made.nour)))
    assert (decision.creator, decision.reason) == (None, "self_referral")


@pytest.mark.usefixtures("db")
async def test_a_brand_member_who_buys_credits_nobody() -> None:
    made = await factories.stage(live=True)
    decision = await decided(await order(made, made.ada, touch_id=await tap(made, made.ada)))
    assert (decision.creator, decision.reason) == (None, "brand_member")


@pytest.mark.usefixtures("db")
async def test_after_the_end_of_the_collaboration_nobody_is_credited() -> None:
    made, sam = await factories.stage(live=True), await stall.person("sam")
    touch_id = await tap(made, sam)
    await collaborations.end_collaboration(collaboration_id=made.collaboration_id, by=made.ada)
    decision = await decided(await order(made, sam, touch_id=touch_id))
    assert (decision.creator, decision.reason) == (None, "collaboration_ended")


@pytest.mark.usefixtures("db")
async def test_new_facts_make_a_new_version_and_leave_the_old_one() -> None:
    made, sam = await factories.stage(live=True), await stall.person("sam")
    order_id = await order(made, sam, in_show=False)
    assert (await decided(order_id)).reason == "no_touch"
    with clock.shifted(timedelta(minutes=-5)):  # a touch whose writing was late
        await tap(made, sam, TouchKind.SHOW_VIEW)
    late = await decided(order_id)
    assert (late.version, late.reason) == (2, "no_terms")
    assert await AttributionDecision.count() == 2


@pytest.mark.usefixtures("db")
async def test_the_database_refuses_to_rewrite_a_decision() -> None:
    made, sam = await factories.stage(live=True), await stall.person("sam")
    decision = await decided(await order(made, sam, touch_id=await tap(made, sam)))
    with pytest.raises(asyncpg.RestrictViolationError):
        await AttributionDecision.update({AttributionDecision.reason: "because"}).where(AttributionDecision.id == decision.id)
    with pytest.raises(asyncpg.RestrictViolationError):
        await AttributionDecision.delete().where(AttributionDecision.id == decision.id)


@pytest.mark.usefixtures("db")
async def test_the_credited_creator_reads_why_and_another_creator_learns_nothing() -> None:
    made, sam, chloe = await factories.stage(live=True), await stall.person("sam"), await stall.person("chloe")
    await factories.creator(chloe, "chloe.cuisine")
    decision = await decided(await order(made, sam, touch_id=await tap(made, sam)))
    why = await credit.why(order_line_id=decision.order_line, by=made.nour)
    assert (why.handle, why.touches[0].show, why.touches[0].won) == ("nour.en.cuisine", "Copper night", True)
    with pytest.raises(NotFound):
        await credit.why(order_line_id=decision.order_line, by=chloe)
    with pytest.raises(NotFound):
        await credit.why(order_line_id=decision.order_line, by=sam)


@pytest.mark.usefixtures("db")
async def test_a_creator_does_not_see_in_whose_other_show_the_buyer_was() -> None:
    made, sam, chloe = await factories.stage(live=True), await stall.person("sam"), await stall.person("chloe")
    await factories.creator(chloe, "chloe.cuisine")
    second = await factories.collaboration(made.ada, chloe, made.brief_id)
    other = await factories.show(chloe, second, [made.pan.id], title="A secret evening")
    await factories.go_live(other.id)
    await touches.record_touch(show=await hosted_show(show_id=other.id, by=chloe), kind=TouchKind.SHOW_VIEW, visitor="v", by=sam)
    decision = await decided(await order(made, sam, touch_id=await tap(made, sam)))
    seen = (await credit.why(order_line_id=decision.order_line, by=made.nour)).touches
    assert [(touch.mine, touch.show, touch.product) for touch in seen] == [
        (False, "", ""),
        (True, "Copper night", "Saucepan Alma"),
    ]
    brand = (await credit.why(order_line_id=decision.order_line, by=made.ada)).touches
    assert [touch.show for touch in brand] == ["A secret evening", "Copper night"]


@pytest.mark.usefixtures("db")
async def test_the_buyer_sees_the_handle_and_nobody_else_sees_the_order() -> None:
    made, sam = await factories.stage(live=True), await stall.person("sam")
    order_id = await order(made, sam, touch_id=await tap(made, sam))
    await decided(order_id)
    number = await _number(order_id)
    assert await credit.supported(number=number, by=sam) == credit.Supported(("nour.en.cuisine",), whole=True)
    with pytest.raises(NotFound):
        await credit.supported(number=number, by=made.nour)


@pytest.mark.usefixtures("db")
async def test_an_order_of_which_a_part_is_nobody_s_says_so_to_its_buyer() -> None:
    made, sam = await factories.stage(live=True), await stall.person("sam")
    bruno = await stall.person("bruno")
    scarf = await stall.product(bruno, (await stall.brand(bruno, "Velours", "knitting")).id, title="Scarf")
    order_id = await checkout.place_order(
        lines=[(made.pan.choices[0].id, 1), (scarf.choices[0].id, 1)],
        show_id=made.show_id,
        touch_id=await tap(made, sam),
        cart_key="two brands",
        ship_to=stall.HOME,
        by=sam,
    )
    assert await credit.supported(number=await _number(order_id), by=sam) == credit.Supported((), whole=False)
    await attribution.attribute_order(order_id=order_id)
    assert await credit.supported(number=await _number(order_id), by=sam) == credit.Supported(("nour.en.cuisine",), whole=False)


async def _number(order_id: UUID) -> str:
    row = await Order.select(Order.number).where(Order.id == order_id).first()
    assert row
    return str(row["number"])
