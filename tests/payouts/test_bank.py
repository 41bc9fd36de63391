"""Statements of the bank are taken once, and matched with Stripe's payouts (docs/money.md, chapter 7)."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from uuid import uuid4

import pytest
from asyncpg import UniqueViolationError

from foundation import clock, stripe_gateway
from foundation.errors import NotFound, WrongState
from foundation.money import Money
from payouts import bank, bank_matching, bank_pairing, bank_payouts, ledger, proofs
from payouts.bank_pairing import Payout, Waiting
from payouts.bank_tables import BankLine, BankMatch, StripePayout
from payouts.chart import Account, Code
from tests.cast import Cast
from tests.payouts.ready import Ready, ready
from tests.payouts.statements import camt
from tests.stand_ins import StandIn


@pytest.fixture
async def house(db: None, stripe_sandbox: StandIn) -> Ready:
    return await ready(stripe_sandbox)


async def test_a_line_is_taken_once_from_files_that_overlap(house: Ready) -> None:
    first = await bank.receive(name="a.xml", content=camt(), by=house.fay)
    assert await bank.take(statement_id=first, by=house.fay) == 2
    with pytest.raises(bank.StatementKnown):
        await bank.receive(name="again.xml", content=camt(), by=house.fay)
    with pytest.raises(bank.StatementKnown):
        await bank.take(statement_id=first, by=house.finn)
    second = await bank.receive(name="b.xml", content=camt() + b"\n", by=house.fay)
    assert (await bank.preview(second)).known == 2
    assert await bank.take(statement_id=second, by=house.fay) == 0
    assert await BankLine.count() == 2


async def test_two_equal_lines_of_one_day_are_two(house: Ready) -> None:
    twice = b"Date,Description,Amount,Currency\n2026-11-03,Coffee,-3.50,EUR\n2026-11-03,Coffee,-3.50,EUR\n"
    assert await bank.take(statement_id=await bank.receive(name="a.csv", content=twice, by=house.fay), by=house.fay) == 2


async def test_two_who_take_one_file_at_once_take_it_once(house: Ready) -> None:
    statement = await bank.receive(name="a.xml", content=camt(), by=house.fay)
    done = await asyncio.gather(*(bank.take(statement_id=statement, by=house.fay) for _ in range(3)), return_exceptions=True)
    assert sorted(str(one) if isinstance(one, int) else "refused" for one in done) == ["2", "refused", "refused"]


async def paid_out(house: Ready) -> StripePayout:
    """Ten euros sent from Stripe to our bank, and arrived."""
    await house.sale(6000)
    await house.books()
    await stripe_gateway.create_payout(amount=Money(1000, "EUR"), key=str(uuid4()))
    await house.sandbox.admin("clock", {"advance": 10 * 86_400})
    with clock.shifted(timedelta(days=10)):
        await bank_payouts.pull()
    await house.books()
    payout = await StripePayout.objects().first()
    assert payout is not None
    assert payout.status == "paid"
    return payout


async def arrived(house: Ready, payout: StripePayout, text: str = "STRIPE PAYOUT") -> None:
    content = f"Date,Description,Amount,Currency\n{payout.arrives_on.isoformat()},{text},10.00,EUR\n".encode()
    await bank.take(statement_id=await bank.receive(name="a.csv", content=content, by=house.fay), by=house.fay)


async def test_a_payout_that_arrives_is_in_the_bank(house: Ready) -> None:
    payout = await paid_out(house)
    await arrived(house, payout)
    (line,) = await bank.lines()
    assert ([one for one, _journal in line.payouts], line.score, line.reason) == ([payout.id], 90, "name")
    assert await ledger.balance(Account(Code.BANK), "EUR") == Money(1000, "EUR")
    assert await ledger.balance(Account(Code.IN_TRANSIT), "EUR") == Money(0, "EUR")
    assert all(proof.holds for proof in await proofs.verify())


async def test_a_match_taken_apart_stays_and_is_not_made_again_by_itself(house: Ready) -> None:
    payout = await paid_out(house)
    await arrived(house, payout)
    (line,) = await bank.lines()
    assert line.match_id is not None
    with pytest.raises(bank_matching.ReasonMissing):
        await bank_matching.take_apart(match_id=line.match_id, reason=" ", by=house.finn)
    await bank_matching.take_apart(match_id=line.match_id, reason="Of somebody else", by=house.finn)
    with pytest.raises(WrongState):
        await bank_matching.take_apart(match_id=line.match_id, reason="Again", by=house.finn)
    assert await ledger.balance(Account(Code.BANK), "EUR") == Money(0, "EUR")
    assert await bank_matching.match_all() == 0
    await bank_matching.match(payout_ids=[payout.id], line_ids=[line.id], by=house.fay)
    assert await ledger.balance(Account(Code.BANK), "EUR") == Money(1000, "EUR")
    rows = await BankMatch.objects().order_by(BankMatch.matched_at)
    assert [(row.reason, row.ended_because) for row in rows] == [("name", "Of somebody else"), ("person", "")]


async def test_a_person_cannot_match_another_amount(house: Ready) -> None:
    payout = await paid_out(house)
    content = b"Date,Description,Amount,Currency\n2026-11-03,Stripe,9.99,EUR\n"
    await bank.take(statement_id=await bank.receive(name="a.csv", content=content, by=house.fay), by=house.fay)
    (line,) = await bank.lines(only_open=True)
    with pytest.raises(bank_matching.AmountsDiffer):
        await bank_matching.match(payout_ids=[payout.id], line_ids=[line.id], by=house.fay)


def day(number: int) -> date:
    return date(2026, 11, number)


def test_the_bank_reference_decides_between_equal_amounts() -> None:
    payouts = [Payout("po_1", 500, "EUR", "TR1", day(3)), Payout("po_2", 500, "EUR", "TR2", day(3))]
    lines = [Waiting(uuid4(), 500, "EUR", "from stripe TR2", day(3)), Waiting(uuid4(), 500, "EUR", "from stripe", day(4))]
    assert [(payout.id, line.id, reason) for payout, line, reason in bank_pairing.pair(payouts, lines)] == [
        ("po_2", lines[0].id, "trace"),
        ("po_1", lines[1].id, "name"),
    ]


def test_a_line_that_names_one_payout_is_never_another_one() -> None:
    payout = Payout("po_2", 500, "EUR", "TR2", day(3))
    line = Waiting(uuid4(), 500, "EUR", "from stripe TR1", day(3), names="TR1")
    assert bank_pairing.pair([payout], [line]) == []
    halves = [Waiting(uuid4(), 250, "EUR", "stripe TR1", day(3), names="TR1") for _time in range(2)]
    assert bank_pairing.sums([payout], halves) == []


async def test_a_line_that_the_bank_repeats_is_not_taken_for_another_payout(house: Ready) -> None:
    names = await sent(1000, 1000, 2000)
    await StripePayout.update({StripePayout.trace_id: "TRACE0001"}).where(StripePayout.id == names[0])
    row = await StripePayout.objects().get(StripePayout.id == names[0])
    assert row is not None
    for number in range(2):
        content = (
            f"Date,Description,Amount,Currency\n{row.arrives_on.isoformat()},STRIPE TRACE0001 page {number},10.00,EUR\n".encode()
        )
        await bank.take(statement_id=await bank.receive(name=f"{number}.csv", content=content, by=house.fay), by=house.fay)
    matched = await BankMatch.select(BankMatch.payout, BankMatch.reason)
    assert [(one["payout"], one["reason"]) for one in matched] == [(names[0], "trace")]
    assert len(await bank.lines(only_open=True)) == 1


def test_what_fits_twice_is_left_to_a_person() -> None:
    payouts = [Payout("po_1", 500, "EUR", "", day(3)), Payout("po_2", 500, "EUR", "", day(3))]
    assert bank_pairing.pair(payouts, [Waiting(uuid4(), 500, "EUR", "stripe", day(3))]) == []


@pytest.mark.parametrize(("amount", "currency", "number"), [(501, "EUR", 3), (500, "USD", 3), (500, "EUR", 1), (500, "EUR", 11)])
def test_another_amount_currency_or_time_is_not_the_same_money(amount: int, currency: str, number: int) -> None:
    line = Waiting(uuid4(), amount, currency, "stripe", day(number))
    assert bank_pairing.pair([Payout("po_1", 500, "EUR", "", day(3))], [line]) == []


def test_a_line_is_the_only_payouts_that_add_up_and_a_payout_the_only_lines() -> None:
    payouts = [Payout(f"po_{amount}", amount, "EUR", "", day(3)) for amount in (300, 450, 999)]
    lines = [Waiting(uuid4(), amount, "EUR", "STRIPE", day(4)) for amount in (750, 400, 599)]
    found = bank_pairing.sums(payouts, lines)
    assert [([one.amount for one in some], [one.amount for one in others]) for some, others in found] == [
        ([300, 450], [750]),
        ([999], [400, 599]),
    ]


@pytest.mark.parametrize(
    ("amounts", "text", "when"), [((300, 450, 450), "STRIPE", 4), ((300, 450), "SOMEBODY", 4), ((300, 450), "STRIPE", 14)]
)
def test_sums_that_fit_twice_or_name_nobody_or_come_late_are_left_to_a_person(
    amounts: tuple[int, ...], text: str, when: int
) -> None:
    payouts = [Payout(f"po_{number}", amount, "EUR", "", day(3)) for number, amount in enumerate(amounts)]
    assert bank_pairing.sums(payouts, [Waiting(uuid4(), 750, "EUR", text, day(when))]) == []


def test_too_many_candidates_are_not_added_up_by_chance() -> None:
    payouts = [Payout(f"po_{amount}", amount, "EUR", "", day(3)) for amount in range(100, 130)]
    assert bank_pairing.sums(payouts, [Waiting(uuid4(), 201, "EUR", "STRIPE", day(3))]) == []


async def sent(*amounts: int) -> list[str]:
    ids = [f"po_{uuid4().hex[:8]}" for _amount in amounts]
    now = clock.now()
    await StripePayout.insert(
        *(
            StripePayout(
                id=payout, amount_minor=amount, currency="EUR", status="paid", arrives_on=now.date(), created_at=now, seen_at=now
            )
            for payout, amount in zip(ids, amounts, strict=True)
        )
    )
    return ids


async def read(house: Ready, *rows: str) -> None:
    text = "\n".join(["Date,Description,Amount,Currency", *(f"{clock.now().date().isoformat()},{row},EUR" for row in rows)])
    await bank.take(statement_id=await bank.receive(name="a.csv", content=text.encode(), by=house.fay), by=house.fay)


async def test_one_line_of_two_payouts_and_two_lines_of_one_payout_match_and_come_apart_whole(house: Ready) -> None:
    await sent(300, 450)
    await sent(2000)
    await read(house, "STRIPE A,7.50", "STRIPE B,12.00", "STRIPE C,8.00")
    assert await ledger.balance(Account(Code.BANK), "EUR") == Money(2750, "EUR")
    lines = {line.amount.minor: line for line in await bank.lines()}
    assert [len(lines[amount].payouts) for amount in (750, 1200, 800)] == [2, 1, 1]
    match_id = lines[1200].match_id
    assert match_id is not None
    await bank_matching.take_apart(match_id=match_id, reason="Two different ones", by=house.finn)
    assert await ledger.balance(Account(Code.BANK), "EUR") == Money(750, "EUR")
    assert await bank_matching.match_all() == 0
    assert {line.amount.minor for line in await bank.lines(only_open=True)} == {1200, 800}
    assert all("Two different ones" in line.before[0] for line in await bank.lines(only_open=True))
    assert all(proof.holds for proof in await proofs.verify())


async def test_a_person_matches_sums_and_only_true_ones(house: Ready) -> None:
    one, two, three = await sent(300, 450, 451)
    await read(house, "Somebody,7.50")
    (line,) = await bank.lines()
    with pytest.raises(bank_matching.AmountsDiffer):
        await bank_matching.match(payout_ids=[one, three], line_ids=[line.id], by=house.fay)
    with pytest.raises(bank_matching.NotOneSided):
        await bank_matching.match(payout_ids=[one, two], line_ids=[line.id, uuid4()], by=house.fay)
    with pytest.raises(NotFound):
        await bank_matching.match(payout_ids=[one, "po_nobody"], line_ids=[line.id], by=house.fay)
    ends = await asyncio.gather(
        *(bank_matching.match(payout_ids=[one, two], line_ids=[line.id], by=house.fay) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(end, WrongState) for end in ends) == 2
    assert await ledger.balance(Account(Code.BANK), "EUR") == Money(750, "EUR")
    with pytest.raises(UniqueViolationError):
        await BankMatch(
            id=uuid4(),
            payout=three,
            line=line.id,
            bundle=uuid4(),
            amount_minor=1,
            score=1,
            reason="person",
            matched_at=clock.now(),
        ).save()


async def test_finance_looks_at_a_statement_before_it_is_taken(cast: Cast) -> None:
    fay = await cast.client(await cast.fay())
    assert "Read a statement" in (await fay.get("/finance/bank")).text
    refused = await fay.post("/finance/bank", data={"account": ""}, files={"file": ("a.zip", b"PK\x03\x04", "application/zip")})
    assert refused.status_code == 422
    assert "compressed" in refused.text
    sent = await fay.post("/finance/bank", data={"account": ""}, files={"file": ("a.xml", camt(), "text/xml")})
    assert sent.status_code == 303
    shown = await fay.get(sent.headers["location"])
    assert "STRIPE PAYOUT" in shown.text
    assert await BankLine.count() == 0
    assert (await fay.post(sent.headers["location"] + "/take", data={})).status_code == 303
    assert await BankLine.count() == 2
    assert "Nothing explains it" in (await fay.get("/finance/bank")).text
    assert (await fay.get(f"/finance/bank/statements/{uuid4()}")).status_code == 404
    sam = await cast.client(await cast.sam())
    assert (await sam.get("/finance/bank")).status_code == 403


async def test_a_match_can_be_made_and_taken_apart_on_the_page(cast: Cast) -> None:
    fay = await cast.client(await cast.fay())
    sent = await fay.post("/finance/bank", data={"account": ""}, files={"file": ("a.xml", camt(), "text/xml")})
    await fay.post(sent.headers["location"] + "/take", data={})
    await StripePayout(
        id="po_1",
        amount_minor=1000,
        currency="EUR",
        status="paid",
        arrives_on=date(2026, 9, 1),
        created_at=clock.now(),
        seen_at=clock.now(),
    ).save()
    line = next(one for one in await bank.lines() if one.amount.minor == 1000)
    assert "po_1" in (await fay.get("/finance/bank")).text
    assert (await fay.post(f"/finance/bank/lines/{line.id}/match", data={"payout": "po_1"})).status_code == 303
    (match,) = [one for one in await bank.lines() if one.match_id]
    assert (await fay.post(f"/finance/bank/matches/{match.match_id}/apart", data={"reason": ""})).status_code == 422
    assert (await fay.post(f"/finance/bank/matches/{match.match_id}/apart", data={"reason": "Not ours"})).status_code == 303
    assert await ledger.balance(Account(Code.BANK), "EUR") == Money(0, "EUR")
    page = await fay.get("/finance/bank/match")
    assert "They are the same money" in page.text
    wrong = await fay.post("/finance/bank/match", data={"line": [str(line.id)], "payout": []})
    assert wrong.status_code == 422
    assert "Choose one line and its payouts" in wrong.text
    assert "checked" in wrong.text
    assert (await fay.post("/finance/bank/match", data={"line": ["x"], "payout": ["po_1"]})).status_code == 422
    assert (await fay.post("/finance/bank/match", data={"line": [str(line.id)], "payout": ["po_1"]})).status_code == 303


async def test_payouts_of_three_days_of_silence_are_read_and_a_late_failure_is_seen(house: Ready) -> None:
    payout = await paid_out(house)
    for number in range(3):
        await house.sandbox.admin("clock", {"advance": 86_400})
        await stripe_gateway.create_payout(amount=Money(100 + number, "EUR"), key=str(uuid4()))
    with clock.shifted(timedelta(days=13)):
        assert await bank_payouts.pull() == 3
        assert await bank_payouts.pull() == 0
        await house.sandbox.admin(f"payouts/{payout.id}/fail")
        assert await bank_payouts.pull() == 1
    changed = await StripePayout.objects().where(StripePayout.id == payout.id).first()
    assert changed is not None
    assert changed.status == "failed"
