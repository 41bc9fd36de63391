"""A brand with something to sell, and somebody who buys it: made through the verbs, without a web server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx

from foundation import accounts, stripe_gateway, vendor
from foundation.accounts import Principal
from foundation.money import Money
from marketplace import brands, catalogue, checkout, payments
from marketplace.catalogue import NewVariant, Offered
from marketplace.postal import ShipTo
from marketplace.tables import Brand, Order, Payment, Reservation, Variant
from marketplace.vat_tables import VatClass
from tests.cast import PEOPLE
from tests.stand_ins import StandIn

HOME = ShipTo(name="Sam Petit", line1="14 rue des Tanneurs", postcode="59000", city="Lille", country="FR")
GOOD_CARD = "pm_card_bypassPending"
DECLINED_CARD = "pm_card_chargeDeclined"


async def person(name: str) -> Principal:
    """One of the cast, without a browser."""
    display_name, roles = PEOPLE[name]
    found = await accounts.by_email(f"{name}@fanfare.example")
    return found or await accounts.create(email=f"{name}@fanfare.example", display_name=display_name, roles=roles)


async def brand(owner: Principal, name: str = "Cuivre & Sel", trade: str = "kitchen") -> Brand:
    return await brands.found_brand(
        name=name,
        trade=trade,
        legal_name=f"{name} SARL",
        legal_address="3 quai du Wault, 59000 Lille",
        country="FR",
        email=owner.email,
        by=owner,
    )


async def product(
    owner: Principal,
    brand_id: UUID,
    *,
    title: str = "Saucepan Alma",
    price: int = 5900,
    stock: int = 5,
    vat_class: VatClass = VatClass.STANDARD,
) -> Offered:
    """A product in two sizes; the second has no units."""
    made = await catalogue.add_product(
        brand_id=brand_id,
        title=title,
        description="Copper, 2 mm, tinned by hand.",
        currency="EUR",
        vat_class=vat_class,
        variants=[
            NewVariant(name="16 cm", sku=f"{title}-16", price_minor=price, stock=stock, was_minor=price + 2000),
            NewVariant(name="18 cm", sku=f"{title}-18", price_minor=price + 1200, stock=0),
        ],
        by=owner,
    )
    return await catalogue.product_on_sale(product_id=made)


async def stall(*, stock: int = 5, price: int = 5900) -> Offered:
    """Ada's brand with one product."""
    ada = await person("ada")
    return await product(ada, (await brand(ada)).id, stock=stock, price=price)


async def place(offered: Offered, by: Principal, *, quantity: int = 1, cart_key: str | None = None) -> UUID:
    return await checkout.place_order(
        lines=[(offered.choices[0].id, quantity)],
        show_id=None,
        touch_id=None,
        cart_key=cart_key or str(uuid4()),
        ship_to=HOME,
        by=by,
    )


async def open_payment(order_id: UUID, by: Principal) -> str:
    """Open the payment form and return the id of its intent."""
    await payments.payment_form(order_id=order_id, by=by)
    return (await payment_of(order_id)).intent_id


async def pay_at_stripe(intent_id: str, card: str = GOOD_CARD) -> None:
    """What the payment form does in the buyer's browser; our side has not heard of it yet."""
    await stripe_gateway.confirm_payment(payment=intent_id, payment_method=card, key=f"test:{uuid4()}")


@contextmanager
def asked_of_stripe() -> Iterator[list[str]]:
    """What is asked of Stripe meanwhile: method and path of each request."""
    asked: list[str] = []

    def note(exchange: vendor.Exchange) -> None:
        asked.append(f"{exchange.method} {urlsplit(exchange.url).path}")

    vendor.observers.append(note)
    try:
        yield asked
    finally:
        vendor.observers.remove(note)


async def buy(offered: Offered, by: Principal, *, quantity: int = 1) -> UUID:
    """Place, pay and settle one order."""
    order_id = await place(offered, by, quantity=quantity)
    intent_id = await open_payment(order_id, by)
    await pay_at_stripe(intent_id)
    await checkout.settle_payment(intent_id=intent_id)
    return order_id


async def order(order_id: UUID) -> Order:
    found = await Order.objects().where(Order.id == order_id).first()
    assert found is not None
    return found


async def payment_of(order_id: UUID) -> Payment:
    found = await Payment.objects().where(Payment.order == order_id).first()
    assert found is not None
    return found


async def shelf(offered: Offered) -> int:
    """Units on the shelf of the first variant."""
    found = await Variant.select(Variant.stock).where(Variant.id == offered.choices[0].id).first()
    assert found is not None
    return int(found["stock"])


async def holds(order_id: UUID) -> set[str]:
    return {row["status"] for row in await Reservation.select(Reservation.status).where(Reservation.order == order_id)}


async def events() -> list[str]:
    """What is in the outbox, in its order."""
    from foundation.tables import OutboxMessage

    rows = await OutboxMessage.select(OutboxMessage.topic).order_by(OutboxMessage.id)
    return [row["topic"] for row in rows]


async def fault(stripe: StandIn, kind: str, operation: str, *, times: int = 100) -> None:
    """Let calls such as `POST /v1/refunds` go wrong at the stand-in until `no_fault`."""
    await stripe.admin("faults", {"kind": kind, "operation": operation, "times": times})


async def no_fault(stripe: StandIn) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.delete(f"{stripe.url}/_sandbox/faults")
    assert answer.status_code == 200, answer.text


def euros(minor: int) -> Money:
    return Money(minor, "EUR")
