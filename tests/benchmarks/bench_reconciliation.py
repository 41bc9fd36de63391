"""How long the reconciliation takes against the plain SQL join of the same lines, and whether it finds what was planted.

    .venv/bin/python -m tests.benchmarks.bench_reconciliation [lines]

So many charges in the ledger and at Stripe, a twentieth as many payouts with their lines of the bank, and a thousandth of planted differences, half
missing or off in the ledger or at Stripe, half at the bank. The lines are written past the ledger's own function; everything else is what
runs every five minutes. The floor is one full outer join of both sides by reference, its result stored.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from collections import Counter
from typing import Any

import asyncpg

from foundation.database import DB
from payouts import bank_matching, differences_found, reconciliation
from tests.benchmarks.bench_ledger import own_postgres

GOAL = 1.5
MEMORY_MIB = 500

LOAD = """
    set session_replication_role = replica;
    insert into ledger_account (id, code, currency, normal, may_go_negative, head) values (1, '1100', 'EUR', 'D', true, ledger_zeros()),
        (2, '2190', 'EUR', 'C', true, ledger_zeros()), (3, '1130', 'EUR', 'D', true, ledger_zeros()), (4, '1140', 'EUR', 'D', true, ledger_zeros());
    select setval('ledger_account_id_seq', 10);
    insert into journal (id, idempotency_key, kind, event_at, booked_at, period, source_kind, source_id, actor, digest, link)
    select n, 'payment:' || n, 'T1', now() - interval '9 days', now() - interval '9 days', '2026-11', 'charge', 'ch_' || n, 'bench', ledger_zeros(), ledger_zeros()
    from generate_series(1, {lines}) n where n % {step} <> 1;
    insert into posting (journal, account, currency, side, amount, balance_after, account_version)
    select n, side.account, 'EUR', side.side, 1000 + n % 977 + case when n % {step} = 2 then 1 else 0 end, 0, n
    from generate_series(1, {lines}) n, (values (1, 'D'), (2, 'C')) as side (account, side) where n % {step} <> 1;
    select setval('journal_id_seq', {lines} + 1);
    insert into mirror_transaction (id, kind, category, amount_minor, fee_minor, net_minor, currency, source_id, created_at, available_on, mirrored_at)
    select 'txn_' || n, 'charge', 'charge', 1000 + n % 977, 0, 1000 + n % 977, case when n % {step} = 4 then 'USD' else 'EUR' end, 'ch_' || n,
           now() - interval '9 days', now(), now()
    from generate_series(1, {lines}) n where n % {step} <> 3;
    insert into mirror_cursor (name, position, synced_at) values ('stripe', '', now() + interval '1 hour');
    insert into person (id, email, display_name, created_at) values ('00000000-0000-0000-0000-000000000001', 'bench@fanfare.example', 'Bench', now());
    insert into bank_statement (id, name, format, digest, content, account, currency, uploaded_by, uploaded_at)
    values ('00000000-0000-0000-0000-000000000002', 'bench', 'csv', 'x', '', 'ours', 'EUR', '00000000-0000-0000-0000-000000000001', now());
    insert into stripe_payout (id, account, amount_minor, currency, status, trace_id, arrives_on, created_at, seen_at)
    select 'po_' || n, '', 50000 + n, 'EUR', case when n % {bank_step} = 2 then 'failed' else 'paid' end, 'TRACE' || n || 'X', current_date - 8, now(), now()
    from generate_series(1, {payouts}) n where n % {bank_step} <> 1;
    insert into bank_line (id, statement, account, fingerprint, booked_on, amount_minor, currency, reference, text)
    select gen_random_uuid(), '00000000-0000-0000-0000-000000000002', 'ours', 'f' || n, current_date - 8, 50000 + n, 'EUR', 'TRACE' || n || 'X', 'STRIPE'
    from generate_series(1, {payouts}) n where n % {bank_step} not in (0, 2);
    set session_replication_role = origin;
