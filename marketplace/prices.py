"""What things cost now: decided here, from the catalogue, the brands' deliveries and codes, never by the client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from foundation.database import DB
from foundation.errors import NotFound, Refusal
from foundation.i18n import _
from foundation.money import Money, included_tax
from marketplace import delivery, discounts, vat_rates
from marketplace.delivery import Way
from marketplace.discounts import KnownCode
from marketplace.offer_prices import OfferPrice, running_prices
from marketplace.tables import ProductStatus
from marketplace.vat_rates import EUROPEAN_UNION, Rates
from marketplace.vat_tables import VatClass

MAX_QUANTITY = 20
MAX_LINES = 30
SMALLEST_TOTAL = 50
"""Stripe takes no payment below 0.50 of most currencies."""


class EmptyCart(Refusal):
    """Nothing to buy, too much of it, or a quantity below one."""

    code = "empty_cart"
    status = 422
    message = _("Please choose from 1 to 20 of each.")
    field = "quantity"


class MixedCurrencies(Refusal):
    """One payment has one currency."""

    code = "mixed_currencies"
    status = 422
    message = _("These products are sold in different currencies; please order them one by one.")


class NotOnSale(Refusal):
    """The product was taken off sale; data: `title`."""

    code = "not_on_sale"
    status = 409
    message = _("%(title)s is no longer on sale. No money was taken.")


class NotDelivered(Refusal):
    """The brand does not deliver to that country; data: `brand`."""

    code = "not_delivered"
    status = 422
    message = _("%(brand)s does not deliver to this country.")
    field = "country"


class WayGone(Refusal):
    """The chosen way of delivery is no longer offered, or not to that country; data: `brand`."""

    code = "way_gone"
    status = 409
    message = _("%(brand)s no longer offers this delivery. Please choose another one.")


class TotalTooSmall(Refusal):
    """Too little for a payment by card; data: `least` (Money)."""

    code = "total_too_small"
    status = 422
    message = _("The smallest amount that can be paid is %(least)s.")


@dataclass(frozen=True, kw_only=True)
class Goods:
    """One thing in a cart as the catalogue has it now."""

    variant_id: UUID
    brand_id: UUID
    brand_name: str
    title: str
    variant_name: str
    picture: str
    quantity: int
    unit: Money
    vat_class: VatClass
    offer_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class PricedLine:
    """One line at today's price. `gross` is what is paid, the discount taken off; `vat` is the part of it, rounded half to even
    once a line.
    """

    goods: Goods
    discount: Money
    gross: Money
    vat_bp: int
    vat: Money


@dataclass(frozen=True, kw_only=True)
class PricedDelivery:
    """How one brand's goods travel, and what for. `way` None: the brand does not deliver there; `gone`: the one asked for is not offered."""

    brand_id: UUID
    brand_name: str
    ways: tuple[Way, ...]
    way: Way | None
    gone: bool
    price: Money
    vat_bp: int
    vat: Money


@dataclass(frozen=True, kw_only=True)
class Quote:
    """What a cart costs now, delivered to `country`. Totals include VAT."""

    country: str
    lines: tuple[PricedLine, ...]
    deliveries: tuple[PricedDelivery, ...]
    codes: tuple[KnownCode, ...]

    @property
    def currency(self) -> str:
        return self.lines[0].gross.currency

    @property
    def goods(self) -> Money:
        return self._sum([line.goods.unit * line.goods.quantity for line in self.lines])

    @property
    def discount(self) -> Money:
        return self._sum([line.discount for line in self.lines])

    @property
    def delivery(self) -> Money:
        return self._sum([one.price for one in self.deliveries])

    @property
    def total(self) -> Money:
        return self.goods - self.discount + self.delivery

    @property
    def vat(self) -> Money:
        return self._sum([*(line.vat for line in self.lines), *(one.vat for one in self.deliveries)])

    @property
    def leaves_the_union(self) -> bool:
        """Import duties and VAT may be asked for at the border."""
        return self.country not in EUROPEAN_UNION

    def discount_of(self, brand_id: UUID) -> Money:
        return self._sum([line.discount for line in self.lines if line.goods.brand_id == brand_id])

    def worth_of(self, brand_id: UUID) -> Money:
        """What one brand's goods cost, on which its free delivery depends."""
        return self._sum([line.gross for line in self.lines if line.goods.brand_id == brand_id])

    def check(self) -> None:
        """Raises `NotDelivered`, `WayGone`, `TotalTooSmall` where it cannot be ordered so."""
        for one in self.deliveries:
            if one.gone:
                raise WayGone(brand=one.brand_name)
            if one.way is None:
                raise NotDelivered(brand=one.brand_name)
        if self.total.minor < SMALLEST_TOTAL:
            raise TotalTooSmall(least=Money(SMALLEST_TOTAL, self.currency))

    def _sum(self, amounts: Sequence[Money]) -> Money:
        return sum(amounts, Money.zero(self.currency))


