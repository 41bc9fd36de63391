"""What is left of an order that its shop changed: whole reports of Shopify and WooCommerce, as pure functions."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creators import shop_facts, shopify_payloads, woo_payloads
from creators.shop_facts import Facts, Goods, Refunded, kept, merge
from foundation import clock
from tests.creators import shop_papers
from tests.creators.shop_papers import edited, shopify_line, shopify_refund, woo_refund

ORDER = shop_papers.shopify_order("ALMA", "BERTHE")
PANS, POT = ORDER["line_items"]


def facts(order: dict[str, Any]) -> Facts:
    read = shopify_payloads.shopify_order(order)
    assert read is not None
    return read[1]


def refund(paper: dict[str, Any]) -> Facts:
    read = shopify_payloads.shopify_refund(paper, "EUR")
    return read.facts


def woo(**changes: Any) -> Facts:
    read = woo_payloads.woo_order(shop_papers.woo_order("ALMA", "BERTHE", **changes))
    assert read is not None
    return read[1]


def test_shopify_lines_are_net_of_every_discount_and_of_the_vat_inside_in_the_shops_own_currency() -> None:
    read = shopify_payloads.shopify_order(ORDER)
    assert read is not None
    sale, known = read
    assert [(line.sku, line.quantity, line.net_minor) for line in sale.lines] == [("ALMA", 2, 9000), ("BERTHE", 1, 9000)]
    assert (sale.currency, sale.code, sale.order) == ("EUR", "NOUR10", "820982911946154508")
    assert [goods.gross for goods in known.goods.values()] == [10800, 10800]
    outside = facts({**ORDER, "taxes_included": False})
    assert [(goods.net, goods.gross) for goods in outside.goods.values()] == [(10800, 12600), (10800, 12600)]


def test_taxes_that_are_told_for_fewer_units_than_were_ordered_are_taken_by_their_rate() -> None:
    first_seen_after_an_edit = edited(ORDER, current={1: 1})
    first_seen_after_an_edit["line_items"][0]["tax_lines"][0]["price"] = "9.00"
    assert kept(facts(first_seen_after_an_edit))["ALMA"] == 4500


@pytest.mark.parametrize(
    ("paper", "left"),
    [
        (shopify_refund(1, lines=[(PANS, 1, "54.00", "9.00")], paid="54.00"), (4500, 9000)),
        # Money for goods, without lines: its share of everything that is left (21.60 of 216.00).
        (shopify_refund(1, adjustments=[("refund_discrepancy", "-21.60", "0.00")], paid="21.60"), (8100, 8100)),
        (shopify_refund(1, adjustments=[("refund_discrepancy", "-18.00", "-3.60")], paid="21.60"), (8100, 8100)),
        (shopify_refund(1, paid="21.60"), (8100, 8100)),
        (shopify_refund(1, paid="21.60", status="failure"), (9000, 9000)),
        # Delivery, as older and as newer versions tell it.
        (shopify_refund(1, adjustments=[("shipping_refund", "-5.00", "-1.00")], paid="6.00"), (9000, 9000)),
        (shopify_refund(1, delivery=["6.00"], paid="6.00"), (9000, 9000)),
        # A line and money beyond it, and a line for which less was given back: the unit has gone.
        (
            shopify_refund(
                1, lines=[(PANS, 1, "54.00", "9.00")], adjustments=[("refund_discrepancy", "-16.20", "0")], paid="70.20"
            ),
            (4050, 8100),
        ),
        (
            shopify_refund(
                1, lines=[(PANS, 1, "54.00", "9.00")], adjustments=[("refund_discrepancy", "4.00", "0")], paid="50.00"
            ),
            (4500, 9000),
        ),
        # All of it, and more than all of it.
        (shopify_refund(1, lines=[(PANS, 2, "108.00", "18.00"), (POT, 1, "108.00", "18.00")], paid="216.00"), (0, 0)),
        (shopify_refund(1, adjustments=[("refund_discrepancy", "-999.00", "0.00")], paid="999.00"), (0, 0)),
    ],
)
def test_a_refund_takes_back_its_units_and_its_money_for_goods(paper: dict[str, Any], left: tuple[int, int]) -> None:
    known = merge(facts(ORDER), refund(paper))
    assert tuple(kept(known).values()) == left
    assert tuple(kept(merge(known, refund(paper))).values()) == left
    assert tuple(kept(facts({**ORDER, "refunds": [paper]})).values()) == left


def test_what_an_edit_removed_is_a_return_and_its_money_paid_back_later_takes_nothing_twice() -> None:
    removed = facts(edited(ORDER, current={3: 0}))
    assert kept(removed) == {"ALMA": 9000, "BERTHE": 0}
    told_as_refund = shopify_refund(5, lines=[(POT, 1, "108.00", "18.00")], adjustments=[("refund_discrepancy", "108.00", "0")])
    paid = shopify_refund(9, adjustments=[("refund_discrepancy", "-108.00", "0")], paid="108.00")
    for news in permutations([facts(ORDER), removed, refund(told_as_refund), refund(paid)]):
        assert kept(reduce(merge, news)) == {"ALMA": 9000, "BERTHE": 0}
    assert kept(merge(removed, refund(paid))) == {"ALMA": 9000, "BERTHE": 0}


def test_added_lines_and_added_units_raise_what_is_kept() -> None:
    lid = shopify_line(7, "LID", "Lid", 1, "24.00", "", "4.00")
    more = edited(ORDER, added=[lid])
    more["line_items"][0] |= {
        "quantity": 3,
        "current_quantity": 3,
        "discount_allocations": [{"amount": "18.00"}],
        "tax_lines": [{"price": "27.00", "rate": 0.2}],
    }
    after = merge(facts(more), facts(ORDER))
    assert kept(after) == {"ALMA": 13500, "BERTHE": 9000, "LID": 2000}


def test_a_discount_that_an_edit_gives_counts_and_discounts_that_shrink_with_removed_units_raise_nothing() -> None:
    dearer_off = edited(ORDER)
    dearer_off["line_items"][1]["discount_allocations"].append({"amount": "12.00", "discount_application_index": 1})
    dearer_off["line_items"][1]["tax_lines"][0]["price"] = "16.00"
    assert kept(merge(facts(ORDER), facts(dearer_off))) == {"ALMA": 9000, "BERTHE": 8000}
    shrunk = edited(ORDER, current={1: 1})
    shrunk["line_items"][0]["discount_allocations"][0]["amount"] = "6.00"
    assert kept(merge(facts(ORDER), facts(shrunk)))["ALMA"] == 4500


def test_a_cancelled_order_comes_back_whole_and_unpaid_or_test_orders_are_none() -> None:
    assert set(kept(facts({**ORDER, "cancelled_at": clock.now().isoformat()})).values()) == {0}
    changes: dict[str, Any]
    for changes in ({"financial_status": "partially_paid"}, {"financial_status": "voided"}, {"test": True}, {"line_items": []}):
        assert shopify_payloads.shopify_order({**ORDER, **changes}) is None


def test_a_refund_in_another_currency_than_the_orders_is_not_guessed() -> None:
    paper = shopify_refund(1, paid="20.00")
    paper["transactions"][0]["currency"] = "USD"
    with pytest.raises(ValueError, match="USD"):
        refund(paper)


AMOUNTS = st.integers(0, 50_000)
NEWS = st.lists(
    st.one_of(
        st.builds(
            lambda line, units, gross, gone: Facts(
                goods={line: Goods(sku="A", units=units, net=gross * 5 // 6, gross=gross, gone=min(gone, units))}
            ),
            st.sampled_from(["line:1", "line:2"]),
            st.integers(1, 4),
            AMOUNTS,
            st.integers(0, 4),
        ),
        st.builds(
            lambda name, line, units, more: Facts(refunds={name: Refunded(units={line: units}, more=more)}),
            st.sampled_from("xyz"),
            st.sampled_from(["line:1", "line:2", "line:3"]),
            st.integers(0, 3),
            st.integers(-20_000, 20_000),
        ),
    ),
    min_size=1,
    max_size=6,
)


@given(NEWS, st.randoms(use_true_random=False))
def test_any_order_of_news_and_any_repeats_end_at_the_same_and_never_below_nothing(news: list[Facts], random: Any) -> None:
    shuffled = [*news, *random.sample(news, len(news))]
    random.shuffle(shuffled)
    one, other = reduce(merge, news), reduce(merge, shuffled)
    assert kept(one) == kept(other)
    assert all(0 <= left <= sum(goods.net for goods in one.goods.values()) for left in kept(one).values())
    assert shop_facts.read(shop_facts.stored(one)) == one


def test_woocommerces_totals_are_without_tax_whatever_its_prices_include() -> None:
    for included in (True, False):
        assert kept(woo(prices_include_tax=included)) == {"ALMA": 9000, "BERTHE": 9000}


@pytest.mark.parametrize(
    ("refunds", "left"),
    [
        # 22.20 of 222.00 is a tenth of every line; the whole total is the whole.
        ([woo_refund(9, "22.20")], (8100, 8100)),
        ([woo_refund(9, "22.20"), woo_refund(8, "199.80")], (0, 0)),
        ([woo_refund(9, "222.00")], (0, 0)),
        # Exactly the delivery: nothing, and the rest is shared over the goods alone.
        ([woo_refund(9, "6.00")], (9000, 9000)),
        ([woo_refund(9, "6.00"), woo_refund(10, "21.60")], (8100, 8100)),
        ([woo_refund(9, "6.00"), woo_refund(10, "216.00")], (0, 0)),
    ],
)
def test_a_refund_of_woocommerce_takes_back_its_share_of_the_total_and_one_of_the_delivery_nothing(
    refunds: list[dict[str, Any]], left: tuple[int, int]
) -> None:
    assert tuple(kept(woo(refunds=refunds)).values()) == left


def test_the_younger_of_two_writings_of_woocommerce_holds_in_any_order() -> None:
    order = shop_papers.woo_order("ALMA", "BERTHE")
    later = (clock.now() + timedelta(hours=1)).replace(tzinfo=None).isoformat()
    smaller = woo(line_items=order["line_items"][:1], total="114.00", date_modified_gmt=later)
    assert kept(merge(woo(), smaller)) == kept(merge(smaller, woo())) == {"ALMA": 9000}
    same_second = woo(status="cancelled")
    assert set(kept(merge(same_second, woo())).values()) == set(kept(merge(woo(), same_second)).values()) == {0}
    for status in ("pending", "on-hold", "trash", "checkout-draft"):
        assert woo_payloads.woo_order({**order, "status": status}) is None


def test_what_is_sold_by_weight_counts_as_whole_units_and_empty_lines_as_none() -> None:
    order = shop_papers.woo_order("ALMA", "BERTHE")
    by_weight = [{**order["line_items"][0], "quantity": 0.5}, {**order["line_items"][1], "quantity": 0, "total": "0.00"}]
    assert [(goods.sku, goods.units) for goods in woo(line_items=by_weight).goods.values()] == [("ALMA", 1)]
