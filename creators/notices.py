"""Mails about shows and applications: those who asked to be reminded, and creators who got an answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from creators import counter_offers
from creators.counter_offer_tables import Side
from creators.tables import Application, Creator, Reminder, Show
from foundation import clock, mails
from foundation.database import DB
from foundation.tables import Person
from marketplace.tables import Brand, BrandMember, Brief

BATCH = 200


async def remind(*, show_id: UUID) -> None:
    """Write to everybody who asked to be reminded of a show and has not been told yet; safe to call twice."""
    show = await Show.objects().where(Show.id == show_id).first()
    if show is None:
        return
    context = {"title": show.title, "slug": show.slug, "creator": await _creator(show.creator), "brand": await _brand(show.brand)}
    while await _remind_some(show_id, context):
        pass


async def accepted(*, application_id: UUID) -> None:
    """Tell a creator that the brand accepted."""
    await _answer(application_id, "application_accepted.html")


async def declined(*, application_id: UUID) -> None:
    """Tell a creator that the brand declined, with its reason."""
    await _answer(application_id, "application_declined.html")


async def countered(*, application_id: UUID, version: int) -> None:
    """Tell the other side of terms proposed to it; nothing when a newer word has been said since."""
    offers = (await counter_offers.offers_of([application_id]))[application_id]
    if not offers or offers[-1].version != version:
        return
    offer = offers[-1]
    if offer.side == Side.BRAND:
        await _answer(application_id, "counter_offer.html", offer=offer, page=f"/studio/applications/{application_id}")
    else:
        await _tell_brand(application_id, "counter_offer_asked.html", offer=offer)


async def agreed(*, application_id: UUID) -> None:
    """Tell a brand that the creator accepted its counter-offer."""
    await _tell_brand(application_id, "counter_offer_accepted.html")


async def refused(*, application_id: UUID) -> None:
    """Tell a brand that the creator declined its counter-offer."""
    await _tell_brand(application_id, "counter_offer_declined.html")


async def _tell_brand(application_id: UUID, template: str, **context: Any) -> None:
    """To every member of the brand, in their own language."""
    row = await Application.objects().where(Application.id == application_id).first()
    brief = await Brief.objects().where(Brief.id == row.brief).first() if row else None
    if row is None or brief is None:
        return
    context |= {"brief": brief.title, "creator": await _creator(row.creator), "reason": row.reason}
    members = await BrandMember.select(BrandMember.person).where(BrandMember.brand == brief.brand)
    async with DB.transaction():
        for member in members:
            page = f"/brand/applications/{application_id}"
            await mails.write(**await _reader(member["person"]), template=template, page=page, **context)


async def _remind_some(show_id: UUID, context: dict[str, Any]) -> int:
    async with DB.transaction():
        rows = (
            await Reminder.objects()
            .where(Reminder.show == show_id)
            .where(Reminder.sent_at.is_null())
            .limit(BATCH)
            .lock_rows("UPDATE", skip_locked=True)
        )
        for row in rows:
            await mails.write(**await _reader(row.person), template="show_live.html", **context)
            await Reminder.update({Reminder.sent_at: clock.now()}).where(Reminder.id == row.id)
    return len(rows)


async def _answer(application_id: UUID, template: str, **context: Any) -> None:
    row = await Application.objects().where(Application.id == application_id).first()
    if row is None:
        return
    brief = await Brief.objects().where(Brief.id == row.brief).first()
    creator = await Creator.objects().where(Creator.id == row.creator).first()
    if brief is None or creator is None:
        return
    reader = await _reader(creator.person)
    async with DB.transaction():
        brand = await _brand(brief.brand)
        await mails.write(**reader, template=template, brief=brief.title, brand=brand, reason=row.reason, **context)


async def _reader(person_id: UUID) -> dict[str, Any]:
    """Where, in which language and in which time zone somebody reads."""
    row = await Person.select(Person.email, Person.locale, Person.time_zone).where(Person.id == person_id).first()
    return {"to": row["email"], "locale": row["locale"], "time_zone": row["time_zone"]} if row else {"to": "", "locale": "en"}


async def _creator(creator_id: UUID) -> str:
    row = await Creator.select(Creator.display_name).where(Creator.id == creator_id).first()
    return str(row["display_name"]) if row else ""


async def _brand(brand_id: UUID) -> str:
    row = await Brand.select(Brand.name).where(Brand.id == brand_id).first()
    return str(row["name"]) if row else ""
