"""What the bank and Stripe do not say alike is found, named, and booked by two persons (docs/money.md, chapter 7)."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from foundation import clock
from foundation.errors import NotFound, WrongState
from foundation.money import Money
from payouts import (
    bank,
    bank_matching,
    difference_subjects,
    differences,
    differences_booked,
    differences_found,
    ledger,
    proofs,
    reconciliation,
)
from payouts.bank_tables import StripePayout
from payouts.chart import Account, Code
from payouts.differences import Case
from payouts.runs import SamePerson
from payouts.tables import MirrorTransaction, Side
from tests.payouts.ready import Ready, ready
from tests.stand_ins import StandIn

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


@pytest.fixture
async def house(db: None, stripe_sandbox: StandIn) -> Ready:
    return await ready(stripe_sandbox)


async def sent(status: str = "paid", *, days_ago: int = 10, amount: int = 1000) -> str:
    payout = f"po_{uuid4().hex[:10]}"
    await StripePayout(
        id=payout,
        amount_minor=amount,
        currency="EUR",
        status=status,
        arrives_on=clock.now().date() - timedelta(days=days_ago),
        created_at=NOW,
        seen_at=NOW,
    ).save()
    return payout


async def line(house: Ready, amount: str, text: str = "Somebody") -> None:
    content = f"Date,Description,Amount,Currency\n{clock.now().date().isoformat()},{text} {uuid4()},{amount},EUR\n".encode()
    await bank.take(statement_id=await bank.receive(name="a.csv", content=content, by=house.fay), by=house.fay)


async def found() -> list[Case]:
    await differences_found.find()
    return await differences.cases()


async def test_a_payout_is_missed_after_three_working_days(house: Ready) -> None:
    await line(house, "1.00")
    payout = await sent()
    await sent(days_ago=1)
    assert [case.source_id for case in await found() if case.code == "E09"] == [payout]
    assert [case.source_id for case in await found() if case.code == "E09"] == [payout]


async def test_nothing_is_missed_while_no_statement_was_ever_read(house: Ready) -> None:
    await sent()
    assert await found() == []


async def test_a_payout_that_the_bank_sent_back_is_named_and_heals(house: Ready) -> None:
    payout = await sent("failed")
    assert [(case.code, case.source_id) for case in await found()] == [("E11", payout)]
    await StripePayout.update({StripePayout.status: "canceled"}).where(StripePayout.id == payout)
    assert await found() == []


@pytest.mark.parametrize(
    ("today", "before"),
    [
        (date(2026, 11, 20), date(2026, 11, 17)),
        (date(2026, 11, 23), date(2026, 11, 18)),
        (date(2026, 11, 22), date(2026, 11, 18)),
    ],
)
def test_working_days_leave_out_the_week_end(today: date, before: date) -> None:
    assert differences_found.working_days_before(today, 3) == before


async def test_a_line_that_nothing_explains_is_booked_by_two_persons(house: Ready) -> None:
    await line(house, "12.50")
    (case,) = await found()
    assert case.code == "E10"
    debited, credited = await differences_booked.proposal(case)
    assert (debited.account.code, credited.account.code, debited.amount) == (Code.BANK, Code.UNAPPLIED, eur(1250))
    with pytest.raises(reconciliation.ReasonMissing):
        await differences_booked.propose(case=case, reason=" ", by=house.fay)
    with pytest.raises(NotFound):
        await differences_booked.confirm(exception_id=case.id, by=house.finn)
    await differences_booked.propose(case=case, reason="A brand paid by transfer", by=house.fay)
    with pytest.raises(SamePerson):
        await differences_booked.confirm(exception_id=case.id, by=house.fay)
    done = await asyncio.gather(
        *(differences_booked.confirm(exception_id=case.id, by=house.finn) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(one, WrongState) for one in done) == 2
    assert await ledger.balance(Account(Code.BANK), "EUR") == eur(1250)
    assert await ledger.balance(Account(Code.UNAPPLIED), "EUR") == eur(1250)
    assert await found() == []
    assert all(proof.holds for proof in await proofs.verify())


async def test_what_was_matched_meanwhile_is_not_booked_by_hand(house: Ready) -> None:
    await line(house, "10.00", "Somebody")
    (case,) = await found()
    await differences_booked.propose(case=case, reason="Unknown", by=house.fay)
    payout = await sent(days_ago=0)
    (shown,) = await bank.lines()
    await bank_matching.match(payout_ids=[payout], line_ids=[shown.id], by=house.fay)
    with pytest.raises(WrongState):
        await differences_booked.confirm(exception_id=case.id, by=house.finn)
    assert await ledger.balance(Account(Code.BANK), "EUR") == eur(1000)


async def test_what_was_booked_by_hand_is_not_booked_again_by_a_match(house: Ready) -> None:
    await line(house, "10.00", "STRIPE")
    (case,) = await found()
    await differences_booked.propose(case=case, reason="Unknown", by=house.fay)
    await differences_booked.confirm(exception_id=case.id, by=house.finn)
    payout = await sent(days_ago=0)
    assert await bank_matching.match_all() == 0
    (shown,) = await bank.lines()
    with pytest.raises(WrongState):
        await bank_matching.match(payout_ids=[payout], line_ids=[shown.id], by=house.fay)
    assert await ledger.balance(Account(Code.BANK), "EUR") == eur(1000)


@pytest.mark.parametrize(
    ("category", "net", "code", "sides"),
    [
        ("other_adjustment", 300, "E12", (Code.STRIPE_AVAILABLE, Code.SUSPENSE)),
        ("risk_reserved_funds", -400, "E15", (Code.STRIPE_RESERVED, Code.STRIPE_AVAILABLE)),
    ],
)
async def test_what_was_made_at_stripe_has_its_name_and_its_posting(
    db: None, category: str, net: int, code: str, sides: tuple[Code, Code]
) -> None:
    await MirrorTransaction(
        id="txn_1",
        kind=category,
        category=category,
        amount_minor=net,
        fee_minor=0,
        net_minor=net,
        currency="EUR",
        source_id="re_odd",
        created_at=NOW,
        available_on=NOW,
        mirrored_at=NOW,
    ).save()
    await reconciliation.reconcile()
    (case,) = await found()
    lines = {line.side: line for line in await differences_booked.proposal(case)}
    assert case.code == code
    assert (lines[Side.D].account.code, lines[Side.C].account.code) == sides
    assert [line.amount for line in lines.values()] == [eur(abs(net))] * 2


async def test_a_cost_of_the_bank_is_booked_as_one_and_its_case_says_what_the_bank_wrote(house: Ready) -> None:
    await line(house, "-9.90", "FRAIS DE TENUE DE COMPTE")
    (case,) = await found()
    (subject,) = (await difference_subjects.of([case])).values()
    assert subject.words.startswith("FRAIS DE TENUE DE COMPTE")
    assert subject.href.startswith("/finance/bank/statements/")
    assert [one.account.code for one in await differences_booked.proposal(case)] == [Code.BANK, Code.STRIPE_FEES]
    waiting = await differences_booked.proposal(case, Code.UNAPPLIED)
    assert [one.account.code for one in waiting] == [Code.BANK, Code.UNAPPLIED]
    other = await differences_booked.proposal(case, Code.PLATFORM_FEE)
    assert [one.account.code for one in other] == [Code.BANK, Code.STRIPE_FEES], "nothing but what is offered"
    await differences_booked.propose(case=case, reason="Fees of November", by=house.fay)
    await differences_booked.confirm(exception_id=case.id, by=house.finn)
    assert (await ledger.balance(Account(Code.STRIPE_FEES), "EUR")).minor == 990
    assert await found() == []


async def test_every_case_of_ours_is_named_for_people(house: Ready) -> None:
    await line(house, "1.00")
    payout = await sent()
    subjects = await difference_subjects.of(await found())
    assert {one.source_id for one in await found()} == set(subjects)
    assert subjects[payout].words == payout
