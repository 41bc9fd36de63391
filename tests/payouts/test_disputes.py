"""Disputes in the books: what the bank takes, what waits, who bears it; in any order of the news."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation import clock
from foundation.database import DB
from foundation.money import Money
from marketplace import disputes as at_bank
from marketplace import refunds
from marketplace.dispute_rules import newer
from marketplace.dispute_tables import Dispute
from marketplace.refunds import OrderDisputed, Reason
from marketplace.tables import RefundStatus
from payouts import chart, clawbacks, disputes, earnings, invariants, ledger, proofs, reconciliation, trace, trace_ids
from payouts.chart import Code
from tests import databases
from tests.payouts import facts
from tests.payouts.facts import PAID_AT, Sale
from tests.payouts.ready import Ready, ready
from tests.stand_ins import StandIn


async def opened(made: Ready, sale: Sale, *, amount: int | None = None, reason: str = "fraudulent") -> UUID:
    """The buyer's bank disputes the sale, and we have heard of it."""
    more = {"amount": amount} if amount else {}
    told = await made.sandbox.admin("disputes", {"charge": sale.charge, "reason": reason, **more})
    await at_bank.settle_dispute(stripe_dispute_id=told["id"])
    row = await Dispute.objects().get(Dispute.stripe_dispute_id == told["id"])
    assert row is not None
    await disputes.fold(dispute_id=row.id)
    return row.id


async def decided(made: Ready, dispute_id: UUID, outcome: str) -> None:
    row = await Dispute.objects().get(Dispute.id == dispute_id)
    assert row is not None
    await made.sandbox.admin(f"disputes/{row.stripe_dispute_id}/{outcome}")
    for _time in range(2):
        await at_bank.settle_dispute(stripe_dispute_id=row.stripe_dispute_id)
        await disputes.fold(dispute_id=dispute_id)


async def stands(code: Code, sale: Sale | None = None) -> int:
    account = chart.of_order(code, sale.order_id) if sale else chart.Account(code)
    return (await ledger.balance(account, "EUR")).minor


async def sound(made: Ready) -> None:
    """The books agree with themselves, with Stripe, and line by line with the mirror."""
    await made.books()
    broken = [
        proof
        for proof in [*await proofs.verify(), *await invariants.check(), await invariants.stripe_agrees()]
        if not proof.holds
    ]
    assert broken == []
    assert (await reconciliation.reconcile()).open == 0


async def test_a_lost_dispute_takes_the_shares_back_and_the_seller_bears_the_fee(stripe_sandbox: StandIn, db: None) -> None:
    made = await ready(stripe_sandbox)
    await made.sale(50000, released=False)
    sale = await made.sale(6000, released=False)
    before = await made.creator(), await made.brand()
    dispute_id = await opened(made, sale)
    assert await stands(Code.DISPUTED, sale) == 6000
    creator, brand = await made.creator(), await made.brand()
    assert (creator.held.minor, brand.held.minor) == (1000, 4750)
    assert creator.pending == before[0].pending - Money(1000, "EUR")
    await sound(made)
    await decided(made, dispute_id, "lost")
    creator, brand = await made.creator(), await made.brand()
    assert (creator.held.minor, brand.held.minor) == (0, 0)
    assert await stands(Code.DISPUTED, sale) == 0
    assert (await stands(Code.DISPUTE_FEES), await stands(Code.RECHARGED)) == (2000, 2000)
    told = await Dispute.objects().get(Dispute.id == dispute_id)
    assert told is not None
    (found,) = (await trace_ids.find(told.stripe_dispute_id)).found
    assert found.order_id is not None
    traced = await trace.trace(found.order_id)
    assert traced is not None
    assert [journal.kind for journal in traced.booked("D1", "D2l")] == ["D1", "D2l"]
    await sound(made)


async def test_a_won_dispute_gives_everything_back_and_only_then_the_hold_ends(stripe_sandbox: StandIn, db: None) -> None:
    made = await ready(stripe_sandbox)
    await made.sale(50000, released=False)
    sale = await made.sale(6000, released=False)
    dispute_id = await opened(made, sale)
    with clock.shifted(timedelta(days=20)):
        await earnings.release_due()
    assert (await made.creator()).held.minor == 1000, "what is disputed is not released, however long ago it was sold"
    await decided(made, dispute_id, "won")
    assert (await made.creator()).held.minor == 0
    with clock.shifted(timedelta(days=20)):
        assert await earnings.release_due() == 1
    assert await stands(Code.DISPUTE_FEES) == 0
    await sound(made)


