"""The engine keeps its connections, whatever goes wrong."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from foundation import clock, settings
from foundation.database import DB, TransactionElsewhere
from foundation.tables import Schedule

pytestmark = pytest.mark.usefixtures("db")


async def _schedule(name: str) -> None:
    await Schedule(name=name, every_seconds=60, next_run_at=clock.now()).save()


async def _names() -> list[str]:
    return [row["name"] for row in await Schedule.select(Schedule.name).order_by(Schedule.name)]


async def test_commits_that_fail_give_their_connections_back() -> None:
    async with DB.connection() as connection:
        await connection.execute("create table late (a int, constraint once unique (a) deferrable initially deferred)")
    try:
        for _ in range(3 * int(settings.current().database_pool)):
            with pytest.raises(asyncpg.UniqueViolationError):
                async with DB.transaction(), DB.connection() as connection:
                    await connection.execute("insert into late values (1), (1)")
        assert await _names() == []
    finally:
        async with DB.connection() as connection:
            await connection.execute("drop table late")


async def test_cancelled_transactions_give_their_connections_back() -> None:
    async def work() -> None:
        async with DB.transaction():
            await _schedule("never")
            await asyncio.sleep(5)

    for step in range(200):
        task = asyncio.create_task(work())
        await asyncio.sleep(0.0001 * (step % 20))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await _names() == []


async def test_an_inner_failure_that_is_caught_undoes_only_the_inner_part() -> None:
    async with DB.transaction():
        await _schedule("outer")
        with pytest.raises(KeyError):
            async with DB.transaction():
                await _schedule("inner")
                raise KeyError
        await _schedule("after")
    assert await _names() == ["after", "outer"]


async def test_a_failure_undoes_everything() -> None:
    with pytest.raises(KeyError):
        async with DB.transaction():
            await _schedule("outer")
            async with DB.transaction():
                await _schedule("inner")
            raise KeyError
    assert await _names() == []


async def test_a_task_cannot_use_its_parents_transaction() -> None:
    async with DB.transaction():
        with pytest.raises(TransactionElsewhere):
            await asyncio.create_task(_names())
