"""Who creators are before the law, and the mandate by which the house invoices in their name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from piccolo.columns import Column

from creators.tables import Creator
from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal
from foundation.i18n import _, translate
from payouts import seller_requests
from payouts.document_tables import InvoicingMandate, LegalIdentity

MANDATE_VERSION = "2026-11"
MANDATE = _(
    "I ask Fanfare to issue, in my name and on my behalf, the invoices and credit notes for what brands and Fanfare owe me, numbered in a series of my own. "
    "I can contest each of them within 15 days of receiving it; I remain responsible for the VAT it shows. I can withdraw this mandate at any time."
)
"""The mandate that French law asks for (CGI art. 289 I-2, annex II art. 242 nonies)."""


class BirthMissing(Refusal):
    """Persons without a tax number are told apart by their day, town and country of birth (directive 2011/16/EU, annex V B)."""

    code = "birth_missing"
    status = 422
    message = _("Write your tax number, or the day, the town and the country of your birth.")
    field = "tin"


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What a creator writes of themselves."""

    legal_name: str
    is_company: bool
    street: str
    postcode: str
    town: str
    country: str
    registration: str = ""
    tin: str = ""
    born_on: date | None = None
    born_in: str = ""
    born_country: str = ""
    works_in_us: bool = False


async def identity_of(creator_id: UUID) -> LegalIdentity | None:
    """What the creator has declared, if they have."""
    return await LegalIdentity.objects().where(LegalIdentity.creator == creator_id).first()


async def declare(*, told: Declared, by: Principal) -> LegalIdentity:
    """Keep who the person's creator is before the law; documents that exist stay as they are. Raises `NotFound`, `BirthMissing`."""
    creator = await Creator.objects().where(Creator.person == by.id).first()
    if creator is None:
        raise NotFound
    if not told.tin and not told.is_company and not (told.born_on and told.born_in and told.born_country):
        raise BirthMissing
    async with DB.transaction():
        row = await LegalIdentity.objects().where(LegalIdentity.creator == creator.id).lock_rows("UPDATE").first()
        if row is None:
            row = LegalIdentity(id=uuid4(), creator=creator.id, changed_at=clock.now(), **vars(told))
            await row.save()
        else:
            values: dict[Column | str, Any] = {"changed_at": clock.now()}
            values.update(vars(told).items())
            await LegalIdentity.update(values).where(LegalIdentity.id == row.id)
        await audit.record(by=by, action="identity.declared", kind="creator", id=creator.id)
        await seller_requests.close_said(owner=creator.id)
    return row


async def mandate_of(creator_id: UUID) -> InvoicingMandate | None:
    """The mandate that is in force, if one is."""
    mine = (InvoicingMandate.creator == creator_id) & InvoicingMandate.withdrawn_at.is_null()
    return await InvoicingMandate.objects().where(mine).first()


async def give_mandate(*, by: Principal) -> InvoicingMandate:
    """Accept the text as it is shown; a second time changes nothing. Raises `NotFound`."""
    creator = await Creator.objects().where(Creator.person == by.id).first()
    if creator is None:
        raise NotFound
    async with DB.transaction():
        async with DB.connection() as connection:
            made = await connection.fetchval(
                """
                insert into invoicing_mandate (id, creator, version, text, given_at, given_by) values ($1, $2, $3, $4, $5, $6)
                on conflict (creator) where withdrawn_at is null do nothing returning id
                """,
                uuid4(),
                creator.id,
                MANDATE_VERSION,
                translate(MANDATE),
                clock.now(),
                by.id,
            )
        if made:
            await audit.record(by=by, action="mandate.given", kind="creator", id=creator.id, version=MANDATE_VERSION)
    found = await mandate_of(creator.id)
    if found is None:
        raise NotFound
    return found


async def withdraw_mandate(*, by: Principal) -> None:
    """End the mandate: nothing more is issued in the creator's name. Raises `NotFound`."""
    creator = await Creator.objects().where(Creator.person == by.id).first()
    if creator is None:
        raise NotFound
    open_one = (InvoicingMandate.creator == creator.id) & InvoicingMandate.withdrawn_at.is_null()
    async with DB.transaction():
        ended = (
            await InvoicingMandate.update({InvoicingMandate.withdrawn_at: clock.now()})
            .where(open_one)
            .returning(InvoicingMandate.id)
        )
        if ended:
            await audit.record(by=by, action="mandate.withdrawn", kind="creator", id=creator.id)
