"""Sellers who are incomplete for the tax office are asked, reminded twice, and wait after 60 days (docs/money.md, chapter 17)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from foundation import clock
from foundation.tables import Mail
from marketplace.tables import Brand
from payouts import earnings, identities, runs, seller_requests, simulation, statements
from payouts.runs import NothingToPay
from payouts.seller_requests import next_step
from payouts.simulation import Block
from payouts.tables import PayeeKind
from payouts.tax_tables import SellerRequest
from tests.payouts import facts
from tests.payouts.facts import Market
from tests.payouts.test_tax_reports import NOUR

CREATOR = PayeeKind.CREATOR


@pytest.fixture
async def market(db: None) -> Market:
    """A sale whose hold has passed; the brand is complete, the creator has said nothing."""
    market = await facts.market()
    await Brand.update({Brand.legal_address: "1 rue", Brand.registration: "732829320"}).where(Brand.id == market.brand.id)
    await market.payee(CREATOR, "acct_nour")
    sale = await market.order(600_000, paid_at=clock.now() - timedelta(days=20))
    await earnings.credit_sale(order_id=sale.order_id)
    await earnings.release_due()
    return market


@pytest.mark.parametrize(
    ("days", "reminders", "due"),
    [(0, 0, False), (19, 0, False), (20, 0, True), (20, 1, False), (40, 1, True), (400, 2, False), (400, 0, True)],
)
def test_reminders_have_their_days(days: int, reminders: int, due: bool) -> None:
    now = clock.now()
    assert next_step(asked_at=now - timedelta(days=days), reminders=reminders, now=now) is due


async def reasons() -> list[Block]:
    return [line.reason for line in (await simulation.simulate()).blocked if line.kind == CREATOR]


async def asked_after(days: int) -> int:
    with clock.shifted(timedelta(days=days)):
        return await seller_requests.ask_due()


async def test_two_reminders_and_sixty_days_come_before_payouts_wait_and_a_word_frees_them(market: Market) -> None:
    assert sum(await asyncio.gather(seller_requests.ask_due(), seller_requests.ask_due())) == 1, "two at once ask once"
    assert [await asked_after(days) for days in (1, 20, 20, 39, 40, 59)] == [0, 1, 0, 0, 1, 0]
    mails = await Mail.objects().order_by(Mail.created_at)
    assert [mail.subject.startswith("Reminder") for mail in mails] == [False, True, True]
    assert "Who you are: name" in mails[0].text
    with clock.shifted(timedelta(days=59)):
        assert await reasons() == []
    with clock.shifted(timedelta(days=60, seconds=5)):
        assert await reasons() == [Block.SELLER_DATA]
        known = await seller_requests.open_of(CREATOR, market.creator.id)
        assert known is not None
        assert (known.waits, known.reminders) == (True, 2)
        shown = await statements.statement(CREATOR, market.creator.id, "EUR")
        assert shown.waits.asked == known
        await identities.declare(told=NOUR, by=market.nour)
        assert await reasons() == []
        assert await seller_requests.open_of(CREATOR, market.creator.id) is None
        assert await seller_requests.ask_due() == 0


async def test_without_both_reminders_nobody_waits(market: Market) -> None:
    """The job was away for months: it asks step by step, and the last word comes before the block."""
    await seller_requests.ask_due()
    assert await asked_after(100) == 1
    with clock.shifted(timedelta(days=100)):
        assert await reasons() == []
        assert await seller_requests.ask_due() == 1
        assert await reasons() == [Block.SELLER_DATA]
        with pytest.raises(NothingToPay):
            await runs.draft(by=market.ada)


async def test_who_is_reported_no_more_is_asked_no_more(market: Market) -> None:
    await seller_requests.ask_due()
    with clock.shifted(timedelta(days=800)):
        assert await seller_requests.ask_due() == 0
    assert await SellerRequest.count().where(SellerRequest.closed_at.is_null()) == 0
