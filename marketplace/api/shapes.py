"""What goods look like to programs. Amounts are minor units with their currency, rates are basis points, times are UTC."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from foundation.money import Money
from marketplace.briefs import BriefShown
from marketplace.catalogue import Offered
from marketplace.orders import OrderRow, OrderShown
from marketplace.postal import ShipTo
from marketplace.prices import Quote
from marketplace.tables import Brand


class Amount(Struct, frozen=True):
    """An amount of money: `minor` units (cents for EUR) of an ISO 4217 `currency`."""

    minor: int
    currency: str


class BrandOut(Struct, frozen=True):
    """A brand as everybody sees it."""

    slug: str
    name: str
    tagline: str
    about: str
    trade: str
    legal_name: str
    legal_address: str
    country: str
    email: str


class VariantOut(Struct, frozen=True):
    """One buyable form of a product; the price includes VAT."""

    id: UUID
    name: str
    sku: str
    price: Amount
    was: Amount | None
    stock: int


class ProductOut(Struct, frozen=True):
    """A product on sale. `vat_class` says which of the destination's VAT rates is inside its prices."""

    id: UUID
    slug: str
    title: str
    description: str
    brand: str
    vat_class: str
    variants: list[VariantOut]


class BriefOut(Struct, frozen=True):
    """A brief that creators can read; `brand` is the brand's slug."""

    id: UUID
    brand: str
    title: str
    summary: str
    wanted: str
    status: str
    commission_bp: int
    fee: Amount
    samples: bool
    viewer_clips: bool
    window_days: int
    model: str
    hold_days: int
    places: int
    language: str
    starts_on: date
    ends_on: date
    products: list[UUID]


class LineOut(Struct, frozen=True):
    """One line as it was sold; `kind` is goods or delivery, which has no variant. `gross` is what was paid, `discount` taken off."""

    id: UUID
    kind: str
    variant_id: UUID | None
    brand: str
    title: str
    variant: str
    quantity: int
    unit: Amount
    discount: Amount
    gross: Amount
    vat: Amount
    vat_bp: int
    refunded: Amount


class OrderOut(Struct, frozen=True):
    """An order as its reader may see it: the buyer all lines, a brand its own."""

    id: UUID
    number: str
    status: str
    placed_at: datetime
    paid_at: datetime | None
    total: Amount
    vat: Amount
    refunded: Amount
    ship_to: ShipTo
    lines: list[LineOut]


class OrderRowOut(Struct, frozen=True):
    """An order in a list."""

    number: str
    status: str
    placed_at: datetime
    total: Amount
    refunded: Amount
    units: int


class WayOut(Struct, frozen=True):
    """A way of delivery that a brand offers there; `id` null is the free standard delivery."""

    id: UUID | None
    name: str
    price: Amount
    days_min: int
    days_max: int


class DeliveryOut(Struct, frozen=True):
    """How one brand's goods travel: what was chosen or is cheapest, and what there is to choose; none: it does not deliver there."""

    brand_id: UUID
    brand: str
    chosen: UUID | None
    price: Amount
    ways: list[WayOut]


class QuoteOut(Struct, frozen=True):
    """What a cart costs. `codes` are those that count; `total` is what `expected_minor` of an order can be checked against."""

    country: str
    goods: Amount
    discount: Amount
    delivery: Amount
    total: Amount
    vat: Amount
    codes: list[str]
    deliveries: list[DeliveryOut]


def quote_out(found: Quote) -> QuoteOut:
    return QuoteOut(
        country=found.country,
        goods=amount(found.goods),
        discount=amount(found.discount),
        delivery=amount(found.delivery),
        total=amount(found.total),
        vat=amount(found.vat),
        codes=[code.code for code in found.codes],
        deliveries=[
            DeliveryOut(
                brand_id=one.brand_id,
                brand=one.brand_name,
                chosen=one.way.id if one.way else None,
                price=amount(one.price),
                ways=[
                    WayOut(
                        id=way.id,
                        name=way.name,
                        price=amount(way.price_for(found.worth_of(one.brand_id))),
                        days_min=way.days_min,
                        days_max=way.days_max,
                    )
                    for way in one.ways
                ],
            )
            for one in found.deliveries
        ],
    )


def amount(money: Money) -> Amount:
    return Amount(minor=money.minor, currency=money.currency)


def brand_out(brand: Brand) -> BrandOut:
    return BrandOut(
        slug=brand.slug,
        name=brand.name,
        tagline=brand.tagline,
        about=brand.about,
        trade=brand.trade,
        legal_name=brand.legal_name,
        legal_address=brand.legal_address,
        country=brand.country,
        email=brand.email,
    )


def product_out(product: Offered) -> ProductOut:
    return ProductOut(
        id=product.id,
        slug=product.slug,
        title=product.title,
        description=product.description,
        brand=product.brand.slug,
        vat_class=product.vat_class,
        variants=[
            VariantOut(
                id=choice.id,
                name=choice.name,
                sku=choice.sku,
                price=amount(choice.price),
                was=amount(choice.was) if choice.was else None,
                stock=choice.stock,
            )
            for choice in product.choices
        ],
    )


def brief_out(brief: BriefShown) -> BriefOut:
    return BriefOut(
        id=brief.id,
        brand=brief.brand.slug,
        title=brief.title,
        summary=brief.summary,
        wanted=brief.wanted,
        status=brief.status,
        commission_bp=brief.commission_bp,
        fee=amount(brief.fee),
        samples=brief.samples,
        viewer_clips=brief.viewer_clips,
        window_days=brief.window_days,
        model=brief.model,
        hold_days=brief.hold_days,
        places=brief.places,
        language=brief.language,
        starts_on=brief.starts_on,
        ends_on=brief.ends_on,
        products=[product.id for product in brief.products],
    )


def order_out(order: OrderShown) -> OrderOut:
    return OrderOut(
        id=order.id,
        number=order.number,
        status=order.status,
        placed_at=order.placed_at,
        paid_at=order.paid_at,
        total=amount(order.total),
        vat=amount(order.vat),
        refunded=amount(order.refunded),
        ship_to=order.ship_to,
        lines=[
            LineOut(
                id=line.id,
                kind=line.kind,
                variant_id=line.variant_id,
                brand=line.brand_slug,
                title=line.title,
                variant=line.variant_name,
                quantity=line.quantity,
                unit=amount(line.unit),
                discount=amount(line.discount),
                gross=amount(line.gross),
                vat=amount(line.vat),
                vat_bp=line.vat_bp,
                refunded=amount(line.refunded),
            )
            for line in order.lines
        ],
    )


def order_row_out(row: OrderRow) -> OrderRowOut:
    return OrderRowOut(
        number=row.number,
        status=row.status,
        placed_at=row.placed_at,
        total=amount(row.total),
        refunded=amount(row.refunded),
        units=row.units,
    )
