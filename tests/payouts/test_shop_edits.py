"""Orders of a brand's own shop that are changed after the sale: the credit and the books follow them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import permutations
from typing import Any

import httpx
import pytest

from creators import conversion_desk, shop_refusals
from creators.conversion_tables import Conversion, ConversionLine, ConversionReturn, ShopConnection, ShopKind
from creators.link_tables import PromoCode
from foundation import clock
from foundation.tables import AuditEntry
from payouts import brand_invoice_lists, brand_invoices, invariants, off_platform, trace_ids, trace_shop
from payouts.off_platform_tables import BrandInvoice, ShopCommission
from tests.creators import shop_papers
from tests.creators.shop_papers import edited, shopify_edit, shopify_line, shopify_refund, woo_refund
from tests.creators.test_shop_news import Send
from tests.creators.test_shop_news import shop as connected
from tests.payouts.shop_sales import Shop, next_month, shop

NUMBER = "820982911946154508"


@pytest.fixture
async def sold(db: None) -> Shop:
    return await shop()


def order(sold: Shop) -> dict[str, Any]:
    pan, pot = sold.stage.products
    return shop_papers.shopify_order(pan.choices[0].sku, pot.choices[0].sku)


async def kept_lines() -> dict[str, int]:
    """Minor units that are left of each article, by title."""
    left: dict[str, int] = {}
    for line in await ConversionLine.objects().order_by(ConversionLine.title):
        left[line.title] = left.get(line.title, 0) + line.net_minor - line.returned_minor
    return left


async def accept(sold: Shop) -> None:
    [sale] = await Conversion.objects()
    await sold.accept(sale.id)


async def said(send: Send, topic: str, paper: Any) -> str:
    answer = (await send(topic, paper)).text
    for sale in await Conversion.objects():
        await off_platform.fold(conversion_id=sale.id)
    return answer


async def test_the_books_follow_an_edit_of_an_accepted_order_down_and_up(client: httpx.AsyncClient, sold: Shop) -> None:
    send, placed = await connected(client, sold.stage, ShopKind.SHOPIFY), order(sold)
    assert await said(send, "orders/paid", placed) == "kept"
    await accept(sold)
    assert (await sold.nour()).pending.minor == 1800  # 10 % of 180.00
    removed = edited(placed, current={3: 0})
    assert [await said(send, "orders/updated", removed) for _ in range(2)] == ["kept", "known"]
    assert (await sold.nour()).pending.minor == 900
    pot = shopify_line(9, sold.stage.products[1].choices[0].sku, "Stock pot Berthe", 1, "120.00", "", "20.00")
    lid = shopify_line(11, "LID-1", "Lid", 1, "24.00", "", "4.00")
    added = edited(removed, added=[pot, lid])
    assert [await said(send, "orders/updated", added) for _ in range(2)] == ["kept", "known"]
    assert await kept_lines() == {"Lid": 2000, "Saucepan Alma": 9000, "Stock pot Berthe": 10000}
    assert (await sold.nour()).pending.minor == 1900
    [outside] = await ConversionLine.objects().where(ConversionLine.title == "Lid")
    assert (outside.terms, outside.reason) == (None, "outside_brief")
    [shown] = await conversion_desk.conversions_of_brand(brand_id=sold.stage.brand_id, by=sold.stage.ada)
    assert (shown.net_minor, shown.returned_minor, shown.outside) == (30000, 9000, ["Lid"])
    assert await AuditEntry.count().where(AuditEntry.action == "conversion.edit") == 1
    assert all(proof.holds for proof in await invariants.check())


async def test_any_order_of_arrival_ends_in_the_same_books(client: httpx.AsyncClient, sold: Shop) -> None:
    send, ends = await connected(client, sold.stage, ShopKind.SHOPIFY), set()
    placed = order(sold)
    removed = edited(placed, current={3: 0})
    goodwill = shopify_refund(7, adjustments=[("refund_discrepancy", "-126.00", "0.00")], paid="126.00")
    news = [("orders/paid", placed), ("orders/updated", removed), ("orders/updated", {**removed, "refunds": [goodwill]})]
    for number, turn in enumerate(permutations(news)):
        for topic, paper in turn:
            await send(topic, {**paper, "id": number + 1})
        [sale] = await Conversion.objects().where(Conversion.shop_order == str(number + 1))
        lines = await ConversionLine.objects().where(ConversionLine.conversion == sale.id).order_by(ConversionLine.sku)
        ends.add(tuple((line.title, line.net_minor - line.returned_minor) for line in lines))
    # 108.00 were owed for the pot; 18.00 of the 126.00 are goodwill on the pans of 108.00.
    assert ends == {(("Saucepan Alma", 7500), ("Stock pot Berthe", 0))}


async def test_an_edit_after_the_invoice_is_credit_and_its_added_line_goes_on_the_next(
    client: httpx.AsyncClient, sold: Shop
) -> None:
    send, placed = await connected(client, sold.stage, ShopKind.SHOPIFY), order(sold)
    await said(send, "orders/paid", placed)
    await accept(sold)
    with clock.shifted(next_month()):
        await brand_invoices.issue_due()
        pot = shopify_line(9, sold.stage.products[1].choices[0].sku, "Stock pot Berthe", 1, "120.00", "", "20.00")
        await said(send, "orders/updated", edited(placed, current={1: 1}, added=[pot]))
    rows = await ShopCommission.objects()
    [invoice] = await BrandInvoice.objects()
    assert {line.order for line in await brand_invoice_lists.lines_of(invoice_id=invoice.id)} == {"#1001"}
    for asked in ("#1001", NUMBER):
        known = await trace_ids.find(asked)
        assert {(one.number, one.sale_id) for one in known.found} == {("#1001", row.id) for row in rows}
    traced = await trace_shop.shop_trace(rows[0].id)
    assert (traced.number if traced else "") == "#1001"
    assert sorted((row.net_minor, row.returned_minor, row.invoice is None) for row in rows) == [
        (9000, 0, False),
        (9000, 4500, False),
        (10000, 0, True),
    ]
    assert all(proof.holds for proof in await invariants.check())


async def test_an_added_article_of_the_brief_credits_an_order_that_credited_nobody(client: httpx.AsyncClient, sold: Shop) -> None:
    send, placed = await connected(client, sold.stage, ShopKind.SHOPIFY), order(sold)
    lid = shopify_line(11, "LID-1", "Lid", 1, "24.00", "", "4.00")
    assert await said(send, "orders/paid", {**placed, "line_items": [lid]}) == "kept"
    [sale] = await Conversion.objects()
    assert (sale.creator, sale.reason) == (None, "outside_brief")
    assert await said(send, "orders/updated", edited({**placed, "line_items": [lid]}, added=placed["line_items"][:1])) == "kept"
    [sale] = await Conversion.objects()
    assert (sale.creator, sale.rule, sale.reason, sale.net_minor) == (sold.stage.creator_id, "code", "code_named", 11000)


async def test_an_edit_is_credited_by_what_held_when_the_order_was_placed(client: httpx.AsyncClient, sold: Shop) -> None:
    send, placed = await connected(client, sold.stage, ShopKind.SHOPIFY), order(sold)
    only_pans = {**placed, "line_items": placed["line_items"][:1]}
    await said(send, "orders/paid", only_pans)
    await PromoCode.update({PromoCode.ended_at: clock.now() + timedelta(seconds=1)}, force=True)
    with clock.shifted(timedelta(days=1)):
        stolen = edited(only_pans, added=placed["line_items"][1:], discount_codes=[{"code": "THIEF"}])
        assert await said(send, "orders/updated", stolen) == "refused: report_differs"
    assert {line.reason for line in await ConversionLine.objects()} == {"code_named"}
    assert await kept_lines() == {"Saucepan Alma": 9000, "Stock pot Berthe": 9000}
    [refused] = await shop_refusals.refusals_of(brand_id=sold.stage.brand_id, by=sold.stage.ada)
    assert (refused.code, refused.order) == ("report_differs", "#1001")


async def test_an_edit_that_is_told_without_its_order_is_asked_for_and_then_said_to_the_brand(
    client: httpx.AsyncClient, sold: Shop
) -> None:
    send, placed = await connected(client, sold.stage, ShopKind.SHOPIFY), order(sold)
    assert await said(send, "orders/edited", shopify_edit(placed)) == "ignored"
    await said(send, "orders/paid", placed)
    edit = shopify_edit(placed)
    early = await send("orders/edited", edit)
    assert (early.status_code, early.text) == (503, "order_awaited")
    await said(send, "refunds/create", shopify_refund(20, paid="6.00", delivery=["6.00"]))
    assert (await send("orders/edited", edit)).status_code == 503, "a refund does not tell what was edited"
    with clock.shifted(timedelta(minutes=11)):
        assert await said(send, "orders/edited", edit) == "refused: edit_untold"
        await said(send, "orders/updated", edited(placed))
        assert await said(send, "orders/edited", edit) == "known"
    [refused] = await shop_refusals.refusals_of(brand_id=sold.stage.brand_id, by=sold.stage.ada)
    assert (refused.code, refused.order) == ("edit_untold", "#1001")


async def test_an_order_of_before_the_shop_was_connected_is_no_sale_because_it_changes(
    client: httpx.AsyncClient, sold: Shop
) -> None:
    send, placed = await connected(client, sold.stage, ShopKind.SHOPIFY), order(sold)
    await ShopConnection.update({ShopConnection.created_at: clock.now() + timedelta(minutes=1)}, force=True)
    assert await said(send, "orders/updated", placed) == "ignored"
    await ShopConnection.update({ShopConnection.created_at: clock.now() - timedelta(minutes=1)}, force=True)
    assert await said(send, "orders/updated", placed) == "kept"
    assert await said(send, "orders/paid", placed) == "known"


async def test_two_refunds_at_once_and_more_than_was_paid_take_back_what_was_there(client: httpx.AsyncClient, sold: Shop) -> None:
    send, placed = await connected(client, sold.stage, ShopKind.SHOPIFY), order(sold)
    await said(send, "orders/paid", placed)
    await accept(sold)
    pans, pot = placed["line_items"]
    papers = [
        shopify_refund(20, lines=[(pans, 2, "108.00", "18.00")], paid="108.00"),
        shopify_refund(30, lines=[(pans, 1, "54.00", "9.00"), (pot, 1, "108.00", "18.00")], paid="162.00"),
        shopify_refund(40, adjustments=[("refund_discrepancy", "-500.00", "0.00")], paid="500.00"),
    ]
    answers = await asyncio.gather(*(send("refunds/create", paper) for paper in papers for _ in range(2)))
    assert {answer.status_code for answer in answers} == {200}
    assert await said(send, "refunds/create", papers[0]) == "known"
    assert await kept_lines() == {"Saucepan Alma": 0, "Stock pot Berthe": 0}
    assert (await sold.nour()).pending.minor == 0
    assert sum(row.net_minor for row in await ConversionReturn.objects()) == 18000
    assert all(proof.holds for proof in await invariants.check())


async def test_an_order_that_was_reported_by_program_takes_refunds_of_shopify_and_no_other_goods(
    client: httpx.AsyncClient, sold: Shop
) -> None:
    send, placed = await connected(client, sold.stage, ShopKind.SHOPIFY), order(sold)
    made = await sold.sale(10_000)
    await Conversion.update({Conversion.shop_order: NUMBER}).where(Conversion.id == made)
    assert await said(send, "orders/updated", placed) == "refused: report_differs"
    assert await kept_lines() == {"Saucepan Alma": 10_000}
    paper = shopify_refund(20, lines=[(placed["line_items"][0], 1, "54.00", "9.00")], paid="54.00")
    paper["refund_line_items"][0]["line_item_id"] = None
    assert await said(send, "refunds/create", paper) == "kept"
    assert await kept_lines() == {"Saucepan Alma": 5_000}


async def test_woocommerce_edits_cancels_and_revives_an_order(client: httpx.AsyncClient, sold: Shop) -> None:
    send = await connected(client, sold.stage, ShopKind.WOOCOMMERCE)
    pan, pot = sold.stage.products

    def paper(minutes: int, **changes: Any) -> dict[str, Any]:
        told = (clock.now() + timedelta(minutes=minutes)).replace(tzinfo=None).isoformat(timespec="seconds")
        return {**placed, "date_modified_gmt": told, **changes}

    placed = shop_papers.woo_order(pan.choices[0].sku, pot.choices[0].sku)
    assert await said(send, "order.created", placed) == "kept"
    await accept(sold)
    smaller = paper(1, line_items=placed["line_items"][:1], total="114.00")
    assert [await said(send, "order.updated", smaller) for _ in range(2)] == ["kept", "known"]
    assert (await sold.nour()).pending.minor == 900
    assert await said(send, "order.updated", placed) == "known"  # an older writing that was late
    assert await said(send, "order.updated", paper(2, status="cancelled")) == "kept"
    assert (await sold.nour()).pending.minor == 0
    assert await said(send, "order.updated", paper(3, status="completed")) == "kept"
    assert await said(send, "order.updated", paper(4, refunds=[woo_refund(9, "6.00"), woo_refund(10, "21.60")])) == "kept"
    assert await kept_lines() == {"Saucepan Alma": 8100, "Stock pot Berthe": 8100}
    assert (await sold.nour()).pending.minor == 1620
    assert all(proof.holds for proof in await invariants.check())
