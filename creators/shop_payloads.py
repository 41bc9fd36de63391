"""What Shopify and WooCommerce send, read as sales and returns. Pure functions; `ValueError`, `KeyError` … for what they cannot have sent.

Shopify: `orders/paid`, which also lists what went back by then, and `refunds/create`. WooCommerce: `order.created`, `order.updated`: paid ones
count, and one that is cancelled or failed after that comes back whole. An order is of the moment when it was placed.
Amounts come as decimal text in the shop's currency. Lines count without VAT and without delivery.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from creators.conversion_returns import Returned
from creators.conversions import Sale, SoldLine, merged
from creators.links import PARAMETER
from foundation.money import decimals, round_half_even

PAID_IN_WOO = frozenset({"processing", "completed", "refunded"})
MOST = 10**13
UNDONE_IN_WOO = frozenset({"cancelled", "failed"})


@dataclass(frozen=True)
class Back:
    """A return as a shop tells it; without lines the whole order."""

    order: str
    return_id: str
    happened_at: datetime
    lines: Sequence[Returned]


def shopify_order(payload: dict[str, Any]) -> Sale | None:
    """A paid order; None for a test order."""
    if payload.get("test"):
        return None
    currency = str(payload["currency"])
    codes = [str(each["code"]) for each in payload.get("discount_codes") or []]
    noted = {str(each["name"]): str(each["value"]) for each in payload.get("note_attributes") or []}
    landed = parse_qs(urlsplit(str(payload.get("landing_site") or "")).query)
    return Sale(
        order=str(payload["id"]),
        currency=currency,
        happened_at=_moment(payload.get("processed_at") or payload["created_at"]),
        lines=[_shopify_line(line, currency, bool(payload.get("taxes_included"))) for line in payload["line_items"]],
        code=codes[0] if codes else "",
        more_codes=codes[1:],
        click=noted.get(PARAMETER) or (landed.get(PARAMETER) or [""])[0],
        consented=noted.get(f"{PARAMETER}_consent", "").lower() in {"yes", "true", "1"},
    )


def _shopify_line(line: dict[str, Any], currency: str, taxes_included: bool) -> SoldLine:
    quantity = int(line["quantity"])
    paid = _minor(line["price"], currency) * quantity
    paid -= sum(_minor(each["amount"], currency) for each in line.get("discount_allocations") or [])
    if taxes_included:
        paid -= sum(_minor(each["price"], currency) for each in line.get("tax_lines") or [])
    return SoldLine(sku=_shopify_sku(line), title=str(line.get("title") or ""), quantity=quantity, net_minor=max(0, paid))


def _shopify_sku(line: dict[str, Any]) -> str:
    """An article without a number of its own is named by its variant; what was typed in by hand has neither."""
    return str(line.get("sku") or line.get("variant_id") or line["id"])[:60]


def shopify_refunds(payload: dict[str, Any]) -> list[Back]:
    """What an order says of itself that came back, under the names that `refunds/create` uses."""
    found = [shopify_refund({"order_id": payload["id"], **refund}) for refund in payload.get("refunds") or []]
    return [back for back in found if back]


def shopify_refund(payload: dict[str, Any]) -> Back | None:
    """A refund by units; None when it gives back money only (delivery, goodwill)."""
    lines = [
        Returned(sku=_shopify_sku(each["line_item"]), quantity=int(each["quantity"]))
        for each in payload["refund_line_items"]
        if int(each["quantity"])
    ]
    if not lines:
        return None
    return Back(str(payload["order_id"]), str(payload["id"]), _moment(payload["created_at"]), lines)


def woo_order(payload: dict[str, Any]) -> Sale | None:
    """A paid order; None for one that is not paid."""
    if payload["status"] not in PAID_IN_WOO:
        return None
    currency = str(payload["currency"])
    codes = [str(each["code"]) for each in payload.get("coupon_lines") or []]
    meta = {str(each["key"]): str(each["value"]) for each in payload.get("meta_data") or []}
    return Sale(
        order=str(payload["id"]),
        currency=currency,
        happened_at=_moment(payload["date_created_gmt"]),
        lines=_woo_lines(payload, currency),
        code=codes[0] if codes else "",
        more_codes=codes[1:],
        click=meta.get(PARAMETER, ""),
        consented=meta.get(f"{PARAMETER}_consent", "").lower() in {"yes", "true", "1"},
    )


def _woo_lines(payload: dict[str, Any], currency: str) -> list[SoldLine]:
    return merged(
        [
            SoldLine(
                sku=str(line.get("sku") or line["product_id"])[:60],
                title=str(line.get("name") or ""),
                quantity=int(line["quantity"]),
                net_minor=max(0, _minor(line["total"], currency)),
            )
            for line in payload["line_items"]
        ]
    )


def woo_returns(payload: dict[str, Any]) -> list[Back]:
    """What came back of an order: each refund by its share of the order's total, or all of it when the status says so and nothing is listed,
    or when the order was undone.

    WooCommerce tells a refund's amount with VAT and delivery, and no articles. So a refund of a quarter of the total takes back a quarter of
    each line; the shares are cumulative, and refunds of the whole total take back the whole.
    """
    changed = _moment(payload.get("date_modified_gmt") or payload["date_created_gmt"])
    order = str(payload["id"])
    if payload["status"] in UNDONE_IN_WOO:
        return [Back(order, f"{order}-{payload['status']}", changed, ())]
    refunds = sorted(payload.get("refunds") or [], key=lambda refund: int(refund["id"]))
    if not refunds:
        return [Back(order, f"{order}-refunded", changed, ())] if payload["status"] == "refunded" else []
    currency = str(payload["currency"])
    total = _minor(payload["total"], currency)
    lines = {line.sku: line for line in _woo_lines(payload, currency)}
    done, before, found = 0, dict.fromkeys(lines, 0), list[Back]()
    for refund in refunds:
        done = min(total, done + abs(_minor(refund["total"], currency)))
        after = {sku: round_half_even(line.net_minor * done, total) if total else 0 for sku, line in lines.items()}
        parts = [Returned(sku=sku, net_minor=after[sku] - before[sku]) for sku in lines if after[sku] > before[sku]]
        if parts:
            found.append(Back(order, f"{order}-refund-{refund['id']}", changed, parts))
        before = after
    return found


def _minor(amount: object, currency: str) -> int:
    """Minor units of a decimal text. Shops may keep more decimals than the currency has."""
    exact = Decimal(str(amount)).scaleb(decimals(currency))
    if not exact.is_finite() or abs(exact) > MOST:
        raise ValueError(amount)
    return int(exact.to_integral_value(ROUND_HALF_EVEN))


def _moment(text: object) -> datetime:
    """WooCommerce's GMT times come without their offset."""
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
