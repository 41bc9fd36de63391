"""Which rule pays a line and how much; tiers are marginal and never jump (docs/money.md, chapter 13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.money import Money
from payouts import rule_book
from payouts.commission_rules import Plan, SaleFacts, Tier, extra_of, in_force, verdict
from payouts.commission_tables import RuleKind
from payouts.rule_book import BadRule
from tests.payouts.rulebook import draft

PRODUCT, CREATOR, SHOW = uuid4(), uuid4(), uuid4()
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def sale(base: int = 10_000, *, quantity: int = 1, first_sale: bool = False, category: str = "pans") -> SaleFacts:
    return SaleFacts(
        currency="EUR",
        product=PRODUCT,
        category=category,
        creator=CREATOR,
        show=SHOW,
        first_sale=first_sale,
        quantity=quantity,
        base=eur(base),
    )


def plan(kind: RuleKind = RuleKind.PERCENT, **values: Any) -> Plan:
    known: dict[str, Any] = {
        "id": uuid4(),
        "rule": uuid4(),
        "version": 1,
        "name": "r",
        "place": 1,
        "currency": "EUR",
        "valid_from": NOON,
    }
    return Plan(kind=kind, **{**known, **values})


def test_without_a_rule_the_terms_pay() -> None:
    found = verdict([], sale(), 1000)
    assert (found.rate_bp, found.whole, found.plan) == (1000, None, None)


def test_the_first_rule_that_fits_wins() -> None:
    other_product = plan(rate_bp=3000, product=uuid4())
    first, second = plan(rate_bp=1500), plan(rate_bp=2500)
    assert verdict([other_product, first, second], sale(), 0).plan == first


@pytest.mark.parametrize(
    "scope",
    [
        {"product": uuid4()},
        {"category": "lids"},
        {"creator": uuid4()},
        {"show": uuid4()},
        {"currency": "USD"},
        {"first_sale": True},
    ],
)
def test_a_rule_speaks_only_of_its_own(scope: dict[str, Any]) -> None:
    assert verdict([plan(rate_bp=2000, **scope)], sale(), 1000).plan is None


def test_a_rule_may_name_everything_that_fits() -> None:
    narrow = plan(rate_bp=2000, product=PRODUCT, category="pans", creator=CREATOR, show=SHOW, first_sale=True)
    assert verdict([narrow], sale(first_sale=True), 1000).plan == narrow


def test_a_flat_amount_counts_each_piece() -> None:
    found = verdict([plan(RuleKind.FLAT, flat_minor=250)], sale(quantity=3), 0)
    assert found.whole is not None
    assert (found.whole.minor, found.rate_bp) == (750, 750)


def test_floor_and_cap_hold_and_nothing_is_above_the_base() -> None:
    def paid(base: int, **values: Any) -> int:
        found = verdict([plan(rate_bp=1000, **values)], sale(base), 0)
        return found.whole.minor if found.whole else eur(base).share(found.rate_bp).minor

    assert paid(1_000, floor_minor=300) == 300
    assert paid(100, floor_minor=300) == 100
    assert paid(90_000, cap_minor=500) == 500
    assert paid(10_000, floor_minor=300, cap_minor=5000) == 1000


def test_a_rule_never_pays_less_than_the_accepted_terms_promise() -> None:
    cheap = plan(rate_bp=500)
    found = verdict([cheap], sale(), 1000)
    assert (found.rate_bp, found.plan, found.promised) == (1000, cheap, True)
    capped = plan(rate_bp=2000, cap_minor=100)
    assert verdict([capped], sale(), 1000).rate_bp == 1000


def test_the_version_of_the_order_holds_and_an_ended_rule_is_gone() -> None:
    old = plan(rate_bp=1000)
    new = replace(old, id=uuid4(), version=2, rate_bp=2000, valid_from=NOON + timedelta(days=1))
    ended = replace(old, id=uuid4(), version=3, kind=RuleKind.OFF, valid_from=NOON + timedelta(days=2))
    every = [ended, new, old]
    assert in_force(every, NOON - timedelta(seconds=1)) == []
    assert in_force(every, NOON) == [old]
    assert in_force(every, NOON + timedelta(days=1)) == [new]
    assert in_force(every, NOON + timedelta(days=2)) == []


def test_a_rule_that_says_nothing_is_refused() -> None:
    for bad in (
        draft(RuleKind.PERCENT),
        draft(RuleKind.FLAT),
        draft(RuleKind.TIERS, tiers=((0, 500),)),
        draft(RuleKind.TIERS, tiers=((100, 500), (200, 600))),
        draft(RuleKind.TIERS, tiers=((0, 500), (200, 400))),
        draft(RuleKind.TIERS, tiers=((0, 500), (200, 600), (200, 700))),
        draft(rate_bp=500, floor_minor=200, cap_minor=100),
    ):
        with pytest.raises(BadRule):
            rule_book.check(bad)


LADDER = (Tier(0, 1000), Tier(100_000, 1500), Tier(300_000, 2000))

ladders = st.lists(st.tuples(st.integers(1, 500_000), st.integers(0, 800)), min_size=1, max_size=5).map(
    lambda steps: tuple(
        Tier(sum(step for step, _rise in steps[:at]), 500 + sum(rise for _step, rise in steps[:at]))
        for at in range(len(steps) + 1)
    )
)


def test_each_rate_counts_only_inside_its_tier() -> None:
    assert extra_of(100_000, LADDER) == 0
    assert extra_of(100_100, LADDER) == 5
    assert extra_of(300_000, LADDER) == 10_000
    assert extra_of(400_000, LADDER) == 20_000


@given(ladders, st.integers(0, 5_000_000), st.integers(0, 5_000_000))
def test_more_sales_never_pay_less_and_never_more_than_their_highest_rate(ladder: tuple[Tier, ...], less: int, more: int) -> None:
    less, more = sorted((less, more))
    rise = extra_of(more, ladder) - extra_of(less, ladder)
    assert 0 <= rise <= (more - less) * (ladder[-1].rate_bp - ladder[0].rate_bp) // 10_000 + 1


@given(ladders, st.lists(st.integers(1, 300_000), max_size=12), st.data())
def test_the_extra_depends_on_what_remains_and_on_no_order(
    ladder: tuple[Tier, ...], sales: list[int], data: st.DataObject
) -> None:
    """Sales first, then refunds, each in any order, move in sum what their total moves."""
    refunds = [-part for part in sales[::2]]
    base, booked = 0, 0
    for move in [*data.draw(st.permutations(sales)), *data.draw(st.permutations(refunds))]:
        booked += extra_of(base + move, ladder) - extra_of(base, ladder)
        base += move
    assert booked == extra_of(sum(sales[1::2]), ladder)
