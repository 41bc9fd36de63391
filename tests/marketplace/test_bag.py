"""The bag: several things of several brands, kept for people and visitors, and one payment for all of it."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from foundation.accounts import Principal
from foundation.errors import NotFound
from marketplace import bag, catalogue, checkout, delivery, discounts, orders, variants
from marketplace.bag import BagFull, Trouble
from marketplace.catalogue import NewVariant, Offered
from marketplace.delivery import NewWay, TooManyOptions
from marketplace.delivery_tables import OrderDelivery
from marketplace.discounts import Discount
from marketplace.order_terms import codes_of
from marketplace.prices import NotDelivered
from marketplace.tables import Order, OrderLine, Payment, Variant
from tests.marketplace.stall import HOME, brand, buy, euros, open_payment, order, pay_at_stripe, person, product, stall

pytestmark = pytest.mark.usefixtures("db")


async def market() -> tuple[Offered, Offered]:
    """A saucepan of Ada's and a cushion of Bruno's; Bruno delivers for 4.90, free from 100.00."""
    ada, bruno = await person("ada"), await person("bruno")
    pan = await product(ada, (await brand(ada)).id, stock=5)
    weaver = await brand(bruno, name="Velours", trade="home")
    cushion = await product(bruno, weaver.id, title="Cushion Lin", price=2000, stock=5)
    await delivery.offer_way(brand_id=weaver.id, way=post(), by=bruno)
    return pan, cushion


def post(price: int = 490, countries: tuple[str, ...] = ("FR", "BE")) -> NewWay:
    return NewWay("Post", countries, euros(price), euros(10000), 2, 4)


async def nour10(offered: Offered, percent_bp: int = 1000) -> None:
    await discounts.keep_code(code_id=uuid4(), brand_id=offered.brand.id, code="Nour10", discount=Discount(percent_bp))


def mine(by: Principal) -> str:
    return bag.of_person(by.id)


async def test_two_at_once_lose_nothing_and_twenty_is_the_end() -> None:
    sam, alma = await person("sam"), await stall(stock=50)
    variant = alma.choices[0].id
    await asyncio.gather(*(bag.add(owner=mine(sam), variant_id=variant, quantity=3) for _tab in range(4)))
    assert (await bag.contents(owner=mine(sam))).able == {variant: 12}
    await bag.add(owner=mine(sam), variant_id=variant, quantity=15)
    assert (await bag.contents(owner=mine(sam))).able == {variant: 20}
    await bag.change(owner=mine(sam), variant_id=variant, quantity=0)
    assert (await bag.contents(owner=mine(sam))).items == ()


async def test_bag_and_order_list_their_lines_in_one_order_whatever_was_put_in_first() -> None:
    sam = await person("sam")
    pan, cushion = await market()
    lid = await product(await person("ada"), pan.brand.id, title="lid for Alma", price=1900, stock=5)
    for offered in (cushion, pan, lid):
        await bag.add(owner=mine(sam), variant_id=offered.choices[0].id, quantity=1)
    held = await bag.contents(owner=mine(sam))
    assert [item.title for item in held.items] == ["Cushion Lin", "Saucepan Alma", "lid for Alma"]
    order_id = await checkout.place_order(
        lines=list(held.able.items()), show_id=None, touch_id=None, cart_key="in-order", ship_to=HOME, by=sam
    )
    placed = await orders.order_of_buyer(order_id=order_id, by=sam)
    assert (
        [line.title for line in placed.goods]
        == [item.title for item in held.listed]
        == ["lid for Alma", "Saucepan Alma", "Cushion Lin"]
    )


async def test_a_bag_holds_thirty_things_and_only_what_is_on_sale() -> None:
    sam, ada, alma = await person("sam"), await person("ada"), await stall()
    with pytest.raises(NotFound):
        await bag.add(owner=mine(sam), variant_id=uuid4(), quantity=1)
    made = [
        await catalogue.add_product(
            brand_id=alma.brand.id, title=f"Lid {n}", description="", currency="EUR", by=ada,
            variants=[NewVariant(name=f"{m}", sku=f"{n}-{m}", price_minor=100, stock=1) for m in range(16)],
        )
        for n in range(2)
    ]  # fmt: skip
    variants = [row["id"] for row in await Variant.select(Variant.id).where(Variant.product.is_in(made))]
    for variant in variants[:30]:
        await bag.add(owner=mine(sam), variant_id=variant, quantity=1)
    with pytest.raises(BagFull):
        await bag.add(owner=mine(sam), variant_id=variants[30], quantity=1)


async def test_what_changed_is_said_and_left_out_of_what_can_be_ordered() -> None:
    sam, ada = await person("sam"), await person("ada")
    pan, cushion = await market()
    for offered, count in ((pan, 3), (cushion, 1)):
        await bag.add(owner=mine(sam), variant_id=offered.choices[0].id, quantity=count)
    await variants.change_stock(variant_id=pan.choices[0].id, change=-3, by=ada)
    await variants.change_price(variant_id=cushion.choices[0].id, price_minor=1800, was_minor=None, by=await person("bruno"))
    found = await bag.contents(owner=mine(sam))
    assert {item.title: (item.trouble, item.unit.minor) for item in found.items} == {
        "Saucepan Alma": (Trouble.FEWER, 5900),
        "Cushion Lin": (None, 1800),
    }
    assert found.able == {cushion.choices[0].id: 1}


async def test_the_visitors_bag_joins_the_persons_at_sign_in() -> None:
    sam, alma = await person("sam"), await stall()
    variant = alma.choices[0].id
    await bag.add(owner=bag.of_visitor("t"), variant_id=variant, quantity=4)
    await bag.add(owner=mine(sam), variant_id=variant, quantity=2)
    for _twice in range(2):
        await bag.take_over(visitor=bag.of_visitor("t"), person=mine(sam))
    assert (await bag.contents(owner=mine(sam))).able == {variant: 4}
    assert (await bag.contents(owner=bag.of_visitor("t"))).items == ()


async def test_what_was_paid_leaves_the_bag_and_what_was_added_since_stays(stripe_sandbox: object) -> None:
    sam, alma = await person("sam"), await stall()
    await bag.add(owner=mine(sam), variant_id=alma.choices[0].id, quantity=1)
    order_id = await buy(alma, sam)
    await bag.bought_by_person(order_id=order_id)
    assert (await bag.contents(owner=mine(sam))).items == ()
    await bag.add(owner=mine(sam), variant_id=alma.choices[0].id, quantity=2)
    await bag.bought_by_person(order_id=order_id)
    assert (await bag.contents(owner=mine(sam))).units == 2


async def test_two_brands_are_one_order_with_one_payment_and_each_brands_delivery_is_a_line(stripe_sandbox: object) -> None:
    sam = await person("sam")
    pan, cushion = await market()
    await nour10(pan)
    order_id = await checkout.place_order(
        lines=[(pan.choices[0].id, 1), (cushion.choices[0].id, 2)],
        show_id=None, touch_id=None, cart_key="two", ship_to=HOME, by=sam, codes=["nour10"], expected_minor=5310 + 4000 + 490,
    )  # fmt: skip
    await pay_at_stripe(await open_payment(order_id, sam))
    await checkout.settle_payment(intent_id=str((await Payment.objects().first()).intent_id))  # type: ignore[union-attr]
    paid = await order(order_id)
    assert (paid.status, paid.total_minor) == ("paid", 9800)
    lines = await OrderLine.objects().where(OrderLine.order == order_id).order_by(OrderLine.gross_minor)
    assert [(line.kind, line.gross_minor, line.discount_minor) for line in lines] == [
        ("delivery", 490, 0),
        ("goods", 4000, 0),
        ("goods", 5310, 590),
    ]
    assert sum(line.vat_minor for line in lines) == paid.vat_minor
    assert [code.discount for code in await codes_of(order_id)] == [euros(590)]
    assert await OrderDelivery.count() == 2


async def test_the_vat_of_the_destination_is_frozen_on_the_line() -> None:
    sam, alma = await person("sam"), await stall(stock=9)
    for country, postcode, rate in (("FR", "59000", 2000), ("DE", "10115", 1900), ("HU", "1011", 2700)):
        order_id = await checkout.place_order(
            lines=[(alma.choices[0].id, 1)],
            show_id=None, touch_id=None, cart_key=f"vat {country}", by=sam,
            ship_to=type(HOME)(name="Sam", line1="1 street", postcode=postcode, city="Town", country=country),
        )  # fmt: skip
        [line] = await OrderLine.objects().where(OrderLine.order == order_id)
        assert (line.vat_bp, line.gross_minor) == (rate, 5900)


async def test_a_brand_that_does_not_deliver_there_takes_no_order() -> None:
    sam = await person("sam")
    _pan, cushion = await market()
    with pytest.raises(NotDelivered):
        await checkout.place_order(
            lines=[(cushion.choices[0].id, 1)],
            show_id=None, touch_id=None, cart_key="far", by=sam,
            ship_to=type(HOME)(name="Sam", line1="1 street", postcode="10115", city="Berlin", country="DE"),
        )  # fmt: skip
    assert await Order.count() == 0


async def test_ways_of_delivery_belong_to_their_brand_and_are_twelve_at_most() -> None:
    ada, bruno = await person("ada"), await person("bruno")
    _pan, cushion = await market()
    [way] = await delivery.ways_of_brand(brand_id=cushion.brand.id)
    assert way.id is not None
    for attempt in (
        delivery.end_way(option_id=way.id, by=ada),
        delivery.change_way(option_id=way.id, way=post(), by=ada),
        delivery.offer_way(brand_id=cushion.brand.id, way=post(), by=ada),
    ):
        with pytest.raises(NotFound):
            await attempt
    for _more in range(11):
        await delivery.offer_way(brand_id=cushion.brand.id, way=post(), by=bruno)
    with pytest.raises(TooManyOptions):
        await delivery.offer_way(brand_id=cushion.brand.id, way=post(), by=bruno)


# The pages.
