"""What things cost now: decided here, from the catalogue, never by the client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from foundation.errors import NotFound, Refusal
from foundation.i18n import _
from foundation.money import Money, included_tax
from marketplace.tables import ProductStatus, Variant

MAX_QUANTITY = 20
MAX_LINES = 30


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


@dataclass(frozen=True)
class PricedLine:
    """One line at today's price. `gross` includes VAT; `vat` is the part of it, rounded half to even once a line."""

    variant_id: UUID
    brand_id: UUID
    title: str
    variant_name: str
    picture: str
    quantity: int
    unit: Money
    gross: Money
    vat_bp: int
    vat: Money


@dataclass(frozen=True)
class Quote:
    """What a cart costs now, delivery included (free so far)."""

    lines: tuple[PricedLine, ...]
    total: Money
    vat: Money


def priced_line(
    *, variant_id: UUID, brand_id: UUID, title: str, variant_name: str, picture: str, quantity: int, unit: Money, vat_bp: int
) -> PricedLine:
    """Pure arithmetic of one line: quantity times the unit price, the VAT inside it computed on the line (docs/money.md)."""
    gross = unit * quantity
    return PricedLine(
        variant_id=variant_id,
        brand_id=brand_id,
        title=title,
        variant_name=variant_name,
        picture=picture,
        quantity=quantity,
        unit=unit,
        gross=gross,
        vat_bp=vat_bp,
        vat=included_tax(gross, vat_bp),
    )


async def quote(quantities: Mapping[UUID, int]) -> Quote:
    """Price a cart (variant id -> count). Raises `EmptyCart`, `NotFound`, `NotOnSale`, `MixedCurrencies`."""
    if not quantities or len(quantities) > MAX_LINES or not all(1 <= count <= MAX_QUANTITY for count in quantities.values()):
        raise EmptyCart
    rows = await Variant.select(
        Variant.id,
        Variant.name,
        Variant.price_minor,
        Variant.product.title.as_alias("title"),
        Variant.product.picture.as_alias("picture"),
        Variant.product.currency.as_alias("currency"),
        Variant.product.vat_bp.as_alias("vat_bp"),
        Variant.product.status.as_alias("status"),
        Variant.product.brand.as_alias("brand"),
    ).where(Variant.id.is_in(list(quantities)))
    found = {row["id"]: row for row in rows}
    if len(found) != len(quantities):
        raise NotFound
    for row in rows:
        if row["status"] != ProductStatus.ACTIVE:
            raise NotOnSale(title=row["title"])
    if len({row["currency"] for row in rows}) > 1:
        raise MixedCurrencies
    lines = tuple(
        priced_line(
            variant_id=variant,
            brand_id=found[variant]["brand"],
            title=found[variant]["title"],
            variant_name=found[variant]["name"],
            picture=found[variant]["picture"],
            quantity=count,
            unit=Money(found[variant]["price_minor"], found[variant]["currency"]),
            vat_bp=found[variant]["vat_bp"],
        )
        for variant, count in quantities.items()
    )
    currency = lines[0].gross.currency
    return Quote(
        lines=lines,
        total=sum((line.gross for line in lines), Money.zero(currency)),
        vat=sum((line.vat for line in lines), Money.zero(currency)),
    )
