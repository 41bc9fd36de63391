"""What a shop has told about one order, and what of it the buyer has kept: pure, and the same in whatever order its news came.

Shopify never lowers what was ordered: `quantity` of a line stays, `current_quantity` falls, and what is added raises it or comes as a line of its own. So
of two reports the greater numbers hold, and refunds are told apart by their ids. WooCommerce writes an order anew: of two reports the younger holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from foundation.money import round_half_even


@dataclass(frozen=True, kw_only=True, slots=True)
class Goods:
    """One line of an order: its article, units, what they cost after discounts without VAT (`net`) and with it (`gross`), and how
    many of the units the order no longer has.
    """

    sku: str
    units: int
    net: int
    gross: int
    gone: int = 0
    title: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refunded:
    """One refund: units by line, and the money for goods that it gave back beyond the worth of those units (less is negative)."""

    units: Mapping[str, int] = field(default_factory=dict)
    more: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What is known of an order: its lines and refunds, by the shop's ids.

    `names` leads from lines to articles, also from those that only a refund has told. `pool` is what refunded money is shared over, when it is not
    the goods that are left; `called` is the order's name for people, `told_at` when a shop that writes orders anew wrote this one.
    """

    goods: Mapping[str, Goods] = field(default_factory=dict)
    refunds: Mapping[str, Refunded] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    pool: int | None = None
    called: str = ""
    told_at: datetime | None = None


def merge(one: Facts, other: Facts) -> Facts:
    """Both reports together, in either order."""
    refunds = {name: _refund(one.refunds.get(name), other.refunds.get(name)) for name in sorted({*one.refunds, *other.refunds})}
    names = {**one.names, **other.names}
    if one.told_at is not None and other.told_at is not None:
        holds = max(one, other, key=lambda facts: (facts.told_at, -sum(kept(facts).values())))
        return replace(holds, refunds=holds.refunds, names=names)
    goods = {line: _goods(one.goods.get(line), other.goods.get(line)) for line in sorted({*one.goods, *other.goods})}
    pool, told_at = (one.pool, one.told_at) if one.told_at else (other.pool, other.told_at)
    called = max(one.called, other.called)
    return Facts(goods=goods, refunds=refunds, names=names, pool=pool, called=called, told_at=told_at)


def _goods(one: Goods | None, other: Goods | None) -> Goods:
    """The report with more units; of two with as many, the lower worth, and the most that has gone."""
    both = [each for each in (one, other) if each]
    holds = max(both, key=lambda goods: (goods.units, -goods.gross, -goods.net, goods.title))
    return replace(holds, gone=max(goods.gone for goods in both))


def _refund(one: Refunded | None, other: Refunded | None) -> Refunded:
    """A refund's money may be on its way first and arrive later."""
    if one is None or other is None:
        return one or other or Refunded()
    units = {line: max(one.units.get(line, 0), other.units.get(line, 0)) for line in sorted({*one.units, *other.units})}
    return Refunded(units=units, more=max(one.more, other.more))


def kept(facts: Facts) -> dict[str, int]:
    """Minor units without VAT that are left of each article.

    Units take back their share of their line; each share is rounded half to even once. Money beyond the worth of all units that went is shared over
    what is left, as its part of the pool.
    """
    refunded = _refunded(facts)
    left, worth, paid = dict[str, int](), dict[str, int](), sum(refund.more for refund in facts.refunds.values())
    for line, goods in facts.goods.items():
        back = min(goods.units, max(goods.gone, refunded.get(line, 0)))
        left[line] = _part(goods.net, goods.units - back, goods.units)
        worth[line] = _part(goods.gross, goods.units - back, goods.units)
        # What went without a refund waits for its money: until then money is no more than that.
        paid += worth[line] - _part(goods.gross, goods.units - min(goods.units, refunded.get(line, 0)), goods.units)
    pool = facts.pool if facts.pool is not None else sum(worth.values())
    beyond, articles = min(pool, max(0, paid)), dict[str, int]()
    for line, goods in facts.goods.items():
        articles[goods.sku] = articles.get(goods.sku, 0) + left[line] - _part(left[line], beyond, pool)
    return articles


def _refunded(facts: Facts) -> dict[str, int]:
    """Refunded units by line. A refund of a line that nothing has told yet is one of the first line of its article."""
    first: dict[str, str] = {}
    for line in sorted(facts.goods):
        first.setdefault(facts.goods[line].sku, line)
    counts: dict[str, int] = {}
    for refund in facts.refunds.values():
        for name, count in refund.units.items():
            line = name if name in facts.goods else first.get(facts.names.get(name, name), name)
            counts[line] = counts.get(line, 0) + count
    return counts


def _part(amount: int, of: int, whole: int) -> int:
    return round_half_even(amount * of, whole) if whole else 0


def stored(facts: Facts) -> dict[str, Any]:
    """As it is kept in JSON."""
    return {
        "goods": {
            line: [goods.sku, goods.units, goods.net, goods.gross, goods.gone, goods.title] for line, goods in facts.goods.items()
        },
        "refunds": {name: [dict(refund.units), refund.more] for name, refund in facts.refunds.items()},
        "names": dict(facts.names),
        "pool": facts.pool,
        "called": facts.called,
        "told_at": facts.told_at.isoformat() if facts.told_at else None,
    }


def read(content: Mapping[str, Any]) -> Facts:
    """What `stored` wrote."""
    return Facts(
        goods={
            line: Goods(sku=sku, units=units, net=net, gross=gross, gone=gone, title=title)
            for line, (sku, units, net, gross, gone, title) in content["goods"].items()
        },
        refunds={name: Refunded(units=units, more=more) for name, (units, more) in content["refunds"].items()},
        names=content["names"],
        pool=content["pool"],
        called=content["called"],
        told_at=datetime.fromisoformat(content["told_at"]) if content["told_at"] else None,
    )
