"""The buyer as Stripe's customer: a person who signed in keeps cards there, a guest's order has a customer of its own."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from foundation import clock, stripe_gateway
from foundation.tables import Person
from marketplace.tables import Buyer


class Ordered(Protocol):
    """What is asked of an order: whose it is."""

    @property
    def id(self) -> UUID: ...
    @property
    def buyer(self) -> UUID: ...
    @property
    def email(self) -> str: ...
    @property
    def guest(self) -> bool: ...


async def customer_of(order: Ordered) -> str:
    """Stripe's customer for an order, made at the first need; the same again however often it is asked for.

    A guest has proved no address, and whoever typed it must not be offered the cards that its owner keeps.
    """
    if order.guest:
        return await stripe_gateway.create_customer(
            email=order.email, name="", user_id=str(order.buyer), key=f"customer:order:{order.id}"
        )
    known = await _kept(order)
    if known:
        return known
    person = await Person.select(Person.email, Person.display_name).where(Person.id == order.buyer).first() or {}
    made = await stripe_gateway.create_customer(
        email=person["email"], name=person["display_name"], user_id=str(order.buyer), key=f"customer:{order.buyer}"
    )
    buyer = Buyer(person=order.buyer, stripe_customer_id=made, created_at=clock.now())
    await Buyer.insert(buyer).on_conflict(target=Buyer.person, action="DO NOTHING")
    return await customer_of(order)


async def asked_customer_of(order: Ordered) -> str | None:
    """The customer under whom a payment of the order may have been opened; None when Stripe was surely never asked."""
    return await customer_of(order) if order.guest else await _kept(order)


async def _kept(order: Ordered) -> str | None:
    known = await Buyer.select(Buyer.stripe_customer_id).where(Buyer.person == order.buyer).first()
    return str(known["stripe_customer_id"]) if known else None
