"""The role of the programs books, and can do nothing else to what is booked (docs/operations.md)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest

from foundation import settings
from foundation.database import DB, connect_options
from foundation.money import Money
from payouts import ledger, proofs
from payouts.chart import Account, Code
from payouts.ledger import Source, credit, debit

AT = datetime(2026, 10, 3, 12, tzinfo=UTC)
ROLE = "fanfare_app"


async def book(key: str) -> None:
    lines = (debit(Account(Code.STRIPE_AVAILABLE), Money(500, "EUR")), credit(Account(Code.PLATFORM_FEE), Money(500, "EUR")))
    await ledger.post(key=key, kind="T1", event_at=AT, source=Source(kind="charge", id="ch_1"), lines=lines)


@pytest.fixture
async def as_program(db: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """All connections of this process take on the role."""
    await DB.close()
    monkeypatch.setenv("FANFARE_DATABASE_ROLE", ROLE)
    settings.current.cache_clear()
    yield
    await DB.close()
    monkeypatch.delenv("FANFARE_DATABASE_ROLE")
    settings.current.cache_clear()


async def test_the_role_books_and_proves(as_program: None) -> None:
    async with DB.connection() as connection:
        assert await connection.fetchval("select current_user") == ROLE
    await book("a")
    await book("b")
    assert await ledger.balance(Account(Code.PLATFORM_FEE), "EUR") == Money(1000, "EUR")
    assert all(proof.holds for proof in await proofs.verify())


@pytest.mark.parametrize(
    "deed",
    [
        "update journal set memo = 'x'",
        "insert into journal select * from journal",
        "insert into posting select * from posting",
        "set fanfare.books = 'written'; insert into posting select * from posting",
        "set fanfare.books = 'written'; update ledger_account set balance = 0",
        "insert into ledger_account (code, currency, normal, head) values ('1110', 'USD', 'D', ledger_zeros())",
        "delete from journal",
        "truncate journal, posting cascade",
        "update posting set amount = 1",
        "delete from posting",
        "delete from ledger_account",
        "delete from period",
        "alter table posting disable trigger all",
        "drop trigger posting_rows_stay on posting",
        "set session_replication_role = replica",
        "create or replace function ledger_is_append_only() returns trigger language plpgsql as 'begin return new; end'",
        "drop table posting",
        "delete from migration",
    ],
)
async def test_the_role_can_do_nothing_else_to_what_is_booked(as_program: None, deed: str) -> None:
    await book("a")
    async with DB.connection() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(deed)


async def test_without_the_setting_the_role_is_that_of_the_address(db: None) -> None:
    assert "role" not in connect_options(settings.current().database_url)["server_settings"]
