"""A brand's rules in the books: what a credited line pays, the tiers of a month, VAT on both services, bonuses (chapter 13)."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from creators.tables import Show
from foundation import clock, settings
from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money
from marketplace.tables import RefundStatus
from payouts import (
    bonuses,
    clawbacks,
    earnings,
    invariants,
    ledger,
    pricing,
    proofs,
    purses,
    rule_book,
    rule_choices,
    rule_preview,
    vat_parties,
)
from payouts.chart import Account, Code
from payouts.commission_tables import RuleKind, TierMonth
from payouts.purses import Contents
from payouts.rule_book import RuleMoved
from payouts.tables import Commission, PayeeKind
from payouts.vat_matrix import VatStatus
from tests.payouts import facts
from tests.payouts.facts import PAID_AT, Market
from tests.payouts.rulebook import draft, published

pytestmark = pytest.mark.usefixtures("db")


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def at(days: float) -> AbstractContextManager[None]:
    """So many days after the sales."""
    return clock.shifted(PAID_AT + timedelta(days=days) - clock.now())


@pytest.fixture
async def market() -> Market:
    """Terms that promise 10 %; rules are published the day before the sales."""
    return await facts.market()


async def has(market: Market, kind: PayeeKind = PayeeKind.CREATOR) -> Contents:
    owner = market.creator.id if kind == PayeeKind.CREATOR else market.brand.id
    return await purses.contents(kind, owner, "EUR")


async def books_are_true() -> None:
    assert [proof for proof in [*await proofs.verify(), *await invariants.check()] if not proof.holds] == []


async def sold(market: Market, *gross: int, days: float = 0) -> facts.Sale:
    sale = await market.order(*gross, paid_at=PAID_AT + timedelta(days=days))
    await earnings.credit_sale(order_id=sale.order_id)
    return sale


async def test_the_first_rule_pays_and_its_words_are_frozen_on_the_commission(market: Market) -> None:
    with at(-1):
        plan = await published(market, draft(rate_bp=2000, product=market.variant.product))
        await published(market, draft(rate_bp=3000, place=2))
    sale = await sold(market, 6000)
    assert (await has(market)).pending == eur(1000)
    row = await Commission.objects().where(Commission.order == sale.order_id).first()
    assert row is not None
    assert (row.plan, row.rate_bp, row.base_minor) == (plan.id, 2000, 5000)
    snapshot = pricing.frozen(row.snapshot)
    assert (snapshot["rule"]["version"], snapshot["rule"]["rate_bp"], snapshot["rounding"]) == (1, 2000, "half_even")
    await books_are_true()


async def test_later_versions_do_not_touch_what_was_sold(market: Market) -> None:
    with at(-1):
        plan = await published(market, draft(rate_bp=2000))
    with at(0.5):
        await published(market, draft(rule=plan.rule, version=1, rate_bp=5000))
    await sold(market, 6000)
    assert (await has(market)).pending == eur(1000)


async def test_a_flat_amount_follows_refunds_and_ends_at_nothing(market: Market) -> None:
    with at(-1):
        await published(market, draft(RuleKind.FLAT, flat_minor=777))
    sale = await sold(market, 6000)
    assert (await has(market)).pending == eur(777)
    await clawbacks.claw_back(refund_id=await sale.refund({0: 3000}))
    assert (await has(market)).pending == eur(388)
    await clawbacks.claw_back(refund_id=await sale.refund({0: 2999}))
    await clawbacks.claw_back(refund_id=await sale.refund({0: 1}))
    assert (await has(market)).pending == eur(0)
    assert (await has(market, PayeeKind.BRAND)).pending == eur(0)
    await books_are_true()


async def test_only_the_first_purchase_of_a_buyer_is_a_first_sale(market: Market) -> None:
    with at(-1):
        await published(market, draft(rate_bp=4000, first_sale=True))
    await sold(market, 6000)
    assert (await has(market)).pending == eur(2000)
    await sold(market, 6000, days=0.1)
    rates = await Commission.select(Commission.rate_bp)
    assert sorted(row["rate_bp"] for row in rates) == [1000, 4000]


async def test_a_category_is_the_brands_own_word(market: Market) -> None:
    await rule_choices.set_categories(
        brand_id=market.brand.id, categories={str(market.variant.product): " pans ", str(uuid4()): "x"}, by=market.ada
    )
    with at(-1):
        await published(market, draft(rate_bp=3000, category="pans"))
    await sold(market, 6000)
    assert (await has(market)).pending == eur(1500)


TIERS = ((0, 1000), (8_000, 2000), (12_000, 3000))


async def test_tiers_count_what_was_released_and_follow_its_refunds(market: Market) -> None:
    with at(-1):
        await published(market, draft(RuleKind.TIERS, tiers=TIERS))
    first, second, third = await sold(market, 6000), await sold(market, 6000), await sold(market, 6000)
    assert (await has(market)).pending == eur(1500), "until the release the first tier pays"
    with at(14):
        await earnings.release_due()
        assert (await has(market)).available == eur(800 + 800 + 900)
        await books_are_true()
        await clawbacks.claw_back(refund_id=await first.refund({0: 3000}))
        assert (await has(market)).available == eur(800 + 800 + 150)
        await books_are_true()
        for sale in (second, third):
            await clawbacks.claw_back(refund_id=await sale.refund({0: 6000}))
        assert (await has(market)).available == eur(250)
        await books_are_true()
        failing = await first.refund({0: 3000})
        await clawbacks.claw_back(refund_id=failing)
        assert (await has(market)).available == eur(0)
        await facts.stands(failing, RefundStatus.FAILED)
        await clawbacks.claw_back(refund_id=failing)
    assert (await has(market)).available == eur(250)
    ladder = await TierMonth.objects().first()
    assert ladder is not None
    assert (ladder.month, ladder.base_minor, ladder.extra_minor) == ("2026-10", 2500, 0)
    await books_are_true()


async def test_releases_and_refunds_in_tiers_at_once_end_in_true_books(market: Market) -> None:
    with at(-1):
        await published(market, draft(RuleKind.TIERS, tiers=TIERS))
    sales = [await sold(market, 6000, 2500) for _ in range(3)]
    refunds = [await sale.refund({place: 777}) for sale in sales for place in (0, 1)]
    with at(14):
        await asyncio.gather(
            *(clawbacks.claw_back(refund_id=one) for one in refunds), *(earnings.release_due() for _ in range(3))
        )
        await earnings.release_due()
    ladder = await TierMonth.objects().first()
    assert ladder is not None
    assert ladder.extra_minor > 0
    await books_are_true()


async def test_both_services_carry_vat_when_everybody_has_said_who_they_are(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    house = replace(settings.current(), platform_vat_id="FR40303265045")
    monkeypatch.setattr(settings, "current", lambda: house)
    fay = await facts.person("fay")
    await vat_parties.declare(
        kind=PayeeKind.CREATOR, owner=market.creator.id, status=VatStatus.REGISTERED, vat_id="fr 83404833048", by=market.nour
    )
    sale = await sold(market, 6000)
    assert (await has(market)).pending == eur(500), "the VAT id has not been checked yet"
    await vat_parties.confirm(kind=PayeeKind.CREATOR, owner=market.creator.id, vat_id="FR83404833048", by=fay)
    await sold(market, 6000)
    assert (await has(market)).pending == eur(500 + 600)
    assert (await has(market, PayeeKind.BRAND)).pending == eur(5200 + 5100)
    assert await ledger.balance(Account(Code.VAT_PAYABLE), "EUR") == eur(100)
    assert await ledger.balance(Account(Code.PLATFORM_FEE), "EUR") == eur(500)
    await clawbacks.claw_back(refund_id=await sale.refund({0: 6000}))
    assert await ledger.balance(Account(Code.VAT_PAYABLE), "EUR") == eur(50)
    await books_are_true()


async def test_versions_are_only_added_and_nobody_overwrites_another(market: Market) -> None:
    plan = await published(market, draft(rate_bp=2000))
    results = await asyncio.gather(
        *(published(market, draft(rule=plan.rule, version=1, rate_bp=rate)) for rate in (2500, 2600)), return_exceptions=True
    )
    assert sum(isinstance(one, RuleMoved) for one in results) == 1
    with pytest.raises(RuleMoved):
        await rule_book.end(brand_id=market.brand.id, rule=plan.rule, version=1, by=market.ada)
    await rule_book.end(brand_id=market.brand.id, rule=plan.rule, version=2, by=market.ada)
    assert await rule_book.list_of(market.brand.id) == []
    assert [version.plan.version for version in await rule_book.versions(market.brand.id)] == [3, 2, 1]
    async with DB.connection() as connection:
        for change in ("update commission_rule set rate_bp = 1", "delete from commission_rule"):
            with pytest.raises(asyncpg.PostgresError, match="append-only"):
                await connection.execute(change)


async def test_rules_are_their_brands_and_speak_of_its_own_only(market: Market) -> None:
    bruno = await facts.person("bruno")
    with pytest.raises(NotFound):
        await rule_book.publish(brand_id=market.brand.id, draft=draft(rate_bp=2000), by=bruno)
    for foreign in (draft(rate_bp=1, product=uuid4()), draft(rate_bp=1, creator=uuid4()), draft(rate_bp=1, show=uuid4())):
        with pytest.raises(NotFound):
            await published(market, foreign)
    with pytest.raises(NotFound):
        await published(market, draft(rule=uuid4(), version=1, rate_bp=2000))


async def test_a_draft_says_what_last_month_would_have_paid(market: Market) -> None:
    sale = await sold(market, 6000, 3000)
    await sold(market, 6000)
    await clawbacks.claw_back(refund_id=await sale.refund({1: 3000}))
    with at(35):
        found = await rule_preview.preview(brand_id=market.brand.id, draft=draft(rate_bp=2000))
        assert (found.month, found.lines, found.matched) == ("2026-10", 3, 3)
        assert (found.before, found.after) == (eur(1000), eur(2000))
        found = await rule_preview.preview(brand_id=market.brand.id, draft=draft(RuleKind.TIERS, tiers=TIERS))
        assert found.after == eur(800 + 400)
    assert await rule_book.list_of(market.brand.id) == []


async def test_a_fixed_fee_waits_until_the_brand_has_the_money() -> None:
    market = await facts.market(fixed_fee=4000)
    async with DB.connection() as connection:
        await connection.execute("update show set status = 'ended', ended_at = went_live_at + interval '1 hour'")
    for _time in range(2):
        await bonuses.owe_fixed_fee(show_id=market.show.id)
    assert (await has(market)).available == eur(0)
    await sold(market, 6000)
    with at(14):
        await earnings.release_due()
        await asyncio.gather(*(bonuses.book_due() for _ in range(3)))
    assert (await has(market)).available == eur(4500)
    assert (await has(market, PayeeKind.BRAND)).available == eur(1250)
    (line,) = await bonuses.of_creator(market.creator.id)
    assert (line.amount, line.status, line.journal_id is not None) == (eur(4000), "booked", True)
    await books_are_true()


async def test_a_show_that_never_went_on_air_earns_no_fixed_fee() -> None:
    market = await facts.market(fixed_fee=4000)
    async with DB.connection() as connection:
        await connection.execute("update show set status = 'cancelled', went_live_at = null, ended_at = now()")
    await bonuses.owe_fixed_fee(show_id=market.show.id)
    assert await bonuses.of_brand(market.brand.id) == []
    assert await Show.count() == 1


async def test_a_bonus_is_promised_once_and_can_be_taken_back_while_it_waits(market: Market) -> None:
    key = uuid4()
    for _time in range(2):
        await bonuses.promise(
            brand_id=market.brand.id,
            creator_id=market.creator.id,
            net=eur(2500),
            reason="Best show",
            client_key=key,
            by=market.ada,
        )
    (line,) = await bonuses.of_brand(market.brand.id)
    await bonuses.cancel(bonus_id=line.id, brand_id=market.brand.id, by=market.ada)
    with pytest.raises(bonuses.BonusSettled):
        await bonuses.cancel(bonus_id=line.id, brand_id=market.brand.id, by=market.ada)
    bruno = await facts.person("bruno")
    with pytest.raises(NotFound):
        await bonuses.promise(
            brand_id=market.brand.id, creator_id=market.creator.id, net=eur(1), reason="x", client_key=uuid4(), by=bruno
        )
    with pytest.raises(NotFound):
        await bonuses.promise(
            brand_id=market.brand.id, creator_id=uuid4(), net=eur(1), reason="x", client_key=uuid4(), by=market.ada
        )
    await books_are_true()
