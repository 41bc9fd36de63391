"""How fast the books take journals, against the plain floor in the same run, and how long they take to be proved.

    .venv/bin/python -m tests.benchmarks.bench_ledger [rounds] [journals to prove]

Turn by turn on one embedded PostgreSQL with durable commits. Single: 8 connections, the platform's account in every journal, two
legs each; the floor is "two legs and both balances in one function call". Batches: 2 connections, 500 journals a commit; the floor is "500 times
two legs a commit, balances netted per account". Ours carry the keys, the chain of hashes and every check of the database. Afterwards the books
are filled up and proved.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import asyncpg

from foundation import clock, embedded, migrations, settings
from foundation.database import DB
from foundation.money import Money
from payouts import chart, ledger, proofs
from payouts.chart import Account, Code
from payouts.ledger import Entry, Source, credit, debit

SECONDS = 3.0
BATCH = 500
HOT = Account(Code.STRIPE_AVAILABLE)
CREATORS = [chart.purse("creator", UUID(int=number + 1)).pending for number in range(100)]
GOALS = {"single": 0.5, "batch": 0.4}
VERIFY_SECONDS = 60

FLOOR = """
    create table floor_account (id bigint primary key, balance bigint not null);
    create table floor_posting (id bigserial primary key, account bigint not null, amount bigint not null, at timestamptz not null default now());
    insert into floor_account select n, 0 from generate_series(0, 100) n;
    create function floor_post(debited bigint, credited bigint, worth bigint) returns void language plpgsql as $body$
    begin
        insert into floor_posting (account, amount) values (debited, worth), (credited, -worth);
        update floor_account set balance = balance + worth where id = debited;
        update floor_account set balance = balance - worth where id = credited;
    end $body$;
    create function floor_post_many(accounts bigint[], worths bigint[]) returns void language plpgsql as $body$
    begin
        insert into floor_posting (account, amount) select * from unnest(accounts, worths);
        update floor_account a set balance = a.balance + netted.worth
        from (select account, sum(worth) as worth from unnest(accounts, worths) as w (account, worth) group by 1 order by 1) netted
        where a.id = netted.account;
    end $body$;
"""


async def main(rounds: int, journals: int) -> int:
    """Print the figures; 0 when all goals are met."""
    engines = own_postgres()
    try:
        pool = await asyncpg.create_pool(engines.database_url, min_size=8, max_size=8)
        async with pool.acquire() as connection:
            await connection.execute(FLOOR)
        fits = [await _single(pool, rounds), await _batches(pool, rounds), await _retried()]
        fits.append(await _proved(journals))
        await pool.close()
        await DB.close()
        return 0 if all(fits) else 1
    finally:
        engines.stop()


def own_postgres() -> embedded.Engines:
    """A migrated PostgreSQL of this run alone, with durable commits."""
    folder = tempfile.mkdtemp(prefix="ff-bench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Path(folder).chmod(0o755)
    os.environ.update(FANFARE_ENV="test", FANFARE_DATA_DIR=folder)
    settings.current.cache_clear()
    engines = embedded.engines(settings.current(), serving=True)
    os.environ.update(DATABASE_URL=engines.database_url, REDIS_URL=engines.redis_url)
    settings.current.cache_clear()
    migrations.migrate(engines.database_url)
    return engines


def entry(number: int) -> Entry:
    """A journal of two legs, one of them the platform's."""
    worth = Money(random.randint(100, 20_000), "EUR")
    lines = (debit(HOT, worth), credit(random.choice(CREATORS), worth))
    return Entry(
        key=f"bench:{number}", kind="T2", event_at=clock.now(), source=Source(kind="charge", id=f"ch_{number}"), lines=lines
    )


class Numbers:
    """Numbers that nobody has used yet."""

    last = 0

    @classmethod
    def take(cls, count: int = 1) -> range:
        cls.last += count
        return range(cls.last - count, cls.last)


async def _single(pool: asyncpg.Pool, rounds: int) -> bool:
    async def floor() -> None:
        await pool.fetchval("select floor_post(0, $1, $2)", random.randint(1, 100), random.randint(100, 20_000))

    async def ours() -> None:
        await ledger.post_all([entry(Numbers.take()[0])])

    for warm in (floor, ours):
        await _rate(warm, 8, 0.5)
    pairs = [(await _rate(floor, 8), await _rate(ours, 8)) for _ in range(rounds)]
    return _report("single", pairs, 1)


async def _batches(pool: asyncpg.Pool, rounds: int) -> bool:
    def legs() -> tuple[list[int], list[int]]:
        accounts, worths = [], []
        for _ in range(BATCH):
            worth = random.randint(100, 20_000)
            accounts += [0, random.randint(1, 100)]
            worths += [worth, -worth]
        return accounts, worths

    ready: list[list[Entry]] = []
    ready_legs = [legs() for _ in range(50)]

    async def floor() -> None:
        await pool.fetchval("select floor_post_many($1, $2)", *random.choice(ready_legs))

    async def ours() -> None:
        await ledger.post_all(ready.pop())

    def prepare() -> None:
        ready.extend([[entry(number) for number in Numbers.take(BATCH)] for _ in range(400 - len(ready))])

    pairs = []
    for _ in range(rounds):
        prepare()
        pairs.append((await _rate(floor, 2), await _rate(ours, 2)))
    return _report("batch", pairs, BATCH)


async def _retried() -> bool:
    """The same batch again books nothing."""
    entries = [entry(number) for number in Numbers.take(BATCH)]
    first = await ledger.post_all(entries)
    again = await ledger.post_all(entries)
    same = [one.id for one in first] == [one.id for one in again] and all(one.replayed for one in again)
    print(f"the same {BATCH} facts told twice: {'booked once' if same else 'BOOKED TWICE'}")  # noqa: T201
    return same


async def _proved(journals: int) -> bool:
    began = time.perf_counter()
    while Numbers.last < journals:
        await ledger.post_all([entry(number) for number in Numbers.take(BATCH)])
    filled = time.perf_counter() - began
    async with DB.connection() as connection:
        await connection.execute("vacuum analyze journal, posting, ledger_account", timeout=600)
        count = await connection.fetchval("select count(*) from journal")
    began = time.perf_counter()
    found = await proofs.verify()
    took = time.perf_counter() - began
    holds = all(proof.holds for proof in found)
    said = "hold" if holds else found
    print(f"filled up to {count:,} journals in {filled:.0f} s; I1, I2 and I9 proved in {took:.1f} s: {said}")  # noqa: T201
    return holds and took < VERIFY_SECONDS


async def _rate(work: Callable[[], Awaitable[None]], workers: int, seconds: float = SECONDS) -> float:
    """How often `work` ends a second with so many at once."""
    until, done = time.perf_counter() + seconds, 0

    async def worker() -> None:
        nonlocal done
        while time.perf_counter() < until:
            await work()
            done += 1

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(workers)))
    return done / (time.perf_counter() - began)


def _report(name: str, pairs: list[tuple[float, float]], size: int) -> bool:
    ratio = statistics.median(mine / floor for floor, mine in pairs)
    floor, mine = (statistics.median(column) * size for column in zip(*pairs, strict=True))
    met = "" if ratio >= GOALS[name] else f", below its goal of {GOALS[name]}"
    print(f"{name:7} floor {floor:9,.0f}/s  ours {mine:9,.0f}/s  ratio {ratio:.2f} (median of {len(pairs)} pairs){met}")  # noqa: T201
    return ratio >= GOALS[name]


if __name__ == "__main__":
    sys.exit(
        asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5, int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000))
    )
