"""How long a payout run over many creators takes: simulated, drafted, submitted, approved.

    .venv/bin/python -m tests.benchmarks.bench_payout_run [creators]

On an embedded PostgreSQL of its own with durable commits. Each creator has a payable account, one released commission of a brand and 20 euros and some cents
available, booked through the ledger. The goal is 60 s for simulation and draft of 100,000 creators together.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from foundation import accounts, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.money import Money
from foundation.tables import Role
from payouts import chart, earnings, ledger, runs, simulation
from payouts.chart import Account, Code
from payouts.ledger import Entry, Source, credit, debit
from payouts.tables import RunStatus
from tests.benchmarks.bench_ledger import own_postgres
from tests.payouts import facts

Result = TypeVar("Result")
GOAL_SECONDS = 60
BOOKED_AT_ONCE = 2_000
FILLING_SECONDS = 900

PEOPLE = """
    insert into person (id, email, display_name, locale, time_zone, theme, created_at)
    select gen_random_uuid(), 'creator' || n || '@bench.example', 'Creator ' || n, 'en', 'Europe/Paris', 'auto', now() from generate_series(1, $1) n
"""
CREATORS = """
    insert into creator (id, person, handle, display_name, country, language, created_at)
    select gen_random_uuid(), p.id, 'c' || row_number() over (), p.display_name, 'FR', 'fr', now() from person p where p.email like '%@bench.example'
"""
PAYEES = """
    insert into payee (id, kind, creator, name, country, stripe_account_id, payable, transfers, payouts, requirements, bank, created_at)
    select gen_random_uuid(), 'creator', c.id, c.display_name, 'FR', 'acct_' || c.handle, true, 'active', 'active', '{}', 'bank of ' || c.handle, now()
    from creator c join person p on p.id = c.person where p.email like '%@bench.example'
"""
COMMISSIONS = """
    create temporary table pair as
    select row_number() over () as n, c.id as creator, gen_random_uuid() as line, gen_random_uuid() as decision
    from creator c join person p on p.id = c.person where p.email like '%@bench.example';
    insert into order_line select (jsonb_populate_record(l, jsonb_build_object('id', pair.line))).* from order_line l, pair;
    insert into attribution_decision
    select (jsonb_populate_record(d, jsonb_build_object('id', pair.decision, 'order_line', pair.line, 'creator', pair.creator))).*
    from attribution_decision d, pair;
    insert into commission
    select (jsonb_populate_record(k, jsonb_build_object(
        'id', gen_random_uuid(), 'order_line', pair.line, 'decision', pair.decision, 'creator', pair.creator, 'status', 'available', 'released_at', now()
    ))).* from commission k, pair;
"""


async def main(creators: int) -> int:
    """Print the figures; 0 when the goal is met."""
    engines = own_postgres()
    try:
        fay, finn = await _filled(creators)
        simulated, found = await _timed(simulation.simulate)
        drafted, run = await _timed(lambda: runs.draft(by=fay))
        submitted, run = await _timed(lambda: runs.submit(run_id=run.id, by=fay))
        approved, run = await _timed(lambda: runs.approve(run_id=run.id, content_hash=run.content_hash, by=finn))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        _say(f"{len(found.payable):,} creators, {found.total.decimal()} {found.currency}")
        _say(f"simulated {simulated:.1f} s, drafted {drafted:.1f} s (goal: {GOAL_SECONDS} s together)")
        _say(f"submitted {submitted:.1f} s, approved {approved:.1f} s, Python's memory at most {memory:.0f} MB")
        await DB.close()
        return 0 if simulated + drafted < GOAL_SECONDS and run.status == RunStatus.APPROVED else 1
    finally:
        engines.stop()


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


async def _timed(act: Callable[[], Awaitable[Result]]) -> tuple[float, Result]:
    began = time.perf_counter()
    done = await act()
    return time.perf_counter() - began, done


async def _filled(creators: int) -> tuple[Principal, Principal]:
    fay = await accounts.create(email="fay@fanfare.example", display_name="Fay", roles=(Role.FINANCE_MAKER,))
    finn = await accounts.create(email="finn@fanfare.example", display_name="Finn", roles=(Role.FINANCE_CHECKER,))
    market = await facts.market()
    await earnings.credit_sale(order_id=(await market.order(6000)).order_id)
    async with DB.connection() as connection:
        await connection.execute(PEOPLE, creators, timeout=FILLING_SECONDS)
        await connection.execute(CREATORS, timeout=FILLING_SECONDS)
        await connection.execute(PAYEES, timeout=FILLING_SECONDS)
        await connection.execute(COMMISSIONS, timeout=FILLING_SECONDS)
        ids = [row["id"] for row in await connection.fetch("select creator as id from payee order by id")]
    _say(f"filling the books for {len(ids):,} creators of {market.brand.name}")
    stripe = Account(Code.STRIPE_AVAILABLE)
    for begin in range(0, len(ids), BOOKED_AT_ONCE):
        entries = [
            Entry(
                key=f"bench:{owner}",
                kind="A1",
                event_at=clock.now(),
                source=Source(kind="bench", id=str(owner)),
                lines=(debit(stripe, amount), credit(chart.purse("creator", owner).available, amount)),
            )
            for place, owner in enumerate(ids[begin : begin + BOOKED_AT_ONCE])
            for amount in [Money(2000 + (begin + place) % 997, "EUR")]
        ]
        await ledger.post_all(entries)
    async with DB.connection() as connection:
        await connection.execute("analyze", timeout=FILLING_SECONDS)
    return fay, finn


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)))
