"""The bag: what somebody means to buy, of several brands at once. It holds variants and counts; prices and stock are looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from foundation import clock
from foundation.database import DB
from foundation.errors import NotFound, WrongState
from foundation.i18n import _
from foundation.money import Money
from marketplace.bag_tables import BagLine
from marketplace.listing import place_in_list
from marketplace.offer_prices import OfferPrice, running_prices
from marketplace.prices import MAX_LINES, MAX_QUANTITY
from marketplace.tables import Order, OrderLine, ProductStatus

FORGOTTEN: Final = timedelta(days=30)
"""A bag of a visitor that nobody has touched for so long is thrown away; sessions end before."""


class BagFull(WrongState):
    """A bag holds so many different things at most."""

    code = "bag_full"
    message = _("Your bag is full. Order what is in it first.")


class Trouble(StrEnum):
    """Why a thing in the bag cannot be ordered as it stands."""

    GONE = "gone"
    SOLD_OUT = "sold_out"
    FEWER = "fewer"
    OTHER_CURRENCY = "other_currency"


@dataclass(frozen=True)
class Item:
    """One thing in a bag as the catalogue has it now. `stock` is what is left, with what is kept for this very person."""

    variant_id: UUID
    product_id: UUID
    brand_id: UUID
    brand_name: str
    brand_slug: str
    title: str
    variant_name: str
    picture: str
    quantity: int
    unit: Money
    stock: int
    show_id: UUID | None
    touch_id: UUID | None
    trouble: Trouble | None

    @property
    def most(self) -> int:
        return max(1, min(MAX_QUANTITY, self.stock))


@dataclass(frozen=True)
class Bag:
    """What is in a bag, in the order in which it was put in."""

    items: tuple[Item, ...]

    @property
    def listed(self) -> list[Item]:
        """As it is shown, and its order after it."""
        return sorted(self.items, key=place_in_list)

    @property
    def units(self) -> int:
        return sum(item.quantity for item in self.items)

    @property
    def able(self) -> dict[UUID, int]:
        """What can be ordered as it stands: variant id -> count."""
        return {item.variant_id: item.quantity for item in self.items if item.trouble is None}

    @property
    def troubled(self) -> bool:
        return any(item.trouble is not None for item in self.items)

    @property
    def origin(self) -> tuple[UUID | None, UUID | None]:
        """The show and the touch that brought the newest thing that has one."""
        for item in reversed(self.items):
            if item.show_id is not None:
                return item.show_id, item.touch_id
        return None, None


def of_person(person_id: UUID) -> str:
    """Whose bag it is: a person's, wherever they sign in."""
    return f"person:{person_id}"


def of_visitor(token: str) -> str:
    """Whose bag it is: that of a session without an account."""
    return f"visitor:{token}"


async def add(*, owner: str, variant_id: UUID, quantity: int, show_id: UUID | None = None, touch_id: UUID | None = None) -> None:
    """Put so many more of a variant into the bag, up to twenty. Raises `NotFound`, `BagFull`."""
    async with DB.transaction(), DB.connection() as connection:
        await connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 7))", f"bag {owner}")
        known = await connection.fetchval(
            "select p.status = 'active' from variant v join product p on p.id = v.product where v.id = $1", variant_id
        )
        if not known:
            raise NotFound
        there = await connection.fetch("select variant from bag_line where owner = $1", owner)
        if len(there) >= MAX_LINES and variant_id not in {row["variant"] for row in there}:
            raise BagFull
        await connection.execute(
            """
            insert into bag_line (id, owner, variant, quantity, show_id, touch_id, added_at)
            values (gen_random_uuid(), $1, $2, least($3::int, $4::int), $5, $6, $7)
            on conflict (owner, variant) do update set quantity = least(bag_line.quantity + excluded.quantity, $4::int),
                added_at = excluded.added_at, show_id = coalesce(excluded.show_id, bag_line.show_id),
                touch_id = coalesce(excluded.touch_id, bag_line.touch_id)
            """,
            owner, variant_id, max(1, quantity), MAX_QUANTITY, show_id, touch_id, clock.now(),
        )  # fmt: skip


async def change(*, owner: str, variant_id: UUID, quantity: int) -> None:
    """Have so many of a variant in the bag; 0 takes it out. What is not there stays away."""
    line = (BagLine.owner == owner) & (BagLine.variant == variant_id)
    if quantity < 1:
        await BagLine.delete().where(line)
    else:
        await BagLine.update({BagLine.quantity: min(quantity, MAX_QUANTITY)}).where(line)


