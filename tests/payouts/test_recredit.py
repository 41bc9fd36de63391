"""A sale that is credited otherwise than before: what moves in the books, wherever the money is by then."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from creators import attribution, corrections
from creators.attribution_facts import Decision, Reason, Rule, Share
from creators.tables import Application, ApplicationStatus, Collaboration, CollaborationStatus, Creator, Terms
from foundation import clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import Forbidden, WrongState
from foundation.tables import Role
from marketplace.tables import RefundStatus
from payouts import clawbacks, earnings, ledger, purses, recredit
from payouts.chart import Account, Code
from payouts.purses import Contents
from payouts.tables import Commission, Journal, PayeeKind
from tests.payouts import facts
from tests.payouts.facts import PAID_AT, Market, Sale
from tests.payouts.test_earnings import books_are_true, eur, hold_is_over, of_brand, of_creator

pytestmark = pytest.mark.usefixtures("db")
WHY = "She held the phone of the buyer."


@dataclass
class Duo:
    """A market with a second creator whose terms pay twice as much, and two persons of finance."""

    market: Market
    chloe: Principal
    chloe_creator: UUID
    chloe_terms: UUID
    fay: Principal
    finn: Principal

    async def chloe_has(self) -> Contents:
        return await purses.contents(PayeeKind.CREATOR, self.chloe_creator, "EUR")

    async def correct(self, sale: Sale, handle: str, place: int = 0) -> UUID:
        asked = await corrections.ask(order_line_id=sale.lines[place], handle=handle, reason=WHY, by=self.fay)
        await corrections.agree(correction_id=asked, by=self.finn)
        await recredit.follow_decisions(order_id=sale.order_id)
        return asked


async def duo() -> Duo:
    market = await facts.market()
    chloe = await facts.person("chloe", Role.CREATOR)
    began = PAID_AT - timedelta(days=10)
    creator = Creator(
        id=uuid4(), person=chloe.id, handle="chloe", display_name="Chloé", country="FR", language="fr", created_at=began
    )
    await creator.save()
    brief = (await Collaboration.select(Collaboration.brief).first() or {})["brief"]
    application = Application(
        id=uuid4(), brief=brief, creator=creator.id, message="Hello", status=ApplicationStatus.ACCEPTED, created_at=began
    )
    await application.save()
    collaboration = Collaboration(
        id=uuid4(),
        application=application.id,
        brief=brief,
        brand=market.brand.id,
        creator=creator.id,
        status=CollaborationStatus.ACTIVE,
        created_at=began,
    )
    await collaboration.save()
    terms = Terms(
        id=uuid4(),
        collaboration=collaboration.id,
        version=1,
        commission_bp=2000,
        platform_fee_bp=500,
        window_days=7,
        hold_days=14,
        fee_minor=0,
        currency="EUR",
        products=market.terms.products,
        content_hash="1" * 64,
        frozen_at=began,
        accepted_by=market.ada.id,
    )
    await terms.save()
    fay, finn = await facts.person("fay", Role.FINANCE_MAKER), await facts.person("finn", Role.FINANCE_CHECKER)
    return Duo(market, chloe, creator.id, terms.id, fay, finn)


async def shared(made: Duo, sale: Sale, *shares: tuple[UUID, UUID, int]) -> None:
    """The line's decision gets a version that these creators share."""
    latest = (await attribution.latest_decisions(sale.order_id)).get(sale.lines[0])
    decision = Decision(
        line_id=sale.lines[0],
        shares=tuple(
            Share(creator_id=creator, show_id=None, terms_id=terms, touch_id=None, bp=bp) for creator, terms, bp in shares
        ),
        rule=Rule.CLICK,
        reason=Reason.SHARED_EQUALLY,
        policy_version="2026-11-22",
        evidence={"touches": []},
    )
    async with DB.transaction():
        await attribution.keep(order_id=sale.order_id, decision=decision, latest=latest)
    await recredit.follow_decisions(order_id=sale.order_id)


async def credited(market: Market, *gross: int) -> Sale:
    sale = await market.order(*gross)
    await earnings.credit_sale(order_id=sale.order_id)
    return sale


async def paid_out(creator: UUID) -> None:
    """All that the creator has available has left."""
    there = (await purses.contents(PayeeKind.CREATOR, creator, "EUR")).available
    await ledger.post(
        key=f"gone:{creator}",
        kind="P1",
        event_at=clock.now(),
        source=ledger.Source(kind="test", id="gone"),
        lines=[
            ledger.debit(Account(Code.CREATOR_AVAILABLE, "creator", str(creator)), there),
            ledger.credit(Account(Code.CREATOR_IN_PAYOUT, "creator", str(creator)), there),
        ],
    )


