"""What WooCommerce sends, read as a sale and as facts of its order. Pure functions; `ValueError`, `KeyError` … for what it cannot have sent.

`order.created` and `order.updated` carry the whole order, written anew each time. A line's `total` is after coupons and without tax, whatever
`prices_include_tax` says; times named `_gmt` are UTC. A refund is an id, a reason and a negative total with VAT and delivery, and names no articles.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from creators.conversions import Sale, SoldLine
from creators.links import PARAMETER
from creators.shop_facts import Facts, Goods, Refunded
from creators.shop_reading import minor, moment, order_name, plain, units

PAID = frozenset({"processing", "completed", "refunded"})
UNDONE = frozenset({"cancelled", "failed"})


def woo_order(payload: dict[str, Any]) -> tuple[Sale, Facts] | None:
    """A paid order, or one that was undone, and what is known of it; None for others: they wait for money, or are in the bin."""
    status = payload["status"]
    if status not in PAID | UNDONE:
        return None
    currency = str(payload["currency"])
    goods = _goods(payload, currency)
    listed = sorted(payload.get("refunds") or [], key=lambda refund: int(refund["id"]))
    if status in UNDONE or (status == "refunded" and not listed):
        goods = {name: replace(line, gone=line.units) for name, line in goods.items()}
    pool, refunds = _refunds(payload, listed, currency)
    told_at = moment(payload.get("date_modified_gmt") or payload["date_created_gmt"])
    facts = Facts(goods=goods, refunds=refunds, pool=pool, called=plain(payload.get("number"), 40), told_at=told_at)
    return _sale(payload, currency, facts), facts


def is_paid(payload: dict[str, Any]) -> bool:
    """Whether the order is a sale. One that was undone is none, unless it is known as one."""
    return payload["status"] in PAID


def _sale(payload: dict[str, Any], currency: str, facts: Facts) -> Sale:
    codes = [plain(each["code"], 100) for each in payload.get("coupon_lines") or []]
    meta = {str(each["key"]): plain(each["value"], 100) for each in payload.get("meta_data") or []}
    return Sale(
        order=order_name(payload["id"]),
        currency=currency,
        happened_at=moment(payload["date_created_gmt"]),
        lines=[
            SoldLine(sku=line.sku, title=line.title, quantity=line.units, net_minor=line.net) for line in facts.goods.values()
        ],
        code=codes[0] if codes else "",
        more_codes=codes[1:],
        click=meta.get(PARAMETER, ""),
        consented=meta.get(f"{PARAMETER}_consent", "").lower() in {"yes", "true", "1"},
    )


def _goods(payload: dict[str, Any], currency: str) -> dict[str, Goods]:
    goods = dict[str, Goods]()
    for number, line in enumerate(payload["line_items"]):
        count, net = units(line["quantity"]), max(0, minor(line["total"], currency))
        if count <= 0:
            continue
        sku = plain(line.get("sku") or line.get("variation_id") or line["product_id"], 60)
        gross = net + max(0, minor(line.get("total_tax") or 0, currency))
        name = f"line:{line.get('id', number)}"
        goods[name] = Goods(sku=sku, units=count, net=net, gross=gross, title=plain(line.get("name"), 200))
    return goods


def _refunds(payload: dict[str, Any], listed: list[dict[str, Any]], currency: str) -> tuple[int, dict[str, Refunded]]:
    """What refunds are shared over, and the refunds.

    A quarter of the order's total takes back a quarter of each line, so that refunds of the whole total give back the whole. One refund of exactly what
    the delivery cost is one of the delivery: it takes back nothing, and what is left is shared without it.
    """
    pool = minor(payload.get("total") or 0, currency)
    delivery = minor(payload.get("shipping_total") or 0, currency) + minor(payload.get("shipping_tax") or 0, currency)
    refunds = dict[str, Refunded]()
    for refund in listed:
        amount = abs(minor(refund["total"], currency))
        if 0 < amount == delivery < pool:
            pool, delivery, amount = pool - delivery, 0, 0
        refunds[str(refund["id"])] = Refunded(more=amount)
    return pool, refunds