async def test_after_the_payout_a_lost_dispute_leaves_a_debt(stripe_sandbox: StandIn, db: None) -> None:
    made = await ready(stripe_sandbox)
    sale = await made.sale(6000)
    await made.books()
    await ledger.post(  # the creator's money has left
        key="paid",
        kind="A1",
        event_at=clock.now(),
        source=ledger.Source(kind="test", id="1"),
        lines=[
            ledger.debit(chart.purse("creator", made.market.creator.id).available, Money(1000, "EUR")),
            ledger.credit(chart.Account(Code.SUSPENSE), Money(1000, "EUR")),
        ],
    )
    dispute_id = await opened(made, sale)
    assert (await made.creator()).held.minor == 0, "what was paid out cannot be held"
    await decided(made, dispute_id, "lost")
    creator = await made.creator()
    assert (creator.available.minor, creator.debt.minor) == (0, 1000)


async def test_a_disputed_order_cannot_be_refunded_before_or_after_it_was_lost(stripe_sandbox: StandIn, db: None) -> None:
    made = await ready(stripe_sandbox)
    sale = await made.sale(6000)
    dispute_id = await opened(made, sale)
    with pytest.raises(OrderDisputed):
        await refunds.ask_refund(order_id=sale.order_id, lines=None, reason=Reason.GOODWILL, by=made.market.ada)
    await decided(made, dispute_id, "lost")
    with pytest.raises(OrderDisputed):
        await refunds.ask_refund(order_id=sale.order_id, lines=None, reason=Reason.GOODWILL, by=made.market.ada)


async def test_an_inquiry_takes_no_money_and_freezes_nothing(stripe_sandbox: StandIn, db: None) -> None:
    made = await ready(stripe_sandbox)
    sale = await made.sale(6000, released=False)
    await opened(made, sale, reason="inquiry")
    assert (await made.creator()).held.minor == 0
    assert await stands(Code.DISPUTED, sale) == 0
    assert await refunds.ask_refund(order_id=sale.order_id, lines=None, reason=Reason.GOODWILL, by=made.market.ada)


async def test_a_dispute_of_more_than_is_left_is_the_houses_loss(stripe_sandbox: StandIn, db: None) -> None:
    made = await ready(stripe_sandbox)
    await made.sale(50000, released=False)
    sale = await made.sale(6000)
    await clawbacks.claw_back(refund_id=await sale.refund({0: 2000}, status=RefundStatus.SUCCEEDED))
    dispute_id = await opened(made, sale)
    await decided(made, dispute_id, "lost")
    assert await stands(Code.BAD_DEBT) == 2000
    assert await stands(Code.DISPUTED, sale) == 0


async def test_what_a_lost_dispute_took_comes_back_to_the_same_lines_when_it_is_won_after_all(db: None) -> None:
    market = await facts.market(commission_bp=2000)
    sale = await market.order(6000, 1999)
    await earnings.credit_sale(order_id=sale.order_id)
    await clawbacks.claw_back(refund_id=await sale.refund({0: 6000}, status=RefundStatus.SUCCEEDED))
    before = await _gone(sale)
    dispute = Dispute(
        id=uuid4(),
        order=sale.order_id,
        stripe_dispute_id="du_1",
        charge_id=sale.charge,
        status="lost",
        reason="fraudulent",
        amount_minor=3000,
        currency="EUR",
        withdrawn_minor=3000,
        fee_minor=2000,
        opened_at=PAID_AT + timedelta(days=3),
    )
    await dispute.save()
    await disputes.fold(dispute_id=dispute.id)
    assert await _gone(sale) == {**before, sale.lines[1]: 1999}
    assert await stands(Code.BAD_DEBT) == 1001
    await Dispute.update(
        {Dispute.status: "won", Dispute.reinstated_minor: 3000, Dispute.fee_back_minor: 2000},
    ).where(Dispute.id == dispute.id)
    for _time in range(2):
        await disputes.fold(dispute_id=dispute.id)
    assert await _gone(sale) == before, "the line that was refunded stays refunded"
    assert (await stands(Code.BAD_DEBT), await stands(Code.RECHARGED), await stands(Code.DISPUTED, sale)) == (0, 0, 0)


async def _gone(sale: Sale) -> dict[UUID, int]:
    rows = await clawbacks.rows_of(sale.order_id)
    return {row.order_line: earnings.refunded_of(row).minor for row in rows}


