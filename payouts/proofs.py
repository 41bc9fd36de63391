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
    select 'journal ' || j.id || ' has fewer than two postings' from journal j
    where (select count(*) from (select 1 from posting p where p.journal = j.id limit 2) as few) < 2
"""
_BALANCES = """
    select 'account ' || a.id from ledger_account a
    left join lateral (
        select sum(case when p.side = a.normal then p.amount else -p.amount end)::bigint as summed, count(*) as postings,
               max(p.account_version) as last
        from posting p where p.account = a.id
    ) proof on true
    left join posting tail on tail.account = a.id and tail.account_version = a.version
    where a.balance <> coalesce(proof.summed, 0) or a.version <> proof.postings or a.version <> coalesce(proof.last, 0)
       or a.balance <> coalesce(tail.balance_after, 0)
"""
_CHAIN = """
    with steps as (
        select p.journal, p.account, p.side, p.amount,
               lag(j.hash, 1, '') over (partition by p.account order by p.account_version) as before
        from posting p join journal j on j.id = p.journal
    ), proved as (
        select journal, ledger_digest(string_agg(before, ',' order by account)) as previous,
               string_agg(account || ':' || side || ':' || amount, ',' order by account) as lines
        from steps group by journal
    )
    select 'journal ' || j.id from journal j left join proved on proved.journal = j.id
    where proved.journal is null or j.previous_hash <> proved.previous
       or j.payload_hash <> ledger_payload(j.kind, j.event_at, j.source_kind, j.source_id, j.rule_version, proved.lines)
       or j.hash <> ledger_seal_journal(j.previous_hash, j.payload_hash, j.idempotency_key, j.period, j.booked_at, j.actor, j.memo)
    union all
    select 'account ' || a.id from ledger_account a
    left join posting tail on tail.account = a.id and tail.account_version = a.version
    left join journal j on j.id = tail.journal
    where a.head_hash <> coalesce(j.hash, '')
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
    """The hash over the last hashes of all accounts: it fixes the whole of the books at this moment."""
    async with DB.connection() as connection:
        return str(
            await connection.fetchval(
                "select ledger_digest(coalesce(string_agg(id || ':' || head_hash, ',' order by id), '')) from ledger_account"
            )
        )


async def _proof(code: str, query: str) -> Proof:
    async with DB.connection() as connection:
        rows = await connection.fetch(f"select * from ({query}) as broken (offender) limit 5", timeout=600)  # noqa: S608  # constants above
    return Proof(code, not rows, tuple(row["offender"] for row in rows))
