"""What Shopify sends, read as a sale and as facts of its order. Pure functions; `ValueError`, `KeyError` … for what it cannot have sent.

`orders/paid` and `orders/updated` carry the whole order as it stands: what was ordered (`quantity`), what is still part of it (`current_quantity`) and its
refunds. `refunds/create` carries one refund. Amounts are decimal texts in the shop's currency; what the buyer saw in another one stands beside
them (`presentment_money`) and is not read. Lines count without VAT and without delivery.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from creators.conversions import Sale, SoldLine
from creators.links import PARAMETER
from creators.shop_facts import Facts, Goods, Refunded
from creators.shop_reading import minor, moment, order_name, plain, units
from foundation.money import round_half_even

PAID = frozenset({"paid", "partially_refunded", "refunded"})
RATE = 10**6


@dataclass(frozen=True)
class ShopifyRefund:
    """A refund as it is told by itself."""

    order: str
    happened_at: datetime
    facts: Facts


def shopify_order(payload: dict[str, Any]) -> tuple[Sale, Facts] | None:
    """A paid order and what is known of it; None for a test order, one that is not paid, and one without articles.

    `financial_status` is `partially_paid` after an edit that costs more, until the rest is paid.
    """
    if payload.get("test") or payload.get("financial_status", "paid") not in PAID:
        return None
    currency = str(payload["currency"])
    included = bool(payload.get("taxes_included"))
    told = {f"line:{line['id']}": _goods(line, currency, taxes_included=included) for line in payload["line_items"]}
    goods = {name: line for name, line in told.items() if line.units}
    if payload.get("cancelled_at"):
        goods = {name: replace(line, gone=line.units) for name, line in goods.items()}
    refunds = payload.get("refunds") or []
    facts = Facts(
        goods=goods,
        refunds={str(refund["id"]): _refunded(refund, currency) for refund in refunds},
        names={name: line.sku for name, line in goods.items()},
        called=plain(payload.get("name"), 40),
    )
    return (_sale(payload, currency, facts), facts) if goods else None


def _sale(payload: dict[str, Any], currency: str, facts: Facts) -> Sale:
    codes = [plain(each["code"], 100) for each in payload.get("discount_codes") or []]
    noted = {str(each["name"]): plain(each["value"], 100) for each in payload.get("note_attributes") or []}
    landed = parse_qs(urlsplit(str(payload.get("landing_site") or "")).query)
    return Sale(
        order=order_name(payload["id"]),
        currency=currency,
        happened_at=moment(payload.get("processed_at") or payload["created_at"]),
        lines=[
            SoldLine(sku=line.sku, title=line.title, quantity=line.units, net_minor=line.net) for line in facts.goods.values()
        ],
        code=codes[0] if codes else "",
        more_codes=codes[1:],
        click=noted.get(PARAMETER) or (landed.get(PARAMETER) or [""])[0],
        consented=noted.get(f"{PARAMETER}_consent", "").lower() in {"yes", "true", "1"},
    )


def _goods(line: dict[str, Any], currency: str, *, taxes_included: bool) -> Goods:
    """A line: unit price, times units, less its part of every discount; its taxes are inside when the shop's prices include them."""
    count = units(line["quantity"])
    paid = minor(line["price"], currency) * count
    paid = max(0, paid - sum(minor(each["amount"], currency) for each in line.get("discount_allocations") or []))
    tax = min(paid, _tax(line, paid, count, currency)) if taxes_included else _told_tax(line, currency)
    return Goods(
        sku=_sku(line),
        units=count,
        net=paid - tax if taxes_included else paid,
        gross=paid if taxes_included else paid + tax,
        gone=max(0, count - units(line.get("current_quantity", count))),
        title=plain(line.get("title"), 200),
    )


def _told_tax(line: dict[str, Any], currency: str) -> int:
    return sum(minor(each["price"], currency) for each in line.get("tax_lines") or [])


def _tax(line: dict[str, Any], paid: int, count: int, currency: str) -> int:
    """The tax inside `paid`: as it is told, unless it is told for fewer units than were ordered; then by its rates."""
    told = _told_tax(line, currency)
    rate = sum(int(Decimal(str(each.get("rate") or 0)) * RATE) for each in line.get("tax_lines") or [])
    by_rate = round_half_even(paid * rate, RATE + rate) if 0 < rate <= RATE else 0
    return by_rate if by_rate - told > count else told


def _sku(line: dict[str, Any]) -> str:
    """An article without a number of its own is named by its variant; what was typed in by hand has neither."""
    return plain(line.get("sku") or line.get("variant_id") or line["id"], 60)


def shopify_refund(payload: dict[str, Any], currency: str) -> ShopifyRefund:
    """A refund; `currency` is that of its order."""
    facts = Facts(refunds={str(payload["id"]): _refunded(payload, currency)}, names=_names(payload))
    return ShopifyRefund(order_of(payload), moment(payload["created_at"]), facts)


def order_of(payload: dict[str, Any]) -> str:
    """The order that a refund belongs to."""
    return order_name(payload["order_id"])


def _refunded(refund: dict[str, Any], currency: str) -> Refunded:
    """Units by line, and money for goods beyond them.

    An adjustment is negative when more was given back than the units were worth (all of it, without units), and positive when less was. Those of
    delivery count for nothing; newer versions tell delivery apart (`refund_shipping_lines`). A refund that names nothing but its payment is one of goods.
    """
    counts = dict[str, int]()
    for each in refund["refund_line_items"]:
        name = _refunded_name(each)
        counts[name] = counts.get(name, 0) + units(each["quantity"])
    adjustments = refund.get("order_adjustments") or []
    more = -sum(
        _shop_money(each, "amount", currency) + _shop_money(each, "tax_amount", currency)
        for each in adjustments
        if each.get("kind") != "shipping_refund"
    )
    if not (counts or adjustments or refund.get("refund_shipping_lines")):
        more = sum(_paid_back(each, currency) for each in refund.get("transactions") or [])
    return Refunded(units={name: count for name, count in counts.items() if count}, more=more)


def _refunded_name(line: dict[str, Any]) -> str:
    return f"line:{line.get('line_item_id') or line['line_item']['id']}"


def _names(refund: dict[str, Any]) -> dict[str, str]:
    return {_refunded_name(each): _sku(each["line_item"]) for each in refund["refund_line_items"] if each.get("line_item")}


def _shop_money(adjustment: dict[str, Any], name: str, currency: str) -> int:
    exact = (adjustment.get(f"{name}_set") or {}).get("shop_money") or {}
    return minor(exact.get("amount", adjustment.get(name) or 0), currency)


def _paid_back(transaction: dict[str, Any], currency: str) -> int:
    if transaction.get("kind") != "refund" or transaction.get("status") != "success":
        return 0
    if str(transaction.get("currency") or currency) != currency:
        raise ValueError(transaction["currency"])
    return minor(transaction["amount"], currency)


def shopify_edit(payload: dict[str, Any]) -> tuple[str, datetime]:
    """The order that was edited, and when. What was changed is named by ids alone and has no prices: `orders/updated` tells it."""
    edit = payload["order_edit"]
    return order_name(edit["order_id"]), moment(edit.get("committed_at") or edit["created_at"])
