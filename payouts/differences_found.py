"""Differences that no comparison of movements shows: what has no answer, no counterpart or no papers, and what came late (docs/money.md, chapter 7)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from foundation import clock
from foundation.database import DB
from payouts import watch
from payouts.periods import BOOKS_ZONE

HEALING: Final = ("E08", "E09", "E10", "E11", "E14", "E17", "E18", "E20")
"""Codes that go by themselves when their cause has gone; late facts (E16) and exchanges (E19) have happened for good."""

GROWING: Final = ("E14", "E16", "E17", "E18")
"""Codes whose amount moves while they are open; resolved by a person, they come back with another amount."""

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
    select 'E09', 'tax:' || t.id, -t.amount_minor, t.currency, 'tax payment' from tax_payment t
    where t.status = 'booked' and t.paid_on < $1 and exists (select 1 from bank_line)
    and not exists (select 1 from bank_match m where m.tax_payment = t.id and m.ended_at is null)
    union all
    select 'E10', l.id::text, l.amount_minor, l.currency, case when l.amount_minor < 0 and exists (
        select 1 from stripe_payout p where p.account = '' and p.status = 'failed' and (p.amount_minor, p.currency) = (-l.amount_minor, l.currency)
    ) then 'bank return' else 'bank line' end from bank_line l
    where not exists (select 1 from bank_match m where m.line = l.id and m.ended_at is null)
    union all
    select 'E11', p.id, p.amount_minor, p.currency, 'payout' from stripe_payout p where p.account = '' and p.status = 'failed'
    union all
    select 'E14', b.payee::text, b.available_minor + b.pending_minor, b.currency, 'balance' from connected_balance b
    where b.available_minor + b.pending_minor < 0
    union all
    select 'E16', to_char(j.event_at at time zone 'Europe/Paris', 'YYYY-MM') || ' in ' || j.period,
           sum(case p.side when 'C' then p.amount else -p.amount end)::bigint, p.currency, 'late facts'
    from journal j join posting p on p.journal = j.id join ledger_account a on a.id = p.account
    join period c on c.id = to_char(j.event_at at time zone 'Europe/Paris', 'YYYY-MM') and c.status = 'closed' and c.id < j.period
    where j.id > coalesce((select id from journal where booked_at < $3 order by id desc limit 1), 0) and a.code ~ '^[45]' group by 2, 4
    union all
    select 'E17', w.id::text, least(p.amount, a.balance), p.currency, 'paid too much' from brand_payment w
    join journal j on j.idempotency_key = 'brand-payment:' || w.id join posting p on p.journal = j.id join ledger_account a on a.id = p.account
    where w.invoice is not null and w.status = 'succeeded' and a.code = '2181' and p.side = 'C' and a.balance > 0
    union all
    select 'E17', i.number, i.total_minor - i.credited_minor - i.paid_minor, i.currency, 'not paid' from brand_invoice i
    where i.status = 'open' and i.due_at < $4
    union all
    select 'E18', c.creator::text, sum(c.amount_minor - c.reversed_minor)::bigint, c.currency, 'papers' from commission c
    where c.creator is not null and c.status in ('available', 'in_payout', 'paid') and c.replaced_at is null and c.released_at < $5
    and (not exists (select 1 from legal_identity i where i.creator = c.creator)
         or not exists (select 1 from invoicing_mandate m where m.creator = c.creator and m.withdrawn_at is null))
    group by c.creator, c.currency having sum(c.amount_minor - c.reversed_minor) > 0
    union all
    select 'E19', e.source_id, e.to_minor - round(e.from_minor * e.before_to::numeric / e.before_from)::bigint, e.to_currency, 'exchange'
    from (
        select source_id, from_minor, to_minor, to_currency, at, lag(from_minor) over pair as before_from, lag(to_minor) over pair as before_to,
               lag(at) over pair as before_at
        from exchange where kind = 'settled' and at > $3 window pair as (partition by from_currency, to_currency order by at, id)
    ) e
    where e.before_at > e.at - interval '3 days' and abs(e.to_minor - e.from_minor * e.before_to::numeric / e.before_from) * 50 >= e.to_minor
    and abs(e.to_minor - e.from_minor * e.before_to::numeric / e.before_from) > 50
    union all
    select 'E20', left(named, 80), 0, 'EUR', 'chain' from unnest($2::text[]) as named
"""
_EXCEPT = """
    insert into reconciliation_exception (id, code, status, source_id, amount_minor, currency, finding, found_at, resolution)
    select gen_random_uuid(), f.code, 'open', f.source_id, f.amount_minor, f.currency, f.finding, $1, '' from found f
    where not exists (
        select 1 from reconciliation_exception e where e.code = f.code and e.source_id = f.source_id and e.currency = f.currency
        and (e.status = 'open' or (e.resolved_by is not null and (f.code <> all($2) or e.amount_minor = f.amount_minor)))
    ) on conflict do nothing
"""
_GROW = """
    update reconciliation_exception e set amount_minor = f.amount_minor from found f
    where e.status = 'open' and e.code = any($1) and (f.code, f.source_id, f.currency) = (e.code, e.source_id, e.currency)
    and e.amount_minor <> f.amount_minor
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
    today = now.astimezone(BOOKS_ZONE).date()
    values = {
        "$1": f"date '{working_days_before(today, WORKING_DAYS).isoformat()}'",
        "$2": "array[" + ", ".join("'" + name.replace("'", "''") + "'" for name in chain) + "]",
        "$3": _literal(now - timedelta(days=40)),
        "$4": _literal(now),
        "$5": _literal(datetime.combine(today.replace(day=1), time(), BOOKS_ZONE)),
    }
    async with DB.transaction(), DB.connection() as connection:
        await connection.execute("select pg_advisory_xact_lock(hashtextextended('reconcile', 0))")
        await connection.execute("drop table if exists found")
        # A utility statement takes no parameters: all are literals of our own making.
        query = _FOUND
        for place, literal in values.items():
            query = query.replace(place, literal)
        await connection.execute(query, timeout=600)
        done = await connection.execute(_EXCEPT, now, list(GROWING))
        await connection.execute(_GROW, list(GROWING))
        await connection.execute(_HEAL, now, list(HEALING))
    return int(done.rsplit(maxsplit=1)[-1])


def _literal(at: datetime) -> str:
    return f"'{at.isoformat()}'::timestamptz"


def working_days_before(day: date, count: int) -> date:
    """The day that is so many days from Monday to Friday before another one."""
    while count:
        day -= timedelta(days=1)
        if day.weekday() < 5:
            count -= 1
    return day
