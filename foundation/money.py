"""Money in whole minor units of one currency. Never a float, never a hidden conversion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

BASIS_POINTS = 10_000

_DECIMALS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(
        (
            "AED",
            "AUD",
            "BGN",
            "BRL",
            "CAD",
            "CHF",
            "CNY",
            "CZK",
            "DKK",
            "EUR",
            "GBP",
            "HKD",
            "HUF",
            "ILS",
            "INR",
            "MAD",
            "MXN",
            "NOK",
            "NZD",
            "PLN",
            "RON",
            "SAR",
            "SEK",
            "SGD",
            "THB",
            "TRY",
            "TWD",
            "USD",
            "ZAR",
        ),
        2,
    ),
}


class UnknownCurrency(ValueError):
    """A currency code that Fanfare does not keep books in."""


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met in one calculation."""


def decimals(currency: str) -> int:
    """Number of decimals of a currency (ISO 4217): 0, 2 or 3. Raises `UnknownCurrency`."""
    try:
        return _DECIMALS[currency]
    except KeyError:
        raise UnknownCurrency(currency) from None


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents for EUR, yen for JPY) with its ISO 4217 currency."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor units are whole numbers, not {self.minor!r}")
        decimals(self.currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Read what a person typed ("59", "59.90", "59,90"). Raises `ValueError` when it is no amount of that currency."""
        try:
            amount = Decimal(text.strip().replace("\u202f", "").replace("\u00a0", "").replace(" ", "").replace(",", "."))
        except ArithmeticError:
            raise ValueError(text) from None
        minor = amount.scaleb(decimals(currency)) if amount.is_finite() else amount
        if not minor.is_finite() or minor != minor.to_integral_value() or abs(minor) > 10**15:
            raise ValueError(text)
        return cls(int(minor), currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, count: int) -> Money:
        return Money(self.minor * count, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other).minor

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other).minor

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._same(other).minor

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._same(other).minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def decimal(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.minor).scaleb(-decimals(self.currency))

    def share(self, basis_points: int) -> Money:
        """The part of this amount, rounded half to even once (docs/money.md, Rounding)."""
        return Money(round_half_even(self.minor * basis_points, BASIS_POINTS), self.currency)

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Split without losing a minor unit: largest remainder, ties to the earlier part.

        `weights` are whole numbers >= 0 with a sum > 0. Raises `ValueError` otherwise.
        """
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise ValueError("weights must be >= 0 and their sum > 0")
        sign, amount = (-1, -self.minor) if self.minor < 0 else (1, self.minor)
        parts = [amount * weight // total for weight in weights]
        by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % total), i))
        for i in by_remainder[: amount - sum(parts)]:
            parts[i] += 1
        return [Money(sign * part, self.currency) for part in parts]

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other


def round_half_even(numerator: int, denominator: int) -> int:
    """`numerator / denominator` as a whole number, ties to the even one; exact at any size."""
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    return quotient + (twice > denominator or (twice == denominator and quotient % 2 == 1))


def included_tax(gross: Money, rate_bp: int) -> Money:
    """The tax inside a price that includes it: gross * rate / (1 + rate), rounded half to even once."""
    return Money(round_half_even(gross.minor * rate_bp, BASIS_POINTS + rate_bp), gross.currency)
