"""How a visit began, for devices whose visitor agreed to be recognised: the page that was opened first, and who led there.

Without consent there is no name to keep it under, and nothing is kept. Until a touch is left it is only in Valkey.
"""

from __future__ import annotations

import contextlib
import json
from uuid import UUID

from creators.touch_tables import TouchOrigin
from foundation import valkey

VISIT = 30 * 60
"""Seconds of silence after which a visit is over."""
LONGEST_PAGE, LONGEST_HOST = 200, 100


async def arrive(*, device: UUID, page: str, host: str) -> None:
    """A device came to `page` from somewhere else: from `host`, or from nowhere that its browser tells."""
    with contextlib.suppress(*valkey.AWAY):  # a visit without its beginning is better than none
        await valkey.client().set(_key(device), json.dumps([page[:LONGEST_PAGE], host[:LONGEST_HOST]]), ex=VISIT)


async def note(*, touch_id: UUID, device: UUID | None) -> None:
    """Keep with a touch how its visit began; the first word about a touch stays."""
    if device is None:
        return
    kept: str | bytes | None = None
    with contextlib.suppress(*valkey.AWAY):
        kept = await valkey.client().getex(_key(device), ex=VISIT)
    if kept:
        page, host = json.loads(kept)
        row = TouchOrigin(touch=touch_id, entry_page=page, referrer=host)
        await TouchOrigin.insert(row).on_conflict(target=TouchOrigin.touch, action="DO NOTHING")


def _key(device: UUID) -> str:
    return f"entry:{device.hex}"
