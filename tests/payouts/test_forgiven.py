"""A debt that was forgiven is not given a second time when the reversal that had left it is undone (docs/money.md, chapter 14)."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import accounts, clock
from foundation.money import Money
from marketplace.dispute_tables import Dispute
from marketplace.tables import Refund, RefundStatus
from payouts import adjustments, clawbacks, disputes, earnings, invariants, ledger, proofs, purses
from payouts.adjustment_tables import AdjustmentKind, AdjustmentStatus
from payouts.chart import Account, Code
from payouts.forgiven import Move, forgiven_of
from payouts.tables import Journal, PayeeKind
from tests.payouts import facts
from tests.payouts.facts import Market, Sale


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 60), st.booleans()), max_size=8))
def test_what_was_forgiven_is_told_apart_by_the_debt_that_it_took(steps: list[tuple[int, int, bool]]) -> None:
    moves: list[Move] = []
    owed = forgiven = 0
    for place, (more, less, is_forgiven) in enumerate(steps):
        moves.append(Move(f"k{place}", more))
        paid = min(less, owed + more)
        owed += more - paid
        forgiven += paid if is_forgiven else 0
        if paid:
            moves.append(Move("pays", -paid, is_forgiven))
    by_key = [forgiven_of(moves, f"k{place}") for place in range(len(steps))]
    assert sum(by_key) == forgiven
    assert all(found <= more for found, (more, _less, _is) in zip(by_key, steps, strict=True))


async def stands(code: Code) -> int:
    return (await ledger.balance(Account(code), "EUR")).minor


async def corrected(market: Market, kind: AdjustmentKind, minor: int) -> None:
    """Two persons forgive a debt, or take what is available: the creator's money is gone then, as after a payout."""
    fay, finn = [await accounts.by_email(f"{name}@fanfare.example") or await facts.person(name) for name in ("fay", "finn")]
    await adjustments.propose(
        kind=kind, payee_kind=PayeeKind.CREATOR, owner=market.creator.id, amount=Money(minor, "EUR"), reason="They have left",
        client_key=uuid4(), by=fay,
    )  # fmt: skip
    [waiting] = await adjustments.latest(status=AdjustmentStatus.WAITING)
    await adjustments.book(adjustment_id=waiting.id, by=finn)


async def paid_out(market: Market, minor: int) -> None:
    await corrected(market, AdjustmentKind.CHARGE, minor)


async def forgive(market: Market, minor: int) -> None:
    await corrected(market, AdjustmentKind.WRITE_OFF, minor)


async def has(market: Market) -> tuple[int, int]:
    """What the creator has available, and what they owe."""
    found = await purses.contents(PayeeKind.CREATOR, market.creator.id, "EUR")
    return found.available.minor, found.debt.minor


async def lost(sale: Sale) -> Dispute:
    dispute = Dispute(
        id=uuid4(), order=sale.order_id, stripe_dispute_id=f"du_{uuid4().hex[:8]}", charge_id=sale.charge, status="lost", reason="fraudulent",
        amount_minor=6000, currency="EUR", withdrawn_minor=6000, fee_minor=0, opened_at=clock.now(), closed_at=clock.now(),
    )  # fmt: skip
    await dispute.save()
    await disputes.fold(dispute_id=dispute.id)
    return dispute


async def won(dispute: Dispute) -> None:
    await Dispute.update({Dispute.status: "won", Dispute.reinstated_minor: 6000}).where(Dispute.id == dispute.id)
    for _time in range(2):
        await disputes.fold(dispute_id=dispute.id)


async def sold(market: Market) -> Sale:
    sale = await market.order(6000)
    await earnings.credit_sale(order_id=sale.order_id)
    await earnings.release_due()
    return sale


async def no_proof_is_broken() -> None:
    """But for I8: no money is at Stripe in these tests."""
    found = [*await proofs.verify(), *await invariants.check()]
    assert {proof.code for proof in found if not proof.holds} <= {"I8"}


async def test_a_dispute_that_is_won_after_its_debt_was_forgiven_pays_the_house_back_and_not_the_creator_twice(db: None) -> None:
    market = await facts.market()
    sale = await sold(market)
    await paid_out(market, 500)
    dispute = await lost(sale)
    assert await has(market) == (0, 500)
    await forgive(market, 300)
    await forgive(market, 200)
    assert (await has(market), await stands(Code.BAD_DEBT)) == ((0, 0), 500)
    await won(dispute)
    assert (await has(market), await stands(Code.BAD_DEBT)) == ((0, 0), 0)
    assert await Journal.count().where(Journal.kind == "A1r") == 1
    await no_proof_is_broken()


async def test_a_debt_that_was_netted_and_not_forgiven_is_given_back_whole(db: None) -> None:
    market = await facts.market()
    older, newer = await sold(market), await sold(market)
    await paid_out(market, 1000)
    await lost(older)
    await forgive(market, 500)
    dispute = await lost(newer)
    await sold(market)  # its commission pays the debt of the newer one
    assert await has(market) == (0, 0)
    await won(dispute)
    assert (await has(market), await stands(Code.BAD_DEBT)) == ((500, 0), 500), "the older one stays forgiven"


@pytest.mark.parametrize(("forgiven", "available", "debt"), [(500, 0, 0), (200, 0, 0), (0, 0, 0)])
async def test_a_refund_that_fails_after_its_debt_was_forgiven_leaves_nobody_richer(
    db: None, forgiven: int, available: int, debt: int
) -> None:
    market = await facts.market()
    sale = await sold(market)
    await paid_out(market, 500)
    refund_id = await sale.refund({0: 6000}, status=RefundStatus.SUCCEEDED)
    await clawbacks.claw_back(refund_id=refund_id)
    if forgiven:
        await forgive(market, forgiven)
    later = clock.now() + timedelta(days=40)
    await Refund.update({Refund.status: RefundStatus.FAILED, Refund.settled_at: later}).where(Refund.id == refund_id)
    for _time in range(2):
        await clawbacks.claw_back(refund_id=refund_id)
    assert (await has(market), await stands(Code.BAD_DEBT)) == ((available, debt), 0)
    rows = await Journal.select(Journal.kind, Journal.event_at).where(Journal.kind.is_in(["R1", "R1x", "R2x"]))
    days = {row["kind"]: row["event_at"].date() for row in rows}
    assert (days["R1x"], days["R2x"]) == (later.date(), later.date())
    assert days["R1"] == clock.now().date()
    await no_proof_is_broken()
