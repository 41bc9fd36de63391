"""The chain of hashes as a file that anybody can prove without us (docs/money.md, chapter 8)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import msgspec

from foundation.database import DB
from payouts import proofs

PAGE: Final = 2_000
_PAGE: Final = """
    select j.id, coalesce(j.batch, j.id) as batch, j.idempotency_key as key, j.kind, ledger_moment(j.event_at) as event, j.event_at::text as event_at,
           ledger_moment(j.booked_at) as booked, j.booked_at::text as booked_at, j.period, j.reverses, j.source_kind, j.source_id, j.rule_version, j.actor, j.memo,
           encode(j.digest, 'hex') as digest, encode(j.link, 'hex') as link,
           array(select json_build_array(p.account, case p.side when 'D' then p.amount else -p.amount end, p.account_version)::text
                 from posting p where p.journal = j.id order by p.account) as lines
    from journal j where j.id > $1 and j.id <= $2 order by j.id limit $3
"""


async def chain() -> AsyncIterator[bytes]:
    """One JSON object a line: every journal in the order of booking with `lines` [account, amount (a debit above zero), version of the account], then
    the seal. `digest` and `link` are made as docs/decisions/ledger-chain.md says; `event` and `booked` are microseconds since 2000 in UTC, in hexadecimal.

    It is read page by page up to the journal that was the last when it began; the seal is that of the same moment when nothing was
    booked meanwhile, and it names its own last journal.
    """
    async with DB.connection() as connection:
        last = await connection.fetchval("select coalesce(max(id), 0) from journal")
    after = 0
    while True:
        async with DB.connection() as connection:
            rows = await connection.fetch(_PAGE, after, last, PAGE)
        if not rows:
            break
        after = rows[-1]["id"]
        yield b"".join(
            msgspec.json.encode({**dict(row), "lines": [msgspec.json.decode(line) for line in row["lines"]]}) + b"\n"
            for row in rows
        )
    yield msgspec.json.encode({"seal": await proofs.seal(), "last": last}) + b"\n"
