"""Jobs of the mails."""

from __future__ import annotations

from uuid import UUID

from foundation import mails, one_time_links
from foundation.jobs import actor


@actor
async def send_mail(mail_id: str) -> None:
    """Hand one mail to the mail server."""
    await mails.send(mail_id=UUID(mail_id))


@actor(queue_name="slow", max_retries=2)
async def forget_mails() -> None:
    """Spent links and old mails."""
    await one_time_links.forget_spent()
    await mails.forget_old()