async def test_a_pending_commission_goes_to_the_other_creator_by_their_own_terms() -> None:
    made = await duo()
    sale = await credited(made.market, 6000)
    await made.correct(sale, "chloe")
    assert (await of_creator(made.market)).pending == eur(0)
    assert (await made.chloe_has()).pending == eur(1000)
    assert (await of_brand(made.market)).pending == eur(4750)
    assert await ledger.balance(Account(Code.PLATFORM_FEE), "EUR") == eur(250)
    await books_are_true()
    with hold_is_over():
        await earnings.release_due()
        assert (await made.chloe_has()).available == eur(1000)
        await books_are_true()


async def test_what_was_released_is_taken_from_one_and_given_to_the_other_at_once() -> None:
    made = await duo()
    sale = await credited(made.market, 6000)
    with hold_is_over():
        await earnings.release_due()
        await made.correct(sale, "chloe")
        assert ((await of_creator(made.market)).available, (await made.chloe_has()).available) == (eur(0), eur(1000))
        brand = await of_brand(made.market)
        assert (brand.available, brand.pending, brand.debt) == (eur(4750), eur(0), eur(0))
        await books_are_true()


async def test_what_has_been_paid_out_becomes_a_debt_of_the_one_and_the_other_is_paid() -> None:
    made = await duo()
    sale = await credited(made.market, 6000)
    with hold_is_over():
        await earnings.release_due()
        await credited(made.market, 6000)  # what the platform lends until the debt is paid comes from its pending money
        await paid_out(made.market.creator.id)
        await made.correct(sale, "chloe")
        assert (await of_creator(made.market)).debt == eur(500)
        assert (await made.chloe_has()).available == eur(1000)
        await books_are_true()


async def test_a_line_credited_to_nobody_gives_the_commission_back_to_the_brand() -> None:
    made = await duo()
    sale = await credited(made.market, 6000)
    await made.correct(sale, "")
    assert (await of_creator(made.market)).pending == eur(0)
    assert (await of_brand(made.market)).pending == eur(5750)
    await books_are_true()


async def test_after_a_part_refund_only_the_rest_moves_and_a_later_refund_takes_from_the_new_creator() -> None:
    made = await duo()
    sale = await credited(made.market, 6000)
    await clawbacks.claw_back(refund_id=await sale.refund({0: 2001}))
    await made.correct(sale, "chloe")
    assert (await made.chloe_has()).pending == eur(667)  # half to even of 20 % of 33.33
    failing = await sale.refund({0: 1000})
    await clawbacks.claw_back(refund_id=failing)
    await books_are_true()
    await facts.stands(failing, RefundStatus.FAILED)
    await clawbacks.claw_back(refund_id=failing)
    assert (await made.chloe_has()).pending == eur(667)
    await clawbacks.claw_back(refund_id=await sale.refund({0: 3999}))
    assert ((await made.chloe_has()).pending, (await of_creator(made.market)).pending) == (eur(0), eur(0))
    assert (await of_brand(made.market)).pending == eur(0)
    await books_are_true()


async def test_creators_who_share_a_line_are_paid_their_parts_and_no_cent_is_lost_through_refunds() -> None:
    made = await duo()
    sale = await credited(made.market, 5999)
    await shared(made, sale, (made.market.creator.id, made.market.terms.id, 6667), (made.chloe_creator, made.chloe_terms, 3333))
    rows = await Commission.objects().where(Commission.replaced_at.is_null()).order_by(Commission.position)
    assert [(row.share_bp, earnings.gross_of(row).minor) for row in rows] == [(6667, 4000), (3333, 1999)]
    for amount in (1, 333, 2, 1999, 64):
        await clawbacks.claw_back(refund_id=await sale.refund({0: amount}))
        await books_are_true()
    rows = await Commission.objects().where(Commission.replaced_at.is_null()).order_by(Commission.position)
    assert sum(earnings.refunded_of(row).minor for row in rows) == 2399
    assert [(earnings.gross_of(row) - earnings.refunded_of(row)).minor for row in rows] == [2400, 1200]
    with hold_is_over():
        await earnings.release_due()
        await clawbacks.claw_back(refund_id=await sale.refund({0: 3600}))
        assert ((await of_creator(made.market)).available, (await made.chloe_has()).available) == (eur(0), eur(0))
        await books_are_true()


