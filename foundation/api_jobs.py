"""Work that the API leaves behind."""

from foundation import idempotency
from foundation.jobs import actor


@actor
async def forget_old_answers() -> None:
    """Answers whose idempotency key is over."""
    await idempotency.forget_old()