async def test_a_dispute_whose_news_was_lost_is_found_by_the_mirror(stripe_sandbox: StandIn, db: None) -> None:
    made = await ready(stripe_sandbox)
    sale = await made.sale(6000)
    told = await stripe_sandbox.admin("disputes", {"charge": sale.charge})
    await made.books()
    row = await Dispute.objects().get(Dispute.stripe_dispute_id == told["id"])
    assert row is not None
    assert row.withdrawn_minor == 6000


@given(news=st.lists(st.sampled_from(["needs_response", "under_review", "won"]), max_size=6))
def test_a_dispute_only_goes_forward(news: list[str]) -> None:
    known = "needs_response"
    for told in news:
        known = newer(known, told)
    assert known == ("won" if "won" in news else "under_review" if "under_review" in news else "needs_response")


FACTS = 6
Books = set[tuple[str, str, int]]
_expected: dict[str, Books] = {}


class Story:
    """An order of two lines, refunded in part, then disputed and decided; its news are told whenever they like."""

    def __init__(self, sale: Sale, outcome: str) -> None:
        self.sale = sale
        self.outcome = outcome
        self.happened = 0
        self.refunds: list[UUID] = []
        self.disputes: list[UUID] = []

    async def next_fact(self) -> None:
        match self.happened:
            case 0:
                self.refunds.append(await self.sale.refund({0: 1111}))
            case 1:
                await facts.stands(self.refunds[0], RefundStatus.SUCCEEDED)
            case 2:
                self.refunds.append(await self.sale.refund({1: 500}))
            case 3:
                self.disputes.append(await self._dispute())
            case 4:  # the bank was faster than our second refund
                await facts.stands(self.refunds[1], RefundStatus.FAILED)
            case _:
                await self._decide()
        self.happened += 1

    async def _dispute(self) -> UUID:
        dispute = Dispute(
            id=uuid4(),
            order=self.sale.order_id,
            stripe_dispute_id=f"du_{uuid4().hex[:10]}",
            charge_id=self.sale.charge,
            status="needs_response",
            reason="fraudulent",
            amount_minor=6888,
            currency="EUR",
            withdrawn_minor=6888,
            fee_minor=2000,
            opened_at=PAID_AT + timedelta(days=3),
        )
        await dispute.save()
        return dispute.id

    async def _decide(self) -> None:
        back = {"reinstated_minor": 6888, "fee_back_minor": 2000} if self.outcome == "won" else {}
        values = {"status": self.outcome, "closed_at": PAID_AT + timedelta(days=9), **back}
        await Dispute.update(values).where(Dispute.id == self.disputes[0])  # type: ignore[arg-type]  # names of its columns

    def news(self) -> list[Callable[[], Awaitable[object]]]:
        order_id = self.sale.order_id
        told: list[Callable[[], Awaitable[object]]] = [lambda: earnings.credit_sale(order_id=order_id), earnings.release_due]
        told += [partial(clawbacks.claw_back, refund_id=refund) for refund in self.refunds]
        return told + [partial(disputes.fold, dispute_id=dispute) for dispute in self.disputes]


async def begin(outcome: str) -> Story:
    await databases.empty()
    market = await facts.market(commission_bp=1234)
    return Story(await market.order(6000, 1999, fee=115), outcome)


async def finish(story: Story) -> Books:
    while story.happened < FACTS:
        await story.next_fact()
    for _round in range(2):
        for tell in story.news():
            await tell()
    assert [
        proof for proof in [*await proofs.verify(), *await invariants.check()] if not proof.holds and proof.code != "I8"
    ] == []
    async with DB.connection() as connection:
        rows = await connection.fetch("select code, owner_kind, balance from ledger_account where balance <> 0")
    return {(row["code"], row["owner_kind"], row["balance"]) for row in rows}


def after_the_hold() -> AbstractContextManager[None]:
    return clock.shifted(PAID_AT + timedelta(days=15) - clock.now())


@settings(max_examples=16, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
@given(outcome=st.sampled_from(["won", "lost"]), steps=st.lists(st.integers(0, 7), max_size=14))
async def test_any_order_and_repetition_of_a_disputes_news_ends_in_the_same_books(
    db: None, outcome: str, steps: list[int]
) -> None:
    with after_the_hold():
        if outcome not in _expected:
            _expected[outcome] = await finish(await begin(outcome))
        story = await begin(outcome)
        for step in steps:
            told = story.news()
            if step < len(told):
                await told[step]()
            elif story.happened < FACTS:
                await story.next_fact()
        assert await finish(story) == _expected[outcome]
