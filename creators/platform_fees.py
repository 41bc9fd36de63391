"""What Fanfare keeps of a sale: which version of its fee holds when (docs/money.md, chapter 13)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from creators.fee_tables import PlatformFee
from foundation.database import DB

FIRST_BP: Final = 500
"""The fee until a version says otherwise, in basis points of the base."""

HIGHEST_BP: Final = 3000


@dataclass(frozen=True)
class FeeVersion:
    """A version with both persons."""

    version: int
    fee_bp: int
    valid_from: datetime
    reason: str
    made_by: str
    checked_by: str


async def fee_at(moment: datetime) -> int:
    """The fee in basis points for terms accepted, and for sales that nobody is credited with, at that moment."""
    begun = PlatformFee.select(PlatformFee.fee_bp).where(PlatformFee.valid_from <= moment)
    row = await begun.order_by(PlatformFee.version, ascending=False).first()
    return int(row["fee_bp"]) if row else FIRST_BP


async def versions() -> list[FeeVersion]:
    """Every version, the newest first."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select f.version, f.fee_bp, f.valid_from, f.reason, m.display_name as maker, c.display_name as checker
            from platform_fee f join person m on m.id = f.made_by join person c on c.id = f.checked_by order by f.version desc
            """
        )
    return [FeeVersion(*row) for row in rows]


def coming(known: Iterable[FeeVersion], now: datetime) -> list[FeeVersion]:
    """Versions that have not begun and will hold one day, the first to begin first. Pure.

    One that a newer version overtakes before it begins never holds.
    """
    later: list[FeeVersion] = []
    for one in sorted(known, key=lambda each: -each.version):
        if one.valid_from > now and all(one.valid_from < newer.valid_from for newer in later):
            later.append(one)
        elif one.valid_from <= now:
            break
    return sorted(later, key=lambda each: each.valid_from)
