"""How Shopify and WooCommerce write amounts, moments and texts. `ValueError` for what they cannot have sent."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

from foundation.money import decimals

MOST = 10**13
UNITS = 1_000_000


def minor(amount: object, currency: str) -> int:
    """Minor units of a decimal text. Shops may keep more decimals than the currency has."""
    exact = Decimal(str(amount)).scaleb(decimals(currency))
    if not exact.is_finite() or abs(exact) > MOST:
        raise ValueError(amount)
    return int(exact.to_integral_value(ROUND_HALF_EVEN))


def units(quantity: object) -> int:
    """Whole units; what is sold by weight counts as the next whole one."""
    exact = Decimal(str(quantity))
    if not 0 <= exact <= UNITS:  # also no NaN
        raise ValueError(quantity)
    return int(exact.to_integral_value(ROUND_CEILING))


def moment(text: object) -> datetime:
    """WooCommerce's GMT times come without their offset."""
    read = datetime.fromisoformat(str(text))
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def plain(value: object, most: int) -> str:
    """A text that can be kept: without NUL, not longer than `most`."""
    return str(value or "").replace("\x00", "")[:most]


def order_name(number: object) -> str:
    """An order's own number in its shop."""
    name = plain(number, 80)
    if not name or name != str(number):
        raise ValueError(number)
    return name
