"""What a show brought its creator and its brand: the same cents as in the ledger, each with its day (docs/money.md, chapter 15)."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from foundation import clock
from foundation.errors import NotFound
from foundation.money import Money
from marketplace.tables import RefundStatus
from payouts import clawbacks, earnings, runs, show_dates, show_settlements
from payouts.show_settlements import Settlement, Share, Whose
from payouts.tables import PayeeKind
from tests.cast import Cast
from tests.factories import creator as another_creator
from tests.marketplace import stall
from tests.payouts import facts
from tests.payouts.facts import Market
from tests.payouts.ready import Ready, approved, ready
from tests.stand_ins import StandIn


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


async def settled(market: Market) -> tuple[Settlement, Settlement]:
    mine = await show_settlements.own(market.show.id, "EUR", whose=Whose(creator=market.creator.id))
    theirs = await show_settlements.own(market.show.id, "EUR", whose=Whose(brand=market.brand.id))
    return mine, theirs


async def summed(market: Market, whose: Whose) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in await show_dates.dates(market.show.id, "EUR", whose=whose):
        found[one.state] = found.get(one.state, 0) + one.amount.minor
    return found


@pytest.fixture
async def house(db: None, stripe_sandbox: StandIn) -> Ready:
    return await ready(stripe_sandbox)


async def test_the_parts_are_those_of_the_ledger_from_the_sale_to_the_payout(house: Ready) -> None:
    market = house.market
    await house.sale(12000)
    waiting = await house.sale(6000, released=False)
    await house.books()
    await clawbacks.claw_back(refund_id=await waiting.refund({0: 3000}, status=RefundStatus.SENDING))
    await approved(house)
    mine, theirs = await settled(market)
    creator, brand = await house.creator(), await house.brand()
    assert mine.creator_share.left == creator.pending + creator.available + creator.in_payout == eur(2500)
    assert theirs.brand_share.left == brand.pending + brand.available + brand.in_payout
    assert theirs.gross - theirs.refunded == theirs.creator_share.left + theirs.brand_share.left + theirs.fee + theirs.fee_vat
    assert (mine.gross, mine.refunded) == (theirs.gross, theirs.refunded) == (eur(18000), eur(3000))
    for whose, share, held in (
        (Whose(creator=market.creator.id), mine.creator_share, creator),
        (Whose(brand=market.brand.id), theirs.brand_share, brand),
    ):
        parts = await summed(market, whose)
        assert parts == {"pending": held.pending.minor, "in_payout": held.in_payout.minor}
        assert sum(parts.values()) == share.left.minor
        assert isinstance(share, Share)
    days = [one.day for one in await show_dates.dates(market.show.id, "EUR", whose=Whose(brand=market.brand.id))]
    assert days == sorted(day for day in days if day is not None)


async def test_a_draft_alone_changes_nothing_and_a_stranger_has_no_part(db: None) -> None:
    market = await facts.market()
    for kind, account in ((PayeeKind.CREATOR, "acct_1"), (PayeeKind.BRAND, "acct_2")):
        await market.payee(kind, account)
    await earnings.credit_sale(order_id=(await market.order(60_000, paid_at=clock.now() - timedelta(days=15))).order_id)
    await earnings.release_due()
    await runs.draft(by=await facts.person("fay"))
    assert await summed(market, Whose(creator=market.creator.id)) == {"available": 5000}
    with pytest.raises(NotFound):
        await show_settlements.own(market.show.id, "EUR", whose=Whose(creator=uuid4()))
    with pytest.raises(NotFound):
        await show_settlements.own(uuid4(), "EUR", whose=Whose(brand=market.brand.id))
    assert await show_settlements.latest("EUR", whose=Whose(brand=uuid4())) == []
    (line,) = await show_settlements.latest("EUR", whose=Whose(creator=market.creator.id))
    assert (line.id, line.commission) == (market.show.id, eur(5000))


async def test_both_sides_open_their_own_page_and_nobody_elses(server: str, cast: Cast) -> None:
    market = await facts.market()
    await earnings.credit_sale(order_id=(await market.order(6000)).order_id)
    nour, ada = await cast.client(market.nour), await cast.client(market.ada)
    for client, here in ((nour, "/studio/earnings/shows"), (ada, "/brand/money/shows")):
        assert f"{here}/{market.show.id}" in (await client.get(here)).text
        page = (await client.get(f"{here}/{market.show.id}")).text
        assert "Le bouillon du dimanche" in page
        assert "60.00" in page
    assert "5.00" in (await nour.get(f"/studio/earnings/shows/{market.show.id}")).text
    assert "Platform fee" not in (await nour.get(f"/studio/earnings/shows/{market.show.id}")).text
    chloe = await cast.chloe()
    await another_creator(chloe, "chloe")
    bruno = await cast.bruno()
    await stall.brand(bruno, "Velours", "knitting")
    for person, here in ((chloe, "/studio/earnings/shows"), (bruno, "/brand/money/shows")):
        client = await cast.client(person)
        assert (await client.get(f"{here}/{market.show.id}")).status_code == 404
        assert "No show has sold anything yet" in (await client.get(here)).text
