"""How long the money trace takes from any id in books of a million journals, and how long their chain of hashes takes to be proved.

    .venv/bin/python -m tests.benchmarks.bench_trace [orders]

So many orders of one line, each with its payment, commission, refund, payout item of one run, two movements of the mirror, two payouts to banks, a line of the bank and a document, copied in sets from one that went through the verbs; four
journals each (paid, credited, released, sent), booked in batches through the ledger. Each kind of id is traced of random orders. Goals: 200 ms for any id, 60 s for the proof.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

from foundation import clock
from foundation.database import DB
from foundation.money import Money
from payouts import chart, earnings, ledger, proofs, trace, trace_ids
from payouts.chart import Account, Code
from payouts.ledger import Entry, Source, credit, debit
from tests.benchmarks.bench_ledger import own_postgres
from tests.benchmarks.bench_reconciliation import INDEXES
from tests.payouts import facts

GOAL_MS = 200
VERIFY_SECONDS = 60
BATCH = 500
TRIES = 5

COPIES = """
    create table copy as
    select n, gen_random_uuid() as sale, gen_random_uuid() as line, gen_random_uuid() as payment, gen_random_uuid() as decision, gen_random_uuid() as commission,
           gen_random_uuid() as refund, gen_random_uuid() as item, gen_random_uuid() as payee from generate_series(1, $1::int) n
"""
FILL = """
    set session_replication_role = replica;
    insert into shop_order select (jsonb_populate_record(o, jsonb_build_object('id', c.sale, 'number', 'FF-B' || c.n, 'cart_key', c.sale))).* from shop_order o, copy c;
    insert into order_line select (jsonb_populate_record(l, jsonb_build_object('id', c.line, 'order', c.sale))).* from order_line l, copy c;
    insert into payment select (jsonb_populate_record(p, jsonb_build_object('id', c.payment, 'order', c.sale, 'idempotency_key', 'payment:' || c.sale,
        'charge_id', 'ch_b' || c.n, 'intent_id', 'pi_b' || c.n))).* from payment p, copy c;
    insert into attribution_decision select (jsonb_populate_record(d, jsonb_build_object('id', c.decision, 'order_line', c.line))).* from attribution_decision d, copy c;
    insert into commission select (jsonb_populate_record(k, jsonb_build_object('id', c.commission, 'order_line', c.line, 'order', c.sale, 'decision', c.decision,
        'creator_item', c.item))).* from commission k, copy c;
    insert into refund (id, "order", status, amount_minor, currency, reason, idempotency_key, stripe_refund_id, created_at)
    select c.refund, c.sale, 'failed', 1, 'EUR', 'wish', 'refund:' || c.n, 're_b' || c.n, now() from copy c;
    insert into payout_run (id, number, status, currency, cutoff, created_at) values ('00000000-0000-0000-0000-000000000001', 'PR-BENCH', 'draft', 'EUR', now(), now());
    insert into payout_item (id, run, payee, currency, destination, amount_minor, status, idempotency_key, transfer_id, payment_id)
    select c.item, '00000000-0000-0000-0000-000000000001', c.payee, 'EUR', 'acct', 1, 'sent', 'payout-item:' || c.n, 'tr_b' || c.n, 'py_b' || c.n from copy c;
    insert into stripe_payout (id, account, amount_minor, currency, status, trace_id, arrives_on, created_at, seen_at)
    select 'po_u' || c.n, '', 1, 'EUR', 'paid', 'FANFARE' || c.n, now()::date, now(), now() from copy c
    union all select 'po_p' || c.n, 'acct_' || c.n, 1, 'EUR', 'paid', 'PAYEE' || c.n, now()::date, now(), now() from copy c;
    insert into stripe_payout_part (transaction, payout, source_id, net_minor)
    select 'txn_u' || c.n, 'po_u' || c.n, 'ch_b' || c.n, 1 from copy c union all select 'txn_p' || c.n, 'po_p' || c.n, 'py_b' || c.n, 1 from copy c;
    insert into bank_line (id, statement, account, fingerprint, booked_on, amount_minor, currency, reference, bank_reference, text, is_return)
    select c.sale, c.sale, 'FR76', 'f' || c.n, now()::date, 1, 'EUR', 'E2E' || c.n, 'BANK' || c.n, 'STRIPE', false from copy c;
    insert into bank_match (id, payout, line, score, reason, matched_at)
    select gen_random_uuid(), 'po_u' || c.n, c.sale, 100, 'reference', now() from copy c;
    insert into document (id, kind, type_code, number, currency, period, vat_bp, category, net_minor, vat_minor, content, issued_at)
    select c.sale, 'on_behalf', '380', 'DOC-' || c.n, 'EUR', '2026-10', 0, 'E', 1, 0, '{}', now() from copy c;
    insert into document_line (id, document, source, source_id, words, day, net_minor, vat_minor)
    select gen_random_uuid(), c.sale, 'commission', c.commission, 'w', now()::date, 1, 0 from copy c;
    insert into mirror_transaction (id, kind, category, amount_minor, fee_minor, net_minor, currency, source_id, created_at, available_on, mirrored_at)
    select 'txn_c' || c.n, 'charge', 'charge', 6000, 0, 6000, 'EUR', 'ch_b' || c.n, now(), now(), now() from copy c
    union all select 'txn_t' || c.n, 'transfer', 'transfer', -500, 0, -500, 'EUR', 'tr_b' || c.n, now(), now(), now() from copy c;
    insert into movement_match (movement, journal, matched_at) select m.number, 1, now() from mirror_transaction m;
    set session_replication_role = origin;
