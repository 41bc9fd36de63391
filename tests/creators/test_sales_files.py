"""Files, pixels and refused reports: sales of shops that cannot call us with a program, and what they read of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest

from creators import codes, conversion_files, conversion_uploads, conversions, shops
from creators.api.pixel import sign
from creators.conversion_files import Unreadable
from creators.conversion_tables import Conversion, ConversionLine, ConversionUpload, ShopKind
from creators.conversion_uploads import FileEmpty, FileTooLarge
from foundation import clock
from foundation.errors import NotFound
from tests import factories
from tests.cast import Cast
from tests.factories import Stage
from tests.marketplace import stall

HEAD = "order,date,currency,sku,quantity,net,code,title\n"


async def stage_with_code() -> Stage:
    with clock.shifted(-timedelta(days=20)):
        stage = await factories.stage()
        await codes.give_code(collaboration_id=stage.collaboration_id, code="NOUR10", by=stage.ada)
    return stage


async def sent(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]


async def upload(stage: Stage, text: str | bytes) -> UUID:
    content = text if isinstance(text, bytes) else text.encode()
    return await conversion_uploads.receive(brand_id=stage.brand_id, name="sales.csv", content=sent(content), by=stage.ada)


async def worked_off(stage: Stage, text: str | bytes) -> conversion_uploads.UploadShown:
    made = await upload(stage, text)
    await conversion_uploads.work_off(upload_id=made)
    return await conversion_uploads.upload_of(upload_id=made, brand_id=stage.brand_id, by=stage.ada)


def row(stage: Stage, order: object, **cells: str) -> str:
    given = {
        "date": (clock.now() - timedelta(days=2)).isoformat(timespec="seconds"),
        "currency": "EUR",
        "sku": stage.pan.choices[0].sku,
        "quantity": "1",
        "net": "49.17",
        "code": "nour10",
        "title": "Saucepan",
        **cells,
    }
    return ",".join([str(order), *given.values()]) + "\n"


async def test_a_file_credits_its_orders_and_says_of_each_row_what_was_wrong(db: None) -> None:
    stage = await stage_with_code()
    text = (
        HEAD
        + row(stage, 1)
        + row(stage, 1, net="10.00", sku="GIFT")
        + row(stage, 2, net="much")
        + "\n"
        + row(stage, 3, quantity="0")
    )
    text += row(stage, 4, date="yesterday") + row(stage, 5, currency="XXX") + row(stage, 1) + row(stage, 6, date="2020-01-01")
    done = await worked_off(stage, text)
    assert (done.made, done.repeated, done.refused, done.error) == (1, 0, 6, "")
    assert (done.bytes_done, done.rows) == (done.bytes_total, 9)
    problems = await conversion_uploads.problems_of(upload_id=done.id)
    assert [(one.row, one.order, one.code) for one in problems] == [
        (4, "2", "net_invalid"),
        (6, "3", "quantity_invalid"),
        (7, "4", "date_invalid"),
        (8, "5", "currency_unknown"),
        (9, "1", "report_differs"),
        (10, "6", "moment_invalid"),
    ]
    [kept] = await Conversion.objects()
    assert (kept.net_minor, kept.rule, kept.source) == (5917, "code", "csv")


async def test_the_same_file_again_changes_nothing(db: None) -> None:
    stage = await stage_with_code()
    text = HEAD + "".join(row(stage, number) for number in range(1200))
    first, again = await worked_off(stage, text), await worked_off(stage, text)
    assert (first.made, again.made, again.repeated) == (1200, 0, 1200)
    assert await ConversionLine.count() == 1200


async def test_a_killed_job_goes_on_where_it_stood_and_two_at_once_do_the_work_once(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = await stage_with_code()
    made = await upload(stage, HEAD + "".join(row(stage, number) for number in range(1700)))
    batches = 0

    async def dies_in_the_second_batch(**given: Any) -> Any:
        nonlocal batches
        batches += 1
        if batches == 2:
            raise KeyboardInterrupt
        return await conversions.report_many(**given)

    monkeypatch.setattr("creators.conversion_uploads.report_many", dies_in_the_second_batch)
    with pytest.raises(KeyboardInterrupt):
        await conversion_uploads.work_off(upload_id=made)
    monkeypatch.undo()
    half = await conversion_uploads.upload_of(upload_id=made, brand_id=stage.brand_id, by=stage.ada)
    assert (half.made, half.finished_at) == (500, None)
    await conversion_uploads.work_off(upload_id=made)
    await conversion_uploads.work_off(upload_id=made)
    done = await conversion_uploads.upload_of(upload_id=made, brand_id=stage.brand_id, by=stage.ada)
    assert (done.made, done.repeated, done.refused, done.rows) == (1700, 0, 0, 1700)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"a;b;c\n1;2;3\n", "columns_missing"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 500, "columns_missing"),
        (b"<html>\n", "columns_missing"),
    ],
)
async def test_a_file_that_is_none_says_so(db: None, content: bytes, error: str) -> None:
    stage = await stage_with_code()
    done = await worked_off(stage, content)
    assert (done.error, done.made, done.finished_at is not None) == (error, 0, True)


async def test_semicolons_french_amounts_and_windows_letters_are_read(db: None) -> None:
    stage = await stage_with_code()
    date = (clock.now() - timedelta(days=1)).date().isoformat()
    text = f"order;date;currency;sku;quantity;net;title\nA;{date};EUR;{stage.pan.choices[0].sku};2;98,33;Poêle\n"
    done = await worked_off(stage, text.encode("cp1252"))
    [line] = await ConversionLine.objects()
    assert (done.made, line.title, line.net_minor) == (1, "Poêle", 9833)


async def test_nothing_and_too_much_are_refused(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = await stage_with_code()
    with pytest.raises(FileEmpty):
        await upload(stage, b"")
    monkeypatch.setattr(conversion_uploads, "LARGEST", 1500)
    with pytest.raises(FileTooLarge):
        await upload(stage, b"x" * 2000)
    assert await ConversionUpload.count() == 0


def test_a_quotation_mark_that_never_closes_costs_some_rows_and_no_memory(tmp_path: Path) -> None:
    file = tmp_path / "open.csv"
    file.write_text(HEAD + 'A,"never closed\n' + "B,2026-11-20,EUR,S,1,1.00,,\n" * 5000)
    found = list(conversion_files.groups(file))
    assert any(problem.code == "row_unreadable" for group in found for problem in group.problems)
    assert found[-1].done == file.stat().st_size
    with pytest.raises(Unreadable):
        empty = tmp_path / "empty.csv"
        empty.write_text("\n")
        list(conversion_files.groups(empty))


async def test_a_brand_sends_a_file_on_its_page_and_reads_the_problems_without_formulas(server: str, cast: Cast) -> None:
    stage = await stage_with_code()
    ada = await cast.client(stage.ada)
    assert "No file yet" in (await ada.get("/brand/conversions/files")).text
    content = (HEAD + row(stage, "=1+1") + row(stage, "=HYPERLINK(1)", net="@much")).encode()
    answer = await ada.post("/brand/conversions/files", files={"file": ("sales.csv", content, "text/csv")})
    assert answer.status_code == 303
    here = answer.headers["location"]
    await conversion_uploads.work_off(upload_id=UUID(here.rsplit("/", 1)[1]))
    page = (await ada.get(here)).text
    assert "Rows that were not taken" in page
    assert "&#39;" not in page.split("<table")[0]
    text = (await ada.get(f"{here}/problems.csv")).text
    assert "'=HYPERLINK(1)" in text
    assert "'@much" in text
    assert (await ada.post("/brand/conversions/files")).status_code == 422
    bruno = await stall.person("bruno")
    await stall.brand(bruno, name="Velours")
    other = await cast.client(bruno)
    assert [(await other.get(path)).status_code for path in (here, f"{here}/problems.csv")] == [404, 404]
    with pytest.raises(NotFound):
        await upload(Stage(**{**vars(stage), "ada": bruno}), b"x")


async def test_a_signed_pixel_keeps_the_sale_once_and_a_forged_one_nothing(server: str) -> None:
    stage = await stage_with_code()
    key, secret = await shops.connect_shop(
        brand_id=stage.brand_id, kind=ShopKind.API, name="Shop", host="shop.cuivre.example", by=stage.ada
    )
    moment = int(clock.now().timestamp())
    line = quote(f"{stage.pan.choices[0].sku}:2:9833")
    query = f"order=100042&t={moment}&currency=EUR&line={line}&code=nour10"
    async with httpx.AsyncClient(base_url=server) as buyer:

        async def load(text: str, shop: object = key) -> str:
            answer = await buyer.get(f"/pixel/{shop}.gif?{text}")
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
            assert "set-cookie" not in answer.headers
            return str(answer.headers["fanfare-said"])

        signed = f"{query}&sig={sign(secret, query)}"
        assert [await load(signed), await load(signed)] == ["kept", "known"]
        assert await load(signed.replace("9833", "9999")) == "signature_invalid"
        assert await load(query) == "signature_invalid"
        assert await load(signed, "nobody") == "signature_invalid"
        broken = "order=1&t=x"
        assert await load(f"{broken}&sig={sign(secret, broken)}") == "unreadable"
        other = query.replace("nour10", "thief")
        assert await load(f"{other}&sig={sign(secret, other)}") == "report_differs"
    [kept] = await Conversion.objects()
    assert (kept.net_minor, kept.rule, kept.source) == (9833, "code", "pixel")


async def test_partial_refunds_of_woocommerce_take_back_their_share_once_each(server: str) -> None:
    stage = await stage_with_code()
    connection, secret = await shops.connect_shop(
        brand_id=stage.brand_id, kind=ShopKind.WOOCOMMERCE, name="W", host="shop.cuivre.example", by=stage.ada
    )
    moment = clock.now().replace(tzinfo=None).isoformat(timespec="seconds")
    skus = [stage.pan.choices[0].sku, stage.products[1].choices[0].sku]
    order: dict[str, Any] = {
        "id": 727,
        "status": "completed",
        "currency": "EUR",
        "total": "120.00",
        "date_created_gmt": moment,
        "date_paid_gmt": moment,
        "coupon_lines": [{"code": "nour10"}],
        "line_items": [
            {"sku": skus[0], "product_id": 93, "name": "Pan", "quantity": 1, "total": "33.33"},
            {"sku": skus[1], "product_id": 94, "name": "Pot", "quantity": 1, "total": "66.67"},
        ],
    }
    async with httpx.AsyncClient(base_url=server) as shop:

        async def send(payload: object) -> str:
            body = json.dumps(payload).encode()
            signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
            headers = {"x-wc-webhook-topic": "order.updated", "x-wc-webhook-signature": signature}
            return (await shop.post(f"/webhooks/woocommerce/{connection}", content=body, headers=headers)).text

        assert await send(order) == "kept"
        first = [{"id": 1, "total": "-40.00"}]
        assert [await send({**order, "refunds": first}) for _ in range(2)] == ["kept", "known"]
        assert sum(line.returned_minor for line in await ConversionLine.objects()) == 3333
        rest = [*first, {"id": 2, "total": "-80.00"}]
        assert await send({**order, "status": "refunded", "refunds": rest}) == "kept"
        assert await send({**order, "status": "refunded", "refunds": rest}) == "known"
    assert all(line.returned_minor == line.net_minor for line in await ConversionLine.objects())


async def test_what_a_shop_reports_and_we_refuse_stands_before_the_brand(server: str, cast: Cast) -> None:
    stage = await stage_with_code()
    connection, secret = await shops.connect_shop(
        brand_id=stage.brand_id, kind=ShopKind.SHOPIFY, name="S", host="cuivre.myshopify.com", secret="shpss", by=stage.ada
    )
    refund = {
        "id": 9,
        "order_id": 4711,
        "created_at": (clock.now() - timedelta(hours=1)).isoformat(),
        "refund_line_items": [{"quantity": 1, "line_item": {"sku": "S", "variant_id": 1}}],
    }
    body = json.dumps(refund).encode()
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    async with httpx.AsyncClient(base_url=server) as shop:
        for _again in range(2):
            headers = {"x-shopify-topic": "refunds/create", "x-shopify-hmac-sha256": signature}
            assert (
                await shop.post(f"/webhooks/shopify/{connection}", content=body, headers=headers)
            ).text == "refused: not_found"
    page = (await (await cast.client(stage.ada)).get("/brand/conversions")).text
    assert "4711" in page
    assert "The order of this return was never reported" in page
