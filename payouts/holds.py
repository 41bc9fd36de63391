"""Whose money stays held although its time has come: banned creators until the ban is lifted, disputed orders until the bank decides."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from foundation import clock
from foundation.database import DB


async def banned(creators: set[UUID]) -> set[UUID]:
    """The creators who are banned everywhere now."""
    if not creators:
        return set()
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select c.id from creator c join sanction s on s.person = c.person
            where c.id = any($1) and s.kind = 'ban' and s.place = '' and s.lifted_at is null and (s.until is null or s.until > $2)
            """,
            list(creators),
            clock.now(),
        )
    return {row["id"] for row in rows}


async def frozen(commissions: Iterable[UUID]) -> set[UUID]:
    """Those of the commissions whose shares wait for a bank's decision."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            "select distinct commission from commission_freeze where commission = any($1) and ended_at is null", list(commissions)
        )
    return {row["commission"] for row in rows}
