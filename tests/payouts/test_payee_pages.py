"""What payees and finance see and choose on the pages of item by item money: rules, statements, schedules, VAT, bonuses, shows."""

from __future__ import annotations

import csv
import io
from uuid import uuid4

import pytest

from foundation.errors import WrongState
from payouts import monthly, rule_book, run_stops, schedules, show_settlements, transfers, vat_parties
from payouts.payee_tables import Schedule
from payouts.tables import PayeeKind
from tests.cast import Cast
from tests.payouts.ready import Ready, approved, ready
from tests.stand_ins import StandIn


@pytest.fixture
async def house(server: str, stripe_sandbox: StandIn) -> Ready:
    """120.00 sold, released: 20.00 for the creator, 95.00 for the brand."""
    house = await ready(stripe_sandbox)
    await house.sale(12000)
    await house.books()
    return house


RULE = {"version": "0", "name": "Pans", "place": "1", "kind": "percent", "rate": "25"}


async def test_a_brand_previews_publishes_follows_and_ends_a_rule(house: Ready, cast: Cast) -> None:
    ada, fay = await cast.client(house.market.ada), await cast.client(house.fay)
    assert "No rules" in (await ada.get("/brand/rules")).text
    assert (await ada.get("/brand/rules/new")).status_code == 200
    preview = (await ada.post("/brand/rules/new", data={**RULE, "do": "preview"})).text
    assert "Last month with this rule" in preview
    assert await rule_book.list_of(house.market.brand.id) == []
    assert (await ada.post("/brand/rules/new", data={**RULE, "rate": "95", "do": "publish"})).status_code == 422
    assert (await ada.post("/brand/rules/new", data={**RULE, "rate": "", "do": "publish"})).status_code == 422
    assert (await ada.post("/brand/rules/new", data={**RULE, "do": "publish"})).status_code == 303
    (version,) = await rule_book.list_of(house.market.brand.id)
    here = f"/brand/rules/{version.plan.rule}"
    assert 'value="25"' in (await ada.get(here)).text
    tiers = {"tier_rate_1": "10", "tier_from_2": "1000", "tier_rate_2": "12,5"}
    sent = {**RULE, "version": "1", "kind": "tiers", **tiers, "do": "publish"}
    assert (await ada.post(here, data=sent)).status_code == 303
    assert (await ada.post(here, data=sent)).status_code == 409
    page = (await ada.get("/brand/rules")).text
    assert "12.5%" in page.replace("\u202f", "").replace(" %", "%")
    assert "Pans" in (await fay.get(f"/finance/rules/{house.market.brand.slug}")).text
    assert f"/finance/rules/{house.market.brand.slug}" in (await fay.get("/finance/rules")).text
    assert (await ada.post(f"{here}/end", data={"version": "2"})).status_code == 303
    assert "Ended" in (await ada.get("/brand/rules")).text


async def test_rules_of_another_brand_and_of_nobody_are_not_there(house: Ready, cast: Cast) -> None:
    await house.market.order(100)
    ada, bruno = await cast.client(house.market.ada), await cast.client(await cast.bruno())
    await ada.post("/brand/rules/new", data={**RULE, "do": "publish"})
    (version,) = await rule_book.list_of(house.market.brand.id)
    assert (await bruno.get(f"/brand/rules/{version.plan.rule}")).status_code in {403, 404}
    assert (await ada.get(f"/brand/rules/{uuid4()}")).status_code == 404
    assert (await bruno.get("/finance/rules")).status_code == 403
    assert (await ada.post("/brand/rules/new", data={**RULE, "product": str(uuid4()), "do": "publish"})).status_code == 404


async def test_categories_are_kept_for_the_brands_products(house: Ready, cast: Cast) -> None:
    ada = await cast.client(house.market.ada)
    product = house.market.variant.product
    assert (await ada.post("/brand/rules/categories", data={f"category_{product}": "Pans"})).status_code == 303
    assert 'value="Pans"' in (await ada.get("/brand/rules/categories")).text


async def test_every_line_of_a_statement_opens_its_postings(house: Ready, cast: Cast) -> None:
    await transfers.execute(run_id=(await approved(house)).id)
    nour, ada, sam = [await cast.client(one) for one in (house.market.nour, house.market.ada, house.market.sam)]
    creator = house.market.creator
    totals = await monthly.months(PayeeKind.CREATOR, creator.id, "EUR")
    assert sum(total.change.minor for total in totals) == totals[0].closing.minor == 0
    month = totals[-1].month
    found = await monthly.statement(PayeeKind.CREATOR, creator.id, "Nour", month, "EUR")
    assert found.opening + found.earned - found.paid == found.closing
    page = (await nour.get(f"/studio/earnings/months/{month}")).text
    for line in found.lines:
        assert f"/studio/earnings/postings/{line.journal_id}" in page
    sale = found.lines[0].journal_id
    own = (await nour.get(f"/studio/earnings/postings/{sale}")).text
    assert "2120 " in own
    assert "4100 " not in own
    assert "2110 " not in own
    rows = list(csv.DictReader(io.StringIO((await nour.get(f"/studio/earnings/months/{month}.csv")).text.lstrip("\ufeff"))))
    assert [int(row["amount_minor"]) for row in rows[1:-1]] == [line.amount.minor for line in found.lines]
    assert rows[1]["postings"].endswith(f"/studio/earnings/postings/{sale}")
    pdf = await nour.get(f"/studio/earnings/months/{month}.pdf")
    assert pdf.content.startswith(b"%PDF-")
    assert (await ada.get(f"/brand/money/months/{month}")).status_code == 200
    assert (await sam.get(f"/studio/earnings/postings/{sale}")).status_code == 404
    assert (await nour.get("/studio/earnings/postings/999999999")).status_code == 404
    assert "Nothing is on hold" in (await nour.get("/studio/earnings/forecast")).text
    for wrong in ("2026-13", "1999-01", "x", f"{month}.exe"):
        assert (await nour.get(f"/studio/earnings/months/{wrong}")).status_code in {404, 422}


