"""Sales that shops report under their own signatures: Shopify, WooCommerce, and programs that sign."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any

import httpx

from creators import codes, shops
from creators.conversion_tables import Conversion, ConversionLine, ShopKind
from foundation import clock
from tests import factories
from tests.creators.reported import click, sale


def signed(secret: str, body: bytes, moment: int) -> str:
    return f"t={moment},v1={hmac.new(secret.encode(), str(moment).encode() + b'.' + body, hashlib.sha256).hexdigest()}"


async def test_a_shop_signs_its_reports_and_forged_or_old_signatures_are_refused(server: str) -> None:
    stage = await factories.stage()
    connection, secret = await shops.connect_shop(
        brand_id=stage.brand_id, kind=ShopKind.API, name="Shop", host="shop.cuivre.example", by=stage.ada
    )
    body, now = json.dumps(sale(stage)).encode(), int(time.time())
    async with httpx.AsyncClient(base_url=server) as shop:

        async def send(signature: str, content: bytes = body, key: str = str(connection)) -> httpx.Response:
            headers = {"fanfare-key": key, "fanfare-signature": signature, "content-type": "application/json"}
            return await shop.post("/api/v1/conversions", content=content, headers=headers)

        assert (await send(signed(secret, body, now))).status_code == 200
        for wrong in (signed("another", body, now), signed(secret, body, now - 400), signed(secret, body, now + 400), "", "t=x"):
            assert (await send(wrong)).json()["code"] == "signature_invalid"
        assert (await send(signed(secret, body, now), body.replace(b"9833", b"9999"))).status_code == 401
        assert (await send(signed(secret, body, now), body, "nobody")).status_code == 401
        await shops.disconnect_shop(connection_id=connection, brand_id=stage.brand_id, by=stage.ada)
        assert (await send(signed(secret, body, now))).status_code == 401


SHOPIFY_ORDER: dict[str, Any] = {
    "id": 450789469,
    "name": "#1001",
    "test": False,
    "currency": "EUR",
    "taxes_included": True,
    "discount_codes": [{"code": "nour 10", "amount": "5.00", "type": "fixed_amount"}],
    "note_attributes": [{"name": "colour", "value": "copper"}],
    "landing_site": "/products/alma?utm_source=x",
    "line_items": [
        {
            "id": 669751112,
            "variant_id": 457924702,
            "sku": "",
            "title": "Saucepan Alma",
            "quantity": 1,
            "price": "59.00",
            "discount_allocations": [{"amount": "5.00", "discount_application_index": 0}],
            "tax_lines": [{"price": "9.00", "rate": 0.2, "title": "TVA"}],
        }
    ],
}


async def test_shopify_reports_paid_orders_and_refunds_once_under_its_signature(server: str) -> None:
    stage = await factories.stage()
    await codes.give_code(collaboration_id=stage.collaboration_id, code="NOUR10", by=stage.ada)
    connection, secret = await shops.connect_shop(
        brand_id=stage.brand_id, kind=ShopKind.SHOPIFY, name="S", host="cuivre.myshopify.com", secret="shpss_app", by=stage.ada
    )
    order = {**SHOPIFY_ORDER, "processed_at": clock.now().isoformat()}
    order["line_items"] = [{**order["line_items"][0], "sku": stage.pan.choices[0].sku}]
    refund = {
        "id": 509562969,
        "order_id": order["id"],
        "created_at": clock.now().isoformat(),
        "refund_line_items": [{"quantity": 1, "line_item": order["line_items"][0], "subtotal": "54.00"}],
    }
    async with httpx.AsyncClient(base_url=server) as shop:

        async def send(topic: str, payload: object, key: str = secret) -> str:
            body = json.dumps(payload).encode()
            signature = base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()
            headers = {"x-shopify-topic": topic, "x-shopify-hmac-sha256": signature}
            return (await shop.post(f"/webhooks/shopify/{connection}", content=body, headers=headers)).text

        assert await send("orders/paid", order, "wrong") == "signature_invalid"
        assert await send("orders/paid", {**order, "test": True}) == "ignored"
        assert await send("products/update", {}) == "ignored"
        assert await send("orders/paid", {"id": 1}) == "unreadable"
        assert [await send("orders/paid", order) for _ in range(2)] == ["kept", "known"]
        assert [await send("refunds/create", refund) for _ in range(2)] == ["kept", "known"]
    [kept] = await Conversion.objects()
    assert (kept.shop_order, kept.net_minor, kept.rule, kept.source) == ("450789469", 4500, "code", "shopify")
    [line] = await ConversionLine.objects()
    assert line.returned_minor == 4500


async def test_woocommerce_reports_paid_orders_and_whole_returns(server: str) -> None:
    stage = await factories.stage()
    connection, secret = await shops.connect_shop(
        brand_id=stage.brand_id, kind=ShopKind.WOOCOMMERCE, name="W", host="shop.cuivre.example", by=stage.ada
    )
    moment = clock.now().replace(tzinfo=None).isoformat(timespec="seconds")
    order = {
        "id": 727,
        "status": "pending",
        "currency": "EUR",
        "date_created_gmt": moment,
        "date_paid_gmt": moment,
        "meta_data": [{"id": 1, "key": "fanfare_click", "value": await click(stage, ago=timedelta(minutes=-1), consented=False)}],
        "coupon_lines": [],
        "line_items": [{"sku": stage.pan.choices[0].sku, "product_id": 93, "name": "Pan", "quantity": 2, "total": "98.33"}],
    }
    order["meta_data"] = [*order["meta_data"], {"key": "fanfare_click_consent", "value": "yes"}]  # type: ignore[misc]
    async with httpx.AsyncClient(base_url=server) as shop:

        async def send(payload: object) -> str:
            body = json.dumps(payload).encode()
            signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
            headers = {"x-wc-webhook-topic": "order.updated", "x-wc-webhook-signature": signature}
            return (await shop.post(f"/webhooks/woocommerce/{connection}", content=body, headers=headers)).text

        assert await send(order) == "ignored"
        assert [await send({**order, "status": "processing"}) for _ in range(2)] == ["kept", "known"]
        assert [await send({**order, "status": "refunded"}) for _ in range(2)] == ["kept", "known"]
    [kept] = await Conversion.objects()
    assert (kept.net_minor, kept.rule) == (9833, "click")
