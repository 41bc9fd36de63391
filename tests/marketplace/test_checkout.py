"""An order is placed once, holds its stock, and ends paid or cancelled, whatever is doubled, lost or late."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from foundation import clock, stripe_gateway
from foundation.errors import NotFound, Refusal
from foundation.money import Money
from marketplace import checkout, payments, reservations
from marketplace.checkout import CartKeyUsed, PriceChanged
from marketplace.payments import PaymentWaits, ReservationEnded
from marketplace.prices import EmptyCart, MixedCurrencies
from marketplace.reservations import FewerLeft, SoldOut
from marketplace.tables import Order, Payment, Refund
from tests.marketplace.stall import (
    DECLINED_CARD,
    HOME,
    asked_of_stripe,
    brand,
    buy,
    euros,
    events,
    fault,
    holds,
    no_fault,
    open_payment,
    order,
    pay_at_stripe,
    payment_of,
    person,
    place,
    product,
    shelf,
    stall,
)
from tests.stand_ins import StandIn

pytestmark = pytest.mark.usefixtures("db", "stripe_sandbox")


async def test_an_order_that_is_paid_takes_the_stock_and_is_told_once() -> None:
    sam, alma = await person("sam"), await stall(stock=5)
    order_id = await place(alma, sam, quantity=2)
    assert await shelf(alma) == 3
    intent = await open_payment(order_id, sam)
    await pay_at_stripe(intent)
    for _time in range(3):
        await checkout.settle_payment(intent_id=intent)
    paid = await order(order_id)
    assert (paid.status, paid.total_minor, paid.vat_minor) == ("paid", 11800, 1967)
    assert await holds(order_id) == {"consumed"}
    assert (await events()).count("OrderPaid") == 1
    assert await shelf(alma) == 3


async def test_news_that_come_at_once_ask_stripe_once_for_the_payment_and_once_for_its_charge(stripe_sandbox: StandIn) -> None:
    intent = await open_payment(await place(await stall(), sam := await person("sam")), sam)
    await pay_at_stripe(intent)
    charge = str((await stripe_gateway.fetch_payment(payment=intent)).charge)
    await stripe_sandbox.admin("clock", {"advance": 5})  # Stripe knows its fee a moment later, and tells it
    with asked_of_stripe() as asked:
        told = [payments.note_charge(charge_id=charge) for _time in range(3)]
        await asyncio.gather(*told, *(checkout.settle_payment(intent_id=intent) for _time in range(3)))
    assert sorted(asked) == [f"GET /v1/charges/{charge}", f"GET /v1/payment_intents/{intent}"]
    assert (await events()).count("OrderPaid") == (await events()).count("ChargeSettled") == 1


async def test_a_double_click_places_one_order_and_opens_one_payment() -> None:
    sam, alma = await person("sam"), await stall(stock=5)
    key = str(uuid4())
    placed = await asyncio.gather(*(place(alma, sam, cart_key=key) for _click in range(4)))
    assert len(set(placed)) == 1
    forms = await asyncio.gather(*(payments.payment_form(order_id=placed[0], by=sam) for _click in range(3)))
    assert len({form.client_secret for form in forms}) == 1
    assert await shelf(alma) == 4
    assert await Payment.count() == 1


async def test_two_buyers_for_the_last_unit_make_one_order_and_one_sold_out() -> None:
    sam, nour, alma = await person("sam"), await person("nour"), await stall(stock=1)
    results = await asyncio.gather(place(alma, sam), place(alma, nour), return_exceptions=True)
    refused = [result for result in results if isinstance(result, SoldOut)]
    assert len(refused) == 1
    assert refused[0].data["title"] == "Saucepan Alma"
    assert await Order.count() == 1
    assert await shelf(alma) == 0


async def test_wanting_more_than_there_is_says_how_many_are_left() -> None:
    sam, alma = await person("sam"), await stall(stock=2)
    with pytest.raises(FewerLeft) as refusal:
        await place(alma, sam, quantity=3)
    assert refusal.value.data["left"] == 2
    assert await Order.count() == 0
    assert await shelf(alma) == 2


async def test_a_hundred_buyers_never_get_more_than_there_is() -> None:
    sam, alma = await person("sam"), await stall(stock=30)
    results = await asyncio.gather(*(place(alma, sam) for _buyer in range(100)), return_exceptions=True)
    assert sum(not isinstance(result, BaseException) for result in results) == 30
    assert all(isinstance(result, SoldOut) for result in results if isinstance(result, BaseException))
    assert await shelf(alma) == 0


async def test_the_price_that_the_buyer_saw_must_still_be_the_price() -> None:
    sam, alma = await person("sam"), await stall()
    with pytest.raises(PriceChanged) as refusal:
        await checkout.place_order(
            lines=[(alma.choices[0].id, 1)],
            show_id=None,
            touch_id=None,
            cart_key="k",
            ship_to=HOME,
            by=sam,
            expected_minor=1,
        )
    assert refusal.value.data["total"] == euros(5900)
    assert await Order.count() == 0


async def test_a_cart_key_belongs_to_one_buyer_and_one_cart() -> None:
    sam, nour, alma = await person("sam"), await person("nour"), await stall()
    await place(alma, sam, cart_key="same")
    for by, quantity in ((nour, 1), (sam, 2)):
        with pytest.raises(CartKeyUsed):
            await place(alma, by, quantity=quantity, cart_key="same")


@pytest.mark.parametrize("quantity", [0, -1, 21])
async def test_a_quantity_that_makes_no_sense_is_refused(quantity: int) -> None:
    with pytest.raises(EmptyCart):
        await place(await stall(), await person("sam"), quantity=quantity)


async def test_two_currencies_do_not_share_a_payment() -> None:
    from marketplace import catalogue

    ada, sam = await person("ada"), await person("sam")
    shop = await brand(ada)
    pan = await product(ada, shop.id)
    foreign = await catalogue.add_product(
        brand_id=shop.id,
        title="Fondue pot",
        description="",
        currency="CHF",
        variants=[catalogue.NewVariant(name="", sku="f", price_minor=9000, stock=3)],
        by=ada,
    )
    pot = await catalogue.product_on_sale(product_id=foreign)
    with pytest.raises(MixedCurrencies):
        await checkout.place_order(
            lines=[(pan.choices[0].id, 1), (pot.choices[0].id, 1)],
            show_id=None,
            touch_id=None,
            cart_key="k",
            ship_to=HOME,
            by=sam,
        )


async def test_a_declined_card_keeps_the_reservation_and_another_card_pays() -> None:
    sam, alma = await person("sam"), await stall(stock=1)
    order_id = await place(alma, sam)
    intent = await open_payment(order_id, sam)
    with pytest.raises(Exception, match="card_declined"):
        await pay_at_stripe(intent, DECLINED_CARD)
    await checkout.settle_payment(intent_id=intent)
    assert (await payment_of(order_id)).status == "failed"
    assert (await payment_of(order_id)).error_code
    assert await holds(order_id) == {"held"}
    await pay_at_stripe(intent)
    await checkout.settle_payment(intent_id=intent)
    assert (await order(order_id)).status == "paid"
    assert (await payment_of(order_id)).error_code == ""


async def test_an_unpaid_order_ends_after_ten_minutes_and_its_stock_returns() -> None:
    sam, alma = await person("sam"), await stall(stock=1)
    order_id = await place(alma, sam)
    intent = await open_payment(order_id, sam)
    assert await reservations.overdue() == []
    with clock.shifted(timedelta(minutes=11)):
        assert await reservations.overdue() == [order_id]
        for _time in range(2):
            await checkout.end_unpaid(order_id=order_id)
        with pytest.raises(ReservationEnded):
            await payments.payment_form(order_id=order_id, by=sam)
    assert (await order(order_id)).status == "cancelled"
    assert await shelf(alma) == 1
    assert (await events()).count("OrderCancelled") == 1
    with pytest.raises(Exception, match="payment_intent_unexpected_state"):
        await pay_at_stripe(intent)


async def test_a_payment_that_succeeded_just_before_the_end_is_kept() -> None:
    sam, alma = await person("sam"), await stall(stock=1)
    order_id = await place(alma, sam)
    await pay_at_stripe(await open_payment(order_id, sam))
    with clock.shifted(timedelta(minutes=11)):
        await checkout.end_unpaid(order_id=order_id)
    assert (await order(order_id)).status == "paid"
    assert await shelf(alma) == 0


async def test_news_of_a_payment_that_is_no_order_changes_nothing() -> None:
    made = await stripe_gateway.open_payment(amount=Money(5000, "EUR"), order_id=f"brand-payment-{uuid4()}", key=str(uuid4()))
    await checkout.settle_payment(intent_id=made.id)
    assert await Order.count() == 0


async def _released_then_paid(order_id: UUID, intent: str) -> None:
    """The reservation is released although the payment can still succeed, as after a cancellation that Stripe lost."""
    from marketplace.tables import OrderStatus

    await Order.update({Order.status: OrderStatus.CANCELLED, Order.closed_at: clock.now()}).where(Order.id == order_id)
    await reservations.release(order_id=order_id)
    await pay_at_stripe(intent)
    await checkout.settle_payment(intent_id=intent)


async def test_money_that_comes_after_the_end_takes_the_stock_again() -> None:
    sam, alma = await person("sam"), await stall(stock=1)
    order_id = await place(alma, sam)
    await _released_then_paid(order_id, await open_payment(order_id, sam))
    assert (await order(order_id)).status == "paid"
    assert await shelf(alma) == 0
    assert await holds(order_id) == {"consumed"}
    assert await Refund.count() == 0


async def test_money_that_comes_after_the_end_goes_back_when_nothing_is_left() -> None:
    sam, nour, alma = await person("sam"), await person("nour"), await stall(stock=1)
    order_id = await place(alma, sam)
    intent = await open_payment(order_id, sam)
    from marketplace.tables import OrderStatus

    await Order.update({Order.status: OrderStatus.CANCELLED, Order.closed_at: clock.now()}).where(Order.id == order_id)
    await reservations.release(order_id=order_id)
    await buy(alma, nour)
    await pay_at_stripe(intent)
    for _time in range(2):
        await checkout.settle_payment(intent_id=intent)
    refunds = await Refund.objects().where(Refund.order == order_id)
    assert [(refund.reason, refund.amount_minor) for refund in refunds] == [("sold_out", 5900)]
    assert await shelf(alma) == 0
    told = await events()
    assert told.index("RefundAsked") > max(at for at, topic in enumerate(told) if topic == "OrderPaid")


async def test_the_page_of_another_buyer_is_not_found() -> None:
    alma = await stall()
    order_id = await place(alma, await person("sam"))
    nour = await person("nour")
    with pytest.raises(NotFound):
        await payments.payment_form(order_id=order_id, by=nour)
    with pytest.raises(NotFound):
        await checkout.give_up(order_id=order_id, by=nour)


async def test_an_answer_that_was_lost_while_opening_the_payment_leaves_one_payment(stripe_sandbox: StandIn) -> None:
    sam, alma = await person("sam"), await stall()
    await buy(alma, sam)
    order_id = await place(alma, sam)
    await fault(stripe_sandbox, "lost_response", "POST /v1/payment_intents")
    with pytest.raises(PaymentWaits):
        await payments.payment_form(order_id=order_id, by=sam)
    assert (await order(order_id)).status == "placed"
    await no_fault(stripe_sandbox)
    intent = await open_payment(order_id, sam)
    from foundation import stripe_gateway
    from marketplace.tables import Buyer

    customer = await Buyer.select(Buyer.stripe_customer_id).first()
    assert customer is not None
    mine = await stripe_gateway.find_payments(customer=customer["stripe_customer_id"])
    assert [payment.id for payment in mine if payment.order_id == str(order_id)] == [intent]


async def test_an_order_whose_opening_was_lost_is_cancelled_at_stripe_too(stripe_sandbox: StandIn) -> None:
    sam, alma = await person("sam"), await stall()
    await buy(alma, sam)
    order_id = await place(alma, sam)
    await fault(stripe_sandbox, "lost_response", "POST /v1/payment_intents")
    with pytest.raises(PaymentWaits):
        await payments.payment_form(order_id=order_id, by=sam)
    await no_fault(stripe_sandbox)
    await checkout.give_up(order_id=order_id, by=sam)
    from foundation import stripe_gateway

    intent = (await payment_of(order_id)).intent_id
    assert intent
    assert (await stripe_gateway.fetch_payment(payment=intent)).status == "canceled"
    assert (await order(order_id)).status == "cancelled"


async def test_while_stripe_is_silent_an_order_neither_ends_nor_loses_its_stock(stripe_sandbox: StandIn) -> None:
    sam, alma = await person("sam"), await stall(stock=1)
    order_id = await place(alma, sam)
    await open_payment(order_id, sam)
    await fault(stripe_sandbox, "server_error", "POST /v1/payment_intents*")
    with pytest.raises(Exception, match=r"HTTP 500|answer"):
        await checkout.end_unpaid(order_id=order_id)
    assert (await order(order_id)).status == "placed"
    assert await shelf(alma) == 0
    await no_fault(stripe_sandbox)
    await checkout.end_unpaid(order_id=order_id)
    assert await shelf(alma) == 1


async def test_the_second_purchase_offers_the_card_of_the_first() -> None:
    sam, alma = await person("sam"), await stall()
    await buy(alma, sam)
    await buy(alma, sam)
    from marketplace.tables import Buyer

    assert await Buyer.count() == 1


def test_every_refusal_of_the_checkout_has_its_own_code() -> None:
    codes = [refusal.code for refusal in _refusals(Refusal) if refusal.__module__.startswith("marketplace")]
    assert len(codes) == len(set(codes))


def _refusals(kind: type[Refusal]) -> list[type[Refusal]]:
    return [found for child in kind.__subclasses__() for found in (child, *_refusals(child))]
