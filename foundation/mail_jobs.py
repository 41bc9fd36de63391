"""Jobs of the mails."""

from __future__ import annotations

from uuid import UUID

import dramatiq

from foundation import mails


@dramatiq.actor
async def send_mail(mail_id: str) -> None:
    """Hand one mail to the mail server."""
    await mails.send(mail_id=UUID(mail_id))
