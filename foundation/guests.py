"""Guests: people who act under an e-mail address without an account. The address stands for a person without a password, who
becomes an account by the link of a mail.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from foundation import accounts, audit, clock, one_time_links, passwords
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import Refusal
from foundation.i18n import _
from foundation.one_time_links import LinkSpent, Purpose
from foundation.tables import Person


class GuestRefused(Refusal):
    """Nothing can be done under this address: its account was closed."""

    code = "guest_refused"
    status = 403
    message = _("Nothing can be done with this address. Please use another one.")
    field = "email"


async def person_for(*, email: str, display_name: str, locale: str) -> Principal:
    """The person of an address; made without a password when there is none. Tells nobody whether there was one.

    Raises `EmailInvalid`, `GuestRefused`.
    """
    address = accounts.normal_email(email)
    name = display_name.strip() or address.partition("@")[0]
    fresh = Person(id=uuid4(), email=address, display_name=name[:80], locale=locale, created_at=clock.now())
    async with DB.transaction():
        made = await Person.insert(fresh).on_conflict(target=Person.email, action="DO NOTHING").returning(Person.id)
        if made:
            await audit.record(by=None, action="guest", kind="person", id=fresh.id)
    found = await accounts.by_email(address)
    if found is None:
        raise GuestRefused
    return found


async def claim_link(*, person_id: UUID) -> str | None:
    """The token of a link with which a guest makes an account; None for somebody who has one.

    In the transaction that writes the mail; an earlier link stops working.
    """
    row = await Person.select(Person.email_confirmed_at, Person.password_hash).where(Person.id == person_id).first()
    if row is None or row["email_confirmed_at"] is not None or row["password_hash"] is not None:
        return None
    return await one_time_links.issue(person_id=person_id, purpose=Purpose.CLAIM)


async def claim(*, token: str, password: str) -> UUID:
    """Make the account of a guest: the link has proved the address. The caller signs the person in.

    Raises `LinkSpent`, `PasswordTooShort`, `PasswordTooLong`, `PasswordEasy`.
    """
    person_id = await one_time_links.look(token=token, purpose=Purpose.CLAIM)
    row = await Person.select(Person.email, Person.display_name).where(Person.id == person_id).first()
    if row is None:
        raise LinkSpent
    passwords.check_strength(password, known=(row["email"], row["display_name"]))
    password_hash = await passwords.hashed(password)
    async with DB.transaction():
        await one_time_links.use(token=token, purpose=Purpose.CLAIM)
        moved = (
            await Person.update({Person.password_hash: password_hash, Person.email_confirmed_at: clock.now()})
            .where(Person.id == person_id, Person.email_confirmed_at.is_null(), Person.disabled_at.is_null())
            .returning(Person.id)
        )
        if not moved:
            raise LinkSpent
        await audit.record(by=None, action="claim account", kind="person", id=person_id)
    return person_id
