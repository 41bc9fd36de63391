"""The rules of the books hold, whoever writes (docs/money.md, chapter 5)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest

from foundation.database import DB
from foundation.money import Money
from payouts import chart, ledger, proofs
from payouts.chart import Account, Code
from payouts.ledger import Entry, KeyReused, Line, Source, Unbalanced, credit, debit
from payouts.tables import Side

pytestmark = pytest.mark.usefixtures("db")

AT = datetime(2026, 10, 3, 12, tzinfo=UTC)
STRIPE = Account(Code.STRIPE_AVAILABLE)
FEE = Account(Code.PLATFORM_FEE)
SOURCE = Source(kind="charge", id="ch_1")
BARE_JOURNAL = """
    insert into journal (idempotency_key, kind, event_at, booked_at, period, source_kind, source_id, actor, digest)
    values ('z', 'T1', now(), now(), '2026-10', 'x', 'x', 'x', 'x')
"""


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


async def book(key: str, amount: int, *, into: Account = FEE) -> ledger.Posted:
    lines = (debit(STRIPE, eur(amount)), credit(into, eur(amount)))
    return await ledger.post(key=key, kind="T1", event_at=AT, source=SOURCE, lines=lines)


def entry(key: str, amount: int, *, into: Account = FEE) -> Entry:
    return Entry(key=key, kind="T1", event_at=AT, source=SOURCE, lines=(debit(STRIPE, eur(amount)), credit(into, eur(amount))))


async def sql(query: str, *values: object) -> None:
    async with DB.connection() as connection:
        await connection.execute(query, *values)


async def test_a_journal_moves_both_balances() -> None:
    await book("a", 500)
    assert await ledger.balance(STRIPE, "EUR") == eur(500)
    assert await ledger.balance(FEE, "EUR") == eur(500)
    assert all(proof.holds for proof in await proofs.verify())


async def test_the_same_fact_twice_is_one_journal() -> None:
    first, second = await book("a", 500), await book("a", 500)
    assert (second.id, second.replayed) == (first.id, True)
    assert await ledger.balance(FEE, "EUR") == eur(500)


async def test_the_same_key_with_another_amount_is_refused() -> None:
    await book("a", 500)
    with pytest.raises(KeyReused):
        await book("a", 501)
    assert await ledger.balance(FEE, "EUR") == eur(500)


async def test_the_same_key_at_once_is_booked_once() -> None:
    posted = await asyncio.gather(*(book("a", 500) for _ in range(8)))
    assert len({one.id for one in posted}) == 1
    assert sum(not one.replayed for one in posted) == 1
    assert await ledger.balance(FEE, "EUR") == eur(500)


async def test_postings_at_once_leave_true_balances_and_an_unbroken_chain() -> None:
    owners = [chart.purse("creator", uuid4()).pending for _ in range(4)]
    await asyncio.gather(*(book(f"k{i}", i + 1, into=owners[i % 4]) for i in range(60)))
    assert await ledger.balance(STRIPE, "EUR") == eur(60 * 61 // 2)
    assert [proof for proof in await proofs.verify() if not proof.holds] == []


async def test_an_entry_that_does_not_balance_is_refused() -> None:
    lines = [Line(STRIPE, Side.D, eur(5)), Line(FEE, Side.C, eur(4))]
    with pytest.raises(Unbalanced):
        await ledger.post(key="a", kind="T1", event_at=AT, source=SOURCE, lines=lines)


async def test_currencies_balance_one_by_one() -> None:
    lines = [debit(STRIPE, eur(5)), credit(FEE, Money(5, "USD"))]
    with pytest.raises(Unbalanced):
        await ledger.post(key="a", kind="T1", event_at=AT, source=SOURCE, lines=lines)


async def test_nobody_owes_a_creator_less_than_nothing() -> None:
    purse = chart.purse("creator", uuid4())
    with pytest.raises(Unbalanced):
        await ledger.post(
            key="a",
            kind="P1",
            event_at=AT,
            source=SOURCE,
            lines=[debit(purse.available, eur(1)), credit(purse.in_payout, eur(1))],
        )
    assert await ledger.balance(purse.in_payout, "EUR") == eur(0)


async def test_a_batch_is_booked_whole_or_not_at_all() -> None:
    good = ledger.Entry(key="a", kind="T1", event_at=AT, source=SOURCE, lines=(debit(STRIPE, eur(5)), credit(FEE, eur(5))))
    purse = chart.purse("brand", uuid4())
    bad = ledger.Entry(
        key="b", kind="P1", event_at=AT, source=SOURCE, lines=(debit(purse.available, eur(1)), credit(purse.in_payout, eur(1)))
    )
    with pytest.raises(Unbalanced):
        await ledger.post_all([good, bad])
    assert await ledger.booked("a", "b") == {}


async def test_a_fact_told_twice_in_one_batch_is_booked_once() -> None:
    one = ledger.Entry(key="a", kind="T1", event_at=AT, source=SOURCE, lines=(debit(STRIPE, eur(5)), credit(FEE, eur(5))))
    posted = await ledger.post_all([one, one])
    assert [(each.id, each.replayed) for each in posted] == [(posted[0].id, False), (posted[0].id, True)]
    assert await ledger.balance(FEE, "EUR") == eur(5)


async def test_two_facts_of_one_key_in_one_batch_are_refused() -> None:
    one, other = (
        ledger.Entry(key="a", kind="T1", event_at=AT, source=SOURCE, lines=(debit(STRIPE, eur(n)), credit(FEE, eur(n))))
        for n in (5, 6)
    )
    with pytest.raises(KeyReused):
        await ledger.post_all([one, other])


async def test_a_batch_with_a_known_fact_books_the_rest_and_the_chain_holds() -> None:
    known = await book("k1", 7)
    entries = [
        ledger.Entry(key=f"k{n}", kind="T1", event_at=AT, source=SOURCE, lines=(debit(STRIPE, eur(7)), credit(FEE, eur(7))))
        for n in range(4)
    ]
    posted = await ledger.post_all(entries)
    assert [one.replayed for one in posted] == [False, True, False, False]
    assert posted[1].id == known.id
    await asyncio.gather(
        ledger.post_all([replace(entry, key=f"x{entry.key}") for entry in entries]), *(book(f"s{n}", 3) for n in range(6))
    )
    assert await ledger.balance(FEE, "EUR") == eur(4 * 7 + 4 * 7 + 6 * 3)
    assert [proof for proof in await proofs.verify() if not proof.holds] == []


async def test_a_journal_taken_out_of_a_batch_is_missed() -> None:
    await ledger.post_all(
        [
            ledger.Entry(
                key=f"k{n}",
                kind="T1",
                event_at=AT,
                source=SOURCE,
                lines=(debit(Account(Code.STRIPE_FEES), eur(7)), credit(owner, eur(7))),
            )
            for n, owner in enumerate(chart.purse("creator", uuid4()).pending for _ in range(4))
        ]
    )
    await sql(
        "set session_replication_role = replica; delete from posting where journal = (select min(id) + 1 from journal);"
        " delete from journal where id = (select min(id) + 1 from journal); set session_replication_role = origin"
    )
    assert {proof.code for proof in await proofs.verify() if not proof.holds} == {"I2", "I9"}


async def test_an_account_outside_the_chart_or_of_the_wrong_owner_is_refused() -> None:
    with pytest.raises(ledger.LedgerRefused):
        await book("a", 5, into=Account(Code.CREATOR_PENDING, "brand", str(uuid4())))


async def test_the_chart_in_the_database_is_the_chart_in_the_code() -> None:
    async with DB.connection() as connection:
        rows = {code: await connection.fetchrow("select * from ledger_rule($1)", code.value) for code in Code}
        assert await connection.fetchrow("select * from ledger_rule('9999')") is None
    assert all(row is not None and row["normal"] == chart.normal_side(code).value for code, row in rows.items())


@pytest.mark.parametrize(
    "tampering",
    [
        "update journal set memo = 'x'",
        "update posting set amount = 1",
        "delete from posting",
        "delete from journal",
        "truncate posting, journal cascade",
        "truncate ledger_account cascade",
        "delete from ledger_account",
        "update ledger_account set balance = balance + 1",
        "update ledger_account set may_go_negative = not may_go_negative",
        (
            "insert into posting (journal, account, currency, side, amount, balance_after, account_version)"
            " select journal, account, currency, side, amount, balance_after, account_version + 1 from posting limit 1"
        ),
        (
            "insert into posting (journal, account, currency, side, amount, balance_after, account_version)"
            " select journal, account, currency, side, 5, balance_after, account_version + 1 from posting"
        ),
        (
            "insert into ledger_account (code, owner_kind, owner_id, currency, normal, may_go_negative)"
            " values ('2121', 'creator', 'x', 'EUR', 'C', true)"
        ),
        "insert into ledger_account (code, currency, normal, may_go_negative, balance) values ('1110', 'USD', 'D', true, 100)",
        BARE_JOURNAL,
    ],
)
async def test_nothing_can_be_changed_behind_the_books(tampering: str) -> None:
    await book("a", 500)
    with pytest.raises(asyncpg.PostgresError):
        await sql(tampering)
    assert await ledger.balance(FEE, "EUR") == eur(500)
    assert all(proof.holds for proof in await proofs.verify())


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        (
            "update posting set amount = amount + 1 where side = 'D' and journal = (select min(journal) from posting)",
            {"I1", "I2", "I9"},
        ),
        ("update journal set memo = 'nothing to see'", {"I9"}),
        ("update journal set event_at = event_at + interval '1 day'", {"I9"}),
        ("update ledger_account set balance = balance + 1 where code = '4100'", {"I2"}),
        ("delete from posting where journal = (select max(journal) from posting)", {"I1", "I2", "I9"}),
    ],
)
async def test_whoever_gets_round_the_triggers_is_found(tampering: str, broken: set[str]) -> None:
    for i in range(3):
        await book(f"k{i}", 500)
    await sql(f"set session_replication_role = replica; {tampering}; set session_replication_role = origin")
    assert {proof.code for proof in await proofs.verify() if not proof.holds} == broken


async def test_a_closed_month_takes_nothing_and_late_facts_go_into_the_open_one() -> None:
    await book("a", 500)
    await sql("update period set status = 'closed', closed_at = now() where id = '2026-10'")
    await book("late", 100)
    async with DB.connection() as connection:
        periods = await connection.fetch("select idempotency_key, period from journal order by id")
        assert periods[0]["period"] == "2026-10"
        assert periods[1]["period"] > "2026-10"
    await sql("update period set status = 'closed', closed_at = now() where id = $1", periods[1]["period"])
    for facts in (("later",), ("later", "latest")):
        with pytest.raises(ledger.PeriodClosed):
            await ledger.post_all([entry(key, 100) for key in facts])


async def test_the_trial_balance_has_equal_columns() -> None:
    await book("a", 500)
    await book("b", 70, into=chart.purse("brand", uuid4()).pending)
    lines = await ledger.trial_balance("EUR")
    assert sum(line.debit.minor for line in lines) == sum(line.credit.minor for line in lines) == 570
    assert {line.code for line in lines} == {Code.STRIPE_AVAILABLE, Code.PLATFORM_FEE, Code.BRAND_PENDING}
