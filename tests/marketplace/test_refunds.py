"""Money goes back once: cumulative, never more than paid, looked up when an answer is lost, taken back when it fails."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from foundation import clock, stripe_gateway
from foundation.errors import NotFound
from foundation.tables import Mail
from foundation.vendor import OutcomeUnknown, VendorBusy
from marketplace import catalogue, notices, refunds
from marketplace.refunds import NothingToRefund, NotPaid, Reason, RefundNeedsAPerson, RefundTooLarge
from marketplace.tables import OrderLine, Refund
from tests.marketplace.stall import brand, buy, euros, events, fault, no_fault, order, payment_of, person, place, product, stall
from tests.stand_ins import StandIn

pytestmark = pytest.mark.usefixtures("db", "stripe_sandbox")


async def line_of(order_id: UUID) -> OrderLine:
    found = await OrderLine.objects().where(OrderLine.order == order_id).first()
    assert found is not None
    return found


async def refund_row(refund_id: UUID) -> Refund:
    found = await Refund.objects().where(Refund.id == refund_id).first()
    assert found is not None
    return found


async def at_stripe(order_id: UUID) -> list[stripe_gateway.Refund]:
    return list(await stripe_gateway.find_refunds(payment=(await payment_of(order_id)).intent_id))


async def bought(stripe: StandIn) -> UUID:
    """Sam's order, its money arrived at Stripe; Nour's beside it leaves enough for the fee of a refunded charge."""
    alma = await stall()
    await buy(alma, await person("nour"))
    order_id = await buy(alma, await person("sam"))
    await stripe.admin("clock", {"advance": 60})
    return order_id


async def ask(order_id: UUID, minor: int | None = None) -> UUID:
    ada = await person("ada")
    lines = None if minor is None else {(await line_of(order_id)).id: minor}
    return await refunds.ask_refund(order_id=order_id, lines=lines, reason=Reason.RETURNED, by=ada)


async def test_a_whole_refund_goes_back_once_however_often_the_job_runs(stripe_sandbox: StandIn) -> None:
    order_id = await bought(stripe_sandbox)
    refund_id = await ask(order_id)
    for _time in range(3):
        await refunds.send_refund(refund_id=refund_id)
    assert [found.amount.minor for found in await at_stripe(order_id)] == [5900]
    assert (await order(order_id)).status == "refunded"
    assert (await order(order_id)).refunded_minor == 5900
    told = await events()
    assert (told.count("RefundAsked"), told.count("RefundSettled")) == (1, 1)


async def test_the_buyer_gets_one_mail_when_the_money_has_left(stripe_sandbox: StandIn) -> None:
    order_id = await bought(stripe_sandbox)
    refund_id = await ask(order_id, 2000)
    await notices.refunded(refund_id=refund_id)
    assert await Mail.count() == 0, "nothing has left yet"
    await refunds.send_refund(refund_id=refund_id)
    for _time in range(2):
        await notices.refunded(refund_id=refund_id)
    [mail] = await Mail.objects()
    bought_by = await order(order_id)
    assert mail.recipient == bought_by.email
    assert f"/orders/{bought_by.number}" in mail.text
    assert "€20.00" in mail.subject


async def test_partial_refunds_add_up_and_never_pass_what_was_paid(stripe_sandbox: StandIn) -> None:
    order_id = await bought(stripe_sandbox)
    for minor in (2000, 3000):
        await refunds.send_refund(refund_id=await ask(order_id, minor))
    with pytest.raises(RefundTooLarge) as refusal:
        await ask(order_id, 901)
    assert refusal.value.data["left"] == euros(900)
    assert (await order(order_id)).status == "paid"
    await refunds.send_refund(refund_id=await ask(order_id, 900))
    assert (await order(order_id)).status == "refunded"
    with pytest.raises(NothingToRefund):
        await ask(order_id)


async def test_of_two_refunds_at_once_one_wins_and_the_other_is_told(stripe_sandbox: StandIn) -> None:
    order_id = await bought(stripe_sandbox)
    results = await asyncio.gather(*(ask(order_id, 5900) for _person in range(2)), return_exceptions=True)
    assert sum(isinstance(result, UUID) for result in results) == 1
    assert sum(isinstance(result, RefundTooLarge) for result in results) == 1
    assert (await order(order_id)).refunded_minor == 5900


async def test_a_refund_whose_answer_was_lost_is_looked_up_and_not_sent_again(stripe_sandbox: StandIn) -> None:
    order_id = await bought(stripe_sandbox)
    refund_id = await ask(order_id)
    await fault(stripe_sandbox, "lost_response", "POST /v1/refunds")
    with pytest.raises(OutcomeUnknown):
        await refunds.send_refund(refund_id=refund_id)
    assert (await refund_row(refund_id)).status == "unknown"
    await no_fault(stripe_sandbox)
    await refunds.send_refund(refund_id=refund_id)
    assert (await refund_row(refund_id)).status == "succeeded"
    assert len(await at_stripe(order_id)) == 1


async def test_a_refund_that_never_reached_stripe_is_sent_again_with_its_key(stripe_sandbox: StandIn) -> None:
    order_id = await bought(stripe_sandbox)
    refund_id = await ask(order_id)
    await fault(stripe_sandbox, "fail_before", "POST /v1/refunds")
    with pytest.raises(OutcomeUnknown):
        await refunds.send_refund(refund_id=refund_id)
    await no_fault(stripe_sandbox)
    await refunds.send_refund(refund_id=refund_id)
    assert len(await at_stripe(order_id)) == 1


async def test_an_unknown_refund_with_an_old_key_waits_for_a_person(stripe_sandbox: StandIn) -> None:
    order_id = await bought(stripe_sandbox)
    refund_id = await ask(order_id)
    await fault(stripe_sandbox, "fail_before", "POST /v1/refunds")
    with pytest.raises(OutcomeUnknown):
        await refunds.send_refund(refund_id=refund_id)
    await no_fault(stripe_sandbox)
    with clock.shifted(timedelta(hours=24)), pytest.raises(RefundNeedsAPerson):
        await refunds.send_refund(refund_id=refund_id)
    assert await at_stripe(order_id) == []


async def test_a_busy_stripe_leaves_the_refund_for_the_next_try(stripe_sandbox: StandIn) -> None:
    order_id = await bought(stripe_sandbox)
    refund_id = await ask(order_id)
    await fault(stripe_sandbox, "rate_limit", "POST /v1/refunds")
    with pytest.raises(VendorBusy):
        await refunds.send_refund(refund_id=refund_id)
    assert (await refund_row(refund_id)).status == "intended"
    await no_fault(stripe_sandbox)
    await refunds.send_refund(refund_id=refund_id)
    assert (await refund_row(refund_id)).status == "succeeded"


async def test_a_refund_that_fails_days_later_can_be_given_anew(stripe_sandbox: StandIn) -> None:
    order_id = await bought(stripe_sandbox)
    refund_id = await ask(order_id)
    await refunds.send_refund(refund_id=refund_id)
    made = (await at_stripe(order_id))[0]
    await stripe_sandbox.admin(f"refunds/{made.id}/fail")
    for _time in range(2):
        await refunds.settle_refund(stripe_refund_id=made.id)
    assert (await refund_row(refund_id)).status == "failed"
    assert (await order(order_id)).status == "paid"
    assert (await order(order_id)).refunded_minor == 0
    assert (await line_of(order_id)).refunded_minor == 0
    assert (await events()).count("RefundFailed") == 1
    await refunds.send_refund(refund_id=await ask(order_id))
    assert (await order(order_id)).status == "refunded"


async def test_a_brand_refunds_its_own_lines_only() -> None:
    from marketplace import checkout
    from tests.marketplace.stall import HOME, open_payment, pay_at_stripe

    ada, bruno, sam = await person("ada"), await person("bruno"), await person("sam")
    pan = await product(ada, (await brand(ada)).id)
    lamp = await product(bruno, (await brand(bruno, "Roue Libre", "cycling")).id, title="Lamp", price=4500)
    order_id = await checkout.place_order(
        lines=[(pan.choices[0].id, 1), (lamp.choices[0].id, 1)],
        show_id=None,
        touch_id=None,
        cart_key="two brands",
        ship_to=HOME,
        by=sam,
    )
    intent = await open_payment(order_id, sam)
    await pay_at_stripe(intent)
    await checkout.settle_payment(intent_id=intent)
    refund_id = await refunds.ask_refund(order_id=order_id, lines=None, reason=Reason.GOODWILL, by=bruno)
    assert (await refund_row(refund_id)).amount_minor == 4500
    of_ada = await OrderLine.objects().where((OrderLine.order == order_id) & (OrderLine.gross_minor == 5900)).first()
    assert of_ada is not None
    with pytest.raises(NotFound):
        await refunds.ask_refund(order_id=order_id, lines={of_ada.id: 100}, reason=Reason.GOODWILL, by=bruno)
    with pytest.raises(NotFound):
        await refunds.ask_refund(order_id=order_id, lines=None, reason=Reason.GOODWILL, by=sam)


async def test_only_what_was_paid_can_be_refunded() -> None:
    order_id = await place(await stall(), await person("sam"))
    with pytest.raises(NotPaid):
        await ask(order_id)


@pytest.mark.parametrize("minor", [-1, 0])
async def test_a_refund_of_nothing_or_less_is_refused(minor: int, stripe_sandbox: StandIn) -> None:
    order_id = await bought(stripe_sandbox)
    with pytest.raises((RefundTooLarge, NothingToRefund)):
        await ask(order_id, minor)
    assert (await order(order_id)).refunded_minor == 0


async def test_a_refund_does_not_put_units_back_by_itself() -> None:
    alma = await stall(stock=2)
    order_id = await buy(alma, await person("sam"))
    await refunds.send_refund(refund_id=await ask(order_id))
    assert (await catalogue.product_on_sale(product_id=alma.id)).choices[0].stock == 1
