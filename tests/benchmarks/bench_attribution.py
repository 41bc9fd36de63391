"""How long the decision of one order with 50 touches takes, and how long it takes to decide all orders again.

    .venv/bin/python -m tests.benchmarks.bench_attribution [orders] [processes]

The orders are written by SQL: a third bought in the stream, a third after watching, a third out of the blue, each with two more views by the
same buyer; their decisions by the rules themselves. Then they are decided again by several processes, up to 100,000 also by one
alone; the fingerprints must be the same.
"""

from __future__ import annotations

import asyncio
import dataclasses
import resource
import statistics
import sys
import time
from datetime import timedelta
from uuid import UUID, uuid4

from creators.attribution_facts import Model, TouchFact
from creators.attribution_reading import facts_of
from creators.attribution_rules import decide
from creators.tables import TouchKind
from entrypoints.attribution_commands import shared_among
from foundation import clock
from foundation.database import DB
from tests import factories
from tests.benchmarks import processor
from tests.benchmarks.bench_redirect import own_engines
from tests.creators.test_attribution import order, tap
from tests.factories import Stage
from tests.marketplace import stall

ORDERS, PROCESSES, TOUCHES, ROUNDS = 1_000_000, 2, 50, 400
GOAL_DECISION, GOAL_REPLAY = 0.001, 300.0
BATCH = 50_000
BY_ONE = 100_000


async def main(orders: int, processes: int) -> int:
    """Print the figures; 0 when the goals are met and all fingerprints are equal."""
    made = await factories.stage(live=True)
    each = await _one_decision(made)
    print(f"one order with {TOUCHES} touches: {each * 1000:.3f} ms (goal {GOAL_DECISION * 1000:.0f} ms)")  # noqa: T201
    await _write(made, orders)
    await _decide_first()
    figures = []
    for count in (1, processes) if orders <= BY_ONE else (processes,):
        began, used = time.perf_counter(), _used()
        found = await shared_among(count, None)
        seconds, used = time.perf_counter() - began, _used() - used
        figures.append((found, seconds))
        children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(  # noqa: T201
            f"replay of {found.orders} orders, {count} process(es): {seconds:.1f} s, {found.orders / seconds:.0f}/s, "
            f"processor {used / found.orders * 1e6:.0f} us an order, largest process {children:.0f} MB, "
            f"{len(found.differing)} differ, {found.found[:16]}"
        )
    several, seconds = figures[-1]
    same = all(found == several for found, _ in figures) and several.kept == several.found and not several.differing
    whole = seconds / max(several.orders, 1) * 1_000_000
    print(f"for a million orders: {whole:.0f} s (goal {GOAL_REPLAY:.0f} s); same results: {same}")  # noqa: T201
    return 0 if same and each < GOAL_DECISION and whole < GOAL_REPLAY else 1


def _used() -> float:
    """Seconds of processor of the programs that have replayed, and of the database."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime + processor.engines()["postgres"]


async def _one_decision(made: Stage) -> float:
    """The median of the whole pure decision, with its evidence, in seconds."""
    sam = await stall.person("sam")
    order_id = await order(made, sam, touch_id=await tap(made, sam))
    (facts,) = await facts_of([order_id])
    first = facts.touches[0]
    touches: list[TouchFact] = [
        dataclasses.replace(first, id=uuid4(), kind=TouchKind.PRODUCT_CLICK, at=first.at - timedelta(minutes=minute))
        for minute in range(TOUCHES)
    ]
    terms = [dataclasses.replace(version, model=Model.LINEAR, frozen_at=first.at - timedelta(days=9)) for version in facts.terms]
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        decide(sale=facts.sale, touches=touches, terms=terms, hosts=facts.hosts)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


async def _write(made: Stage, orders: int) -> None:
    """Orders of people of their own, twenty each, 35 days apart: nobody's windows overlap."""
    async with DB.connection() as connection:
        await connection.execute(
            "set session_replication_role = replica; update terms set frozen_at = now() - interval '3 years'"
        )
        await connection.execute(
            """
            insert into person (id, email, display_name, created_at)
            select md5('p' || n)::uuid, 'p' || n || '@fanfare.example', 'P', now() from generate_series(0, $1::int) n
            """,
            orders // 20 + 1,
        )
        for first in range(0, orders, BATCH):
            await connection.execute(_ROWS, *await _arguments(made), first, min(first + BATCH, orders) - 1)
        await connection.execute("set session_replication_role = origin; analyze")


