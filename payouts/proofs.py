"""Proofs of the books that need nothing but the books: `ledger verify` (docs/money.md, chapter 8: I1, I2, I9)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from foundation import clock, valkey
from foundation.database import DB

FRESH: Final = timedelta(minutes=15)
_KEPT: Final = "payouts:proofs"


@dataclass(frozen=True)
class Proof:
    """One invariant and whether it holds; `offenders` names the first few that break it."""

    code: str
    holds: bool
    offenders: tuple[str, ...] = ()


_BALANCED = """
    select 'journal ' || journal as offender from posting group by journal, currency
    having sum(case side when 'D' then amount else -amount end) <> 0
    union all
    select 'journal ' || j.id || ' has fewer than two postings'
    from journal j left join (select journal, count(*) as lines from posting group by journal) few on few.journal = j.id
    where coalesce(few.lines, 0) < 2
"""
_BALANCES = """
    select 'account ' || a.id from ledger_account a
    left join (
        select p.account, sum(case when p.side = b.normal then p.amount else -p.amount end)::bigint as summed, count(*) as postings,
               max(p.account_version) as last
        from posting p join ledger_account b on b.id = p.account group by p.account
    ) proof on proof.account = a.id
    left join posting tail on tail.account = a.id and tail.account_version = a.version
    where a.balance <> coalesce(proof.summed, 0) or a.version <> coalesce(proof.postings, 0) or a.version <> coalesce(proof.last, 0)
       or a.balance <> coalesce(tail.balance_after, 0)
"""
# The digest of a journal covers what it says; the link of a batch, kept by its first journal, the links before it of all accounts that it touches and the digests of
# its journals. What has no batch was booked alone. Sorted are numbers only; the long rows are read once each.
_CHAIN = """
    with touched as materialized (
        select p.account, coalesce(j.batch, j.id) as batch, min(p.account_version) as first from posting p join journal j on j.id = p.journal group by 1, 2
    ), steps as materialized (
        select batch, account, lag(batch) over (partition by account order by first) as before from touched
    ), openings as (
        select steps.batch, string_agg(coalesce(head.link, ledger_zeros()), '' order by steps.account) as heads
        from steps left join journal head on head.id = steps.before group by 1
    ), members as (
        select coalesce(batch, id) as batch, string_agg(digest, '' order by id) as digests, count(link) as links from journal group by 1
    ), bodies as (
        select journal, string_agg(account::text || ':' || (case side when 'D' then amount else -amount end)::text, ',' order by account) as lines
        from posting group by journal
    )
    select 'journal ' || j.id from journal j left join bodies on bodies.journal = j.id
    where bodies.journal is null or j.digest <> ledger_digest_of(
        ledger_said(j.kind, j.source_kind, j.rule_version, j.actor, j.memo, j.reverses, j.booked_at),
        j.period, j.event_at, j.idempotency_key, j.source_id, bodies.lines)
    union all
    select 'journal ' || members.batch from members left join openings on openings.batch = members.batch left join journal j on j.id = members.batch
    where members.links <> 1 or j.link is distinct from sha256(openings.heads || members.digests)
    union all
    select 'account ' || a.id from ledger_account a
    left join posting tail on tail.account = a.id and tail.account_version = a.version
    left join journal j on j.id = tail.journal left join journal first on first.id = coalesce(j.batch, j.id)
    where a.head <> coalesce(first.link, ledger_zeros())
"""


async def verify() -> list[Proof]:
    """Prove from the postings that the books balance, that kept balances are true and that the chain of hashes holds."""
    return [
        await _proof("I1", _BALANCED),
        await _proof("I2", _BALANCES),
        await _proof("I9", _CHAIN),
    ]


async def lately() -> tuple[list[Proof], datetime]:
    """What `verify` found last and when, proved anew when that is a quarter of an hour ago.

    It reads every posting there is: too much for each look at a page, and only somebody who gets round the database's own
    triggers can change what it finds (see `ledger`).
    """
    kept = await _kept()
    if kept is not None:
        return kept
    found, at = await verify(), clock.now()
    with suppress(*valkey.AWAY):
        await valkey.client().set(_KEPT, msgspec.json.encode((found, at)), ex=FRESH)
    return found, at


async def _kept() -> tuple[list[Proof], datetime] | None:
    try:
        held = await valkey.client().get(_KEPT)
    except valkey.AWAY:
        return None
    return msgspec.json.decode(held, type=tuple[list[Proof], datetime]) if held else None


async def seal() -> str:
    """The hash over the last links of all accounts: it fixes the whole of the books at this moment."""
    async with DB.connection() as connection:
        return str(
            await connection.fetchval(
                "select ledger_digest(coalesce(string_agg(id || ':' || encode(head, 'hex'), ',' order by id), '')) from ledger_account"
            )
        )


async def _proof(code: str, query: str) -> Proof:
    """Read all of the books: in sets, never line by line, whatever the statistics say; with memory enough to sort a million journals."""
    async with DB.transaction(), DB.connection() as connection:
        await connection.execute("set local enable_nestloop = off; set local work_mem = '128MB'")
        rows = await connection.fetch(f"select * from ({query}) as broken (offender) limit 5", timeout=600)  # noqa: S608  # constants above
    return Proof(code, not rows, tuple(row["offender"] for row in rows))
