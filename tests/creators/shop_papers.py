"""Whole reports of shops, as Shopify (Admin API 2025) and WooCommerce (REST v3) write them; numbers of people and cards are made up."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from foundation import clock

SHOP_RATE = 1.1
"""Dollars for a euro, for what a buyer abroad saw."""


def money_set(amount: str) -> dict[str, Any]:
    """An amount in the shop's currency, and as its buyer saw it."""
    return {
        "shop_money": {"amount": amount, "currency_code": "EUR"},
        "presentment_money": {"amount": f"{float(amount) * SHOP_RATE:.2f}", "currency_code": "USD"},
    }


def shopify_line(number: int, sku: str, title: str, quantity: int, price: str, off: str, tax: str) -> dict[str, Any]:
    """A line of prices with 20 % VAT inside; `off` and `tax` are for all its units."""
    return {
        "id": number,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{number}",
        "attributed_staffs": [],
        "current_quantity": quantity,
        "fulfillable_quantity": quantity,
        "fulfillment_service": "manual",
        "fulfillment_status": None,
        "gift_card": False,
        "grams": 900,
        "name": title,
        "price": price,
        "price_set": money_set(price),
        "product_exists": True,
        "product_id": 632910392,
        "properties": [],
        "quantity": quantity,
        "requires_shipping": True,
        "sku": sku,
        "taxable": True,
        "title": title,
        "total_discount": "0.00",
        "total_discount_set": money_set("0.00"),
        "variant_id": number + 1,
        "variant_inventory_management": "shopify",
        "variant_title": None,
        "vendor": "Cuivre & Sel",
        "tax_lines": [{"channel_liable": False, "price": tax, "price_set": money_set(tax), "rate": 0.2, "title": "FR TVA"}],
        "duties": [],
        "discount_allocations": [{"amount": off, "amount_set": money_set(off), "discount_application_index": 0}] if off else [],
    }


def shopify_order(pan: str, pot: str) -> dict[str, Any]:
    """Two pans of 60.00 and a pot of 120.00, 10 % off by a code, delivery 6.00: 222.00, of which 216.00 (180.00 without VAT) are goods."""
    now = clock.now().isoformat()
    return {
        "id": 820982911946154508,
        "admin_graphql_api_id": "gid://shopify/Order/820982911946154508",
        "app_id": 580111,
        "browser_ip": "198.51.100.7",
        "buyer_accepts_marketing": False,
        "cancel_reason": None,
        "cancelled_at": None,
        "cart_token": "c1-0a1b2c3d",
        "checkout_token": "bd5a8aa1ecd019dd3520ff791ee3a24c",
        "closed_at": None,
        "confirmed": True,
        "contact_email": "buyer@example.com",
        "created_at": now,
        "currency": "EUR",
        "current_subtotal_price": "216.00",
        "current_total_discounts": "24.00",
        "current_total_price": "222.00",
        "current_total_tax": "37.00",
        "discount_applications": [
            {
                "target_type": "line_item",
                "type": "discount_code",
                "value": "10.0",
                "value_type": "percentage",
                "allocation_method": "across",
                "target_selection": "all",
                "code": "NOUR10",
            }
        ],
        "discount_codes": [{"code": "NOUR10", "amount": "24.00", "type": "percentage"}],
        "email": "buyer@example.com",
        "estimated_taxes": False,
        "financial_status": "paid",
        "fulfillment_status": None,
        "landing_site": "/products/alma?utm_source=fanfare",
        "name": "#1001",
        "note": None,
        "note_attributes": [],
        "number": 1,
        "order_number": 1001,
        "payment_gateway_names": ["shopify_payments"],
        "presentment_currency": "USD",
        "processed_at": now,
        "source_name": "web",
        "subtotal_price": "216.00",
        "tags": "",
        "tax_lines": [
            {"price": "37.00", "rate": 0.2, "title": "FR TVA", "price_set": money_set("37.00"), "channel_liable": False}
        ],
        "taxes_included": True,
        "test": False,
        "token": "b1946ac92492d2347c6235b4d2611184",
        "total_discounts": "24.00",
        "total_line_items_price": "240.00",
        "total_outstanding": "0.00",
        "total_price": "222.00",
        "total_price_set": money_set("222.00"),
        "total_shipping_price_set": money_set("6.00"),
        "total_tax": "37.00",
        "total_tip_received": "0.00",
        "updated_at": now,
        "user_id": None,
        "customer": {"id": 115310627314723954, "email": "buyer@example.com", "first_name": "Bea", "last_name": "Buyer"},
        "fulfillments": [],
        "line_items": [
            shopify_line(1, pan, "Saucepan Alma", 2, "60.00", "12.00", "18.00"),
            shopify_line(3, pot, "Stock pot Berthe", 1, "120.00", "12.00", "18.00"),
        ],
        "refunds": [],
        "shipping_lines": [
            {
                "id": 369256396,
                "code": "Standard",
                "discount_allocations": [],
                "discounted_price": "6.00",
                "is_removed": False,
                "price": "6.00",
                "price_set": money_set("6.00"),
                "tax_lines": [{"price": "1.00", "rate": 0.2, "title": "FR TVA"}],
                "title": "Standard",
            }
        ],
    }


def edited(order: dict[str, Any], *, current: dict[int, int] | None = None, added: Any = (), **changes: Any) -> dict[str, Any]:
    """The order after an edit: `current` gives lines, by id, the units that they still have; `added` are new lines."""
    after = deepcopy(order)
    for line in after["line_items"]:
        line["current_quantity"] = (current or {}).get(line["id"], line["current_quantity"])
    after["line_items"] += list(added)
    after["updated_at"] = clock.now().isoformat()
    return {**after, **changes}


