"""The catalogue: products, their variants with price and stock, and what the public may see of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from piccolo.custom_types import Combinable

from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal, WrongState
from foundation.i18n import _
from foundation.money import Money
from marketplace.brands import brand_of, slug_of
from marketplace.offer_prices import OfferPrice, running_prices
from marketplace.tables import Brand, Product, ProductStatus, Variant
from marketplace.vat_tables import VatClass

MAX_VARIANTS = 20


class SlugTaken(Refusal):
    """The brand has another product of this title; data: `title`."""

    code = "product_title_taken"
    status = 409
    message = _("You already have a product called %(title)s.")
    field = "title"


class WasPriceTooLow(Refusal):
    """A struck price must be above the price (EU 98/6 art. 6a speaks of reductions only)."""

    code = "was_price_too_low"
    status = 422
    message = _("The earlier price must be above the price.")
    field = "was"


class StockChanged(Refusal):
    """The stock would fall below zero; data: `left`."""

    code = "stock_changed"
    status = 409
    message = _("Only %(left)s are on the shelf now.")
    field = "change"


class LastVariant(WrongState):
    """A product on sale needs at least one variant."""

    code = "variant_missing"
    message = _("Add at least one variant with a price first.")


@dataclass(frozen=True)
class NewVariant:
    """A variant to be: price incl. VAT in minor units of the product's currency, `was_minor` the struck price or None."""

    name: str
    sku: str
    price_minor: int
    stock: int
    was_minor: int | None = None


@dataclass(frozen=True)
class Choice:
    """A variant as it can be chosen."""

    id: UUID
    name: str
    sku: str
    price: Money
    was: Money | None
    stock: int

    @property
    def sold_out(self) -> bool:
        return self.stock == 0


@dataclass(frozen=True)
class Offered:
    """A product with its brand and its variants in their order."""

    id: UUID
    slug: str
    title: str
    description: str
    picture: str
    currency: str
    vat_class: VatClass
    status: ProductStatus
    brand: Brand
    choices: tuple[Choice, ...]

    @property
    def cheapest(self) -> Choice | None:
        """The lowest price among what can be bought, else among all."""
        able = [choice for choice in self.choices if not choice.sold_out] or list(self.choices)
        return min(able, key=lambda choice: choice.price.minor, default=None)

    @property
    def stock(self) -> int:
        return sum(choice.stock for choice in self.choices)

    @property
    def on_sale(self) -> bool:
        return self.status == ProductStatus.ACTIVE and bool(self.choices)

    def choice(self, variant_id: UUID) -> Choice:
        """Raises `NotFound` for a variant of another product."""
        for choice in self.choices:
            if choice.id == variant_id:
                return choice
        raise NotFound


async def add_product(
    *,
    brand_id: UUID,
    title: str,
    description: str,
    currency: str,
    variants: Sequence[NewVariant],
    by: Principal,
    vat_class: VatClass = VatClass.STANDARD,
    picture: str = "",
    status: ProductStatus = ProductStatus.ACTIVE,
) -> UUID:
    """Put a product into the catalogue; return its id. Raises `NotFound` (brand), `SlugTaken`, `WasPriceTooLow`, `LastVariant`."""
    async with DB.transaction():
        await brand_of(by=by, brand_id=brand_id)
        if not variants and status == ProductStatus.ACTIVE:
            raise LastVariant
        product = Product(
            id=uuid4(),
            brand=brand_id,
            slug=slug_of(title, length=80),
            title=title,
            description=description,
            picture=picture,
            currency=currency,
            vat_class=vat_class,
            status=status,
            created_at=clock.now(),
        )
        if (
            not await Product.insert(product)
            .on_conflict(target=(Product.brand, Product.slug), action="DO NOTHING")
            .returning(Product.id)
        ):
            raise SlugTaken(title=title)
        for position, variant in enumerate(variants):
            await _add(product.id, variant, position)
        await audit.record(by=by, action="product.added", kind="product", id=product.id, title=title)
    return product.id


async def edit_product(
    *,
    product_id: UUID,
    title: str,
    description: str,
    vat_class: VatClass,
    status: ProductStatus,
    by: Principal,
    picture: str | None = None,
) -> None:
    """Change what a product says; its address stays. `picture` None keeps the present one. Raises `NotFound`, `LastVariant`."""
    async with DB.transaction():
        product = await product_of_brand(product_id=product_id, by=by)
        if status == ProductStatus.ACTIVE and not product.choices:
            raise LastVariant
        await Product.update(
            {
                Product.title: title,
                Product.description: description,
                Product.vat_class: vat_class,
                Product.status: status,
                Product.picture: product.picture if picture is None else picture,
            }
        ).where(Product.id == product_id)
        await audit.record(
            by=by, action="product.edited", kind="product", id=product_id, status=[product.status, status], title=title
        )


