"""Differences that no comparison of movements shows: transfers without an answer, payouts and lines of the bank without each other, a broken chain."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from foundation import clock
from foundation.database import DB
from payouts import watch
from payouts.periods import BOOKS_ZONE

CODES: Final = ("E08", "E09", "E10", "E11", "E20")
WORKING_DAYS: Final = 3
"""So long after its day a payout may stay away from the bank."""

_FOUND = """
    create temp table found on commit drop as
    select 'E08' as code, i.id::text as source_id, i.amount_minor, i.currency::text as currency, 'payout item' as finding
    from payout_item i where i.status = 'unknown'
    union all
    select 'E09', p.id, p.amount_minor, p.currency, 'payout' from stripe_payout p
    where p.account = '' and p.status in ('in_transit', 'paid') and p.arrives_on < $1
    and not exists (select 1 from bank_match m where m.payout = p.id and m.ended_at is null)
    and exists (select 1 from bank_line)
    union all
    select 'E10', l.id::text, l.amount_minor, l.currency, 'bank line' from bank_line l
    where not exists (select 1 from bank_match m where m.line = l.id and m.ended_at is null)
    union all
    select 'E11', p.id, p.amount_minor, p.currency, 'payout' from stripe_payout p where p.account = '' and p.status = 'failed'
    union all
    select 'E20', left(named, 80), 0, 'EUR', 'chain' from unnest($2::text[]) as named
"""
_EXCEPT = """
    insert into reconciliation_exception (id, code, status, source_id, amount_minor, currency, finding, found_at, resolution)
    select gen_random_uuid(), f.code, 'open', f.source_id, f.amount_minor, f.currency, f.finding, $1, '' from found f
    where not exists (
        select 1 from reconciliation_exception e where e.code = f.code and e.source_id = f.source_id and e.currency = f.currency
        and (e.status = 'open' or e.resolved_by is not null)
    ) on conflict do nothing
"""
_HEAL = """
    update reconciliation_exception e set status = 'resolved', resolved_at = $1, resolution = 'matched'
    where e.status = 'open' and e.code = any($2)
    and not exists (select 1 from found f where f.code = e.code and f.source_id = e.source_id and f.currency = e.currency)
"""


async def find() -> int:
    """Look for them all; how many are new. What has gone since is resolved by itself, what a person resolved does not come back.

    A payout is missed only once statements of the bank are read at all.
    """
    now = clock.now()
    last = await watch.latest()
    chain = [
        offender
        for proof in (last.proofs if last else ())
        if proof.code == "I9" and not proof.holds
        for offender in proof.offenders
    ]
    before = working_days_before(now.astimezone(BOOKS_ZONE).date(), WORKING_DAYS)
    async with DB.transaction(), DB.connection() as connection:
        await connection.execute("select pg_advisory_xact_lock(hashtextextended('reconcile', 0))")
        await connection.execute("drop table if exists found")
        # A utility statement takes no parameters: both are literals of our own making.
        named = ", ".join("'" + name.replace("'", "''") + "'" for name in chain)
        await connection.execute(_FOUND.replace("$1", f"date '{before.isoformat()}'").replace("$2", f"array[{named}]"))
        done = await connection.execute(_EXCEPT, now)
        await connection.execute(_HEAL, now, list(CODES))
    return int(done.rsplit(maxsplit=1)[-1])


def working_days_before(day: date, count: int) -> date:
    """The day that is so many days from Monday to Friday before another one."""
    while count:
        day -= timedelta(days=1)
        if day.weekday() < 5:
            count -= 1
    return day
