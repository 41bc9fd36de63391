"""The actor that follows a changed credit."""

from __future__ import annotations

from uuid import UUID

from foundation.jobs import actor
from payouts import recredit


@actor
async def follow_decisions(order_id: str) -> None:
    """The decision about a credited order has a new version."""
    await recredit.follow_decisions(order_id=UUID(order_id))
