"""What the mirror tells the books: fees, funds that became available, refunds and bank movements whose notices may have been lost."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from foundation import clock
from foundation.database import DB
from foundation.each import each
from foundation.money import Money
from payouts import clawbacks, disputes, earnings, exchange, ledger, mirror
from payouts.chart import Account, Code
from payouts.ledger import Entry, Source, credit, debit

BATCH = 500
STRIPE_PENDING = Account(Code.STRIPE_PENDING)
STRIPE_AVAILABLE = Account(Code.STRIPE_AVAILABLE)
IN_TRANSIT = Account(Code.IN_TRANSIT)


async def sweep() -> None:
    """Read Stripe's balance transactions and book what follows from them. Safe to repeat; for the scheduler."""
    await mirror.pull()
    await each([settle, disputes.catch_up], lambda step: step())


async def settle() -> None:
    """Book what the mirror knows and the ledger does not: T1f, T3, R2, F1, B1."""
    await _book_fees()
    await _book_available()
    await _book_bank()
    await each([_book_refunds, exchange.settle], lambda step: step())


_FEES = """
    select m.source_id, m.fee_minor, m.currency, m.created_at from mirror_transaction m
    where m.category = 'charge' and m.fee_minor > 0
    and exists (select 1 from journal j where j.source_id = m.source_id and j.kind in ('T1', 'S3'))
    and not exists (select 1 from journal j where j.idempotency_key = 'fee:' || m.source_id)
    order by m.created_at limit $1
"""
_AVAILABLE = """
    select m.source_id, m.net_minor, m.currency, m.available_on from mirror_transaction m
    where m.category = 'charge' and m.net_minor > 0 and m.available_on <= $2
    and exists (select 1 from journal j where j.source_id = m.source_id and j.kind in ('T1', 'S3'))
    and not exists (select 1 from journal j where j.idempotency_key = 'available:' || m.source_id)
    order by m.available_on limit $1
"""
_REFUNDS = """
    select r.id from mirror_transaction m join refund r on r.stripe_refund_id = m.source_id
    where (m.category = 'refund' and not exists (select 1 from journal j where j.idempotency_key = 'refunded:' || r.id))
       or (m.category = 'refund_failure' and r.status = 'failed'
           and not exists (select 1 from journal j where j.idempotency_key = 'refund-failed:' || r.id))
    limit $1
"""
_BANK = """
    select m.id, m.source_id, m.net_minor, m.currency, m.created_at from mirror_transaction m
    where m.category in ('payout', 'payout_reversal', 'topup', 'topup_reversal') and m.net_minor <> 0
    and not exists (select 1 from journal j where j.idempotency_key = 'bank:' || m.id)
    order by m.created_at limit $1
"""


async def _book_fees() -> None:
    for row in await _rows(_FEES, BATCH):
        fee = Money(row["fee_minor"], row["currency"])
        await earnings.book_fee(charge_id=row["source_id"], fee=fee, event_at=row["created_at"])


async def _book_available() -> None:
    while rows := await _rows(_AVAILABLE, BATCH, clock.now()):
        await ledger.post_all([_available(row) for row in rows])


async def _book_refunds() -> None:
    await each(await _rows(_REFUNDS, BATCH), lambda row: clawbacks.claw_back(refund_id=UUID(str(row["id"]))))


async def _book_bank() -> None:
    while rows := await _rows(_BANK, BATCH):
        await ledger.post_all([_bank(row) for row in rows])


def _available(row: Any) -> Entry:
    net = Money(row["net_minor"], row["currency"])
    lines = (debit(STRIPE_AVAILABLE, net), credit(STRIPE_PENDING, net))
    return _entry(f"available:{row['source_id']}", "T3", Source(kind="charge", id=row["source_id"]), row["available_on"], lines)


def _bank(row: Any) -> Entry:
    net = Money(row["net_minor"], row["currency"])
    lines = (debit(STRIPE_AVAILABLE, net), credit(IN_TRANSIT, net))
    return _entry(f"bank:{row['id']}", "B1", Source(kind="bank", id=row["source_id"]), row["created_at"], lines)


def _entry(key: str, kind: str, source: Source, event_at: datetime, lines: tuple[ledger.Line, ...]) -> Entry:
    return Entry(key=key, kind=kind, event_at=event_at, source=source, lines=lines)


async def _rows(query: str, *values: object) -> list[Any]:
    async with DB.connection() as connection:
        return list(await connection.fetch(query, *values))
