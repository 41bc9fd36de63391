"""Figures: what was direct and what was credited stand apart, sums agree with the rows, and nobody sees another's."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape
from uuid import UUID, uuid4

import pytest
from openpyxl import load_workbook

from creators import conversions, links
from creators.conversions import Sale, SoldLine
from creators.link_tables import Click, TrackingLink
from creators.tables import Show, ShowStatus, Touch
from foundation import clock
from payouts import analytics, clawbacks, earnings
from payouts.analytics import By, Figures, Side, Span
from tests.cast import Cast
from tests.marketplace import stall
from tests.payouts import facts
from tests.payouts.facts import Market
from tests.payouts.shop_sales import shop


def days(back: int = 3) -> Span:
    today = clock.now().date()
    return Span(first=today - timedelta(days=back), last=today + timedelta(days=1), zone="Europe/Paris")


async def rows(market: Market, by: By, side: Side = Side.CREATOR) -> list[Figures]:
    owner = market.creator.id if side is Side.CREATOR else market.brand.id
    return await analytics.figures(side, owner, by, days(), "EUR")


@pytest.fixture
async def market(db: None) -> Market:
    """60.00 in the show, 30.00 outside it, 24.00 in the show that came back whole; 20 % VAT, commission 10 %."""
    market = await facts.market()
    now = clock.now() - timedelta(minutes=30)
    for gross, in_show in ((6000, True), (3000, False), (2400, True)):
        sale = await market.order(gross, in_show=in_show, paid_at=now)
        await earnings.credit_sale(order_id=sale.order_id)
    await clawbacks.claw_back(refund_id=await sale.refund({0: 2400}))
    return market


async def test_direct_and_credited_are_counted_apart(market: Market) -> None:
    for side in Side:
        total = await analytics.total(side, market.creator.id if side is Side.CREATOR else market.brand.id, days(), "EUR")
        assert (total.direct_orders, total.direct.minor) == (2, 7000)
        assert total.orders == 3, "the touch in the show is within the window of the sale outside it, too"
        assert (total.kept, total.revenue.minor, total.commission.minor) == (2, 7500, 750)
        assert total.carts == 2


@pytest.mark.parametrize("by", list(By))
async def test_the_rows_of_each_dimension_add_up_to_the_total(market: Market, by: By) -> None:
    side = Side.BRAND
    total = await analytics.total(side, market.brand.id, days(), "EUR")
    found = await rows(market, by, side)
    if by in {By.LINK, By.CODE}:
        assert found == []
        return
    assert sum(row.revenue.minor for row in found) == total.revenue.minor
    assert sum(row.carts for row in found) == total.carts


async def test_a_shows_own_figures_leave_the_others_out(market: Market) -> None:
    owner = market.creator.id
    inside = await analytics.total(Side.CREATOR, owner, days(), "EUR", show_id=market.show.id)
    elsewhere = await analytics.total(Side.CREATOR, owner, days(), "EUR", show_id=market.terms.id)
    assert inside.direct_orders == 2
    assert (elsewhere.direct_orders, elsewhere.orders, elsewhere.views) == (0, 0, 0)
    assert not await analytics.shows_on_air(Side.CREATOR, market.terms.id)


async def test_links_and_codes_of_a_brands_own_shop_have_their_clicks_sales_and_commission_per_click(db: None) -> None:
    house = await shop()
    await house.sale(10_000)
    await house.sale(5_000, accepted=False)
    link = TrackingLink(
        code="a2bcdef",
        collaboration=house.stage.collaboration_id,
        creator=house.stage.creator_id,
        brand=house.stage.brand_id,
        target="https://x.example",
        created_at=clock.now(),
    )
    await link.save()
    for kind in ("person", "person", "bot"):
        await Click(link=link.id, creator=house.stage.creator_id, at=clock.now(), kind=kind, consented=False).save()
    owner = house.stage.creator_id
    [code] = await analytics.figures(Side.CREATOR, owner, By.CODE, days(), "EUR")
    assert (code.label, code.orders, code.revenue.minor, code.commission.minor) == ("NOUR10", 2, 15_000, 1_500)
    [clicked] = await analytics.figures(Side.CREATOR, owner, By.LINK, days(), "EUR")
    assert (clicked.label, clicked.link_clicks, clicked.orders) == ("/a2bcdef", 2, 0)
    total = await analytics.total(Side.CREATOR, owner, days(), "EUR")
    assert total.per_click is not None
    assert total.per_click.minor == 750


async def test_a_link_has_its_clicks_and_what_was_bought_here_and_in_a_shop_through_it(db: None) -> None:
    house = await shop()
    stage = house.stage
    made = [
        await links.make_link(collaboration_id=stage.collaboration_id, product_id=product.id, by=stage.nour)
        for product in stage.products
    ]
    first, other = [await TrackingLink.objects().get(TrackingLink.code == code) for code in made]
    assert first is not None
    assert other is not None
    clicks = [await clicked(first), await clicked(first), await clicked(other)]
    line = SoldLine(sku=stage.pan.choices[0].sku, quantity=1, net_minor=8_000)
    sale = Sale(order="L-1", currency="EUR", happened_at=clock.now(), lines=[line], click=str(clicks[0]))
    await conversions.report_sale(brand_id=stage.brand_id, sale=sale, source="api")
    await house.sale(10_000)  # by the code, through no link
    for side, owner in ((Side.CREATOR, stage.creator_id), (Side.BRAND, stage.brand_id)):
        found = await analytics.figures(side, owner, By.LINK, days(), "EUR")
        assert [(row.label, row.link_clicks, row.orders, row.revenue.minor, row.commission.minor) for row in found] == [
            (f"/{made[0]}", 2, 1, 8_000, 800),
            (f"/{made[1]}", 1, 0, 0, 0),
        ]
        assert found[0].per_click == stall.euros(400)


async def clicked(link: TrackingLink) -> UUID:
    row = Click(
        id=uuid4(), link=link.id, creator=link.creator, product=link.product, at=clock.now(), kind="person", consented=True
    )
    await row.save()
    return row.id


MINOR = {7, 11, 13, 15}
"""The columns of a book that repeat an amount in minor units."""


def as_text(at: int, cell: object) -> str:
    """A cell of a book as the file writes it: an amount stands before its minor units."""
    return "" if cell is None else f"{float(str(cell)):.2f}" if at + 1 in MINOR else str(cell)


def table_of(page: str) -> list[list[str]]:
    """The rows of the page's table, as they are read."""
    body = page.rsplit("<tbody", 1)[1].split("</tbody", 1)[0]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in body.split("<tr")[1:]]
    return [[unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row] for row in rows]