async def quote(
    quantities: Mapping[UUID, int],
    *,
    country: str = "FR",
    ways: Mapping[UUID, UUID | None] | None = None,
    codes: Sequence[str] = (),
) -> Quote:
    """Price a cart (variant id -> count) delivered to a country, by the chosen ways (brand id -> option id), with folded codes.

    A brand without a chosen way takes its cheapest. Raises `EmptyCart`, `NotFound`, `NotOnSale`, `MixedCurrencies`; what
    concerns delivery is said by `Quote.check`.
    """
    goods = await _goods(quantities)
    currency = goods[0].unit.currency
    brands = list(dict.fromkeys(one.brand_id for one in goods))
    return price_cart(
        goods,
        country=country,
        rates=await vat_rates.rates(country=country),
        offered=await delivery.ways_to(brands=brands, country=country, currency=currency),
        chosen=ways or {},
        codes=await discounts.known_codes(brands=brands, folded=codes),
    )


def price_cart(
    goods: Sequence[Goods],
    *,
    country: str,
    rates: Rates,
    offered: Mapping[UUID, tuple[Way, ...]],
    chosen: Mapping[UUID, UUID | None],
    codes: Mapping[UUID, KnownCode],
) -> Quote:
    """Pure arithmetic of a cart: discounts spread over each brand's lines, VAT inside what is left, delivery once a brand."""
    lines: list[PricedLine] = []
    deliveries: list[PricedDelivery] = []
    for brand in dict.fromkeys(one.brand_id for one in goods):
        mine = [one for one in goods if one.brand_id == brand]
        priced = _lines(mine, codes.get(brand), rates)
        lines += priced
        deliveries.append(_delivery(mine[0], priced, offered.get(brand, ()), chosen.get(brand), brand in chosen))
    return Quote(country=country, lines=tuple(lines), deliveries=tuple(deliveries), codes=tuple(codes.values()))


def _lines(mine: Sequence[Goods], code: KnownCode | None, rates: Rates) -> list[PricedLine]:
    full = [one.unit * one.quantity for one in mine]
    zero = Money.zero(full[0].currency)
    off = discounts.spread(code.discount.off(sum(full, zero)), full) if code else [zero] * len(full)
    return [_line(one, whole, less, rates[one.vat_class]) for one, whole, less in zip(mine, full, off, strict=True)]


def _line(goods: Goods, whole: Money, discount: Money, vat_bp: int) -> PricedLine:
    gross = whole - discount
    return PricedLine(goods=goods, discount=discount, gross=gross, vat_bp=vat_bp, vat=included_tax(gross, vat_bp))


def _delivery(
    brand: Goods, lines: Sequence[PricedLine], ways: tuple[Way, ...], wanted: UUID | None, asked: bool
) -> PricedDelivery:
    worth = sum((line.gross for line in lines), Money.zero(brand.unit.currency))
    found = next((way for way in ways if way.id == wanted), None) if asked else None
    way = found or next(iter(ways), None)
    price = way.price_for(worth) if way else Money.zero(brand.unit.currency)
    vat_bp = _rate_of_most(lines)
    return PricedDelivery(
        brand_id=brand.brand_id,
        brand_name=brand.brand_name,
        ways=ways,
        way=way,
        gone=asked and found is None and bool(ways),
        price=price,
        vat_bp=vat_bp,
        vat=included_tax(price, vat_bp),
    )


def _rate_of_most(lines: Sequence[PricedLine]) -> int:
    """Delivery follows the goods (directive 2006/112/EC art. 78): the rate under which most of their worth falls, else the higher."""
    worth: dict[int, int] = {}
    for line in lines:
        worth[line.vat_bp] = worth.get(line.vat_bp, 0) + line.gross.minor
    return max(worth, key=lambda rate: (worth[rate], rate))


async def _goods(quantities: Mapping[UUID, int]) -> list[Goods]:
    if not quantities or len(quantities) > MAX_LINES or not all(1 <= count <= MAX_QUANTITY for count in quantities.values()):
        raise EmptyCart
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select v.id as variant_id, v.name as variant_name, v.price_minor, p.title, p.picture, p.currency, p.vat_class, p.status,
                   b.id as brand_id, b.name as brand_name
            from variant v join product p on p.id = v.product join brand b on b.id = p.brand where v.id = any($1::uuid[])
            """,
            list(quantities),
        )
    found: dict[UUID, Any] = {row["variant_id"]: row for row in rows}
    if len(found) != len(quantities):
        raise NotFound
    for row in rows:
        if row["status"] != ProductStatus.ACTIVE:
            raise NotOnSale(title=row["title"])
    if len({row["currency"] for row in rows}) > 1:
        raise MixedCurrencies
    offers = await running_prices(list(quantities))
    return [_good(found[variant], count, offers.get(variant)) for variant, count in quantities.items()]


def _good(row: Any, quantity: int, offer: OfferPrice | None) -> Goods:
    return Goods(
        variant_id=row["variant_id"],
        brand_id=row["brand_id"],
        brand_name=row["brand_name"],
        title=row["title"],
        variant_name=row["variant_name"],
        picture=row["picture"],
        quantity=quantity,
        unit=Money(offer.price_minor if offer else row["price_minor"], row["currency"]),
        vat_class=VatClass(row["vat_class"]),
        offer_id=offer.offer_id if offer else None,
    )
