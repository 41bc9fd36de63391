"""Whoever brings a click's id may be quicker than its row, which follows the answer by some milliseconds: it is waited for, briefly."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from uuid import UUID

from creators.click_ids import age_of
from foundation.database import DB

YOUNG = 60.0
"""Seconds. An older click is stored, or late (`late_clicks`)."""
PAUSES = (0.01, 0.02, 0.03, 0.05, 0.08, 0.1)
"""Seconds between looks: who makes an id up waits for a third of a second, and holds nothing meanwhile."""


async def wait_for_clicks(click_ids: Collection[UUID | None]) -> None:
    """Return when those of the ids that say they are young are stored, or after a third of a second. Old and impossible ones are not asked for.

    Call it before a transaction; inside one it does nothing, so that no connection is held.
    """
    young = {each for each in click_ids if each is not None and -YOUNG < age_of(each) < YOUNG}
    if not young or DB.transaction_here() is not None:
        return
    for pause in PAUSES:
        async with DB.connection() as connection:
            stored = await connection.fetchval("select count(*) from click where id = any($1::uuid[])", list(young))
        if stored == len(young):
            return
        await asyncio.sleep(pause)
