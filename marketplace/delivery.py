"""Delivery: the ways that a brand offers, to which countries, for what price, and which of them an order can take."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

import msgspec

from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, WrongState
from foundation.i18n import _, translate
from foundation.money import Money
from marketplace.brands import brand_of
from marketplace.delivery_tables import DeliveryOption
from marketplace.tables import Brand
from marketplace.vat_rates import EUROPEAN_UNION

DESTINATIONS: Final = tuple(sorted({*EUROPEAN_UNION, "CH", "GB", "US"}))
"""Where parcels can go: the European Union, and three countries beyond its customs border."""

MOST_OPTIONS: Final = 12
STANDARD: Final = _("Standard delivery")


class TooManyOptions(WrongState):
    """A brand offers at most twelve ways at a time."""

    code = "too_many_delivery_options"
    message = _("Twelve ways of delivery are enough. End one first.")


class DaysTurned(InvalidField):
    """The longest time is shorter than the shortest."""

    code = "days_turned"
    message = _("The longest time cannot be shorter than the shortest.")
    field = "days_max"


@dataclass(frozen=True)
class Way:
    """One way of delivery as a buyer can choose it. `id` None is the free standard delivery of a brand that has set none."""

    id: UUID | None
    name: str
    price: Money
    free_from: Money | None
    days_min: int
    days_max: int
    countries: tuple[str, ...]

    def price_for(self, goods: Money) -> Money:
        """What it costs for goods of that worth."""
        free = self.free_from is not None and goods >= self.free_from
        return Money.zero(self.price.currency) if free else self.price


@dataclass(frozen=True)
class NewWay:
    """A way of delivery to be. `countries` are among `DESTINATIONS`."""

    name: str
    countries: tuple[str, ...]
    price: Money
    free_from: Money | None
    days_min: int
    days_max: int


async def offer_way(*, brand_id: UUID, way: NewWay, by: Principal) -> UUID:
    """Offer a way of delivery; returns its id. Raises `NotFound`, `TooManyOptions`, `DaysTurned`."""
    if way.days_max < way.days_min:
        raise DaysTurned
    async with DB.transaction():
        await brand_of(by=by, brand_id=brand_id)
        if len(await _rows([brand_id])) >= MOST_OPTIONS:
            raise TooManyOptions
        row = DeliveryOption(
            id=uuid4(),
            brand=brand_id,
            name=way.name,
            countries=msgspec.json.encode(sorted(way.countries)).decode(),
            currency=way.price.currency,
            price_minor=way.price.minor,
            free_from_minor=way.free_from.minor if way.free_from else None,
            days_min=way.days_min,
            days_max=way.days_max,
            created_at=clock.now(),
        )
        await row.save()
        await audit.record(
            by=by, action="delivery.offer", kind="delivery_option", id=row.id, name=way.name, price_minor=way.price.minor
        )
    return row.id


async def end_way(*, option_id: UUID, by: Principal) -> None:
    """Stop offering a way; orders that took it keep it. Raises `NotFound`."""
    async with DB.transaction():
        await way_of_brand(option_id=option_id, by=by)
        await DeliveryOption.update({DeliveryOption.ended_at: clock.now()}).where(DeliveryOption.id == option_id)
        await audit.record(by=by, action="delivery.end", kind="delivery_option", id=option_id)


async def change_way(*, option_id: UUID, way: NewWay, by: Principal) -> UUID:
    """Offer another way in place of one; returns the new id. Raises as `end_way` and `offer_way`."""
    async with DB.transaction():
        brand, _before = await way_of_brand(option_id=option_id, by=by)
        await end_way(option_id=option_id, by=by)
        return await offer_way(brand_id=brand.id, way=way, by=by)


async def ways_of_brand(*, brand_id: UUID) -> list[Way]:
    """The ways that a brand offers, as it has set them. The caller has passed the brand's door."""
    return [_way(row) for row in await _rows([brand_id])]


async def way_of_brand(*, option_id: UUID, by: Principal) -> tuple[Brand, Way]:
    """A way that a brand of this person offers, with the brand. Raises `NotFound`."""
    row = await DeliveryOption.objects().where((DeliveryOption.id == option_id) & DeliveryOption.ended_at.is_null()).first()
    if row is None:
        raise NotFound
    return await brand_of(by=by, brand_id=row.brand), _way(row)


async def ways_to(*, brands: Collection[UUID], country: str, currency: str) -> dict[UUID, tuple[Way, ...]]:
    """How these brands deliver to a country, the cheapest first; an empty tuple where one does not."""
    rows = await _rows(brands)
    set_by = {row.brand for row in rows}
    found: dict[UUID, tuple[Way, ...]] = {}
    for brand in brands:
        ways = [_way(row) for row in rows if row.brand == brand and row.currency == currency]
        able = [way for way in ways if country in way.countries]
        if brand not in set_by and country in EUROPEAN_UNION:
            able = [standard(currency)]
        found[brand] = tuple(sorted(able, key=lambda way: (way.price.minor, way.days_max, way.name)))
    return found


def standard(currency: str) -> Way:
    """How a brand delivers that has set nothing: free of charge, within the Union."""
    return Way(None, translate(STANDARD), Money.zero(currency), None, 3, 5, tuple(sorted(EUROPEAN_UNION)))


async def _rows(brands: Collection[UUID]) -> list[DeliveryOption]:
    return (
        await DeliveryOption.objects()
        .where(DeliveryOption.brand.is_in(list(brands)) & DeliveryOption.ended_at.is_null())
        .order_by(DeliveryOption.created_at)
    )


def _way(row: DeliveryOption) -> Way:
    return Way(
        id=row.id,
        name=row.name,
        price=Money(row.price_minor, row.currency),
        free_from=None if row.free_from_minor is None else Money(row.free_from_minor, row.currency),
        days_min=row.days_min,
        days_max=row.days_max,
        countries=tuple(msgspec.json.decode(row.countries, type=list[str])),
    )
