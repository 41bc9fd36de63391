"""Sales in a brand's own shop: who is credited, what is kept once, and what nobody can cheat."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from creators import codes, conversion_desk
from creators.codes import CodeTaken
from creators.conversion_tables import Conversion, ConversionLine, ConversionStatus
from creators.tables import Collaboration, CollaborationStatus
from foundation import api_tokens, clock
from foundation.api_tokens import Scope
from foundation.errors import NotFound, WrongState
from foundation.tables import OutboxMessage
from marketplace.discounts import fold
from marketplace.tables import Variant
from tests import factories
from tests.creators.reported import aged, click, sale, shop_program
from tests.foundation.test_api_tokens import program
from tests.marketplace import stall


async def test_a_code_however_it_is_typed_credits_its_creator(server: str) -> None:
    stage = await factories.stage()
    await codes.give_code(collaboration_id=stage.collaboration_id, code="Nour10", by=stage.ada)
    for number, typed in enumerate(["NOUR10", " nour 10 ", "ｎｏｕｒ１０", "No\u200bur10"]):
        async with await shop_program(server, stage) as shop:
            answer = (await shop.post("/api/v1/conversions", json=sale(stage, order=str(number), code=typed))).json()
        assert (answer["rule"], answer["reason"], answer["creator"]) == ("code", "code_named", "nour.en.cuisine")
    assert fold("ﬀ Straße") == fold("FF STRASSE")
    with pytest.raises(CodeTaken):
        await codes.give_code(collaboration_id=stage.collaboration_id, code="ｎｏｕｒ10", by=stage.ada)


async def test_a_consented_click_inside_the_window_credits_and_the_window_is_half_open(server: str) -> None:
    stage = await aged(window_days=7)
    week = timedelta(days=7)
    cases = [
        (await click(stage, ago=timedelta(hours=1)), {}, "click_in_window"),
        (await click(stage, ago=week - timedelta(seconds=30)), {}, "click_in_window"),
        (await click(stage, ago=week), {}, "outside_window"),
        (await click(stage, consented=False), {}, "no_consent"),
        (await click(stage, consented=False), {"consented": True}, "click_in_window"),
        (await click(stage, kind="bot"), {}, "not_a_person"),
        (await click(stage, ago=-timedelta(minutes=4)), {}, "click_in_window"),
        (await click(stage, ago=-timedelta(minutes=6)), {}, "click_after_sale"),
        (str(uuid4()), {}, "unknown_click"),
        (None, {}, "nothing_given"),
    ]
    async with await shop_program(server, stage) as shop:
        for number, (click_id, more, reason) in enumerate(cases):
            answer = await shop.post("/api/v1/conversions", json=sale(stage, order=str(number), click=click_id, **more))
            assert answer.json()["reason"] == reason, number


async def test_the_code_wins_over_the_click_and_an_ended_one_blocks_nothing(server: str) -> None:
    stage = await aged()
    given = await codes.give_code(collaboration_id=stage.collaboration_id, code="Nour10", by=stage.ada)
    click_id = await click(stage)
    async with await shop_program(server, stage) as shop:
        first = (await shop.post("/api/v1/conversions", json=sale(stage, order="1", code="nour10", click=click_id))).json()
        await codes.end_code(code_id=given, by=stage.ada)
        second = (await shop.post("/api/v1/conversions", json=sale(stage, order="2", code="nour10", click=click_id))).json()
    assert (first["rule"], second["rule"]) == ("code", "click")


async def test_a_report_made_again_is_the_same_and_another_creator_for_the_order_is_refused(server: str) -> None:
    stage = await factories.stage()
    await codes.give_code(collaboration_id=stage.collaboration_id, code="Nour10", by=stage.ada)
    async with await shop_program(server, stage) as shop:
        told = sale(stage, code="Nour10")
        first, again = [(await shop.post("/api/v1/conversions", json=told)).json() for _ in range(2)]
        stolen = await shop.post("/api/v1/conversions", json={**told, "code": "THIEF"})
        dearer = await shop.post("/api/v1/conversions", json={**told, "lines": [{**told["lines"][0], "net_minor": 10**9}]})
    assert first == {**again, "new": True}
    assert [(answer.status_code, answer.json()["code"]) for answer in (stolen, dearer)] == [(409, "report_differs")] * 2
    assert await Conversion.count() == 1


async def test_lines_outside_the_brief_are_kept_and_credited_to_nobody(server: str) -> None:
    stage = await factories.stage()
    await codes.give_code(collaboration_id=stage.collaboration_id, code="Nour10", by=stage.ada)
    lines = [
        {"sku": stage.pan.choices[0].sku, "quantity": 1, "net_minor": 4917},
        {"sku": "GIFT", "quantity": 1, "net_minor": 900},
    ]
    async with await shop_program(server, stage) as shop:
        await shop.post("/api/v1/conversions", json=sale(stage, code="nour10", lines=lines))
    rows = await ConversionLine.objects().order_by(ConversionLine.sku)
    assert [(row.sku, row.reason, row.terms is not None) for row in rows] == [
        ("GIFT", "outside_brief", False),
        (stage.pan.choices[0].sku, "code_named", True),
    ]


@pytest.mark.parametrize(("shift", "status"), [(4, 200), (6, 422), (-91 * 24 * 60, 422), (-89 * 24 * 60, 200)])
async def test_a_clock_that_is_a_little_wrong_is_forgiven(server: str, shift: int, status: int) -> None:
    stage = await factories.stage()
    told = sale(stage, happened_at=(clock.now() + timedelta(minutes=shift)).isoformat())
    async with await shop_program(server, stage) as shop:
        answer = await shop.post("/api/v1/conversions", json=told)
    assert answer.status_code == status
    for kept in await Conversion.objects():
        assert kept.happened_at <= clock.now()


async def test_another_brand_and_an_ended_collaboration_earn_nothing(server: str) -> None:
    stage = await aged()
    click_id = await click(stage)
    bruno = await stall.person("bruno")
    await stall.brand(bruno, name="Velours")
    token = await api_tokens.make_token(name="shop", scopes=list(Scope), days=None, by=bruno)
    async with program(server, token) as shop:
        assert (await shop.post("/api/v1/conversions", json=sale(stage, click=click_id))).json()["reason"] == "other_brand"
    await Collaboration.update(
        {Collaboration.status: CollaborationStatus.ENDED, Collaboration.ended_at: clock.now() - timedelta(minutes=1)}, force=True
    )
    async with await shop_program(server, stage) as shop:
        assert (await shop.post("/api/v1/conversions", json=sale(stage, click=click_id))).json()[
            "reason"
        ] == "collaboration_ended"


async def test_the_brand_accepts_or_declines_once_and_its_silence_of_thirty_days_accepts(server: str) -> None:
    stage = await factories.stage()
    async with await shop_program(server, stage) as shop:
        ids = [UUID((await shop.post("/api/v1/conversions", json=sale(stage, order=str(n)))).json()["id"]) for n in range(3)]
    await conversion_desk.accept(conversion_id=ids[0], brand_id=stage.brand_id, by=stage.ada)
    await conversion_desk.decline(conversion_id=ids[1], brand_id=stage.brand_id, reason="Bought by our own staff.", by=stage.ada)
    with pytest.raises(WrongState):
        await conversion_desk.decline(conversion_id=ids[0], brand_id=stage.brand_id, reason="Changed our mind.", by=stage.ada)
    bruno = await stall.person("bruno")
    brand = await stall.brand(bruno, name="Velours")
    with pytest.raises(NotFound):
        await conversion_desk.accept(conversion_id=ids[2], brand_id=brand.id, by=bruno)
    with clock.shifted(timedelta(days=30) - timedelta(minutes=1)):
        assert await conversion_desk.accept_silent() == 0
    with clock.shifted(timedelta(days=30)):
        assert await conversion_desk.accept_silent() == 1
        assert await conversion_desk.accept_silent() == 0
    rows = {row.id: ConversionStatus(row.status) for row in await Conversion.objects()}
    assert [rows[each].value for each in ids] == ["accepted", "declined", "accepted"]
    assert await OutboxMessage.count().where(OutboxMessage.topic == "ConversionAccepted") == 2


async def test_returns_are_kept_once_and_never_exceed_what_was_sold(server: str) -> None:
    stage = await factories.stage()
    sku = stage.pan.choices[0].sku
    now = clock.now().isoformat()
    async with await shop_program(server, stage) as shop:

        async def back(name: str, **line: int) -> httpx.Response:
            told = {"return_id": name, "order": "100042", "happened_at": now, "lines": [{"sku": sku, **line}] if line else []}
            return await shop.post("/api/v1/returns", json=told)

        assert (await back("r1", quantity=1)).status_code == 404
        await shop.post("/api/v1/conversions", json=sale(stage))
        assert (await back("r1", quantity=1)).json()["new"] is True
        assert (await back("r1", quantity=1)).json()["new"] is False
        assert (await back("r1", quantity=2)).json()["code"] == "return_differs"
        assert (await back("r2", net_minor=4918)).json()["code"] == "return_too_large"
        assert (await back("r3", quantity=2)).json()["code"] == "return_too_large"
        assert (await back("r4")).status_code == 200
        assert (await back("r5", net_minor=1)).json()["code"] == "return_too_large"
    [line] = await ConversionLine.objects()
    assert line.returned_minor == line.net_minor == 9833


async def test_stock_is_set_by_article_all_or_none(server: str) -> None:
    stage = await factories.stage()
    sku = stage.pan.choices[0].sku
    async with await shop_program(server, stage) as shop:
        wrong = await shop.put("/api/v1/stock", json={"units": {sku: 9, "NOPE": 1}})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "articles_unknown")
        assert (await shop.put("/api/v1/stock", json={"units": {sku: 9}})).json() == {"units": {sku: 9}}
    [row] = await Variant.objects().where(Variant.sku == sku)
    assert row.stock == 9


async def test_links_and_codes_are_read_by_programs(server: str) -> None:
    stage = await factories.stage()
    await codes.give_code(collaboration_id=stage.collaboration_id, code="Nour10", by=stage.ada)
    token = await api_tokens.make_token(name="mine", scopes=[Scope.LINKS_READ, Scope.LINKS_WRITE], days=None, by=stage.nour)
    async with program(server, token) as nour:
        made = (await nour.post("/api/v1/links", json={"collaboration_id": str(stage.collaboration_id)})).json()
        [link] = (await nour.get("/api/v1/links")).json()
        assert link["code"] == made["code"]
    async with await shop_program(server, stage) as shop:
        assert [one["code"] for one in (await shop.get("/api/v1/brand/codes")).json()] == ["Nour10"]
        assert datetime.fromisoformat((await shop.get("/api/v1/brand/links")).json()[0]["created_at"]) <= clock.now()


async def test_a_call_that_is_not_as_described_is_told_what_is_wrong_and_where(server: str) -> None:
    stage = await factories.stage()
    whole = sale(stage)
    without = {name: value for name, value in whole.items() if name != "currency"}
    async with await shop_program(server, stage) as shop:
        for body, field, why in (
            (without, "currency", "Object missing required field `currency`"),
            ({**whole, "price": 1}, "price", "Object contains unknown field `price`"),
            ({**whole, "order": 5}, "order", "Expected `str`, got `int`"),
            ({**whole, "happened_at": "2026-11-22T18:00:00"}, "happened_at", "Expected `datetime` with a timezone component"),
        ):
            answer = await shop.post("/api/v1/conversions", json=body)
            [error] = answer.json()["errors"]
            assert (answer.status_code, error["field"], error["detail"]) == (422, field, f"Not as described: {why}")
        for text in ("order=1", '{"order":', ""):
            answer = await shop.post("/api/v1/conversions", content=text)
            assert answer.status_code in {400, 422}, text
            assert "detail" in answer.json()
        assert "Content-Type: application/json" in (await shop.post("/api/v1/conversions", data={"order": "1"})).json()["detail"]