"""
INDEXES = """
    select case when c.conname is null then format('drop index %s', i.indexrelid::regclass)
                else format('alter table %s drop constraint %I cascade', i.indrelid::regclass, c.conname) end as away,
           case when c.conname is null then pg_get_indexdef(i.indexrelid)
                else format('alter table %s add constraint %I %s', i.indrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) end as again
    from pg_index i left join pg_constraint c on c.conindid = i.indexrelid and c.contype in ('p', 'u') where i.indrelid = any($1::regclass[])
"""
FLOOR = """
    create table floor_result as
    with ours as (
        select j.source_id, sum(case p.side when 'D' then p.amount else -p.amount end) as net from journal j join posting p on p.journal = j.id
        join ledger_account a on a.id = p.account where a.code = '1100' group by 1
    ), theirs as (select source_id, sum(net_minor) as net from mirror_transaction group by 1)
    select coalesce(ours.source_id, theirs.source_id) as source_id, ours.net as ours, theirs.net as theirs
    from ours full join theirs on theirs.source_id = ours.source_id
"""


async def main(lines: int) -> int:
    """Print the figures; 0 when the goals are met and everything planted was found, and nothing else."""
    engines = own_postgres()
    try:
        payouts = lines // 20
        step, bank_step = max(8_000 * lines // 1_000_000, 80), max(300 * payouts // 50_000, 30)
        async with DB.connection() as connection:
            began = time.perf_counter()
            await _loaded(connection, LOAD.format(lines=lines, payouts=payouts, step=step, bank_step=bank_step))
            for table in ("journal", "posting", "mirror_transaction", "stripe_payout", "bank_line", "ledger_account"):
                await connection.execute(f"vacuum analyze {table}", timeout=600)
            say(f"loaded in {time.perf_counter() - began:.0f} s")
            began = time.perf_counter()
            await connection.execute(FLOOR, timeout=1_800)
            floor = time.perf_counter() - began
        began = time.perf_counter()
        found = await reconciliation.reconcile()
        took = time.perf_counter() - began
        began = time.perf_counter()
        paired = await bank_matching.match_all()
        await differences_found.find()
        bank = time.perf_counter() - began
        async with DB.connection() as connection:
            rows = await connection.fetch(
                "select code, count(*) as n from reconciliation_exception where status = 'open' group by 1"
            )
        named = Counter({row["code"]: row["n"] for row in rows})
        expected = planted(lines, payouts, step, bank_step)
        await DB.close()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        say(
            f"{lines:,} lines a side: floor {floor:.1f} s, reconcile {took:.1f} s, ratio {took / floor:.2f}; {found.matched:,} matched"
        )
        say(f"{payouts:,} payouts: {paired:,} matched with the bank and booked in {bank:.1f} s; {memory:.0f} MiB of Python")
        verdict = "all named rightly" if named == expected else f"{named}, expected {expected}"
        say(f"planted {sum(expected.values())}, found {sum(named.values())}: {verdict}")
        return 0 if took / floor <= GOAL and memory < MEMORY_MIB and named == expected else 1
    finally:
        engines.stop()


async def _loaded(connection: asyncpg.Connection[Any], load: str) -> None:
    """Load without the indexes of the large tables, and build them afterwards."""
    indexes = await connection.fetch(INDEXES, ["journal", "posting", "mirror_transaction", "bank_line", "stripe_payout"])
    for row in indexes:
        await connection.execute(row["away"])
    await connection.execute(load, timeout=1_800)
    for row in indexes:
        await connection.execute(row["again"], timeout=1_800)


def say(text: str) -> None:
    """One line of the report."""
    print(text, flush=True)  # noqa: T201


def planted(lines: int, payouts: int, step: int, bank_step: int) -> Counter[str]:
    """What the load leaves out or bends, by the code that it must get."""
    marks = {1: "E01", 2: "E03", 3: "E02", 4: "E04"}
    expected = Counter(marks[n % step] for n in range(1, lines + 1) if n % step in marks)
    for n in range(1, payouts + 1):
        if n % bank_step == 0:
            expected["E09"] += 1
        elif n % bank_step == 1:
            expected["E10"] += 1
        elif n % bank_step == 2:
            expected["E11"] += 1
    return expected


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)))