"""
FILLED = (
    "shop_order",
    "order_line",
    "payment",
    "attribution_decision",
    "commission",
    "refund",
    "payout_item",
    "mirror_transaction",
    "movement_match",
    "stripe_payout",
    "stripe_payout_part",
    "bank_line",
    "bank_match",
    "document",
    "document_line",
)


async def main(orders: int) -> int:
    """Print the figures; 0 when the goals are met."""
    engines = own_postgres()
    try:
        copies = await _filled(orders)
        slowest = max([await _traced(copies, kind) for kind in _ids(copies[0])])
        async with DB.connection() as connection:
            journals = await connection.fetchval("select count(*) from journal")
        began = time.perf_counter()
        broken = [proof.code for proof in await proofs.verify() if not proof.holds]
        took = time.perf_counter() - began
        _say(
            f"{journals:,} journals: slowest id {slowest:.0f} ms (goal {GOAL_MS}); I1, I2 and I9 proved in {took:.1f} s (goal {VERIFY_SECONDS}): {broken or 'hold'}"
        )
        await DB.close()
        return 0 if slowest < GOAL_MS and took < VERIFY_SECONDS and not broken else 1
    finally:
        engines.stop()


async def _filled(orders: int) -> list[Any]:
    market = await facts.market()
    await earnings.credit_sale(order_id=(await market.order(6000)).order_id)
    async with DB.connection() as connection:
        began = time.perf_counter()
        await connection.execute(COPIES, orders)
        indexes = await connection.fetch(INDEXES, list(FILLED))
        load = [row["away"] for row in indexes] + FILL.strip().rstrip(";").split(";") + [row["again"] for row in indexes]
        for statement in [*load, "vacuum analyze"]:
            await connection.execute(statement, timeout=1_800)
        copies = await connection.fetch("select * from copy order by n", timeout=600)
        _say(f"{orders:,} orders copied in {time.perf_counter() - began:.0f} s")
    began = time.perf_counter()
    batch: list[Entry] = []
    for row in copies:
        batch.extend(_entries(row, market))
        if len(batch) >= BATCH:
            await ledger.post_all(batch)
            batch = []
    await ledger.post_all(batch)
    took = time.perf_counter() - began
    _say(f"{4 * orders:,} journals booked in {took:.0f} s, {4 * orders / took:,.0f} a second")
    async with DB.connection() as connection:
        for table in ("journal", "posting", "ledger_account"):
            await connection.execute(f"vacuum analyze {table}", timeout=600)
    return list(copies)


def _entries(row: Any, market: facts.Market) -> Iterator[Entry]:
    at, creator, brand = clock.now(), chart.purse("creator", market.creator.id), chart.purse("brand", market.brand.id)
    whole, share, rest = Money(6000, "EUR"), Money(500, "EUR"), Money(5500, "EUR")
    clearing, pending, available = (
        Account(Code.CLEARING, "order", str(row["n"] % 1000)),
        Account(Code.STRIPE_PENDING),
        Account(Code.STRIPE_AVAILABLE),
    )
    yield Entry(
        key=f"payment:{row['sale']}",
        kind="T1",
        event_at=at,
        source=Source(kind="charge", id=f"ch_b{row['n']}"),
        lines=(debit(pending, whole), credit(clearing, whole)),
    )
    lines = (debit(clearing, whole), credit(brand.pending, rest), credit(creator.pending, share))
    yield Entry(
        key=f"sale:{row['line']}", kind="T2", event_at=at, source=Source(kind="order_line", id=str(row["line"])), lines=lines
    )
    yield Entry(
        key=f"release:{row['commission']}",
        kind="T4",
        event_at=at,
        source=Source(kind="commission", id=str(row["commission"])),
        lines=(debit(creator.pending, share), credit(creator.available, share)),
    )
    yield Entry(
        key=f"sent:{row['item']}",
        kind="P2",
        event_at=at,
        source=Source(kind="transfer", id=f"tr_b{row['n']}"),
        lines=(debit(creator.available, share), credit(available, share)),
    )


def _ids(row: Any) -> dict[str, str]:
    """Every kind of id that leads to this order."""
    n = row["n"]
    return {
        "order number": f"FF-B{n}", "charge": f"ch_b{n}", "intent": f"pi_b{n}", "refund at Stripe": f"re_b{n}", "transfer": f"tr_b{n}",
        "payment at a payee": f"py_b{n}", "payout to our bank": f"po_u{n}", "payout to a payee": f"po_p{n}", "trace id of a payout": f"FANFARE{n}",
        "end-to-end id": f"E2E{n}", "bank's own reference": f"BANK{n}", "document": f"DOC-{n}",
        "movement of a charge": f"txn_c{n}", "movement of a transfer": f"txn_t{n}", "journal": f"J-{4 * n}", "run": "PR-BENCH", "nothing": f"zz_{n}",
        **{name: str(row[name]) for name in ("sale", "line", "payment", "commission", "refund", "item")},
    }  # fmt: skip


async def _traced(copies: list[Any], kind: str) -> float:
    """The median of a few tries in milliseconds, after one that plans."""
    times = []
    for row in random.choices(copies, k=TRIES + 1):
        began = time.perf_counter()
        found = (await trace_ids.find(_ids(row)[kind])).found
        traced = await trace.trace(found[0].order_id or row["sale"], found[0].line_id) if found else None
        times.append((time.perf_counter() - began) * 1000)
        if (traced is None) != (kind == "nothing") or (
            traced and kind not in ("run", "journal") and traced.number != f"FF-B{row['n']}"
        ):
            raise RuntimeError(f"{kind} leads to {found[:1]}")
    median = statistics.median(times[1:])
    _say(f"{kind:24} {median:7.1f} ms  {len(traced.journals) if traced else 0} journals")
    return median


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 250_000)))