async def test_the_file_says_what_the_page_shows(market: Market, cast: Cast) -> None:
    ada = await cast.client(market.ada)
    for by in (By.DAY, By.SHOW, By.SLOT, By.PRODUCT, By.CREATOR):
        shown = table_of((await ada.get(f"/brand/figures?by={by}")).text)
        filed = list(csv.reader(io.StringIO((await ada.get(f"/brand/figures.csv?by={by}")).content.decode("utf-8-sig"))))
        assert len(filed) == len(shown) + 1 > 1
        book = load_workbook(io.BytesIO((await ada.get(f"/brand/figures.xlsx?by={by}")).content)).active
        assert book is not None
        rows = [list(enumerate(row)) for row in book.iter_rows(min_row=2, values_only=True)]
        assert [[as_text(at, cell) for at, cell in row if at not in MINOR] for row in rows] == filed[1:]
        for row, cells in zip(filed[1:], shown, strict=True):
            (
                label,
                views,
                products,
                linked,
                carts,
                direct_orders,
                direct,
                orders,
                kept,
                revenue,
                commission,
                per_click,
                currency,
            ) = row
            assert by is By.DAY or cells[0] == (label or "without")
            assert cells[1:4] == [views, str(int(products) + int(linked)), carts]
            assert cells[4:] == [f"{direct_orders} · {direct}", orders, kept, revenue, commission, per_click or "–"]
            assert currency == "EUR"


async def test_while_a_show_is_on_air_the_page_looks_again_and_finds_the_new_sale(market: Market, cast: Cast) -> None:
    ada = await cast.client(market.ada)
    await Show.update({Show.status: ShowStatus.ENDED}, force=True)
    assert 'hx-trigger="every 10s"' not in (await ada.get("/brand/figures")).text
    await Show.update({Show.status: ShowStatus.LIVE}, force=True)
    page = (await ada.get("/brand/figures")).text
    again = unescape(page.split('id="figures" hx-get="', 1)[1].split('"', 1)[0])
    before = (await ada.get(again, headers={"hx-request": "true"})).text
    assert "€75.00" in before
    sale = await market.order(1200, paid_at=clock.now() - timedelta(minutes=1))
    await earnings.credit_sale(order_id=sale.order_id)
    after = (await ada.get(again, headers={"hx-request": "true"})).text
    assert "€85.00" in after
    assert "<html" not in after


async def test_two_shows_of_one_name_are_two_rows(market: Market) -> None:
    await Show.update({Show.starts_at: clock.now().replace(year=2026, month=9, day=1, hour=18, minute=0)}, force=True)
    weekly = await Show.objects().get(Show.id == market.show.id)
    assert weekly is not None
    other = Show(**{**weekly.to_dict(), "id": uuid4(), "slug": "again", "starts_at": weekly.starts_at + timedelta(days=7)})
    await other.save()
    touch = await Touch.objects().order_by(Touch.at).first()
    assert touch is not None
    await Touch.update({Touch.show: other.id}).where(Touch.id == touch.id)
    labels = sorted(row.label for row in await rows(market, By.SHOW) if row.label)
    assert labels == [f"{weekly.title} · 2026-09-01 20:00", f"{weekly.title} · 2026-09-08 20:00"]


async def test_the_pages_show_and_hand_out_figures_only_of_ones_own(server: str, market: Market, cast: Cast) -> None:
    nour, ada = await cast.client(market.nour), await cast.client(market.ada)
    for client, here in ((nour, "/studio/figures"), (ada, "/brand/figures")):
        for by in By:
            assert (await client.get(f"{here}?by={by}")).status_code == 200
        page = (await client.get(here)).text
        assert "€75.00" in page
        text = (await client.get(f"{here}.csv?by=product")).text
        assert "Sauteuse" in text
        assert "75.00" in text
        assert (await client.get(f"{here}?from=2026-11-21&to=2020-01-01")).status_code == 422
        assert (await client.get(f"{here}?from=nonsense")).status_code == 422
    bruno = await stall.person("bruno")
    await stall.brand(bruno, name="Velours")
    assert "€75.00" not in (await (await cast.client(bruno)).get("/brand/figures")).text
