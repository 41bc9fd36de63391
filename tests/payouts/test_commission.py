"""Splitting a line loses no cent, however it is refunded (docs/money.md, chapter 2)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foundation.money import Money
from payouts import commission
from payouts.commission import Rule, Shares, Whole

rules = st.builds(
    Rule,
    commission_bp=st.integers(0, 5000),
    fee_bp=st.integers(0, 2000),
    vat_bp=st.sampled_from([0, 550, 1000, 2000, 2700]),
    commission_vat_bp=st.sampled_from([0, 2000, 2700]),
    fee_vat_bp=st.sampled_from([0, 2000]),
    whole=st.one_of(st.none(), st.builds(Whole, st.integers(0, 5_000_000), st.integers(0, 5_000_000))),
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


def test_both_services_carry_their_vat() -> None:
    rule = Rule(commission_bp=1000, fee_bp=500, vat_bp=2000, commission_vat_bp=2000, fee_vat_bp=2000)
    parts = commission.shares(eur(6000), rule)
    assert (parts.commission, parts.commission_vat, parts.fee, parts.fee_vat, parts.brand) == (
        eur(600),
        eur(100),
        eur(250),
        eur(50),
        eur(5100),
    )


def test_halves_go_to_the_even_cent() -> None:
    rule = Rule(commission_bp=1000, fee_bp=0, vat_bp=0)
    assert [commission.shares(eur(minor), rule).commission.minor for minor in (5, 15, 25, 35)] == [0, 2, 2, 4]


@given(gross, rules)
def test_the_parts_are_the_whole_and_nobody_pays_for_it(total: int, rule: Rule) -> None:
    parts = commission.shares(eur(total), rule)
    assert parts.commission + parts.fee + parts.fee_vat + parts.brand == eur(total)
    assert min(part.minor for part in (parts.commission, parts.commission_vat, parts.fee, parts.fee_vat, parts.brand)) >= 0


@given(gross, rules, st.data())
def test_any_sequence_of_refunds_ends_where_one_refund_does(total: int, rule: Rule, data: st.DataObject) -> None:
    steps = data.draw(st.lists(st.integers(1, total), max_size=8))
    refunded, moved = 0, commission.nothing("EUR")
    for wanted in steps:
        step = min(wanted, total - refunded)
        parts = commission.refund(eur(total), eur(refunded), eur(step), rule)
        assert parts.commission + parts.fee + parts.fee_vat + parts.brand == eur(step)
        moved, refunded = _sum(moved, parts), refunded + step
    assert moved == commission.refund(eur(total), eur(0), eur(refunded), rule)


@given(gross, rules)
def test_a_whole_refund_gives_every_part_back(total: int, rule: Rule) -> None:
    assert commission.refund(eur(total), eur(0), eur(total), rule) == commission.shares(eur(total), rule)


def _sum(left: Shares, right: Shares) -> Shares:
    return left - (-right)
