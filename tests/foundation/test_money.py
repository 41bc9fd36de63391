"""Money never loses a minor unit."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.money import BASIS_POINTS, CurrencyMismatch, Money, UnknownCurrency, included_tax, round_half_even

minor = st.integers(-(10**12), 10**12)
weights = st.lists(st.integers(0, 10_000), min_size=1, max_size=12).filter(lambda parts: sum(parts) > 0)


@given(minor, weights)
def test_a_split_gives_every_minor_unit_away_exactly_once(amount: int, parts: list[int]) -> None:
    assert sum(part.minor for part in Money(amount, "EUR").split(parts)) == amount


@given(minor, weights)
def test_no_part_of_a_split_is_a_whole_unit_away_from_its_exact_share(amount: int, parts: list[int]) -> None:
    for part, weight in zip(Money(amount, "EUR").split(parts), parts, strict=True):
        assert abs(part.minor - Fraction(amount * weight, sum(parts))) < 1


@given(minor, st.integers(0, BASIS_POINTS))
def test_a_share_is_the_nearest_amount_and_ties_go_to_the_even_one(amount: int, rate: int) -> None:
    exact = Fraction(amount * rate, BASIS_POINTS)
    assert Money(amount, "EUR").share(rate).minor == round(exact)


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**6))
def test_rounding_is_exact_at_any_size(numerator: int, denominator: int) -> None:
    assert round_half_even(numerator, denominator) == round(Fraction(numerator, denominator))


def test_the_tax_inside_a_price() -> None:
    assert included_tax(Money(6000, "EUR"), 2000) == Money(1000, "EUR")


def test_currencies_do_not_mix() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "EUR") + Money(1, "USD")


def test_a_currency_without_books_is_refused() -> None:
    with pytest.raises(UnknownCurrency):
        Money(1, "DOGE")


def test_floats_are_refused() -> None:
    with pytest.raises(TypeError):
        Money(1.0, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "currency", "minor_units"),
    [("59", "EUR", 5900), ("59,90", "EUR", 5990), (" 1 234.5 ", "EUR", 123450), ("500", "JPY", 500), ("1.234", "KWD", 1234)],
)
def test_amounts_are_read_as_people_type_them(text: str, currency: str, minor_units: int) -> None:
    assert Money.parse(text, currency) == Money(minor_units, currency)


@pytest.mark.parametrize("text", ["", "abc", "1.234", "1e99", "NaN", "Infinity", "--1", "1.2.3"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Money.parse(text, "EUR")
