"""Codes at the checkout: how a word is compared, what it takes off, and how that is spread over lines without losing a cent."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from foundation import clock
from foundation.errors import InvalidField
from foundation.i18n import _
from foundation.money import Money
from marketplace.discount_tables import BrandCode

MOST_BP: Final = 9000
"""A code takes off at most 90 %: what is given away is no sale and earns nobody a commission."""


class CodeUnknown(InvalidField):
    """No brand of the bag has this code, or it has ended."""

    code = "code_unknown"
    message = _("No brand in your bag knows this code, or it has ended.")
    field = "code"


class DiscountInvalid(InvalidField):
    """Not a discount: a share up to 90 %, or an amount, not both."""

    code = "discount_invalid"
    message = _("A discount is up to 90 %, or an amount, not both.")
    field = "discount"


@dataclass(frozen=True)
class Discount:
    """What a code takes off the goods of its brand: a share in basis points, or an amount, or nothing."""

    percent_bp: int = 0
    amount: Money | None = None

    def check(self) -> None:
        """Raises `DiscountInvalid`."""
        amount = self.amount.minor if self.amount else 0
        if not 0 <= self.percent_bp <= MOST_BP or amount < 0 or (self.percent_bp and amount):
            raise DiscountInvalid

    def off(self, goods: Money) -> Money:
        """What it takes off goods of that worth. An amount of another currency takes nothing off."""
        if self.percent_bp:
            return goods.share(self.percent_bp)
        if self.amount and self.amount.currency == goods.currency:
            return min(self.amount, goods)
        return Money.zero(goods.currency)


NO_DISCOUNT: Final = Discount()
"""A code that only names who recommended."""


@dataclass(frozen=True)
class KnownCode:
    """A code that counts at a brand now."""

    id: UUID
    brand_id: UUID
    code: str
    folded: str
    discount: Discount


def fold(code: str) -> str:
    """How codes are compared: NFKC, one case, without spaces and invisible signs. `ＮＯＵＲ 10` is `nour10`."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", code).casefold())
    return "".join(sign for sign in plain if not sign.isspace() and unicodedata.category(sign) not in {"Cf", "Cc", "Cn", "Cs"})[
        :80
    ]


def spread(amount: Money, over: Sequence[Money]) -> list[Money]:
    """`amount` in parts over lines, in proportion, to the last minor unit; no line falls below one minor unit.

    What does not fit under that limit is not taken off.
    """
    room = [max(0, line.minor - 1) for line in over]
    fitting = Money(min(amount.minor, sum(room)), amount.currency)
    if not fitting.minor:
        return [Money.zero(amount.currency)] * len(over)
    return fitting.split(room)


async def known_codes(*, brands: Collection[UUID], folded: Collection[str]) -> dict[UUID, KnownCode]:
    """Which of these words count at these brands, one a brand: the one that was typed last. `folded` is in order of typing."""
    words = list(folded)
    if not words:
        return {}
    rows = await BrandCode.objects().where(
        BrandCode.brand.is_in(list(brands)) & BrandCode.folded.is_in(words) & BrandCode.ended_at.is_null()
    )
    latest = sorted(rows, key=lambda row: words.index(row.folded))
    return {
        row.brand: KnownCode(
            id=row.id,
            brand_id=row.brand,
            code=row.code,
            folded=row.folded,
            discount=Discount(row.percent_bp, Money(row.amount_minor, row.currency) if row.amount_minor else None),
        )
        for row in latest
    }


async def keep_code(*, code_id: UUID, brand_id: UUID, code: str, discount: Discount) -> None:
    """Let the checkout know a code that a brand has given. Inside the transaction of the verb that gives it, which has passed the
    brand's door. Raises `DiscountInvalid`.
    """
    discount.check()
    await BrandCode(
        id=code_id,
        brand=brand_id,
        code=code,
        folded=fold(code),
        percent_bp=discount.percent_bp,
        amount_minor=discount.amount.minor if discount.amount else 0,
        currency=discount.amount.currency if discount.amount else "",
        created_at=clock.now(),
    ).save()


async def forget_code(*, code_id: UUID) -> None:
    """The code has ended: from now on nothing is taken off. Inside the transaction of the verb that ends it."""
    await BrandCode.update({BrandCode.ended_at: clock.now()}).where((BrandCode.id == code_id) & BrandCode.ended_at.is_null())