async def contents(*, owner: str | None, kept: Mapping[UUID, int] | None = None) -> Bag:
    """What is in the bag with today's prices and stock; `kept` are units that wait for this very person (variant id -> count)."""
    if owner is None:
        return Bag(())
    async with DB.connection() as connection:
        rows = await connection.fetch(_CONTENTS, owner)
    offers = await running_prices([row["variant_id"] for row in rows])
    currency = next((row["currency"] for row in rows if row["status"] == ProductStatus.ACTIVE), "")
    items = [_item(row, currency, (kept or {}).get(row["variant_id"], 0), offers.get(row["variant_id"])) for row in rows]
    brands = list(dict.fromkeys(item.brand_id for item in items))
    return Bag(tuple(sorted(items, key=lambda item: brands.index(item.brand_id))))


async def units(*, owner: str | None) -> int:
    """How many pieces are in the bag, for its badge."""
    if owner is None:
        return 0
    async with DB.connection() as connection:
        return int(await connection.fetchval("select coalesce(sum(quantity), 0) from bag_line where owner = $1", owner))


async def take_over(*, visitor: str, person: str) -> None:
    """What was put into the bag before signing in goes into the person's own; of the same thing the greater count stays."""
    async with DB.transaction(), DB.connection() as connection:
        await connection.execute(
            """
            insert into bag_line (id, owner, variant, quantity, show_id, touch_id, added_at)
            select gen_random_uuid(), $2, variant, quantity, show_id, touch_id, added_at from bag_line where owner = $1
            on conflict (owner, variant) do update set quantity = greatest(bag_line.quantity, excluded.quantity)
            """,
            visitor,
            person,
        )
        await connection.execute("delete from bag_line where owner = $1", visitor)


async def bought(*, owner: str, order_id: UUID) -> None:
    """The order was paid: what it holds and was in the bag before leaves the bag. Safe to call again, also after adding anew."""
    order = await Order.select(Order.placed_at).where(Order.id == order_id).first()
    if order is None:
        return
    variants = OrderLine.select(OrderLine.variant).where((OrderLine.order == order_id) & OrderLine.variant.is_not_null())
    await BagLine.delete().where(
        (BagLine.owner == owner) & BagLine.variant.is_in(variants) & (BagLine.added_at <= order["placed_at"])
    )


async def bought_by_person(*, order_id: UUID) -> None:
    """For a buyer who signed in: take what was paid out of their bag, also when they left before the end."""
    order = await Order.select(Order.buyer, Order.guest).where(Order.id == order_id).first()
    if order is not None and not order["guest"]:
        await bought(owner=of_person(order["buyer"]), order_id=order_id)


async def throw_away_forgotten() -> int:
    """Throw away what visitors have left behind; returns how many lines."""
    gone = (
        await BagLine.delete()
        .where(BagLine.owner.like("visitor:%") & (BagLine.added_at < clock.now() - FORGOTTEN))
        .returning(BagLine.id)
    )
    return len(gone)


_CONTENTS = """
    select l.quantity, l.show_id, l.touch_id, v.id as variant_id, v.name as variant_name, v.price_minor, v.stock,
           p.id as product_id, p.title, p.picture, p.currency, p.status, b.id as brand_id, b.name as brand_name, b.slug as brand_slug
    from bag_line l join variant v on v.id = l.variant join product p on p.id = v.product join brand b on b.id = p.brand
    where l.owner = $1 order by l.added_at, l.id
"""


def _item(row: Any, currency: str, kept: int, offer: OfferPrice | None) -> Item:
    stock = row["stock"] + kept
    return Item(
        variant_id=row["variant_id"],
        product_id=row["product_id"],
        brand_id=row["brand_id"],
        brand_name=row["brand_name"],
        brand_slug=row["brand_slug"],
        title=row["title"],
        variant_name=row["variant_name"],
        picture=row["picture"],
        quantity=row["quantity"],
        unit=Money(offer.price_minor if offer else row["price_minor"], row["currency"]),
        stock=stock,
        show_id=row["show_id"],
        touch_id=row["touch_id"],
        trouble=_trouble(row, currency, stock),
    )


def _trouble(row: Any, currency: str, stock: int) -> Trouble | None:
    if row["status"] != ProductStatus.ACTIVE:
        return Trouble.GONE
    if stock < 1:
        return Trouble.SOLD_OUT
    if row["quantity"] > stock:
        return Trouble.FEWER
    return Trouble.OTHER_CURRENCY if row["currency"] != currency else None
