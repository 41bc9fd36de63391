"""The mirror of payouts: what Stripe sends from our balance, and from the payees', to a bank (docs/money.md, chapter 7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from foundation import clock, stripe_gateway
from foundation.database import DB
from foundation.stripe_gateway import BankPayout
from payouts import memo

CURSOR: Final = "payouts"
OVERLAP: Final = timedelta(days=30)
"""A payout that was paid can still fail weeks later: each reading looks at all that are younger."""


async def pull() -> int:
    """Copy all payouts of ours that are new or have changed; how many. The mark moves only when the whole stretch is stored."""
    began = clock.now()
    async with DB.connection() as connection:
        synced = await connection.fetchval("select synced_at from mirror_cursor where name = $1", CURSOR)
    found = await stripe_gateway.payouts(since=synced - OVERLAP if synced else None)
    changed = await _store(found, "")
    for one in await _to_itemise(found):
        await _itemise(one, None)
    async with DB.connection() as connection:
        await connection.execute(
            "insert into mirror_cursor (name, position, synced_at) values ($1, '', $2)"
            " on conflict (name) do update set synced_at = greatest(mirror_cursor.synced_at, excluded.synced_at)",
            CURSOR,
            began,
        )
    return changed


async def note(*, payout: str, account: str | None) -> None:
    """One payout as it is now, ours or a payee's; a payee's is followed in the memo ledger."""
    await _keep(await stripe_gateway.fetch_payout(payout=payout, account=account), account)


async def pull_of(*, account: str) -> None:
    """Look at the younger payouts of a payee's account, whose notices may be lost."""
    for found in await stripe_gateway.payouts(since=clock.now() - OVERLAP, account=account):
        await _keep(found, account)


async def synced_at() -> datetime | None:
    """When our payouts were last read to their end."""
    async with DB.connection() as connection:
        found: datetime | None = await connection.fetchval("select synced_at from mirror_cursor where name = $1", CURSOR)
    return found


async def _keep(found: BankPayout, account: str | None) -> None:
    await _store([found], account or "")
    for one in await _to_itemise([found]):
        await _itemise(one, account)
    if account:
        await memo.follow(found, account=account)


async def _to_itemise(found: Sequence[BankPayout]) -> list[str]:
    """Those of which Stripe can say now what they consist of, and has not been asked."""
    ready = [one.id for one in found if one.reconciliation == "completed"]
    if not ready:
        return []
    async with DB.connection() as connection:
        rows = await connection.fetch("select id from stripe_payout where id = any($1) and itemised_at is null", ready)
    return [row["id"] for row in rows]


async def _itemise(payout: str, account: str | None) -> None:
    """Keep what an automatic payout consists of; done when the whole list is stored."""
    parts = [
        (one.id, payout, one.source or one.id, one.net.minor)
        async for one in stripe_gateway.balance_transactions(payout=payout, account=account)
        if one.source != payout
    ]
    async with DB.transaction(), DB.connection() as connection:
        await connection.execute(
            """
            insert into stripe_payout_part (transaction, payout, source_id, net_minor)
            select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) on conflict (transaction) do nothing
            """,
            *(list(column) for column in (zip(*parts, strict=True) if parts else ([], [], [], []))),
        )
        await connection.execute("update stripe_payout set itemised_at = $2 where id = $1", payout, clock.now())


async def _store(found: Sequence[BankPayout], account: str) -> int:
    if not found:
        return 0
    now = clock.now()
    async with DB.connection() as connection:
        done = await connection.execute(
            """
            insert into stripe_payout (id, account, amount_minor, currency, status, trace_id, arrives_on, failure_code, transaction, created_at, seen_at)
            select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::date[], $8::text[], $9::text[],
                                 $10::timestamptz[], $11::timestamptz[])
            on conflict (id) do update set status = excluded.status, trace_id = excluded.trace_id, arrives_on = excluded.arrives_on,
                failure_code = excluded.failure_code, seen_at = excluded.seen_at
            where stripe_payout.seen_at <= excluded.seen_at
              and (stripe_payout.status, stripe_payout.trace_id, stripe_payout.arrives_on, stripe_payout.failure_code)
                  is distinct from (excluded.status, excluded.trace_id, excluded.arrives_on, excluded.failure_code)
            """,
            *(
                list(column)
                for column in zip(
                    *(
                        (
                            one.id,
                            account,
                            one.amount.minor,
                            one.amount.currency,
                            one.status,
                            one.trace_id or "",
                            one.arrival_date.date(),
                            one.failure_code or "",
                            one.balance_transaction or "",
                            one.created,
                            now,
                        )
                        for one in found
                    ),
                    strict=True,
                )
            ),
        )
    return int(done.split()[-1])
