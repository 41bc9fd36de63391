"""Links in mails that work once and not for long. Only the hash of a token is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from piccolo.columns.combination import Where

from foundation import clock
from foundation.errors import Refusal
from foundation.i18n import _
from foundation.tables import OneTimeLink


class Purpose(StrEnum):
    """What a link is for; a link for one purpose does not work for another."""

    CONFIRM = "confirm"
    RESET = "reset"
    CLAIM = "claim"


LASTS = {Purpose.CONFIRM: timedelta(days=2), Purpose.RESET: timedelta(hours=1), Purpose.CLAIM: timedelta(days=30)}


KEPT = timedelta(days=7)
"""A spent link is kept so long, to answer the question what became of it."""


class LinkSpent(Refusal):
    """The link was used, has run out, was replaced by a newer one, or never was."""

    code = "link_spent"
    status = 410
    message = _("This link has been used or has run out. Ask for a new one.")


async def issue(*, person_id: UUID, purpose: Purpose) -> str:
    """A token of 256 random bits for a link; earlier links of this person for the same purpose stop working.

    Call it in the transaction that writes the mail.
    """
    now = clock.now()
    await OneTimeLink.delete().where(OneTimeLink.person == person_id, OneTimeLink.purpose == purpose)
    token = secrets.token_urlsafe(32)
    await OneTimeLink(
        person=person_id, purpose=purpose, token_hash=hash_of(token), created_at=now, expires_at=now + LASTS[purpose]
    ).save()
    return token


async def look(*, token: str, purpose: Purpose) -> UUID:
    """Whose link this is, without using it: mail programs open links by themselves. Raises `LinkSpent`."""
    row = await OneTimeLink.select(OneTimeLink.person).where(*_good(token, purpose)).first()
    if row is None:
        raise LinkSpent
    return UUID(str(row["person"]))


async def use(*, token: str, purpose: Purpose) -> UUID:
    """Use the link up and tell whose it is; of two at the same moment one wins. Raises `LinkSpent`."""
    rows = (
        await OneTimeLink.update({OneTimeLink.used_at: clock.now()}).where(*_good(token, purpose)).returning(OneTimeLink.person)
    )
    if not rows:
        raise LinkSpent
    return UUID(str(rows[0]["person"]))


async def forget_spent() -> int:
    """Delete the links that were used or ran out a week ago; return how many."""
    before = clock.now() - KEPT
    old = (OneTimeLink.used_at < before) | (OneTimeLink.expires_at < before)
    return len(await OneTimeLink.delete().where(old).returning(OneTimeLink.id))


def hash_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _good(token: str, purpose: Purpose) -> tuple[Where, ...]:
    return (
        OneTimeLink.token_hash == hash_of(token),
        OneTimeLink.purpose == purpose,
        OneTimeLink.used_at.is_null(),
        OneTimeLink.expires_at > clock.now(),
    )