async def test_two_hosts_of_one_line_who_both_owe_both_pay_their_debts_when_its_refund_fails() -> None:
    made = await duo()
    sale = await credited(made.market, 6000)
    both = ((made.market.creator.id, made.market.terms.id, 5000), (made.chloe_creator, made.chloe_terms, 5000))
    await shared(made, sale, *both)
    with hold_is_over():
        await earnings.release_due()
        await credited(made.market, 60000)  # what the platform lends until debts are paid comes from its pending money
        for owner in (made.market.creator.id, made.chloe_creator):
            await paid_out(owner)
        refund = await sale.refund({0: 6000})
        await clawbacks.claw_back(refund_id=refund)
        owed = (await of_creator(made.market)).debt, (await made.chloe_has()).debt
        assert all(one.minor > 0 for one in owed)
        await facts.stands(refund, RefundStatus.FAILED)
        await clawbacks.claw_back(refund_id=refund)
        assert ((await of_creator(made.market)).debt, (await made.chloe_has()).debt) == (eur(0), eur(0))
        await books_are_true()


async def test_taking_a_correction_back_ends_where_the_rules_had_been() -> None:
    made = await duo()
    sale = await credited(made.market, 6000)
    before = (await of_creator(made.market), await of_brand(made.market))
    done = await made.correct(sale, "chloe")
    undo = await corrections.ask_undo(correction_id=done, reason="It was not her phone.", by=made.finn)
    await corrections.agree(correction_id=undo, by=made.fay)
    await recredit.follow_decisions(order_id=sale.order_id)
    assert (await of_creator(made.market), await of_brand(made.market)) == before
    latest = (await attribution.latest_decisions(sale.order_id))[sale.lines[0]]
    assert (latest.version, latest.rule) == (3, "in_stream")
    await books_are_true()


async def test_the_same_news_twice_and_two_at_once_book_one_difference() -> None:
    made = await duo()
    sale = await credited(made.market, 6000)
    await made.correct(sale, "chloe")
    await asyncio.gather(*(recredit.follow_decisions(order_id=sale.order_id) for _ in range(4)))
    assert await Journal.count().where(Journal.kind == "A2") == 1
    assert await Commission.count().where(Commission.replaced_at.is_null()) == 1


async def test_a_correction_before_the_sale_is_credited_books_nothing_twice() -> None:
    made = await duo()
    sale = await made.market.order(6000)
    await attribution.attribute_order(order_id=sale.order_id)
    await made.correct(sale, "chloe")
    assert await Journal.count() == 0
    await earnings.credit_sale(order_id=sale.order_id)
    assert (await made.chloe_has()).pending == eur(1000)
    await books_are_true()


async def test_one_person_alone_corrects_nothing() -> None:
    made = await duo()
    sale = await credited(made.market, 6000)
    asked = await corrections.ask(order_line_id=sale.lines[0], handle="@Chloe", reason=WHY, by=made.fay)
    with pytest.raises(corrections.SamePerson):
        await corrections.agree(correction_id=asked, by=made.fay)
    with pytest.raises(corrections.CorrectionOpen):
        await corrections.ask(order_line_id=sale.lines[0], handle="", reason=WHY, by=made.finn)
    with pytest.raises(Forbidden):
        await corrections.agree(correction_id=asked, by=made.market.nour)
    answers = await asyncio.gather(
        *(corrections.agree(correction_id=asked, by=made.finn) for _ in range(3)), return_exceptions=True
    )
    assert [type(answer) for answer in answers if answer is not None] == [WrongState, WrongState]


async def test_a_correction_needs_a_reason_a_known_creator_with_terms_and_a_change() -> None:
    made = await duo()
    sale = await credited(made.market, 6000)
    await facts.person("ines", Role.CREATOR)

    async def ask(handle: str, reason: str = WHY) -> UUID:
        return await corrections.ask(order_line_id=sale.lines[0], handle=handle, reason=reason, by=made.fay)

    with pytest.raises(corrections.ReasonMissing):
        await ask("chloe", "because")
    with pytest.raises(corrections.HandleUnknown):
        await ask("nobody")
    with pytest.raises(corrections.CreditedAlready):
        await ask("nour.en.cuisine")
    await Collaboration.update({Collaboration.ended_at: PAID_AT}).where(Collaboration.creator == made.chloe_creator)
    with pytest.raises(corrections.NoTermsThen):
        await ask("chloe")


async def test_a_refused_correction_changes_nothing_and_leaves_room_for_another() -> None:
    made = await duo()
    sale = await credited(made.market, 6000)
    asked = await corrections.ask(order_line_id=sale.lines[0], handle="chloe", reason=WHY, by=made.fay)
    await corrections.refuse(correction_id=asked, answer="The recording shows Nour.", by=made.finn)
    assert (await attribution.latest_decisions(sale.order_id))[sale.lines[0]].version == 1
    await made.correct(sale, "chloe")
    assert (await made.chloe_has()).pending == eur(1000)
