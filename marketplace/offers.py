"""Flash offers: the brand prepares a price for a show, the host starts it, units go first come, first served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, Refusal, WrongState
from foundation.i18n import _
from foundation.money import Money
from marketplace.brands import brand_of
from marketplace.offer_tables import FlashOffer, OfferClaim, OfferStatus
from marketplace.tables import ProductStatus, Variant

MOST_OF_A_SHOW = 20
LOOK_BACK = timedelta(days=30)
"""The struck price is the lowest of so many days (directive 98/6/EC art. 6a)."""


class OfferPriceTooHigh(InvalidField):
    """data: `price` (Money) that the variant costs anyway."""

    code = "offer_price_too_high"
    message = _("A flash price is below the usual price of %(price)s.")
    field = "price"


class TooManyOffers(Refusal):
    """data: `most` offers of a show."""

    code = "too_many_offers"
    status = 409
    message = _("A show has at most %(most)s flash offers.")


class OfferFewer(Refusal):
    """Fewer units are left at the flash price; data: `left`."""

    code = "offer_fewer"
    status = 409
    message = _("Only %(left)s are left at the flash price. Nothing was ordered.")
    field = "quantity"


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A flash offer as pages show it, at the moment of asking."""

    id: UUID
    show_id: UUID
    product_id: UUID
    title: str
    variant_name: str
    status: OfferStatus
    price: Money
    was: Money | None
    usual: Money
    units: int
    taken: int
    minutes: int
    ends_at: datetime | None

    @property
    def left(self) -> int:
        return self.units - self.taken

    @property
    def saving(self) -> Money | None:
        """What is saved against the price that may be struck."""
        return self.was - self.price if self.was else None

    @property
    def state(self) -> str:
        """ready, running, sold_out or ended."""
        over = self.ends_at is None or self.ends_at <= clock.now()
        if self.status is not OfferStatus.RUNNING or over:
            return "ready" if self.status is OfferStatus.READY else "ended"
        return "running" if self.left else "sold_out"


async def prepare(*, show_id: UUID, variant_id: UUID, price_minor: int, units: int, minutes: int, by: Principal) -> UUID:
    """Get an offer ready for a show: `price_minor` incl. VAT in the product's currency, 1 to 60 minutes; return its id.

    The caller has made sure that the show presents the product. Raises `NotFound` (not one's own brand's variant),
    `OfferPriceTooHigh`, `TooManyOffers`.
    """
    variant = (
        await Variant.select(
            Variant.price_minor,
            Variant.product.brand.as_alias("brand"),
            Variant.product.currency.as_alias("currency"),
            Variant.product.status.as_alias("status"),
        )
        .where(Variant.id == variant_id)
        .first()
    )
    if variant is None or variant["status"] != ProductStatus.ACTIVE:
        raise NotFound
    await brand_of(by=by, brand_id=variant["brand"])
    if not 0 < price_minor < variant["price_minor"]:
        raise OfferPriceTooHigh(price=Money(variant["price_minor"], variant["currency"]))
    async with DB.transaction():
        if await FlashOffer.count().where(FlashOffer.show_id == show_id) >= MOST_OF_A_SHOW:
            raise TooManyOffers(most=MOST_OF_A_SHOW)
        row = FlashOffer(
            id=uuid4(),
            show_id=show_id,
            brand=variant["brand"],
            variant=variant_id,
            status=OfferStatus.READY,
            price_minor=price_minor,
            was_minor=None,
            units=units,
            taken=0,
            minutes=minutes,
            created_by=by.id,
            created_at=clock.now(),
        )
        await row.save()
        await audit.record(
            by=by, action="offer.prepared", kind="offer", id=row.id, show=show_id, price_minor=price_minor, units=units
        )
    return row.id


async def withdraw(*, offer_id: UUID, by: Principal) -> UUID:
    """The brand takes a prepared offer back, or ends a running one; quiet when it has ended. Returns the show. Raises `NotFound`."""
    row = await FlashOffer.objects().where(FlashOffer.id == offer_id).first()
    if row is None:
        raise NotFound
    await brand_of(by=by, brand_id=row.brand)
    await end(offer_id=offer_id, show_id=row.show_id, by=by)
    show_id: UUID = row.show_id
    return show_id


async def start(*, offer_id: UUID, show_id: UUID, by: Principal) -> None:
    """Start a prepared offer of a show now; one that runs there ends. The caller has made sure that `by` hosts the live show.

    Raises `NotFound`, `WrongState` (started before), `OfferPriceTooHigh` when the usual price has fallen below it.
    """
    now = clock.now()
    async with DB.transaction(), DB.connection() as connection:
        row = (
            await FlashOffer.objects()
            .where((FlashOffer.id == offer_id) & (FlashOffer.show_id == show_id))
            .lock_rows("UPDATE")
            .first()
        )
        if row is None:
            raise NotFound
        if row.status != OfferStatus.READY:
            raise WrongState
        usual, currency = await _usual(row.variant)
        if row.price_minor >= usual:
            raise OfferPriceTooHigh(price=Money(usual, currency))
        await connection.execute(
            "update flash_offer set status = 'ended' where status = 'running' and (show_id = $1 or variant = $2)",
            show_id,
            row.variant,
        )
        lowest = await _lowest_before(row.variant, usual, now)
        await FlashOffer.update(
            {
                FlashOffer.status: OfferStatus.RUNNING,
                FlashOffer.was_minor: lowest if lowest > row.price_minor else None,
                FlashOffer.starts_at: now,
                FlashOffer.ends_at: now + timedelta(minutes=row.minutes),
            }
        ).where(FlashOffer.id == offer_id)
        await audit.record(by=by, action="offer.started", kind="offer", id=offer_id, show=show_id)


