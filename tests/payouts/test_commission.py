"""Splitting a line loses no cent, however it is refunded (docs/money.md, chapter 2)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foundation.money import Money
from payouts import commission
from payouts.commission import Rule, Shares

rules = st.builds(
    Rule,
    commission_bp=st.integers(0, 5000),
    fee_bp=st.integers(0, 2000),
    vat_bp=st.sampled_from([0, 550, 1000, 2000, 2700]),
)
gross = st.integers(1, 5_000_000)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def test_the_example_of_the_paper() -> None:
    parts = commission.shares(eur(6000), Rule(commission_bp=1000, fee_bp=500, vat_bp=2000))
    assert (parts.vat, parts.base, parts.commission, parts.fee, parts.brand) == (
        eur(1000),
        eur(5000),
        eur(500),
        eur(250),
        eur(5250),
    )


def test_halves_go_to_the_even_cent() -> None:
    rule = Rule(commission_bp=1000, fee_bp=0, vat_bp=0)
    assert [commission.shares(eur(minor), rule).commission.minor for minor in (5, 15, 25, 35)] == [0, 2, 2, 4]


@given(gross, rules)
def test_the_parts_are_the_whole_and_nobody_pays_for_it(total: int, rule: Rule) -> None:
    parts = commission.shares(eur(total), rule)
    assert parts.commission + parts.fee + parts.brand == eur(total)
    assert min(parts.commission.minor, parts.fee.minor, parts.brand.minor) >= 0


@given(gross, rules, st.data())
def test_any_sequence_of_refunds_ends_where_one_refund_does(total: int, rule: Rule, data: st.DataObject) -> None:
    steps = data.draw(st.lists(st.integers(1, total), max_size=8))
    refunded, moved = 0, _nothing()
    for wanted in steps:
        step = min(wanted, total - refunded)
        parts = commission.refund(eur(total), eur(refunded), eur(step), rule)
        assert parts.commission + parts.fee + parts.brand == eur(step)
        moved, refunded = _sum(moved, parts), refunded + step
    assert moved == commission.refund(eur(total), eur(0), eur(refunded), rule)


@given(gross, rules)
def test_a_whole_refund_gives_every_part_back(total: int, rule: Rule) -> None:
    assert commission.refund(eur(total), eur(0), eur(total), rule) == commission.shares(eur(total), rule)


def _nothing() -> Shares:
    return Shares(base=eur(0), vat=eur(0), commission=eur(0), fee=eur(0), brand=eur(0))


def _sum(left: Shares, right: Shares) -> Shares:
    return Shares(
        base=left.base + right.base,
        vat=left.vat + right.vat,
        commission=left.commission + right.commission,
        fee=left.fee + right.fee,
        brand=left.brand + right.brand,
    )
