"""The two functions that write the books believe nobody, and take batches of every kind (docs/money.md, chapter 5)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest

from foundation.database import DB
from foundation.money import Money
from payouts import chart, ledger, proofs
from payouts.chart import Account, Code
from payouts.ledger import Entry, KeyReused, Source, credit, debit

pytestmark = pytest.mark.usefixtures("db")

AT = datetime(2026, 10, 3, 12, tzinfo=UTC)
STRIPE = Account(Code.STRIPE_AVAILABLE)
FEE = Account(Code.PLATFORM_FEE)
SOURCE = Source(kind="charge", id="ch_1")
COLUMNS = {"codes": 0, "currencies": 3, "sources": 5, "reverses": 13, "journals": 15, "places": 16, "amounts": 17}
"""Where these stand among the arguments of `ledger_post`."""


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def entry(key: str, amount: int, *, into: Account = FEE) -> Entry:
    return Entry(key=key, kind="T1", event_at=AT, source=SOURCE, lines=(debit(STRIPE, eur(amount)), credit(into, eur(amount))))


async def sql(query: str, *values: object) -> None:
    async with DB.connection() as connection:
        await connection.execute(query, *values)


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"amounts": "{5,-4,7,-7}"}, "does not balance"),
        ({"amounts": "{0,0,7,-7}"}, "does not balance"),
        ({"journals": "{1,1,1,2}", "amounts": "{5,2,-7,0}"}, "fewer than two"),
        ({"journals": "{1,1,1,1}", "amounts": "{5,-5,7,-7}"}, "fewer than two"),
        ({"journals": "{1,1,3,3}"}, "fewer than two"),
        ({"sources": "only one"}, "fewer than two"),
        ({"currencies": "EUR\x1fUSD"}, "does not balance"),
        ({"places": "{1,1,1,2}"}, "posting_pkey"),
        ({"places": "{1,2,1,9}"}, "null"),
        ({"codes": "1110\x1f9999"}, "not in the chart"),
        ({"codes": "1110"}, "not in the chart"),
        ({"reverses": [999]}, "no such journal"),
    ],
)
async def test_the_function_that_books_a_batch_believes_nobody(wrong: dict[str, object], refusal: str) -> None:
    entries = [entry("a", 5), entry("b", 7)]
    columns = list(ledger._columns(entries, [ledger._lines(each) for each in entries], AT))
    for name, column in wrong.items():
        columns[COLUMNS[name]] = column
    with pytest.raises(asyncpg.PostgresError, match=refusal):
        await sql(ledger._POST, *columns)
    assert await ledger.booked("a", "b") == {}
    assert all(proof.holds for proof in await proofs.verify())


@pytest.mark.parametrize(
    ("amount", "second", "reverses", "refusal"),
    [
        (0, "4100", None, "moves nothing"),
        (5, "1110", None, "moves nothing"),
        (5, "9999", None, "not in the chart"),
        (5, "4100", 999, "no such journal"),
        (-5, "2121", None, "not in the chart"),
    ],
)
async def test_the_function_that_books_two_lines_believes_nobody(
    amount: int, second: str, reverses: int | None, refusal: str
) -> None:
    account = ("1110", "", "", second, "", "", "EUR", amount)
    with pytest.raises(asyncpg.PostgresError, match=refusal):
        await sql(ledger._POST_TWO, *account, "a", "T1", AT, "charge", "ch_1", "system", "", "", reverses, AT)
    assert await ledger.booked("a") == {}
    assert all(proof.holds for proof in await proofs.verify())


async def test_a_text_with_the_character_that_divides_texts_is_refused() -> None:
    for entries in ([entry("a\x1fb", 5)], [entry("a", 5), entry("b\x1f", 5)]):
        with pytest.raises(ledger.LedgerRefused):
            await ledger.post_all(entries)


async def test_a_batch_takes_up_with_new_accounts_several_currencies_and_months() -> None:
    owners = [chart.purse("creator", uuid4()).pending for _ in range(3)]
    mixed = Entry(
        key="fx",
        kind="F1",
        event_at=AT.replace(month=9),
        source=SOURCE,
        lines=(
            debit(Account(Code.FX_CLEARING), Money(60, "USD")),
            credit(STRIPE, Money(60, "USD")),
            debit(STRIPE, eur(55)),
            credit(Account(Code.FX_CLEARING), eur(55)),
        ),
        memo="60 for 55",
    )
    first = await ledger.post_all([entry("a", 5, into=owners[0]), mixed, entry("b", 7, into=owners[1])])
    again = await ledger.post_all([entry("b", 7, into=owners[1]), entry("c", 9, into=owners[2]), mixed])
    assert [(one.id, one.replayed) for one in again if one.replayed] == [(first[2].id, True), (first[1].id, True)]
    with pytest.raises(KeyReused):
        await ledger.post_all([entry("d", 1), entry("b", 8, into=owners[1])])
    assert await ledger.booked("d") == {}
    assert [await ledger.balance(owner, "EUR") for owner in owners] == [eur(5), eur(7), eur(9)]
    assert await ledger.balance(STRIPE, "EUR") == eur(5 + 55 + 7 + 9)
    assert [proof for proof in await proofs.verify() if not proof.holds] == []


async def test_batches_and_single_journals_at_once_open_the_same_accounts_once() -> None:
    owners = [chart.purse("creator", uuid4()).pending for _ in range(6)]
    batches = [
        [entry(f"{n}:{i}", 3, into=owner) for i, owner in enumerate(owners[::step])] for n, step in enumerate((1, -1, 2, -2))
    ]
    singles = [[entry(f"s{n}", 3, into=owner)] for n, owner in enumerate(owners)]
    await asyncio.gather(*(ledger.post_all(each) for each in batches + singles))
    assert await ledger.balance(STRIPE, "EUR") == eur(3 * (6 + 6 + 3 + 3 + 6))
    assert [proof for proof in await proofs.verify() if not proof.holds] == []