async def _arguments(made: Stage) -> tuple[UUID, UUID, UUID, UUID]:
    return made.show_id, made.creator_id, made.pan.choices[0].id, made.brand_id


_ROWS = """
    with facts as (
        select n, md5('o' || n)::uuid as id, md5('p' || n / 20)::uuid as buyer, md5('t' || n)::uuid as tap,
               now() - (n % 20) * interval '35 days' - interval '1 hour' as at
        from generate_series($5::int, $6::int) n
    ), orders as (
        insert into shop_order (id, number, buyer, email, status, currency, total_minor, vat_minor, show_id, touch_id, cart_key, ship_to,
                                placed_at, paid_at)
        select id, 'B' || n, buyer, '', 'paid', 'EUR', 6000, 1000, case when n % 3 = 0 then $1::uuid end,
               case when n % 3 = 0 then tap end, 'b' || n, '{}', at, at from facts
    ), lines as (
        insert into order_line (id, "order", variant, brand, title, quantity, unit_minor, gross_minor, vat_bp, vat_minor)
        select md5('l' || n)::uuid, id, $3::uuid, $4::uuid, 'Pan', 1, 6000, 6000, 2000, 1000 from facts
    )
    insert into touch (id, show, creator, person, visitor, kind, at)
    select case when k = 0 then tap else md5('t' || n || '/' || k)::uuid end, $1::uuid, $2::uuid, buyer, 'v',
           case when k = 0 and n % 3 = 0 then 'buy_tap' else 'show_view' end, at - (k * 50 + 2) * interval '1 minute'
    from facts cross join generate_series(0, 2) k where n % 3 < 2
"""


async def _decide_first() -> None:
    """Version 1 of every decision, as `attribute_order` would keep it, written in batches."""
    async with DB.connection() as connection:
        await connection.execute("set session_replication_role = replica")  # facts of a benchmark: their keys fit
        ids = [row["id"] for row in await connection.fetch("select id from shop_order order by id")]
        for start in range(0, len(ids), 2000):
            decided = [
                (one.sale.order_id, decision)
                for one in await facts_of(ids[start : start + 2000])
                for decision in decide(sale=one.sale, touches=one.touches, terms=one.terms, hosts=one.hosts)
            ]
            rows, shares = [], []
            for order_id, decision in decided:
                row_id, first = uuid4(), decision.first
                rows.append(
                    (
                        row_id,
                        decision.line_id,
                        order_id,
                        1,
                        first and first.creator_id,
                        first and first.show_id,
                        first and first.terms_id,
                        decision.rule.value,
                        decision.reason.value,
                        '{"touches": []}',
                        decision.policy_version,
                        clock.now(),
                    )
                )
                shares += [
                    (uuid4(), row_id, place, share.creator_id, share.show_id, share.terms_id, share.bp)
                    for place, share in enumerate(decision.shares)
                ]
            await connection.copy_records_to_table("attribution_decision", records=rows, columns=_DECISION)
            await connection.copy_records_to_table("attribution_share", records=shares, columns=_SHARE)
        await connection.execute("set session_replication_role = origin; analyze")
    print(f"{len(ids)} orders decided; now again")  # noqa: T201


_DECISION = (
    *("id", "order_line", "order", "version", "creator", "show", "terms", "rule", "reason"),
    *("evidence", "policy_version", "decided_at"),
)
_SHARE = ("id", "decision", "position", "creator", "show", "terms", "share_bp")


if __name__ == "__main__":
    running = own_engines()
    try:
        asked = [int(text) for text in sys.argv[1:]] + [ORDERS, PROCESSES][len(sys.argv) - 1 :]
        code = asyncio.run(main(*asked))
    finally:
        running.stop()
    sys.exit(code)