async def add_variant(*, product_id: UUID, variant: NewVariant, by: Principal) -> UUID:
    """Add a variant at the end; return its id. Raises `NotFound`, `WasPriceTooLow`, `WrongState` above 20 variants."""
    async with DB.transaction():
        product = await product_of_brand(product_id=product_id, by=by)
        if len(product.choices) >= MAX_VARIANTS:
            raise WrongState
        made = await _add(product_id, variant, len(product.choices))
        await audit.record(by=by, action="variant.added", kind="product", id=product_id, variant=made, sku=variant.sku)
    return made


async def product_of_brand(*, product_id: UUID, by: Principal) -> Offered:
    """A product of a brand that the person acts for, whatever its status. Raises `NotFound`."""
    product = await _offered(product_id)
    await brand_of(by=by, brand_id=product.brand.id)
    return product


async def product_on_sale(*, product_id: UUID) -> Offered:
    """A product that everybody may see. Raises `NotFound`."""
    product = await _offered(product_id, public=True)
    if not product.on_sale:
        raise NotFound
    return product


async def product_of_variant(*, variant_id: UUID) -> Offered:
    """The product on sale to which a variant belongs. Raises `NotFound`."""
    variant = await Variant.select(Variant.product).where(Variant.id == variant_id).first()
    if variant is None:
        raise NotFound
    return await product_on_sale(product_id=variant["product"])


async def products_of_brand(*, brand_id: UUID) -> list[Offered]:
    """The whole catalogue of a brand, archived products last. The caller has passed the brand's door."""
    rows = await Product.objects().where(Product.brand == brand_id).order_by(Product.title)
    products = await _with_choices(rows)
    return sorted(products, key=lambda product: product.status == ProductStatus.ARCHIVED)


async def products_on_sale(*, brand_id: UUID | None = None, ids: Sequence[UUID] | None = None) -> list[Offered]:
    """What everybody may see: of one brand, or those of `ids` in their order."""
    where: Combinable = Product.status == ProductStatus.ACTIVE
    if brand_id is not None:
        where = where & (Product.brand == brand_id)
    if ids is not None:
        if not ids:
            return []
        where = where & Product.id.is_in(list(ids))
    found = [
        product
        for product in await _with_choices(await Product.objects().where(where).order_by(Product.title), public=True)
        if product.choices
    ]
    return found if ids is None else sorted(found, key=lambda product: list(ids).index(product.id))


async def _offered(product_id: UUID, *, public: bool = False) -> Offered:
    rows = await Product.objects().where(Product.id == product_id)
    if not rows:
        raise NotFound
    return (await _with_choices(rows, public=public))[0]


async def _with_choices(rows: Sequence[Product], *, public: bool = False) -> list[Offered]:
    """`public`: at the prices of today, flash offers among them; else at those that the brand has set."""
    if not rows:
        return []
    brands = {brand.id: brand for brand in await Brand.objects().where(Brand.id.is_in(list({row.brand for row in rows})))}
    variants = (
        await Variant.objects()
        .where(Variant.product.is_in([row.id for row in rows]))
        .order_by(Variant.position)
        .order_by(Variant.id)
    )
    offers = await running_prices([variant.id for variant in variants]) if public else {}
    return [
        Offered(
            id=row.id,
            slug=row.slug,
            title=row.title,
            description=row.description,
            picture=row.picture,
            currency=row.currency,
            vat_class=VatClass(row.vat_class),
            status=ProductStatus(row.status),
            brand=brands[row.brand],
            choices=tuple(
                _choice(variant, row.currency, offers.get(variant.id)) for variant in variants if variant.product == row.id
            ),
        )
        for row in rows
    ]


def _choice(variant: Variant, currency: str, offer: OfferPrice | None = None) -> Choice:
    was_minor = offer.was_minor if offer else variant.was_minor
    return Choice(
        id=variant.id,
        name=variant.name,
        sku=variant.sku,
        price=Money(offer.price_minor if offer else variant.price_minor, currency),
        was=None if was_minor is None else Money(was_minor, currency),
        stock=variant.stock,
    )


async def _add(product_id: UUID, variant: NewVariant, position: int) -> UUID:
    check_was(variant.price_minor, variant.was_minor)
    row = Variant(
        id=uuid4(),
        product=product_id,
        name=variant.name,
        sku=variant.sku,
        price_minor=variant.price_minor,
        was_minor=variant.was_minor,
        stock=variant.stock,
        position=position,
    )
    await row.save()
    return row.id


def check_was(price_minor: int, was_minor: int | None) -> None:
    """A struck price is higher than the price. Raises `WasPriceTooLow`."""
    if was_minor is not None and was_minor <= price_minor:
        raise WasPriceTooLow