def shopify_refund(
    number: int, *, lines: Any = (), adjustments: Any = (), delivery: Any = (), paid: str = "0.00", status: str = "success"
) -> dict[str, Any]:
    """`lines` are (line of the order, units, subtotal, tax), `adjustments` (kind, amount, tax)."""
    now = clock.now().isoformat()
    return {
        "id": number,
        "order_id": 820982911946154508,
        "admin_graphql_api_id": f"gid://shopify/Refund/{number}",
        "created_at": now,
        "processed_at": now,
        "note": "Thing wrong",
        "user_id": 548380009,
        "restock": False,
        "duties": [],
        "total_duties_set": money_set("0.00"),
        "return": None,
        "refund_line_items": [
            {
                "id": number + 1,
                "line_item_id": line["id"],
                "line_item": line,
                "location_id": None,
                "quantity": units,
                "restock_type": "no_restock",
                "subtotal": float(subtotal),
                "subtotal_set": money_set(subtotal),
                "total_tax": float(tax),
                "total_tax_set": money_set(tax),
            }
            for line, units, subtotal, tax in lines
        ],
        "refund_shipping_lines": [
            {"id": number + 2, "shipping_line_id": 369256396, "subtotal_amount_set": money_set(amount)} for amount in delivery
        ],
        "order_adjustments": [
            {
                "id": number + 3,
                "order_id": 820982911946154508,
                "refund_id": number,
                "amount": amount,
                "amount_set": money_set(amount),
                "tax_amount": tax,
                "tax_amount_set": money_set(tax),
                "kind": kind,
                "reason": "Shipping refund" if kind == "shipping_refund" else "Refund discrepancy",
            }
            for kind, amount, tax in adjustments
        ],
        "transactions": [
            {
                "id": number + 4,
                "order_id": 820982911946154508,
                "kind": "refund",
                "gateway": "shopify_payments",
                "status": status,
                "amount": paid,
                "currency": "EUR",
                "parent_id": 801038806,
                "test": False,
            }
        ]
        if float(paid)
        else [],
    }


def shopify_edit(order: dict[str, Any]) -> dict[str, Any]:
    """What `orders/edited` says: ids and differences."""
    now = clock.now().isoformat()
    return {
        "order_edit": {
            "id": 78912328793123782,
            "app_id": None,
            "created_at": now,
            "committed_at": now,
            "notify_customer": False,
            "order_id": order["id"],
            "staff_note": "",
            "user_id": None,
            "line_items": {"additions": [{"id": 78643924236718239, "delta": 1}], "removals": [{"id": 3, "delta": 1}]},
            "discounts": {"line_item": {"additions": [], "removals": []}},
            "shipping_lines": {"additions": [], "removals": []},
        }
    }


def woo_line(number: int, sku: str, name: str, quantity: int, subtotal: str, total: str, tax: str) -> dict[str, Any]:
    """A line: `subtotal` before and `total` after coupons, both without tax."""
    return {
        "id": number,
        "name": name,
        "product_id": 90 + number,
        "variation_id": 0,
        "quantity": quantity,
        "tax_class": "",
        "subtotal": subtotal,
        "subtotal_tax": "0.00",
        "total": total,
        "total_tax": tax,
        "taxes": [{"id": 1, "total": tax, "subtotal": tax}],
        "meta_data": [],
        "sku": sku,
        "price": float(total) / quantity,
        "image": {"id": 0, "src": ""},
        "parent_name": None,
    }


def woo_order(pan: str, pot: str, **changes: Any) -> dict[str, Any]:
    """The same goods in WooCommerce: 180.00 without VAT, 216.00 with it, delivery 5.00 and its 1.00: 222.00."""
    gmt = clock.now().replace(tzinfo=None).isoformat(timespec="seconds")
    return {
        "id": 727,
        "parent_id": 0,
        "status": "processing",
        "currency": "EUR",
        "version": "9.3.1",
        "prices_include_tax": True,
        "date_created": "2026-11-22T10:00:00",
        "date_created_gmt": gmt,
        "date_modified": "2026-11-22T10:00:00",
        "date_modified_gmt": gmt,
        "discount_total": "20.00",
        "discount_tax": "4.00",
        "shipping_total": "5.00",
        "shipping_tax": "1.00",
        "cart_tax": "36.00",
        "total": "222.00",
        "total_tax": "37.00",
        "customer_id": 26,
        "order_key": "wc_order_58d2d042d1d",
        "billing": {"first_name": "Bea", "last_name": "Buyer", "email": "buyer@example.com", "country": "FR"},
        "payment_method": "stripe",
        "transaction_id": "ch_1",
        "customer_ip_address": "198.51.100.7",
        "created_via": "checkout",
        "date_paid_gmt": gmt,
        "number": "727",
        "meta_data": [{"id": 13106, "key": "_wc_order_attribution_source_type", "value": "utm"}],
        "line_items": [
            woo_line(315, pan, "Saucepan Alma", 2, "100.00", "90.00", "18.00"),
            woo_line(316, pot, "Stock pot Berthe", 1, "100.00", "90.00", "18.00"),
        ],
        "tax_lines": [{"id": 318, "rate_code": "FR-TVA-1", "label": "TVA", "tax_total": "36.00", "shipping_tax_total": "1.00"}],
        "shipping_lines": [{"id": 317, "method_title": "Flat rate", "total": "5.00", "total_tax": "1.00"}],
        "fee_lines": [],
        "coupon_lines": [{"id": 319, "code": "nour10", "discount": "20.00", "discount_tax": "4.00", "meta_data": []}],
        "refunds": [],
        **changes,
    }


def woo_refund(number: int, amount: str) -> dict[str, Any]:
    """All that an order of WooCommerce says of a refund."""
    return {"id": number, "reason": "", "total": f"-{amount}"}
