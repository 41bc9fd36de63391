"""Consent to being recognised by a creator's link: asked where it matters, proof kept, withdrawn as easily as given (docs/attribution.md).

Nothing is stored on a device before somebody has chosen, and nothing but the word "none" when they refused. A browser that sends Global
Privacy Control has refused already.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from creators.consent_tables import Choice, ConsentRecord
from creators.link_tables import ClickKind
from creators.young_clicks import wait_for_clicks
from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB

COOKIE = "consent"
PURPOSE = "attribution"
TEXT_VERSION = "2026-11-22"
"""Of the words on the page of choices; a change of them asks everybody anew."""

CHOICE_KEPT = timedelta(days=182)
"""A choice, also a refusal, is asked for again after half a year (CNIL, recommendation of 17 September 2020)."""

CLICK_KEPT = timedelta(days=30)
"""No terms look back further; the law's limit would be 13 months."""

_GIVEN = re.compile(rf"{PURPOSE}\.(?P<text>[0-9-]{{10}})\.(?P<subject>[0-9a-f]{{32}})")


@dataclass(frozen=True)
class Standing:
    """What a device's cookie says. `asked` is False while nobody has chosen; `subject` names the proof of a consent."""

    asked: bool
    given: bool
    subject: UUID | None


def standing(cookie: str | None, *, opted_out: bool) -> Standing:
    """How a device stands. `opted_out`: the browser sends Global Privacy Control, which counts as a refusal. Old words count as not asked."""
    if opted_out:
        return Standing(asked=True, given=False, subject=None)
    found = _GIVEN.fullmatch(cookie or "")
    if found is None or found["text"] != TEXT_VERSION:
        return Standing(asked=cookie == "none", given=False, subject=None)
    return Standing(asked=True, given=True, subject=UUID(found["subject"]))


def cookie_of(subject: UUID | None) -> str:
    """The value of the cookie for a consent, or for a refusal, which names nobody."""
    return f"{PURPOSE}.{TEXT_VERSION}.{subject.hex}" if subject else "none"


async def give(*, language: str, place: str, by: Principal | None) -> UUID:
    """Keep the proof of a consent; return the random name that the device's cookie carries."""
    subject = uuid4()
    await _record(subject, Choice.GIVEN, language, place, by)
    return subject


async def refuse(*, language: str, place: str, by: Principal | None, subject: UUID | None) -> None:
    """Keep a refusal, or the withdrawal of the consent of that name."""
    known = subject is not None and await ConsentRecord.exists().where(ConsentRecord.subject == subject)
    name = subject if subject is not None and known else uuid4()
    await _record(name, Choice.WITHDRAWN if known else Choice.REFUSED, language, place, by)


async def proofs_of(*, by: Principal) -> list[ConsentRecord]:
    """What a person has chosen while signed in, the latest first."""
    return (
        await ConsentRecord.objects().where(ConsentRecord.person == by.id).order_by(ConsentRecord.id, ascending=False).limit(50)
    )


async def click_that_counts(click_id: UUID) -> datetime | None:
    """When a person followed a link under this id; None for programs, ids that are not ours, and clicks too long ago."""
    await wait_for_clicks([click_id])
    async with DB.connection() as connection:
        found: datetime | None = await connection.fetchval(
            "select at from click where id = $1 and kind = $2 and at > $3",
            click_id,
            ClickKind.PERSON.value,
            clock.now() - CLICK_KEPT,
        )
    return found


async def remember_click(*, click_id: UUID, by: Principal) -> bool:
    """Keep a click that its visitor let us recognise as a touch of the person who is signed in now, once; False when it counts for nothing.

    The touch has the click's id and moment. A click is of the first person who brings it.
    """
    if await click_that_counts(click_id) is None:
        return False
    async with DB.connection() as connection:
        await connection.execute(
            """
            insert into touch (id, show, creator, person, visitor, kind, product, at, source)
            select id, show, creator, $2, $3, 'link_click', product, at, 'link' from click where id = $1 on conflict (id) do nothing
            """,
            click_id,
            by.id,
            f"p{by.id.hex}",
        )
    return True


async def agree_to_click(*, click_id: UUID, agreed: bool) -> None:
    """The visitor who holds a click lets us recognise it, or does not any more. What it has been counted for stays."""
    await wait_for_clicks([click_id])
    async with DB.connection() as connection:
        await connection.execute("update click set consented = $2 where id = $1 and consented <> $2", click_id, agreed)


async def _record(subject: UUID, choice: Choice, language: str, place: str, by: Principal | None) -> None:
    async with DB.transaction():
        await ConsentRecord(
            subject=subject,
            person=by.id if by else None,
            purpose=PURPOSE,
            choice=choice,
            text_version=TEXT_VERSION,
            language=language,
            place=place,
            at=clock.now(),
        ).save()
        if by is not None:
            await audit.record(by=by, action=f"consent.{choice.value}", kind="person", id=by.id, purpose=PURPOSE)
