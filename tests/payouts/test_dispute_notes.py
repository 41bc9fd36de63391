"""A lost dispute is credited to the buyer, once, of each line what the books say; a won one is not, and one won on appeal no more."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation import clock, mails, stripe_gateway
from foundation.database import DB
from foundation.money import Money, included_tax
from foundation.tables import Mail
from marketplace import adopted_refunds, credit_note_pdf, credit_notes, invoices, refunds
from marketplace.credit_note_tables import CreditNote, CreditNoteLine
from marketplace.dispute_tables import Dispute
from marketplace.refunds import NothingToRefund, OrderDisputed, Reason, RefundTooLarge
from marketplace.tables import Order, OrderLine, Payment, Refund, RefundStatus
from payouts import clawbacks, dispute_notes, disputes, documents, earnings, proofs
from payouts.document_tables import Document, DocumentKind
from payouts.tables import Journal
from tests import databases
from tests.marketplace.stall import buy, person, stall
from tests.marketplace.test_receipts import two_brands
from tests.payouts import facts
from tests.payouts.test_documents import sold
from tests.payouts.test_documents import told as facts_told

pytestmark = pytest.mark.usefixtures("db", "stripe_sandbox")


async def disputed(order_id: UUID, *, status: str = "lost", amount: int | None = None) -> UUID:
    """A dispute of the whole order, or of `amount`, as Stripe has told it; the books know it."""
    order = await Order.objects().get(Order.id == order_id)
    payment = await Payment.objects().get(Payment.order == order_id)
    assert order is not None
    assert payment is not None
    taken = amount or order.total_minor
    dispute = Dispute(
        id=uuid4(), order=order_id, stripe_dispute_id=f"du_{uuid4().hex[:10]}", charge_id=payment.charge_id or "ch", status=status,
        reason="fraudulent", amount_minor=taken, currency="EUR", withdrawn_minor=taken, fee_minor=2000,
        opened_at=clock.now(), closed_at=clock.now(),
    )  # fmt: skip
    await dispute.save()
    await told(dispute.id)
    return dispute.id


async def told(dispute_id: UUID) -> None:
    """What the job of `DisputeMoved` does."""
    await disputes.fold(dispute_id=dispute_id)
    await dispute_notes.issue(dispute_id=dispute_id)


async def won_on_appeal(dispute_id: UUID) -> None:
    await Dispute.update({Dispute.status: "won", Dispute.reinstated_minor: Dispute.withdrawn_minor}).where(
        Dispute.id == dispute_id
    )


async def test_a_lost_dispute_credits_each_brands_invoice_once_and_the_buyer_hears_of_it() -> None:
    paid = await two_brands(locale="fr")
    dispute_id = await disputed(paid.id)
    await asyncio.gather(*(told(dispute_id) for _time in range(3)))
    notes = await credit_notes.of_order(order_id=paid.id)
    issued = {one.brand_id: one.content for one in await invoices.of_order(order_id=paid.id)}
    assert sorted(note.content.number for note in notes) == [f"A{clock.now():%Y}-00001"] * 2
    for note in notes:
        assert (note.content.total, note.content.vat) == (issued[note.brand_id].total, issued[note.brand_id].vat)
        assert note.content.because == "Taken back by the buyer's bank after a dispute"
        assert credit_note_pdf.drawn(note).startswith(b"%PDF-")
    told_so = [mail for mail in await mails.newest(to=paid.email) if mail.subject.startswith("Avoir")]
    assert len(told_so) == 1
    assert all(note.content.number in told_so[0].text for note in notes)


async def test_only_what_was_left_is_credited_and_the_vat_adds_up_to_the_invoice() -> None:
    order_id = await buy(await stall(price=5905), await person("sam"))
    line = await OrderLine.objects().get(OrderLine.order == order_id)
    assert line is not None
    refund_id = await refunds.ask_refund(order_id=order_id, lines={line.id: 1001}, reason=Reason.RETURNED, by=None)
    await Refund.update({Refund.status: RefundStatus.SUCCEEDED, Refund.settled_at: clock.now()}).where(Refund.id == refund_id)
    dispute_id = await disputed(order_id)
    await credit_notes.issue(refund_id=refund_id)  # its news may come after that of the bank
    await told(dispute_id)
    [invoice] = await invoices.of_order(order_id=order_id)
    notes = await credit_notes.of_order(order_id=order_id)
    assert sorted(note.content.total.minor for note in notes) == [1001, 4904]
    assert sum(note.content.vat.minor for note in notes) == invoice.content.vat.minor
    [commission] = await clawbacks.rows_of(order_id)
    assert earnings.refunded_of(commission).minor == 5905, "papers and books say the same"


@pytest.mark.parametrize("status", ["needs_response", "under_review", "won", "prevented", "warning_closed"])
async def test_a_dispute_that_is_not_lost_is_never_credited(status: str) -> None:
    order_id = await buy(await stall(), await person("sam"))
    dispute_id = await disputed(order_id, status=status)
    if status == "won":
        await won_on_appeal(dispute_id)
        await told(dispute_id)
    assert await CreditNote.count() == 0
    assert await Mail.count().where(Mail.subject.like("%redit note%") | Mail.subject.like("Avoir%")) == 0


async def test_one_that_is_won_on_appeal_takes_the_note_back_and_a_refund_finds_room_before_that_is_heard() -> None:
    order_id = await buy(await stall(), await person("sam"))
    dispute_id = await disputed(order_id)
    await Dispute.update({Dispute.status: "appeal_under_review"}).where(Dispute.id == dispute_id)
    await told(dispute_id)
    await Dispute.update({Dispute.status: "lost"}).where(Dispute.id == dispute_id)
    await told(dispute_id)
    assert await CreditNote.count() == 1, "lost once more is lost once"
    await won_on_appeal(dispute_id)
    refund_id = await refunds.ask_refund(order_id=order_id, lines=None, reason=Reason.GOODWILL, by=None)
    await Refund.update({Refund.status: RefundStatus.SUCCEEDED, Refund.settled_at: clock.now()}).where(Refund.id == refund_id)
    [anew] = await credit_notes.issue(refund_id=refund_id)
    for _time in range(2):
        await told(dispute_id)
    first, cancel, third = await credit_notes.of_order(order_id=order_id)
    assert (cancel.content.cancels, third.content.number) == (first.content.number, anew.content.number)
    assert credit_note_pdf.drawn(cancel).startswith(b"%PDF-")
    rows = await CreditNoteLine.select(CreditNoteLine.gross_minor)
    assert sum(row["gross_minor"] for row in rows) == 5900


async def test_a_job_that_was_killed_between_books_and_paper_issues_it_when_it_runs_again() -> None:
    order_id = await buy(await stall(), await person("sam"))
    dispute_id = await disputed(order_id, status="under_review")
    await Dispute.update({Dispute.status: "lost"}).where(Dispute.id == dispute_id)
    await disputes.fold(dispute_id=dispute_id)
    assert await CreditNote.count() == 0
    with clock.shifted(timedelta(days=40)):
        await told(dispute_id)
    assert await CreditNote.count() == 1


async def test_the_services_of_the_month_are_credited_as_well_and_the_loss_is_booked_on_the_day_of_the_decision() -> None:
    market = await facts.market()
    await facts_told(market)
    sale = await sold(market, 6000)
    with clock.shifted(timedelta(days=32)):
        await documents.issue_due()
    dispute = Dispute(
        id=uuid4(), order=sale.order_id, stripe_dispute_id="du_1", charge_id=sale.charge, status="lost", reason="fraudulent",
        amount_minor=3000, currency="EUR", withdrawn_minor=3000, fee_minor=2000, opened_at=facts.PAID_AT, closed_at=clock.now(),
    )  # fmt: skip
    await dispute.save()
    await disputes.fold(dispute_id=dispute.id)
    with clock.shifted(timedelta(days=64)):
        await documents.issue_due()
    notes = await Document.select(Document.kind, Document.net_minor).where(Document.type_code == "381").order_by(Document.kind)
    assert [(note["kind"], note["net_minor"]) for note in notes] == [(DocumentKind.ON_BEHALF, 250)]
    rows = await Journal.select(Journal.kind, Journal.event_at).where(Journal.source_id == "du_1").order_by(Journal.id)
    days = {row["kind"]: row["event_at"].date() for row in rows}
    assert days == {"D1": facts.PAID_AT.date(), "D2l": clock.now().date()}


async def test_the_database_wants_one_cause_and_one_note_of_a_dispute_and_invoice() -> None:
    order_id = await buy(await stall(), await person("sam"))
    await disputed(order_id)
    again = "insert into buyer_credit_note (id, invoice, dispute, brand, number, locale, content, issued_at) select gen_random_uuid(), invoice, {}, brand, 'A1', locale, content, now() from buyer_credit_note"
    async with DB.connection() as connection:
        with pytest.raises(Exception, match="uq_buyer_credit_note_dispute_invoice"):
            await connection.execute(again.format("dispute"))
        with pytest.raises(Exception, match="ck_buyer_credit_note_cause"):
            await connection.execute(again.format("null"))


async def test_what_the_books_did_not_take_from_a_line_has_no_note() -> None:
    order_id = await buy(await stall(), await person("sam"))
    await refunds.ask_refund(order_id=order_id, lines=None, reason=Reason.GOODWILL, by=None)
    dispute_id = await disputed(order_id)
    await dispute_notes.issue(dispute_id=dispute_id)
    assert await CreditNote.count() == 0, "the whole of it was the house's loss"


STEPS = ("refund", "refund fails", "dispute lost", "appeal won", "tell refunds", "tell disputes")


@settings(max_examples=14, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 2500)), max_size=10))
async def test_whatever_goes_back_in_whatever_order_the_papers_say_what_the_books_say(steps: list[tuple[str, int]]) -> None:
    await databases.empty()
    order_id = await buy(await stall(price=5905), await person("sam"))
    line = await OrderLine.objects().get(OrderLine.order == order_id)
    assert line is not None
    told_refunds: list[UUID] = []
    told_disputes: list[UUID] = []

    async def tell_refunds() -> None:
        for one in told_refunds:
            await clawbacks.claw_back(refund_id=one)
            await credit_notes.issue(refund_id=one)

    async def tell_disputes() -> None:
        for one in told_disputes:
            await told(one)

    for step, minor in steps:
        match step:
            case "refund":
                with suppress(OrderDisputed, RefundTooLarge, NothingToRefund):
                    refund_id = await refunds.ask_refund(
                        order_id=order_id, lines={line.id: minor}, reason=Reason.RETURNED, by=None
                    )
                    await Refund.update({Refund.status: RefundStatus.SUCCEEDED, Refund.settled_at: clock.now()}).where(
                        Refund.id == refund_id
                    )
                    told_refunds.append(refund_id)
            case "refund fails" if told_refunds:
                async with DB.transaction():
                    refund = await refunds._locked(told_refunds[minor % len(told_refunds)])
                    if refund.status == RefundStatus.SUCCEEDED:
                        await refunds._fail(refund, "lost_or_stolen_card")
            case "dispute lost" if not told_disputes:
                told_disputes.append(await disputed(order_id, amount=minor))
            case "appeal won" if told_disputes:
                await won_on_appeal(told_disputes[0])
            case "tell refunds":
                await tell_refunds()
            case _:
                await tell_disputes()
    for _time in range(2):
        await tell_refunds()
        await tell_disputes()
    notes = await CreditNoteLine.select(CreditNoteLine.gross_minor, CreditNoteLine.vat_minor)
    gone = sum(earnings.refunded_of(row).minor for row in await clawbacks.rows_of(order_id))
    assert sum(note["gross_minor"] for note in notes) == gone
    if not await CreditNote.exists().where(CreditNote.cancels.is_not_null()):
        assert sum(note["vat_minor"] for note in notes) == included_tax(Money(gone, "EUR"), 2000).minor
    assert [proof for proof in await proofs.verify() if not proof.holds] == []


async def test_what_stripe_gives_back_beside_a_lost_dispute_goes_to_the_lines_that_still_have_something() -> None:
    paid = await two_brands()
    refund_id = await refunds.ask_refund(order_id=paid.id, lines=None, reason=Reason.RETURNED, by=await person("ada"))
    await Refund.update({Refund.status: RefundStatus.SUCCEEDED, Refund.settled_at: clock.now()}).where(Refund.id == refund_id)
    await clawbacks.claw_back(refund_id=refund_id)  # ada's lines are given back whole
    order = await Order.objects().get(Order.id == paid.id)
    assert order is not None
    left = order.total_minor - order.refunded_minor
    await disputed(paid.id, amount=left - 1001)
    rest = stripe_gateway.Refund(
        id="re_by_hand", payment=None, charge=None, amount=Money(1001, "EUR"), status="succeeded", pending_reason=None,
        failure_reason=None, balance_transaction=None, failure_balance_transaction=None, metadata={}, created=clock.now(),
    )  # fmt: skip
    adopted = await adopted_refunds.adopt(order_id=paid.id, found=rest, by=await person("fay"))
    await clawbacks.claw_back(refund_id=adopted)
    for one in (refund_id, adopted):
        await credit_notes.issue(refund_id=one)
    issued, notes = await invoices.of_order(order_id=paid.id), await credit_notes.of_order(order_id=paid.id)
    assert sum(note.content.total.minor for note in notes) == sum(one.content.total.minor for one in issued)
    assert sum(note.content.vat.minor for note in notes) == sum(one.content.vat.minor for one in issued)
    assert all(earnings.gross_of(row) == earnings.refunded_of(row) for row in await clawbacks.rows_of(paid.id))
    with pytest.raises(NothingToRefund):
        await adopted_refunds.adopt(order_id=paid.id, found=replace(rest, id="re_more"), by=await person("fay"))
