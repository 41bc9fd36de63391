"""Differences that are no movement of ours: each is named, has an owner, an age and a proposal, and goes or stays (docs/money.md, chapter 7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from foundation import clock, stripe_gateway
from foundation.errors import NotFound, WrongState
from foundation.money import Money
from marketplace.tables import Payment
from payouts import (
    connected,
    differences,
    differences_booked,
    differences_found,
    differences_proposed,
    invariants,
    ledger,
    looks,
    proofs,
    reconciliation,
)
from payouts.bank_tables import BankFormat, BankLine, BankStatement, StripePayout
from payouts.chart import Account, Code
from payouts.connected_tables import ConnectedBalance
from payouts.differences import Case
from payouts.differences_proposed import Facts
from payouts.exchange_tables import Exchange, ExchangeKind
from payouts.ledger import Source, credit, debit
from payouts.off_platform_tables import BrandInvoice, BrandPayment, BrandPaymentStatus, InvoiceStatus
from payouts.runs import SamePerson
from payouts.tables import Commission, CommissionStatus, Payee, Period, Side
from tests.payouts.ready import Ready, ready
from tests.stand_ins import StandIn


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


@pytest.fixture
async def house(db: None, stripe_sandbox: StandIn) -> Ready:
    return await ready(stripe_sandbox)


async def found(code: str) -> list[Case]:
    await differences_found.find()
    return await differences.cases(code)


async def test_a_second_charge_of_a_paid_order_is_told_from_one_that_nobody_knows(house: Ready) -> None:
    sale = await house.sale(6000)
    for order in (str(sale.order_id), str(uuid4())):
        twice = await stripe_gateway.open_payment(amount=eur(6000), order_id=order, key=str(uuid4()))
        await stripe_gateway.confirm_payment(payment=twice.id, payment_method="pm_card_bypassPending", key=str(uuid4()))
    await house.sandbox.admin("clock", {"advance": 5})
    await looks.look()
    assert [queue.code for queue in await differences.queues()] == ["E01", "E06"]
    (case,) = await differences.cases("E06")
    lines = {line.side: line for line in await differences_booked.proposal(case)}
    assert (lines[Side.D].account.code, lines[Side.C].account.code) == (Code.STRIPE_AVAILABLE, Code.UNAPPLIED)
    again = await looks.look()
    assert (again.found, again.resolved) == (0, 0)
    assert await Payment.count() == 1


async def test_a_balance_below_zero_is_named_until_it_is_filled(house: Ready) -> None:
    assert await connected.look_around() == 2
    assert await found("E14") == []
    payee = await Payee.objects().first()
    assert payee is not None
    known = (
        await ConnectedBalance.update({ConnectedBalance.available_minor: -700, ConnectedBalance.pending_minor: 100})
        .where(ConnectedBalance.payee == payee.id)
        .returning(ConnectedBalance.id)
    )
    if not known:
        await ConnectedBalance(
            id=uuid4(), payee=payee.id, currency="EUR", available_minor=-700, pending_minor=100, seen_at=clock.now()
        ).save()
    (case,) = await found("E14")
    assert (case.source_id, case.difference) == (str(payee.id), eur(-600))
    await ConnectedBalance.update({ConnectedBalance.available_minor: 700}).where(ConnectedBalance.payee == payee.id)
    assert await found("E14") == []


async def test_late_facts_of_a_closed_month_are_one_difference_a_month_of_booking(house: Ready) -> None:
    now = clock.now()
    before = now - timedelta(days=40)
    month = f"{before:%Y-%m}"
    await Period(id=month, status="closed", closed_at=now - timedelta(days=2)).save()
    for number in range(2):
        lines = (debit(Account(Code.STRIPE_FEES), eur(100)), credit(Account(Code.STRIPE_PENDING), eur(100)))
        await ledger.post(
            key=f"late:{number}", kind="T1f", event_at=before, source=Source(kind="charge", id="ch_late"), lines=lines
        )
    (case,) = await found("E16")
    assert (case.source_id.split(" in ")[0], case.difference) == (month, eur(-200))
    await reconciliation.resolve(exception_id=case.id, resolution="Told the accountant", by=house.fay)
    assert await found("E16") == []
    await ledger.post(key="late:9", kind="T1f", event_at=before, source=Source(kind="charge", id="ch_late"), lines=lines)
    (case,) = await found("E16")
    assert case.difference == eur(-300)


async def test_a_brand_that_paid_too_much_gets_it_back_by_two_persons_and_one_that_is_late_is_named(house: Ready) -> None:
    brand, now = house.market.brand.id, clock.now()
    invoice = BrandInvoice(
        id=uuid4(),
        number="FF-2026-01",
        brand=brand,
        currency="EUR",
        period="2026-09",
        commission_minor=900,
        fee_minor=100,
        vat_bp=0,
        vat_minor=0,
        total_minor=1000,
        status=InvoiceStatus.OPEN,
        issued_at=now,
        due_at=now - timedelta(days=1),
    )
    await invoice.save()
    payment = BrandPayment(
        id=uuid4(),
        brand=brand,
        invoice=invoice.id,
        amount_minor=1500,
        currency="EUR",
        status=BrandPaymentStatus.SUCCEEDED,
        idempotency_key="w1",
        created_by=house.market.ada.id,
        created_at=now,
    )
    await payment.save()
    lines = (debit(Account(Code.STRIPE_AVAILABLE), eur(500)), credit(Account(Code.BRAND_CREDIT, "brand", str(brand)), eur(500)))
    await ledger.post(
        key=f"brand-payment:{payment.id}", kind="S3", event_at=now, source=Source(kind="charge", id="ch_w"), lines=lines
    )
    too_much, not_paid = sorted(await found("E17"), key=lambda case: case.difference.minor)
    assert (too_much.leg, too_much.difference, not_paid.leg, not_paid.difference) == (
        "paid too much",
        eur(500),
        "not paid",
        eur(1000),
    )
    with pytest.raises(NotFound):
        await differences_booked.propose(case=not_paid, reason="Nothing to book", by=house.fay)
    await differences_booked.propose(case=too_much, reason="They want it back", by=house.fay)
    await differences_booked.confirm(exception_id=too_much.id, by=house.finn)
    assert await ledger.balance(Account(Code.UNAPPLIED), "EUR") == eur(500)
    assert [case.leg for case in await found("E17")] == ["not paid"]
    assert all(proof.holds for proof in await proofs.verify())


async def test_commission_of_a_past_month_without_papers_is_named(house: Ready) -> None:
    await house.sale(6000)
    await house.books()
    assert await found("E18") == []
    creators = Commission.creator.is_not_null()
    await Commission.update(
        {Commission.released_at: clock.now() - timedelta(days=40), Commission.status: CommissionStatus.AVAILABLE}
    ).where(creators)
    (case,) = await found("E18")
    assert (case.source_id, case.difference) == (str(house.market.creator.id), eur(1000))


async def test_an_unusual_exchange_is_named_and_its_cost_is_a_loss(house: Ready) -> None:
    at = clock.now()
    lines = (debit(Account(Code.STRIPE_PENDING), eur(1)), credit(Account(Code.FX_CLEARING), eur(1)))
    posted = await ledger.post(key="fx", kind="F1", event_at=at, source=Source(kind="charge", id="ch_1"), lines=lines)
    for number, given in enumerate((9200, 9100, 8900)):
        await Exchange(
            id=uuid4(),
            kind=ExchangeKind.SETTLED,
            source_id=f"txn_{number}",
            from_currency="USD",
            from_minor=10_000,
            to_currency="EUR",
            to_minor=given,
            journal=posted.id,
            at=at + timedelta(minutes=number),
        ).save()
    (case,) = await found("E19")
    assert (case.source_id, case.difference) == ("txn_2", eur(-200))
    lines_of = {line.side: line for line in await differences_booked.proposal(case)}
    assert (lines_of[Side.D].account.code, lines_of[Side.C].account.code) == (Code.FX_LOSS, Code.FX_CLEARING)


async def test_a_return_of_a_failed_payout_goes_back_to_what_is_in_transit(house: Ready) -> None:
    now = clock.now()
    await StripePayout(
        id="po_back", amount_minor=900, currency="EUR", status="failed", arrives_on=now.date(), created_at=now, seen_at=now
    ).save()
    statement = BankStatement(
        id=uuid4(),
        name="a",
        format=BankFormat.CSV,
        digest="d",
        content=b"",
        account="ours",
        currency="EUR",
        uploaded_by=house.fay.id,
        uploaded_at=now,
    )
    await statement.save()
    await BankLine(
        id=uuid4(),
        statement=statement.id,
        account="ours",
        fingerprint="f",
        booked_on=now.date(),
        amount_minor=-900,
        currency="EUR",
        is_return=True,
    ).save()
    (case,) = await found("E10")
    lines = {line.side: line for line in await differences_booked.proposal(case)}
    assert (lines[Side.D].account.code, lines[Side.C].account.code) == (Code.IN_TRANSIT, Code.BANK)


def test_another_currency_is_booked_in_both() -> None:
    facts = Facts(code="E04", leg="charge", amount=Money(-5000, "USD"), ours=eur(4600))
    assert [(line.account.code, line.side, line.amount) for line in differences_proposed.proposal(facts)] == [
        (Code.STRIPE_AVAILABLE, Side.C, eur(4600)),
        (Code.SUSPENSE, Side.D, eur(4600)),
        (Code.STRIPE_AVAILABLE, Side.D, Money(5000, "USD")),
        (Code.SUSPENSE, Side.C, Money(5000, "USD")),
    ]


def test_every_code_has_its_days_its_stake_and_its_advice() -> None:
    for words in (differences_proposed.DAYS, differences_proposed.STAKES, differences_proposed.ADVICE):
        assert set(words) == set(reconciliation.CODES)


async def odd(house: Ready) -> Case:
    await StripePayout(
        id="po_failed",
        amount_minor=900,
        currency="EUR",
        status="failed",
        arrives_on=clock.now().date(),
        created_at=clock.now(),
        seen_at=clock.now(),
    ).save()
    (case,) = await found("E11")
    return case


async def test_a_difference_belongs_to_somebody_of_finance_and_grows_old(house: Ready) -> None:
    case = await odd(house)
    assert (case.owner, case.age, case.late, case.stake) == ("", 0, False, "loss")
    with pytest.raises(differences.NotFinance):
        await differences.assign(exception_id=case.id, owner=house.market.sam.id, by=house.fay)
    await differences.assign(exception_id=case.id, owner=house.fay.id, by=house.fay)
    await differences.assign(exception_id=case.id, owner=house.finn.id, by=house.fay)
    with clock.shifted(timedelta(days=3)):
        for sort in differences.SORTS:
            (case,) = await differences.cases(sort=sort, owner=house.finn.id)
        assert (case.owner, case.age, case.late) == ("Finn", 3, True)
    assert await differences.cases(owner=house.fay.id) == []
    await differences.assign(exception_id=case.id, owner=None, by=house.finn)
    await reconciliation.resolve(exception_id=case.id, resolution="Mended", by=house.fay)
    with pytest.raises(WrongState):
        await differences.assign(exception_id=case.id, owner=house.fay.id, by=house.fay)
    with pytest.raises(NotFound):
        await differences.assign(exception_id=uuid4(), owner=house.fay.id, by=house.fay)


async def test_a_posting_that_is_refused_stays_and_another_may_be_proposed(house: Ready) -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    lines = (debit(Account(Code.STRIPE_PENDING), eur(300)), credit(Account(Code.SUSPENSE), eur(300)))
    before = await ledger.balance(Account(Code.STRIPE_PENDING), "EUR")
    await ledger.post(key="odd", kind="T1", event_at=at, source=Source(kind="charge", id="ch_odd"), lines=lines)
    await house.sandbox.admin("clock", {"advance": 5})
    await looks.look()
    (case,) = await differences.cases("E02")
    await differences_booked.propose(case=case, reason="Never charged", by=house.fay)
    with pytest.raises(SamePerson):
        await differences_booked.refuse(exception_id=case.id, reason="No", by=house.fay)
    with pytest.raises(reconciliation.ReasonMissing):
        await differences_booked.refuse(exception_id=case.id, reason=" ", by=house.finn)
    await differences_booked.refuse(exception_id=case.id, reason="Ask Stripe first", by=house.finn)
    with pytest.raises(NotFound):
        await differences_booked.confirm(exception_id=case.id, by=house.finn)
    await differences_booked.propose(case=case, reason="Stripe says never", by=house.fay)
    assert [(one.waits, one.refused_because) for one in await differences_booked.asked(case.id)] == [
        (True, ""),
        (False, "Ask Stripe first"),
    ]
    await differences_booked.confirm(exception_id=case.id, by=house.finn)
    assert await ledger.balance(Account(Code.SUSPENSE), "EUR") == eur(0)
    assert await ledger.balance(Account(Code.STRIPE_PENDING), "EUR") == before, "it goes from where it stood"


async def test_a_transfer_in_the_books_that_nobody_asked_for_stops_runs_until_two_persons_have_booked_it(house: Ready) -> None:
    await ledger.post(
        key="written by hand", kind="P2", event_at=clock.now() - timedelta(days=1), source=Source(kind="transfer", id="tr_nobody"),
        lines=[debit(Account(Code.SUSPENSE), eur(4200)), credit(Account(Code.STRIPE_AVAILABLE), eur(4200))],
    )  # fmt: skip
    assert "I6" in {proof.code for proof in await invariants.check() if not proof.holds}
    await house.books()
    await reconciliation.reconcile()
    (case,) = [one for one in await differences.cases() if one.code == "E02"]
    await differences_booked.propose(case=case, reason="No such transfer at Stripe", by=house.fay)
    assert "I6" in {proof.code for proof in await invariants.check() if not proof.holds}, "one person is not enough"
    await differences_booked.confirm(exception_id=case.id, by=house.finn)
    assert "I6" not in {proof.code for proof in await invariants.check() if not proof.holds}
    assert await ledger.balance(Account(Code.SUSPENSE), "EUR") == eur(0)
