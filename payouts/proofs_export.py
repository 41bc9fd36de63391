"""The chain of hashes as a file that anybody can prove without us (docs/money.md, chapter 8)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import msgspec

from foundation.database import DB
from payouts import proofs

PAGE: Final = 2_000
_PAGE: Final = """
    select j.id, coalesce(j.batch, j.id) as batch, j.idempotency_key as key, j.kind, ledger_micros(j.event_at) as event_micros,
           ledger_micros(j.booked_at) as booked_micros, j.period, j.source_kind, j.source_id, j.rule_version, j.actor, j.memo,
           j.payload_hash, j.previous_hash, j.hash,
           array(select json_build_array(p.account, p.side, p.amount, p.account_version)::text from posting p where p.journal = j.id order by p.account) as lines
    from journal j where j.id > $1 and j.id <= $2 order by j.id limit $3
"""


async def chain() -> AsyncIterator[bytes]:
    """One JSON object a line: every journal in the order of booking with `lines` [account, side, amount, version of the account], then the seal.

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
