"""Withheld tax is paid by two persons, never more than is owed, and found again at the bank (docs/money.md, chapter 17)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money
from payouts import (
    bank,
    bank_matching,
    bank_waiting,
    differences,
    differences_booked,
    differences_found,
    ledger,
    proofs,
    tax_payments,
)
from payouts.chart import Account, Code
from payouts.exports import local_day
from payouts.ledger import Source, credit, debit
from payouts.second_person import OwnProposal
from payouts.tables import ReconciliationException
from payouts.tax_payment_tables import TaxPayment
from payouts.tax_payments import MoreThanWithheld, NotPaidYet, TaxPaymentDecided, filled
from tests.cast import Cast
from tests.payouts import facts
from tests.payouts.facts import Market


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


async def withheld(market: Market, minor: int) -> None:
    """A tax as a payout withholds it (W1)."""
    await ledger.post(
        key=f"withheld:{uuid4()}",
        kind="W1",
        event_at=clock.now(),
        source=Source(kind="transfer", id="tr_1"),
        lines=(debit(Account(Code.GOODWILL), eur(minor)), credit(tax_payments.WITHHELD, eur(minor))),
    )


async def entered(minor: int, by: Principal, reference: str = "IRS 945 NOV", key: UUID | None = None) -> UUID:
    await tax_payments.propose(
        amount=eur(minor), paid_on=local_day(clock.now()), reference=reference, client_key=key or uuid4(), by=by
    )
    row = await TaxPayment.select(TaxPayment.id).order_by(TaxPayment.made_at, ascending=False).first()
    assert row is not None
    return UUID(str(row["id"]))


async def line(by: Principal, amount: str, text: str) -> None:
    content = f"Date,Description,Amount,Currency\n{local_day(clock.now()).isoformat()},{text},{amount},EUR\n".encode()
    await bank.take(statement_id=await bank.receive(name="a.csv", content=content, by=by), by=by)


async def stands(code: Code) -> int:
    return (await ledger.balance(Account(code), "EUR")).minor


async def test_two_persons_pay_what_is_owed_and_the_bank_shows_it(db: None) -> None:
    market, fay, finn = await facts.market(), await facts.person("fay"), await facts.person("finn")
    await withheld(market, 6000)
    payment = await entered(4000, fay)
    with pytest.raises(OwnProposal):
        await tax_payments.book(payment_id=payment, by=fay)
    await tax_payments.book(payment_id=payment, by=finn)
    assert (await stands(Code.TAX_WITHHELD), await stands(Code.IN_TRANSIT)) == (2000, -4000)
    [[month]] = (await tax_payments.owed()).values()
    assert (month.withheld, month.paid, month.open) == (eur(6000), eur(4000), eur(2000))
    assert [(one.id, one.amount) for one in await bank_waiting.payouts()] == [(f"tax:{payment}", eur(-4000))]
    await line(fay, "-12.00", "Rent")
    await line(fay, "-40.00", "SWIFT irs 945 nov US TREASURY")
    assert (await stands(Code.IN_TRANSIT), await stands(Code.BANK)) == (0, -4000)
    assert (await tax_payments.latest())[0].at_bank
    await differences_found.find()
    assert await ReconciliationException.count().where(ReconciliationException.code == "E10") == 1, "the rent alone"
    [known] = [one for one in await bank.lines() if one.match_id]
    assert (known.payouts[0][0], known.score) == (f"tax:{payment}", 100)
    assert known.match_id is not None
    await bank_matching.take_apart(match_id=known.match_id, reason="another tax", by=finn)
    assert await bank_matching.match_all() == 0, "what was taken apart is not matched again by itself"
    assert (await stands(Code.IN_TRANSIT), await stands(Code.BANK)) == (-4000, 0)
    await bank_matching.match(payout_ids=[f"tax:{payment}"], line_ids=[known.id], by=finn)
    assert await stands(Code.BANK) == -4000
    assert [proof for proof in await proofs.verify() if not proof.holds] == []


async def test_a_payment_that_the_bank_does_not_show_is_missed_after_three_working_days_and_heals_with_its_line(db: None) -> None:
    market, fay, finn = await facts.market(), await facts.person("fay"), await facts.person("finn")
    await withheld(market, 6000)
    payment = await entered(4000, fay)
    await entered(1000, fay, "waits for its second person")
    await tax_payments.book(payment_id=payment, by=finn)
    missed = (ReconciliationException.code == "E09") & (ReconciliationException.status == "open")
    with clock.shifted(timedelta(days=10)):
        await differences_found.find()
        assert await ReconciliationException.count().where(missed) == 0, "no statement was ever read"
        await line(fay, "-9.00", "Rent")
        for _time in range(2):
            await differences_found.find()
        [case] = [one for one in await differences.cases() if one.code == "E09"]
        assert (case.source_id, case.difference) == (f"tax:{payment}", eur(-4000))
        with pytest.raises(NotFound):
            await differences_booked.propose(case=case, reason="book it", by=fay)
    await line(fay, "-40.00", "SWIFT IRS 945 NOV")
    with clock.shifted(timedelta(days=10)):
        await differences_found.find()
        assert await ReconciliationException.count().where(missed) == 0


async def test_no_more_is_paid_than_was_withheld_however_many_book_at_once(db: None) -> None:
    market, fay, finn = await facts.market(), await facts.person("fay"), await facts.person("finn")
    with pytest.raises(MoreThanWithheld):
        await entered(1, fay)
    await withheld(market, 1000)
    with pytest.raises(NotPaidYet):
        await tax_payments.propose(
            amount=eur(1), paid_on=local_day(clock.now()) + timedelta(days=1), reference="abc", client_key=uuid4(), by=fay
        )
    payments = [await entered(600, fay) for _ in range(3)]
    key = uuid4()
    for _time in range(2):
        await entered(100, fay, key=key)
    assert await TaxPayment.count() == 4
    results = await asyncio.gather(
        *(tax_payments.book(payment_id=one, by=finn) for one in [*payments, payments[0]]), return_exceptions=True
    )
    assert sum(one is None for one in results) == 1
    assert {type(one) for one in results if one is not None} <= {MoreThanWithheld, TaxPaymentDecided}
    assert await stands(Code.TAX_WITHHELD) == 400
    async with DB.connection() as connection:
        for change in ("update tax_payment set amount_minor = 1", "delete from tax_payment"):
            with pytest.raises(asyncpg.PostgresError, match="never changed"):
                await connection.execute(change)


@given(st.lists(st.integers(-500, 900), max_size=8), st.integers(0, 3000))
def test_payments_fill_the_oldest_months_and_nothing_is_lost(months: list[int], paid: int) -> None:
    rows = filled([(f"2026-{place:02}", eur(minor)) for place, minor in enumerate(months, start=1)], eur(paid))
    assert sum(row.open.minor for row in rows) == (sum(months) - paid if months else 0)
    open_at = [place for place, row in enumerate(rows) if row.open.minor > 0]
    assert all(row.open.minor == max(row.withheld.minor, 0) for place, row in enumerate(rows) if open_at and place > open_at[0])


async def test_the_tax_page_takes_a_payment_and_its_second_person(server: str, cast: Cast) -> None:
    market = await facts.market()
    fay, finn = await cast.client(await cast.fay()), await cast.client(await cast.finn())
    assert "Nothing is owed" in (await fay.get("/finance/tax")).text
    assert (await fay.post("/finance/tax/payments", data={"currency": "EUR", "amount": "1"})).status_code == 422
    await withheld(market, 5000)
    page = (await fay.get("/finance/tax")).text
    key = page.split('name="client_key" value="')[1].split('"')[0]
    typed = {"currency": "EUR", "amount": "30,00", "paid_on": local_day(clock.now()).isoformat(), "reference": "945 <b>"}
    assert (await fay.post("/finance/tax/payments", data={**typed, "client_key": key, "paid_on": "soon"})).status_code == 422
    assert (await fay.post("/finance/tax/payments", data={**typed, "client_key": key, "amount": "50,01"})).status_code == 409
    assert (await fay.post("/finance/tax/payments", data={**typed, "client_key": key})).status_code == 303
    assert "/book" not in (await fay.get("/finance/tax")).text
    theirs = (await finn.get("/finance/tax")).text
    assert "945 &lt;b&gt;" in theirs
    where = "/finance/tax/payments/" + theirs.split('action="/finance/tax/payments/')[1].split("/book")[0]
    assert (await fay.post(f"{where}/book")).status_code == 403
    assert (await finn.post(f"{where}/refuse", data={"decision": ""})).status_code == 422
    assert (await finn.post(f"{where}/book")).status_code == 303
    assert (await finn.post(f"{where}/book")).status_code == 409
    assert "its line of the bank is missing" in (await fay.get("/finance/tax")).text
    assert "Payment of tax" in (await fay.get("/finance/bank")).text
    assert (await (await cast.client(market.nour)).post("/finance/tax/payments", data=typed)).status_code == 403
