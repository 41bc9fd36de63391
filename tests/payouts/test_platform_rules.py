"""The platform's fee and its commission rules behind those of the brands: two persons, a notice, versions (docs/money.md, chapter 13)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from creators import platform_fees
from creators.platform_fees import FeeVersion
from foundation import clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money
from foundation.tables import Mail, OutboxMessage
from payouts import earnings, invariants, notices, platform_rules, pricing, proofs, purses, rule_book, rule_preview
from payouts.commission_rules import Draft, coming
from payouts.commission_tables import RuleKind, TierMonth
from payouts.exports import BOOKS_ZONE
from payouts.platform_rule_tables import ProposalStatus, RuleProposal
from payouts.platform_rules import NoticeTooShort, ProposalDecided
from payouts.rule_book import RuleMoved
from payouts.second_person import OwnProposal
from payouts.tables import Commission, PayeeKind
from tests.cast import Cast
from tests.payouts import facts
from tests.payouts.facts import PAID_AT, Market
from tests.payouts.rulebook import draft, published
from tests.payouts.test_commission_rules import plan

LONG_BEFORE = timedelta(days=40)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def before(days: float) -> timedelta:
    """What shifts the clock to so many days before the sales."""
    return PAID_AT - timedelta(days=days) - clock.now()


async def asked(wanted: Awaitable[None]) -> UUID:
    """The proposal that this makes."""
    await wanted
    row = await RuleProposal.select(RuleProposal.id).order_by(RuleProposal.made_at, ascending=False).first()
    assert row is not None
    return UUID(str(row["id"]))


async def rule(wanted: Draft, by: Principal, days: int = 15) -> UUID:
    starts = platform_rules.first_day(clock.now()) + timedelta(days=days - 15)
    return await asked(platform_rules.propose_rule(draft=wanted, starts_on=starts, reason="Season", client_key=uuid4(), by=by))


async def fee(fee_bp: int, by: Principal, days: int = 15) -> UUID:
    starts = platform_rules.first_day(clock.now()) + timedelta(days=days - 15)
    return await asked(platform_rules.propose_fee(fee_bp=fee_bp, starts_on=starts, reason="Costs", client_key=uuid4(), by=by))


async def books_are_true() -> None:
    assert [proof for proof in [*await proofs.verify(), *await invariants.check()] if not proof.holds] == []


async def rate_of(market: Market, *, days: float = 0) -> int:
    sale = await market.order(6000, paid_at=PAID_AT + timedelta(days=days))
    await earnings.credit_sale(order_id=sale.order_id)
    row = await Commission.objects().where(Commission.order == sale.order_id).first()
    assert row is not None
    assert (pricing.frozen(row.snapshot)["rule"] or {}).get("of") in {None, "brand", "platform"}
    return int(row.rate_bp)


async def test_a_brands_own_rule_comes_first_then_the_platforms_then_the_terms(db: None) -> None:
    market, fay, finn = await facts.market(), await facts.person("fay"), await facts.person("finn")
    with clock.shifted(before(40)):
        await platform_rules.confirm(proposal_id=await rule(draft(rate_bp=1500), fay), by=finn)
    with clock.shifted(before(10)):
        own = await published(market, draft(rate_bp=2000, first_sale=True))
    with clock.shifted(before(1)):
        await rule_book.end(brand_id=market.brand.id, rule=own.rule, version=1, by=market.ada)
        await published(market, draft(rate_bp=3000, category="pans"))
    assert await rate_of(market) == 1500
    row = await Commission.objects().order_by(Commission.created_at, ascending=False).first()
    assert row is not None
    assert pricing.frozen(row.snapshot)["rule"]["of"] == "platform"
    with clock.shifted(before(0.5)):
        await published(market, draft(rate_bp=2500, place=2))
    assert await rate_of(market) == 2500
    await books_are_true()


async def test_everybody_of_a_brand_is_told_once_of_a_confirmed_change_and_of_no_proposal(db: None) -> None:
    market, fay, finn = await facts.market(), await facts.person("fay"), await facts.person("finn")
    changes = [await fee(600, fay), await rule(draft(rate_bp=1500), fay)]
    assert await OutboxMessage.count() == 0
    for proposal_id in changes:
        await platform_rules.confirm(proposal_id=proposal_id, by=finn)
        for _twice in range(2):
            await notices.platform_rule(proposal_id=proposal_id)
    mails = await Mail.objects().order_by(Mail.created_at)
    assert [mail.recipient for mail in mails] == [market.ada.email] * 2
    assert ["6%" in mail.text for mail in mails] == [True, False]
    assert await OutboxMessage.count() > 0


async def test_a_rule_of_the_platform_never_pays_less_than_the_terms_promise(db: None) -> None:
    market, fay, finn = await facts.market(), await facts.person("fay"), await facts.person("finn")
    with clock.shifted(before(40)):
        await platform_rules.confirm(proposal_id=await rule(draft(rate_bp=300, place=2), fay), by=finn)
        await platform_rules.confirm(proposal_id=await rule(draft(rate_bp=4000), fay, days=41), by=finn)
    assert await rate_of(market) == 1000, "one pays less than the terms, the other one has not begun"


async def test_the_fee_holds_for_terms_and_uncredited_sales_from_its_day_on(db: None) -> None:
    fay, finn = await facts.person("fay"), await facts.person("finn")
    now = clock.now()
    await platform_rules.confirm(proposal_id=await fee(600, fay), by=finn)
    await platform_rules.confirm(proposal_id=await fee(700, fay, days=30), by=finn)
    first = datetime.combine(platform_rules.first_day(now), datetime.min.time(), BOOKS_ZONE)
    at = [now, first - timedelta(seconds=1), first, first + timedelta(days=14), first + timedelta(days=15)]
    assert [await platform_fees.fee_at(moment) for moment in at] == [500, 500, 600, 600, 700]
    assert [one.fee_bp for one in (await platform_rules.standing()).coming_fees] == [600, 700]
    async with DB.connection() as connection:
        for change in ("update platform_fee set fee_bp = 1", "delete from platform_fee"):
            with pytest.raises(asyncpg.PostgresError, match="append-only"):
                await connection.execute(change)


async def test_one_person_alone_changes_nothing_and_a_decision_counts_once(db: None) -> None:
    fay, finn = await facts.person("fay"), await facts.person("finn")
    wanted = await rule(draft(rate_bp=1500), fay)
    for act in (
        platform_rules.confirm(proposal_id=wanted, by=fay),
        platform_rules.refuse(proposal_id=wanted, reason="me", by=fay),
    ):
        with pytest.raises(OwnProposal):
            await act
    results = await asyncio.gather(
        *(platform_rules.confirm(proposal_id=wanted, by=finn) for _ in range(3)),
        platform_rules.refuse(proposal_id=wanted, reason="no", by=finn),
        return_exceptions=True,
    )
    assert sum(isinstance(one, ProposalDecided) for one in results) == 3
    decided = await platform_rules.proposal_of(wanted)
    assert (len((await platform_rules.standing()).coming) == 1) == (decided.status == ProposalStatus.CONFIRMED)
    async with DB.connection() as connection:
        for change in ("update rule_proposal set reason = 'x'", "delete from rule_proposal"):
            with pytest.raises(asyncpg.PostgresError, match="never changed"):
                await connection.execute(change)
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(
                "insert into commission_rule (id, rule, version, name, place, kind, currency, tiers, valid_from, made_by)"
                " values ($1, $1, 1, 'x', 1, 'flat', 'EUR', '[]', now(), $2)",
                uuid4(),
                fay.id,
            )


async def test_everybody_has_fifteen_days_notice(db: None) -> None:
    fay, finn = await facts.person("fay"), await facts.person("finn")
    with pytest.raises(NoticeTooShort):
        await rule(draft(rate_bp=1500), fay, days=14)
    wanted = await fee(600, fay)
    with clock.shifted(timedelta(days=1)), pytest.raises(NoticeTooShort):
        await platform_rules.confirm(proposal_id=wanted, by=finn)
    assert await platform_fees.versions() == []


async def test_a_proposal_for_a_version_that_moved_on_is_refused_and_double_clicks_ask_once(db: None) -> None:
    fay, finn = await facts.person("fay"), await facts.person("finn")
    await platform_rules.confirm(proposal_id=await rule(draft(rate_bp=1500), fay), by=finn)
    [known] = (await platform_rules.standing()).coming
    both = [await rule(draft(rule=known.plan.rule, version=1, rate_bp=rate), fay) for rate in (1600, 1700)]
    await platform_rules.confirm(proposal_id=both[0], by=finn)
    with pytest.raises(RuleMoved):
        await platform_rules.confirm(proposal_id=both[1], by=finn)
    key, day = uuid4(), platform_rules.first_day(clock.now())
    for _time in range(2):
        await platform_rules.propose_end(
            rule=known.plan.rule, version=2, starts_on=day + timedelta(days=9), reason="Over", client_key=key, by=fay
        )
    assert await RuleProposal.count() == 4
    await platform_rules.confirm(proposal_id=(await platform_rules.proposals())[0].id, by=finn)
    kinds = [(one.plan.version, one.plan.kind) for one in (await platform_rules.standing()).coming]
    assert kinds == [(2, RuleKind.PERCENT), (3, RuleKind.OFF)]
    with pytest.raises(NotFound):
        await platform_rules.current(known.plan.rule)
    for foreign in (draft(rate_bp=1, product=uuid4()), draft(rate_bp=1, creator=uuid4()), draft(rate_bp=1, show=uuid4())):
        with pytest.raises(NotFound):
            await rule(foreign, fay)


async def test_tiers_of_the_platform_count_each_brand_for_itself(db: None) -> None:
    market, fay, finn = await facts.market(), await facts.person("fay"), await facts.person("finn")
    tiers = draft(RuleKind.TIERS, tiers=((0, 1000), (4_000, 2000)))
    with clock.shifted(before(40)):
        await platform_rules.confirm(proposal_id=await rule(tiers, fay), by=finn)
    assert await rate_of(market) == 1000
    with clock.shifted(PAID_AT + timedelta(days=14) - clock.now()):
        await earnings.release_due()
    assert (await purses.contents(PayeeKind.CREATOR, market.creator.id, "EUR")).available == eur(500 + 100)
    ladder = await TierMonth.objects().first()
    assert ladder is not None
    assert (ladder.brand, ladder.extra_minor) == (market.brand.id, 100)
    await books_are_true()


async def test_a_draft_says_what_last_month_would_have_paid_for_all_brands(db: None) -> None:
    market = await facts.market()
    for _time in range(2):
        await rate_of(market)
    with clock.shifted(PAID_AT + timedelta(days=35) - clock.now()):
        found = await rule_preview.preview_of_platform(draft=draft(rate_bp=2000))
        assert (found.lines, found.matched, found.before, found.after) == (2, 2, eur(1000), eur(2000))
        assert [change.name for change in found.changes] == [market.brand.name]
        fees = await rule_preview.preview_of_fee(fee_bp=700, currency="EUR")
        assert (fees.lines, fees.credited, fees.credited_before, fees.credited_after) == (0, 2, eur(500), eur(700))
        await published(market, draft(rate_bp=1200))
        assert (await rule_preview.preview_of_platform(draft=draft(rate_bp=2000))).matched == 0, "the brand's own comes first"


def test_a_version_that_is_overtaken_before_it_begins_never_holds() -> None:
    noon = datetime(2026, 11, 1, 12, tzinfo=UTC)
    old = plan(rate_bp=1000, valid_from=noon)
    late = plan(rule=old.rule, version=2, rate_bp=2000, valid_from=noon + timedelta(days=9))
    soon = plan(rule=old.rule, version=3, rate_bp=3000, valid_from=noon + timedelta(days=5))
    assert coming([old, late, soon], noon) == [soon]
    assert coming([old, late], noon) == [late]
    fees = [FeeVersion(one.version, one.rate_bp, one.valid_from, "", "", "") for one in (old, late, soon)]
    assert [one.fee_bp for one in platform_fees.coming(fees, noon)] == [3000]


async def test_the_pages_propose_preview_and_confirm(server: str, cast: Cast) -> None:
    market = await facts.market()
    fay, finn = await cast.client(await cast.fay()), await cast.client(await cast.finn())
    house = "/finance/rules/platform"
    form = (await fay.get(f"{house}/new")).text
    key = form.split('name="client_key" value="')[1].split('"')[0]
    typed = {"name": "Winter", "place": "1", "kind": "percent", "rate": "12,5", "version": "0", "client_key": key}
    assert "Last month with this rule" in (await fay.post(f"{house}/new", data={**typed, "do": "preview"})).text
    soon = {"starts_on": "2026-01-01", "reason": "Winter sale", "do": "propose"}
    answer = await fay.post(f"{house}/new", data={**typed, **soon})
    assert answer.status_code == 422
    assert "15 days" in answer.text
    good = {**soon, "starts_on": platform_rules.first_day(clock.now()).isoformat()}
    assert (await fay.post(f"{house}/new", data={**typed, **good, "reason": ""})).status_code == 422
    assert (await fay.post(f"{house}/new", data={**typed, **good})).status_code == 303
    assert (await fay.post(f"{house}/fee", data={"rate": "6", "do": "preview"})).status_code == 200
    assert (await fay.post(f"{house}/fee", data={"rate": "60", "do": "preview"})).status_code == 422
    assert (
        await fay.post(f"{house}/fee", data={"rate": "6", "client_key": str(uuid4()), **good, "reason": "Costs <b>"})
    ).status_code == 303
    page = (await finn.get("/finance/rules")).text
    assert "Winter" in page
    assert "Costs &lt;b&gt;" in page
    [newest, other] = [part.split('"')[0] for part in page.split('href="/finance/rules/proposals/')[1:]]
    for one in (newest, other):
        where = f"/finance/rules/proposals/{one}"
        assert f"{where}/confirm" not in (await fay.get(where)).text
        assert (await fay.post(f"{where}/confirm")).status_code == 403
        assert (await finn.post(f"{where}/refuse", data={"decision": ""})).status_code == 422
        assert f"{where}/confirm" in (await finn.get(where)).text
        assert (await finn.post(f"{where}/confirm")).status_code == 303
        assert (await finn.post(f"{where}/confirm")).status_code == 409
    [known] = (await platform_rules.standing()).coming
    assert "End this rule" in (await fay.get(f"{house}/{known.plan.rule}")).text
    assert (await fay.post(f"{house}/{known.plan.rule}/end", data={"version": "1"})).status_code == 422
    assert (await fay.get(f"{house}/{uuid4()}")).status_code == 404
    assert (await finn.get(f"/finance/rules/proposals/{uuid4()}")).status_code == 404
    ada = await cast.client(market.ada)
    theirs = (await ada.get("/brand/rules")).text
    assert "Winter" in theirs
    assert house not in theirs
    for address in ("/finance/rules", f"{house}/new", f"{house}/fee"):
        assert (await ada.get(address)).status_code == 403
