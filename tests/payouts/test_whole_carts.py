"""A cart of two brands with a code and a delivery, in the books: every cent has its owner, postage earns nobody a share."""

from __future__ import annotations

from uuid import uuid4

import pytest

from creators import codes, touches
from creators.guest_touches import join_guest_touch
from creators.shows import hosted_show
from creators.tables import AttributionDecision, Touch, TouchKind
from foundation import guests
from marketplace import checkout, delivery, refunds
from marketplace.delivery import NewWay
from marketplace.discounts import Discount
from marketplace.refunds import Reason
from marketplace.tables import LineKind, OrderLine
from payouts import chart, clawbacks, earnings, invariants, ledger, proofs, purses
from payouts.chart import Account, Code
from payouts.tables import Commission, PayeeKind
from tests import factories
from tests.marketplace.stall import HOME, brand, euros, open_payment, pay_at_stripe, person, product

pytestmark = pytest.mark.usefixtures("db", "stripe_sandbox")


async def test_two_brands_a_code_and_postage_are_booked_to_the_last_cent_and_postage_comes_back() -> None:
    stage = await factories.stage(live=True)
    bruno = await person("bruno")
    weaver = await brand(bruno, name="Velours", trade="home")
    cushion = await product(bruno, weaver.id, title="Cushion Lin", price=2000)
    await delivery.offer_way(brand_id=stage.brand_id, way=NewWay("Post", ("FR",), euros(600), None, 2, 4), by=stage.ada)
    await codes.give_code(collaboration_id=stage.collaboration_id, code="Nour10", discount=Discount(1000), by=stage.ada)
    show = await hosted_show(show_id=stage.show_id, by=stage.nour)
    touch_id = await touches.record_touch(show=show, kind=TouchKind.BUY_TAP, visitor="v", by=None, product_id=stage.pan.id)
    by = await guests.person_for(email="gisele@example.com", display_name="Gisèle", locale="fr")
    order_id = await checkout.place_order(
        lines=[(stage.pan.choices[0].id, 1), (cushion.choices[0].id, 1)],
        show_id=stage.show_id, touch_id=touch_id, cart_key=str(uuid4()), ship_to=HOME, by=by, codes=["nour10"], guest=True,
    )  # fmt: skip
    for _twice in range(2):
        await join_guest_touch(order_id=order_id)
    assert [row["person"] for row in await Touch.select(Touch.person)] == [by.id]
    intent = await open_payment(order_id, by)
    await pay_at_stripe(intent)
    await checkout.settle_payment(intent_id=intent)
    await earnings.credit_sale(order_id=order_id)

    lines = {line.title: line for line in await OrderLine.objects().where(OrderLine.order == order_id)}
    made = {row.order_line: row for row in await Commission.objects().where(Commission.order == order_id)}
    pan, post = lines["Saucepan Alma"], lines["Post"]
    assert (pan.gross_minor, pan.discount_minor, post.kind) == (5310, 590, LineKind.DELIVERY)
    assert made[pan.id].base_minor == 4425, "the base is net of the discount and of VAT"
    assert made[pan.id].creator == stage.creator_id
    assert (made[post.id].amount_minor, made[post.id].fee_minor, made[post.id].brand_minor) == (0, 0, 600)
    [nobody] = await AttributionDecision.objects().where(AttributionDecision.order_line == post.id)
    assert nobody.creator is None
    assert await ledger.balance(chart.of_order(Code.CLEARING, order_id), "EUR") == euros(0)
    assert [proof for proof in [*await proofs.verify(), *await invariants.check()] if not proof.holds] == []

    before = (await purses.contents(PayeeKind.BRAND, stage.brand_id, "EUR")).pending
    fee = await ledger.balance(Account(Code.PLATFORM_FEE), "EUR")
    refund_id = await refunds.ask_refund(order_id=order_id, lines={post.id: 600}, reason=Reason.GOODWILL, by=stage.ada)
    await clawbacks.claw_back(refund_id=refund_id)
    assert (await purses.contents(PayeeKind.BRAND, stage.brand_id, "EUR")).pending == before - euros(600)
    assert await ledger.balance(Account(Code.PLATFORM_FEE), "EUR") == fee


async def test_a_touch_of_somebody_signed_in_is_never_given_to_a_guest() -> None:
    stage = await factories.stage(live=True)
    sam = await person("sam")
    show = await hosted_show(show_id=stage.show_id, by=stage.nour)
    touch_id = await touches.record_touch(show=show, kind=TouchKind.BUY_TAP, visitor="", by=sam, product_id=stage.pan.id)
    by = await guests.person_for(email="thief@example.com", display_name="T", locale="en")
    order_id = await checkout.place_order(
        lines=[(stage.pan.choices[0].id, 1)],
        show_id=stage.show_id, touch_id=touch_id, cart_key="k", ship_to=HOME, by=by, guest=True,
    )  # fmt: skip
    assert not await join_guest_touch(order_id=order_id)
    assert [row["person"] for row in await Touch.select(Touch.person)] == [sam.id]