async def end(*, offer_id: UUID, show_id: UUID, by: Principal) -> None:
    """End an offer of a show before its time; orders that were placed keep their price. Quiet when it has ended."""
    async with DB.transaction():
        moved = (
            await FlashOffer.update({FlashOffer.status: OfferStatus.ENDED})
            .where((FlashOffer.id == offer_id) & (FlashOffer.show_id == show_id) & (FlashOffer.status != OfferStatus.ENDED))
            .returning(FlashOffer.id)
        )
        if moved:
            await audit.record(by=by, action="offer.ended", kind="offer", id=offer_id, show=show_id)


async def claim(*, order_id: UUID, units: Mapping[UUID, int]) -> None:
    """Take units (offer id -> count) for an order, in the transaction that places it. Raises `OfferFewer`."""
    for offer_id, count in sorted(units.items()):
        async with DB.connection() as connection:
            taken = await connection.fetchval(
                """
                update flash_offer set taken = taken + $2
                where id = $1 and status = 'running' and ends_at > $3 and taken + $2 <= units returning taken
                """,
                offer_id,
                count,
                clock.now(),
            )
        if taken is None:
            row = await FlashOffer.objects().where(FlashOffer.id == offer_id).first()
            raise OfferFewer(left=row.units - row.taken if row and row.status == OfferStatus.RUNNING else 0)
        await OfferClaim(id=uuid4(), offer=offer_id, order=order_id, quantity=count, at=clock.now()).save()


async def give_back(*, order_id: UUID) -> None:
    """An order ended unpaid: its units of offers are free again. Inside the caller's transaction; safe to call twice."""
    rows = (
        await OfferClaim.update({OfferClaim.returned_at: clock.now()})
        .where((OfferClaim.order == order_id) & OfferClaim.returned_at.is_null())
        .returning(OfferClaim.offer, OfferClaim.quantity)
    )
    for row in rows:
        await FlashOffer.update({FlashOffer.taken: FlashOffer.taken - row["quantity"]}).where(FlashOffer.id == row["offer"])


async def of_show(*, show_id: UUID) -> list[Shown]:
    """All offers of a show, in the order they were prepared."""
    return await _shown("where o.show_id = $1 order by o.created_at, o.id", show_id)


async def running(*, show_id: UUID) -> Shown | None:
    """The offer that the room sees: inside its time, sold out or not."""
    found = await _shown("where o.show_id = $1 and o.status = 'running' and o.ends_at > $2", show_id, clock.now())
    return next(iter(found), None)


async def _shown(condition: str, *values: object) -> list[Shown]:
    async with DB.connection() as connection:
        rows = await connection.fetch(
            f"""
            select o.*, v.name as variant_name, v.price_minor as usual_minor, p.id as product_id, p.title, p.currency
            from flash_offer o join variant v on v.id = o.variant join product p on p.id = v.product {condition}
            """,  # noqa: S608  # the conditions are the two above
            *values,
        )
    return [_one(dict(row)) for row in rows]


def _one(row: dict[str, Any]) -> Shown:
    return Shown(
        id=row["id"],
        show_id=row["show_id"],
        product_id=row["product_id"],
        title=row["title"],
        variant_name=row["variant_name"],
        status=OfferStatus(row["status"]),
        price=Money(row["price_minor"], row["currency"]),
        was=None if row["was_minor"] is None else Money(row["was_minor"], row["currency"]),
        usual=Money(row["usual_minor"], row["currency"]),
        units=row["units"],
        taken=row["taken"],
        minutes=row["minutes"],
        ends_at=row["ends_at"],
    )


async def _usual(variant_id: UUID) -> tuple[int, str]:
    row = (
        await Variant.select(Variant.price_minor, Variant.product.currency.as_alias("currency"))
        .where(Variant.id == variant_id)
        .first()
    )
    if row is None:
        raise NotFound
    return int(row["price_minor"]), str(row["currency"])


async def _lowest_before(variant_id: UUID, usual_minor: int, now: datetime) -> int:
    """The lowest price of the last 30 days: today's, those that the brand changed, those of earlier offers."""
    async with DB.connection() as connection:
        earlier = await connection.fetchval(
            "select min(price_minor) from flash_offer where variant = $1 and starts_at is not null and ends_at > $2 and starts_at < $3",
            variant_id,
            now - LOOK_BACK,
            now,
        )
        changed = await connection.fetch(
            "select details from audit_entry where action = 'variant.priced' and object_id = $1 and at > $2",
            str(variant_id),
            now - LOOK_BACK,
        )
    prices = [usual_minor, *(price for row in changed for price in _prices_in(row["details"]))]
    return min([*prices, earlier] if earlier is not None else prices)


def _prices_in(details: str) -> list[int]:
    return [int(price) for price in msgspec.json.decode(details).get("price_minor", [])]
