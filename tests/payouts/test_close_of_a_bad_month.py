"""A month with planted errors, closed as a person of finance would: each is found, named, resolved by two persons; then the files add up."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from foundation import clock, stripe_gateway
from foundation.accounts import Principal
from foundation.money import Money
from marketplace.tables import Payment, RefundStatus
from payouts import (
    bank,
    bank_payouts,
    clawbacks,
    differences,
    differences_booked,
    earnings,
    exports_books,
    house_moves,
    identities,
    journal_files,
    ledger,
    looks,
    periods,
    reconciliation,
    transfers,
    watch,
)
from payouts.bank_files import BadBankFile
from payouts.bank_tables import StripePayout
from payouts.chart import MEMO, Account, Code
from payouts.datev import datev
from payouts.differences import Case
from payouts.exports import as_csv
from payouts.fec import FIELDS, fec
from payouts.identities import Declared
from payouts.runs import SamePerson
from tests.payouts.facts import Sale
from tests.payouts.ready import Ready, approved, ready
from tests.payouts.statements import camt
from tests.stand_ins import StandIn

SIREN = "732829320"
AHEAD = timedelta(days=10)
NOUR = Declared(
    legal_name="Nour Benali",
    is_company=False,
    street="3 place",
    postcode="59000",
    town="Lille",
    country="FR",
    tin="0123456789012",
)


@pytest.fixture
async def house(db: None, stripe_sandbox: StandIn) -> Ready:
    return await ready(stripe_sandbox)


async def intent_of(sale: Sale) -> str:
    row = await Payment.select(Payment.intent_id).where(Payment.order == sale.order_id).first()
    assert row is not None
    return str(row["intent_id"])


async def statement(house: Ready, *lines: tuple[str, str, str]) -> None:
    """A statement of our bank with lines of day, text and amount."""
    content = "\n".join(["Date,Description,Amount,Currency", *(",".join([*line, "EUR"]) for line in lines), ""]).encode()
    await bank.take(statement_id=await bank.receive(name="a.csv", content=content, by=house.fay), by=house.fay)


async def planted(house: Ready) -> tuple[Sale, list[StripePayout]]:
    """Three sales and a run, in which five things went wrong; a sale that is refunded too late, and the payouts to our bank."""
    await identities.declare(told=NOUR, by=house.market.nour)
    await identities.give_mandate(by=house.market.nour)
    good, odd, late = await house.sale(12000), await house.sale(6000), await house.sale(9000)
    await house.sale(50000, released=False)  # stays at Stripe
    await earnings.book_fee(charge_id=odd.charge, fee=Money(77, "EUR"), event_at=clock.now())  # Stripe took another one
    await house.books()
    run = await approved(house)
    await transfers.execute(run_id=run.id)
    await stripe_gateway.transfer(  # the creator's amount once more, by hand at Stripe's own pages
        amount=Money(1000, "EUR"), destination=house.nour_account, group="by hand", item_id="", key=str(uuid4())
    )
    await stripe_gateway.refund(
        payment=await intent_of(good), amount=Money(500, "EUR"), key=str(uuid4()), metadata={"why": "by hand"}
    )
    for amount in (300, 200):
        await stripe_gateway.create_payout(amount=Money(amount, "EUR"), key=str(uuid4()))
    await house.sandbox.admin("clock", {"advance": AHEAD.total_seconds()})
    with clock.shifted(AHEAD):
        await bank_payouts.pull()
    payouts = await StripePayout.objects().order_by(StripePayout.amount_minor, ascending=False)
    day = payouts[0].arrives_on.isoformat()
    await statement(
        house, (day, "STRIPE PAYOUT", "3.00"), (day, "FRAIS BANCAIRES", "-4.20")
    )  # one payout is missing, one line is odd
    return late, payouts


async def cases() -> dict[str, Case]:
    await looks.look()
    found = await differences.cases()
    assert len({case.code for case in found}) == len(found)
    return {case.code: case for case in found}


async def both(house: Ready, case: Case, reason: str) -> None:
    """One proposes, may not confirm alone, another one books."""
    await differences_booked.propose(case=case, reason=reason, by=house.fay)
    with pytest.raises(SamePerson):
        await differences_booked.confirm(exception_id=case.id, by=house.fay)
    await differences_booked.confirm(exception_id=case.id, by=house.finn)


async def closed(by: Principal) -> list[str]:
    """Every month that has ended, the oldest first, after a check."""
    await watch.check()
    ended = sorted((month.id, month.status) for month in await periods.months() if month.id < periods.month_of(clock.now()))
    for month, status in ended:
        if status == "open":
            await periods.close(period=month, by=by)
    return [month for month, _status in ended]


async def test_a_month_with_planted_errors_is_closed_by_two_persons_and_the_files_add_up(house: Ready) -> None:
    late, payouts = await planted(house)
    with clock.shifted(AHEAD):
        found = await cases()
        assert set(found) == {"E03", "E07", "E09", "E10", "E12"}
        assert found["E09"].source_id == payouts[1].id
        with clock.shifted(timedelta(days=32)), pytest.raises(periods.CloseBlocked):
            await closed(house.finn)
        for code, reason in (
            ("E03", "Stripe's fee of this card is higher"),
            ("E07", "Sent twice by hand; asked back"),
            ("E10", "Fees of the bank"),
            ("E12", "Given back by hand"),
        ):
            await both(house, found[code], reason)
        await statement(house, (payouts[1].arrives_on.isoformat(), "STRIPE PAYOUT 2", "2.00"))  # the bank's second page
        assert await cases() == {}
        assert (await reconciliation.reconcile()).open == 0
        refund = await late.refund({0: 3000}, status=RefundStatus.SENDING)
    await house.sandbox.admin("clock", {"advance": timedelta(days=36).total_seconds()})
    with clock.shifted(timedelta(days=45)):
        with pytest.raises(periods.CloseBlocked):
            await closed(house.finn)  # what moved at Stripe until the end of the last month is not read yet
        await looks.look()
        await earnings.release_due()
        assert (await watch.check()).broken == ()
        months = await closed(house.finn)
        assert months
        await clawbacks.claw_back(refund_id=refund)  # its news came after the close: it goes into the open month
        assert {month.status for month in await periods.months() if month.id in months} == {"closed"}
        assert "I11" not in (await watch.check()).broken
        assert "E16" in await cases(), "what came late is named in its month"
    await files_add_up()


async def test_what_the_bank_gets_wrong_is_found_booked_by_two_persons_and_leaves_nothing_in_suspense(house: Ready) -> None:
    await house.sale(50000)
    await house.books()
    for amount in (300, 450):
        await stripe_gateway.create_payout(amount=Money(amount, "EUR"), key=str(uuid4()))
    await house.sandbox.admin("clock", {"advance": AHEAD.total_seconds()})
    with clock.shifted(AHEAD):
        await bank_payouts.pull()
        back, good = await StripePayout.objects().order_by(StripePayout.amount_minor, ascending=False)
        day = good.arrives_on.isoformat()
        await statement(house, (day, f"STRIPE {good.trace_id}", "3.00"), (day, f"STRIPE {back.trace_id}", "4.50"))
        await statement(house, (day, f"STRIPE {good.trace_id} BIS", "3.00"), (day, "FRAIS CARTE", "-1.50"))
        await house.sandbox.admin(f"payouts/{back.id}/fail")
        await bank_payouts.pull()
        await statement(house, (day, "RETOUR STRIPE", "-4.50"))
        with pytest.raises(BadBankFile):
            await bank.receive(name="forged.xml", content=camt(closing="999.00"), by=house.fay)
        await looks.look()
        found = {(case.code, case.leg, case.difference.minor): case for case in await differences.cases()}
        assert {key for key in found if key[0] != "E18"} == {
            ("E10", "bank line", 300),
            ("E10", "bank line", -150),
            ("E10", "bank return", -450),
            ("E11", "payout", 450),
        }
        for case in found.values():
            if case.code == "E10":
                await both(house, case, "As the bank wrote")
        await reconciliation.resolve(exception_id=found["E11", "payout", 450].id, resolution="Account mended", by=house.fay)
        await house_moves.propose(
            debited=Code.UNAPPLIED, credited=Code.STRIPE_FEES, amount=Money(300, "EUR"), reason="The bank lets us keep it for its mistakes",
            client_key=uuid4(), by=house.fay,
        )  # fmt: skip
        await house_moves.book(move_id=(await house_moves.latest())[0].id, by=house.finn)
        await looks.look()
        assert [case.code for case in await differences.cases() if case.code != "E18"] == []
        waiting = {code: sum_.minor for code, sum_ in await house_moves.standing("EUR")}
        assert (waiting[Code.UNAPPLIED], waiting[Code.SUSPENSE]) == (0, 0)
        assert (await ledger.balance(Account(Code.IN_TRANSIT), "EUR")).minor == 0
        assert (await ledger.balance(Account(Code.BANK), "EUR")).minor == 300 + 450 + 300 - 150 - 450
        assert (await watch.check()).broken == ()
    await files_add_up()


async def files_add_up() -> None:
    """Ledger, FEC and journals for accountants give the trial balance, account by account; memo accounts are no part of the books."""
    balance = Counter(
        {
            line.code.value: line.debit.minor - line.credit.minor
            for line in await ledger.trial_balance("EUR")
            if line.code not in MEMO
        }
    )
    assert +balance
    rows = list(csv.DictReader(io.StringIO(as_csv(await exports_books.ledger_sheet("", "EUR")).content.decode("utf-8-sig"))))
    ledger_sums: Counter[str] = Counter()
    for row in rows:
        ledger_sums[row["account"]] += int(row["amount_minor"]) * (1 if row["side"] == "D" else -1)
    fec_sums: Counter[str] = Counter()
    for year in {row["period"][:4] for row in rows}:
        made = fec(await exports_books.book_lines(year, "EUR"), siren=SIREN, year=year, currency="EUR")
        for line in made.content.decode().splitlines()[1:]:
            entry = dict(zip(FIELDS, line.split("\t"), strict=True))
            fec_sums[entry["CompteNum"][-4:]] += _minor(entry["Debit"]) - _minor(entry["Credit"])
    xero_sums: Counter[str] = Counter()
    xero = journal_files.xero(await exports_books.book_lines("", "EUR"), span="", currency="EUR").content.decode("utf-8-sig")
    for row in csv.DictReader(io.StringIO(xero)):
        amount = next(text for name, text in row.items() if "amount" in name.lower())
        xero_sums[next(text for name, text in row.items() if "accountcode" in name.lower())] += _minor(amount)
    others: dict[str, Counter[str]] = {"quickbooks": Counter(), "datev": Counter()}
    journals = journal_files.quickbooks(await exports_books.book_lines("", "EUR"), span="", currency="EUR").content.decode(
        "utf-8-sig"
    )
    for row in csv.DictReader(io.StringIO(journals)):
        others["quickbooks"][row["Account"][:4]] += _minor(row["Debits"]) - _minor(row["Credits"])
    for year in {row["period"][:4] for row in rows}:
        lines = await exports_books.book_lines(year, "EUR")
        file = datev(lines, adviser="29098", client="55003", span=year, currency="EUR", made_at=clock.now())
        for row in csv.DictReader(file.content.decode("cp1252").split("\r\n")[1:], delimiter=";"):
            others["datev"][row["Konto"]] += _minor(row["Umsatz (ohne Soll/Haben-Kz)"])
            others["datev"][row["Gegenkonto (ohne BU-Schlüssel)"]] -= _minor(row["Umsatz (ohne Soll/Haben-Kz)"])
    expected = _nonzero(balance)
    assert _nonzero(ledger_sums) == _nonzero(fec_sums) == _nonzero(xero_sums) == expected
    assert {name: _nonzero(sums) for name, sums in others.items()} == dict.fromkeys(others, expected)


def _minor(text: str) -> int:
    return int(Decimal(text.replace(",", ".") or "0") * 100)


def _nonzero(sums: Counter[str]) -> dict[str, int]:
    return {code: minor for code, minor in sums.items() if minor}
