"""What two persons booked for a difference goes back when its own facts come after all, and counts when the difference grows."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from foundation import clock, stripe_gateway
from foundation.money import Money
from marketplace import credit_notes
from marketplace.tables import Order, Payment, Refund, RefundLine
from payouts import differences, differences_booked, earnings, invariants, ledger, looks, proofs
from payouts.chart import Account, Code
from payouts.differences import Case
from payouts.ledger import Source, credit, debit
from payouts.runs import SamePerson
from tests.payouts.facts import Sale
from tests.payouts.ready import Ready, everything_agrees, ready
from tests.stand_ins import StandIn


@pytest.fixture
async def house(db: None, stripe_sandbox: StandIn) -> Ready:
    return await ready(stripe_sandbox)


async def stands(code: Code) -> int:
    return (await ledger.balance(Account(code), "EUR")).minor


async def unheard(house: Ready, gross: int) -> Sale:
    """An order that Stripe has charged, and of which we have not heard."""
    sale = await house.market.order(gross, paid_at=clock.now() - timedelta(days=15))
    paid = await stripe_gateway.open_payment(amount=Money(gross, "EUR"), order_id=str(uuid4()), key=str(uuid4()))
    done = await stripe_gateway.confirm_payment(payment=paid.id, payment_method="pm_card_bypassPending", key=str(uuid4()))
    sale.charge = done.charge or ""
    await Payment.update({Payment.charge_id: sale.charge, Payment.intent_id: done.id}).where(Payment.order == sale.order_id)
    await house.sandbox.admin("clock", {"advance": 5})
    return sale


async def look(house: Ready, minutes: int = 10) -> dict[str, Case]:
    with clock.shifted(timedelta(minutes=minutes)):
        await looks.look()
    return {case.code: case for case in await differences.cases()}


async def booked(house: Ready, case: Case) -> int:
    with clock.shifted(timedelta(minutes=20)):
        await differences_booked.propose(case=case, reason="Nobody knows it", by=house.fay)
        return await differences_booked.confirm(exception_id=case.id, by=house.finn)


async def test_a_sale_whose_notice_comes_after_it_was_put_in_suspense_stands_in_the_books_once(house: Ready) -> None:
    sale = await unheard(house, 12000)
    journal = await booked(house, (await look(house))["E01"])
    assert await stands(Code.SUSPENSE) > 0
    assert await invariants.stripe_agrees() == proofs.Proof("I3", True)
    await earnings.credit_sale(order_id=sale.order_id)
    for minutes in (30, 40):
        assert await look(house, minutes) == {}
    assert await stands(Code.SUSPENSE) == 0
    back = await ledger.booked(*(f"difference-back:{one.id}" for one in await asked_of(journal)))
    assert len(back) == 1
    await everything_agrees(house)


async def asked_of(journal: int) -> list[differences_booked.Asked]:
    cases = [case for case in await differences.cases(status="resolved") if case.code == "E01"]
    return [one for case in cases for one in await differences_booked.asked(case.id) if one.journal_id == journal]


@pytest.mark.parametrize("more", [23, -40], ids=["it grows", "it shrinks"])
async def test_a_difference_that_changes_after_it_was_booked_asks_for_the_rest_alone(house: Ready, more: int) -> None:
    sale = await house.sale(12000)
    await look(house)

    async def odd(name: str, minor: int) -> None:
        fees, pending = Account(Code.STRIPE_FEES), Account(Code.STRIPE_PENDING)
        lines = [debit(fees, Money(minor, "EUR")), credit(pending, Money(minor, "EUR"))]
        source = Source(kind="charge", id=sale.charge)
        await ledger.post(key=name, kind="T1f", event_at=clock.now(), source=source, lines=lines)

    await odd("odd:1", 77)
    await booked(house, (await look(house))["E03"])
    await odd("odd:2", more)
    case = (await look(house, 30))["E03"]
    assert case.difference == Money(-77 - more, "EUR")
    assert {line.amount.minor for line in await differences_booked.proposal(case)} == {abs(more)}
    await booked(house, case)
    assert await stands(Code.SUSPENSE) == 77 + more
    assert await look(house, 40) == {}
    assert await invariants.stripe_agrees() == proofs.Proof("I3", True)


async def by_hand(house: Ready, sale: Sale, minor: int) -> None:
    """A refund made at Stripe's own pages."""
    payment = await Payment.select(Payment.intent_id).where(Payment.order == sale.order_id).first()
    assert payment is not None
    await stripe_gateway.refund(
        payment=payment["intent_id"], amount=Money(minor, "EUR"), key=str(uuid4()), metadata={"why": "by hand"}
    )
    await house.sandbox.admin("clock", {"advance": 5})


async def test_a_refund_made_at_stripe_is_taken_over_by_two_persons_and_sellers_give_back(house: Ready) -> None:
    sale = await house.sale(12000, 6000)
    await house.books()
    before = (await house.creator()).available
    await by_hand(house, sale, 9001)
    case = (await look(house))["E12"]
    assert [line.account.code for line in await differences_booked.proposal(case)] == [
        Code.REFUND_PAYABLE,
        Code.STRIPE_AVAILABLE,
    ]
    await differences_booked.propose(case=case, reason="A friend of the house", by=house.fay)
    with pytest.raises(SamePerson):
        await differences_booked.confirm(exception_id=case.id, by=house.fay)
    await differences_booked.confirm(exception_id=case.id, by=house.finn)
    refund = await Refund.objects().get(Refund.stripe_refund_id == case.source_id)
    assert refund is not None
    lines = await RefundLine.objects().where(RefundLine.refund == refund.id)
    assert (sorted(line.amount_minor for line in lines), str(refund.status)) == ([3000, 6001], "succeeded")
    assert (await house.creator()).available.minor == before.minor - (2000 + 1000 - 1000 - 500)
    goes_to = '{"name": "Sam", "line1": "1 rue", "postcode": "59000", "city": "Lille", "country": "FR"}'
    await Order.update({Order.ship_to: goes_to}).where(Order.id == sale.order_id)
    (note,) = await credit_notes.issue(refund_id=refund.id)
    assert sum(line.gross for line in note.content.lines) == 9001
    for minutes in (30, 40):
        assert await look(house, minutes) == {}
    assert await stands(Code.SUSPENSE) == 0
    await everything_agrees(house)


async def test_a_refund_at_stripe_that_belongs_to_no_order_goes_to_suspense(house: Ready) -> None:
    await unheard(house, 6000)
    charge = await Payment.objects().first()
    assert charge is not None
    await stripe_gateway.refund(payment=charge.intent_id, amount=Money(700, "EUR"), key=str(uuid4()), metadata={})
    await Payment.delete(force=True)
    await house.sandbox.admin("clock", {"advance": 5})
    case = (await look(house))["E12"]
    assert {line.account.code for line in await differences_booked.proposal(case)} == {Code.SUSPENSE, Code.STRIPE_AVAILABLE}