async def test_a_payee_chooses_days_minimum_and_vat_and_asks_for_their_money(house: Ready, cast: Cast) -> None:
    nour = await cast.client(house.market.nour)
    here = "/studio/payouts"
    assert (await nour.post(f"{here}/plan", data={"schedule": "on_request", "minimum": "15,00"})).status_code == 303
    plan = await schedules.plan_of(PayeeKind.CREATOR, house.market.creator.id)
    assert (plan.schedule, plan.minimum_minor) == (Schedule.ON_REQUEST, 1500)
    assert (await nour.post(f"{here}/plan", data={"schedule": "hourly", "minimum": "15"})).status_code == 422
    assert (await nour.post(f"{here}/plan", data={"schedule": "weekly", "minimum": "1"})).status_code == 422
    assert "Pay me €20.00" in (await nour.get(here)).text
    assert (await nour.post(f"{here}/ask")).status_code == 303
    assert "Asked for on" in (await nour.get(here)).text
    assert (await nour.post(f"{here}/vat", data={"vat_status": "registered", "vat_id": ""})).status_code == 422
    assert (await nour.post(f"{here}/vat", data={"vat_status": "registered", "vat_id": "FR 83404833048"})).status_code == 303
    profile = await vat_parties.profile_of(PayeeKind.CREATOR, house.market.creator.id)
    assert profile is not None
    assert profile.vat_id == "FR83404833048"
    assert profile.checked_at is None
    fay = await cast.client(house.fay)
    assert "FR83404833048" in (await fay.get("/finance/vat-ids")).text
    place = f"/finance/vat-ids/creator/{house.market.creator.id}"
    assert (await fay.post(place, data={"vat_id": "FR00000000000"})).status_code == 409
    assert (await fay.post(place, data={"vat_id": "FR83404833048"})).status_code == 303
    assert (await nour.post(place, data={"vat_id": "FR83404833048"})).status_code == 403
    assert (await (await cast.client(house.market.sam)).post(f"{here}/plan", data={"schedule": "weekly"})).status_code == 404


async def test_a_brand_promises_a_bonus_and_the_creator_reads_why(house: Ready, cast: Cast) -> None:
    ada, nour = await cast.client(house.market.ada), await cast.client(house.market.nour)
    page = (await ada.get("/brand/money/bonuses")).text
    key = page.split('name="client_key" value="')[1].split('"')[0]
    sent = {"creator": str(house.market.creator.id), "amount": "30", "reason": "Best show", "client_key": key}
    assert (await ada.post("/brand/money/bonuses", data={**sent, "amount": "-1"})).status_code == 422
    for _click in range(2):
        assert (await ada.post("/brand/money/bonuses", data=sent)).status_code == 303
    page = (await nour.get("/studio/earnings")).text
    assert "Best show" in page
    assert "€50.00" in page
    assert (await ada.post(f"/brand/money/bonuses/{uuid4()}/cancel")).status_code == 404


async def test_a_run_is_stopped_with_a_reason_and_shown_item_by_item(house: Ready, cast: Cast) -> None:
    fay = await cast.client(house.fay)
    run = await approved(house)
    here = f"/finance/runs/{run.number}"
    assert (await fay.post(f"{here}/stop", data={"stop_reason": ""})).status_code == 422
    assert (await fay.post(f"{here}/resume")).status_code == 303
    assert (await fay.post(f"{here}/stop", data={"stop_reason": "Wrong month"})).status_code == 303
    assert (await fay.post(f"{here}/stop", data={"stop_reason": "Wrong month"})).status_code == 409
    assert (await fay.get(f"{here}?state=released&after=0")).text.count("data-row") == 2
    assert (await fay.get(f"{here}?state=sent&after=100")).text.count("data-row") == 0
    with pytest.raises(WrongState):
        await run_stops.ask_to_resume(run_id=run.id, by=house.fay)


async def test_the_settlement_of_a_show_adds_up(house: Ready, cast: Cast) -> None:
    await house.sale(6000, released=False)
    await transfers.execute(run_id=(await approved(house)).id)
    found = await show_settlements.settlement(house.market.show.slug, "EUR")
    assert (found.orders, found.gross.minor, found.refunded.minor) == (2, 18000, 0)
    for share in (found.creator_share, found.brand_share):
        assert share.pending + share.available + share.in_payout + share.paid == share.left
    assert found.creator_share.left + found.brand_share.left + found.fee + found.fee_vat == found.gross - found.refunded
    assert (found.creator_share.paid.minor, found.brand_share.paid.minor) == (2000, 9500)
    fay = await cast.client(house.fay)
    assert house.market.show.title in (await fay.get("/finance/shows")).text
    assert "€180.00" in (await fay.get(f"/finance/shows/{house.market.show.slug}")).text
    assert (await fay.get("/finance/shows/nothing")).status_code == 404
