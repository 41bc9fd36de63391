"""Whose money stays held although its time has come: banned creators until the ban is lifted, suspected sales until somebody clears them, disputed orders until the bank decides."""

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


async def suspected(orders: Iterable[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Those of the pairs of an order and its creator that a case holds; only the decision `cleared` frees them."""
    pairs = list(orders)
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select f."order", f.creator from fraud_case f join unnest($1::uuid[], $2::uuid[]) as p ("order", creator) using ("order", creator)
            where f.status <> 'cleared'
            """,
            [order for order, _creator in pairs],
            [creator for _order, creator in pairs],
        )
    return {(row["order"], row["creator"]) for row in rows}


async def suspected_conversions(conversions: Iterable[UUID]) -> set[UUID]:
    """Those of the reported sales that a case holds."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            "select conversion from fraud_case where conversion = any($1) and status <> 'cleared'", list(conversions)
        )
    return {row["conversion"] for row in rows}


async def frozen(commissions: Iterable[UUID]) -> set[UUID]:
    """Those of the commissions whose shares wait for a bank's decision."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            "select distinct commission from commission_freeze where commission = any($1) and ended_at is null", list(commissions)
        )
    return {row["commission"] for row in rows}
