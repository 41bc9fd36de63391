"""What real shops send: their pings, their changes of mind, their news in any order (Shopify, WooCommerce)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from creators import codes, conversions, shopify_payloads, shops
from creators.conversion_rules import Reason
from creators.conversion_tables import Conversion, ConversionLine, ShopKind
from creators.conversions import Sale, SoldLine
from creators.tables import Touch
from foundation import clock
from marketplace.tables import BrandMember
from moderation import sanctions
from tests import factories
from tests.creators.reported import aged, click
from tests.creators.test_shop_webhooks import SHOPIFY_ORDER
from tests.factories import Stage
from tests.marketplace import stall

Send = Callable[[str, Any], Awaitable[httpx.Response]]


async def shop(server: httpx.AsyncClient, stage: Stage, kind: ShopKind) -> Send:
    connection, secret = await shops.connect_shop(
        brand_id=stage.brand_id, kind=kind, name="S", host="shop.cuivre.example", by=stage.ada
    )
    names = (
        ("x-shopify-topic", "x-shopify-hmac-sha256")
        if kind is ShopKind.SHOPIFY
        else ("x-wc-webhook-topic", "x-wc-webhook-signature")
    )

    async def send(topic: str, payload: Any) -> httpx.Response:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
        headers = dict(zip(names, (topic, signature), strict=True)) if topic else {}
        return await server.post(f"/webhooks/{kind.value}/{connection}", content=body, headers=headers)

    return send


def shopify_order(stage: Stage, **changes: Any) -> dict[str, Any]:
    line = {**SHOPIFY_ORDER["line_items"][0], "sku": stage.pan.choices[0].sku}
    return {**SHOPIFY_ORDER, "processed_at": clock.now().isoformat(), "line_items": [line], **changes}


def shopify_refund(order: dict[str, Any], **changes: Any) -> dict[str, Any]:
    lines = [{"quantity": 1, "line_item": order["line_items"][0], "subtotal": "54.00"}]
    refund = {"id": 509562969, "order_id": order["id"], "created_at": clock.now().isoformat(), "refund_line_items": lines}
    return {**refund, **changes}


def woo_order(stage: Stage, **changes: Any) -> dict[str, Any]:
    moment = clock.now().replace(tzinfo=None).isoformat(timespec="seconds")
    line = {"sku": stage.pan.choices[0].sku, "product_id": 93, "name": "Pan", "quantity": 2, "total": "98.3300"}
    order = {"id": 727, "status": "processing", "currency": "EUR", "total": "118.00", "line_items": [line]}
    return {**order, "date_created_gmt": moment, "date_paid_gmt": None, "refunds": [], **changes}


async def standing() -> tuple[int, int]:
    [line] = await ConversionLine.objects()
    return line.net_minor, line.returned_minor


async def test_woocommerce_is_told_that_we_are_here_when_its_owner_saves_the_webhook(client: httpx.AsyncClient) -> None:
    send = await shop(client, await factories.stage(), ShopKind.WOOCOMMERCE)
    assert (await send("", b"webhook_id=7")).status_code == 200
    assert (await send("", b"webhook_id=7&status=processing")).status_code == 401
    assert (await send("", b'{"id": 1}')).status_code == 401


async def test_an_order_of_woocommerce_that_is_paid_later_is_the_same_and_undone_it_comes_back(client: httpx.AsyncClient) -> None:
    stage = await factories.stage()
    send = await shop(client, stage, ShopKind.WOOCOMMERCE)
    placed = woo_order(stage)
    assert (await send("order.updated", woo_order(stage, id=1, status="failed"))).text == "ignored"
    assert (await send("order.created", placed)).text == "kept"
    paid = {**placed, "status": "completed", "date_paid_gmt": "2026-11-30T08:00:00"}
    assert (await send("order.updated", paid)).text == "known"
    with clock.shifted(timedelta(days=100)):
        assert (await send("order.updated", {**paid, "status": "cancelled"})).text == "kept"
        assert (await send("order.updated", paid)).text == "known"
    assert await standing() == (9833, 9833)


async def test_what_comes_back_counts_also_when_another_code_is_refused(client: httpx.AsyncClient) -> None:
    stage = await factories.stage()
    send = await shop(client, stage, ShopKind.WOOCOMMERCE)
    placed = woo_order(stage)
    await send("order.created", placed)
    changed = {**placed, "coupon_lines": [{"id": 1, "code": "nour10"}], "refunds": [{"id": 9, "total": "-59.00"}]}
    for _ in range(2):
        assert (await send("order.updated", changed)).text == "refused: report_differs"
    assert await standing() == (9833, 4916)


async def test_a_refund_of_shopify_before_its_order_is_sent_again_and_one_inside_the_order_counts_once(
    client: httpx.AsyncClient,
) -> None:
    stage = await factories.stage()
    send = await shop(client, stage, ShopKind.SHOPIFY)
    order = shopify_order(stage)
    early = await send("refunds/create", shopify_refund(order))
    assert (early.status_code, early.text, early.headers["retry-after"]) == (503, "order_awaited", "60")
    old = shopify_refund(order, created_at=(clock.now() - timedelta(hours=1)).isoformat())
    assert (await send("refunds/create", old)).text == "refused: not_found"
    assert (await send("orders/paid", {**order, "refunds": [shopify_refund(order)]})).text == "kept"
    assert (await send("refunds/create", shopify_refund(order))).text == "known"
    assert await standing() == (4500, 4500)


async def test_what_cannot_be_read_is_said_to_the_brand_and_does_not_end_the_webhook(client: httpx.AsyncClient) -> None:
    stage = await factories.stage()
    send = await shop(client, stage, ShopKind.SHOPIFY)
    strange: Any
    for strange in (
        {"id": 1},
        [],
        b"{",
        {**shopify_order(stage), "currency": "XXX"},
        {**shopify_order(stage), "line_items": None},
    ):
        answer = await send("orders/paid", strange)
        assert (answer.status_code, answer.text) == (200, "unreadable")


async def test_any_of_several_codes_credits_its_creator(client: httpx.AsyncClient) -> None:
    stage = await factories.stage()
    await codes.give_code(collaboration_id=stage.collaboration_id, code="NOUR10", by=stage.ada)
    send = await shop(client, stage, ShopKind.SHOPIFY)
    both = [
        {"code": "FREESHIP", "amount": "0.00", "type": "shipping"},
        {"code": "nour10", "amount": "5.00", "type": "fixed_amount"},
    ]
    order = shopify_order(stage, discount_codes=both)
    assert [(await send("orders/paid", order)).text for _ in range(2)] == ["kept", "known"]
    [kept] = await Conversion.objects()
    assert (kept.code, kept.rule, kept.creator) == ("nour10", "code", stage.creator_id)


def test_lines_without_numbers_stay_apart_and_amounts_may_have_more_decimals() -> None:
    lines = [
        {"id": number, "sku": None, "variant_id": None, "title": "By hand", "quantity": 1, "price": price}
        for number, price in ((1, "10.005"), (2, "20"))
    ]
    order = {**SHOPIFY_ORDER, "processed_at": "2026-11-22T10:00:00+01:00", "taxes_included": False, "line_items": lines}
    read = shopify_payloads.shopify_order(order)
    assert read is not None
    assert [(line.sku, line.net_minor) for line in read[0].lines] == [("1", 1000), ("2", 2000)]
    yen = shopify_payloads.shopify_order({**order, "currency": "JPY", "line_items": [{**lines[1], "price": "1500.00"}]})
    assert yen is not None
    assert yen[0].lines[0].net_minor == 1500


@pytest.mark.usefixtures("db")
async def test_a_banned_creator_their_own_purchase_and_the_brands_people_are_not_credited() -> None:
    stage = await aged()
    sam, guard = await stall.person("sam"), await stall.person("max")
    await BrandMember(brand=stage.brand_id, person=sam.id, since=clock.now() - timedelta(days=30)).save()

    async def reported(order: str, person: UUID | None = None) -> str:
        clicked = await click(stage)
        if person:
            at = clock.now() - timedelta(hours=1)
            await Touch(id=UUID(clicked), creator=stage.creator_id, person=person, visitor="v", kind="link_click", at=at).save()
        line = SoldLine(sku=stage.pan.choices[0].sku, quantity=1, net_minor=4900)
        sale = Sale(order=order, currency="EUR", happened_at=clock.now(), lines=[line], click=clicked)
        return (await conversions.report_sale(brand_id=stage.brand_id, sale=sale, source="api")).reason

    assert await reported("1") == Reason.CLICK_IN_WINDOW
    assert await reported("2", stage.nour.id) == Reason.SELF_REFERRAL
    assert await reported("3", sam.id) == Reason.BRAND_MEMBER
    await sanctions.ban(person_id=stage.nour.id, place="", reason="Sold what is not hers.", by=guard)
    assert await reported("4") == Reason.CREATOR_BANNED
