"""Signing up: an account begins when its owner has opened the link in the mail.

The answer is the same whether there is an account or not; only the mailbox learns more. A link that is opened in another
browser than the one that signed up also asks for the password: else somebody could sign up with a stranger's address and wait
until the stranger confirms it for them.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from foundation import accounts, audit, clock, mails, one_time_links, passwords, rate_limits
from foundation.database import DB
from foundation.errors import InvalidField
from foundation.i18n import _
from foundation.one_time_links import Purpose
from foundation.tables import Person

WINDOW = 60 * 60
BY_ADDRESS = 5
BY_CLIENT = 30


class PasswordOfSignUp(InvalidField):
    """The link was opened elsewhere, and this is not the password that was chosen with it."""

    code = "password_of_sign_up"
    message = _("This is not the password that was chosen when signing up.")
    field = "password"


async def sign_up(*, email: str, display_name: str, password: str, locale: str, time_zone: str, client: str) -> str:
    """Ask for an account; a mail with a link goes to `email`. `client` is the network address that asks.

    Returns what this browser is to remember (`confirm(remembered=...)`), of the same kind when nothing was made because
    there is an account already.
    Raises `EmailInvalid`, `PasswordTooShort`, `PasswordTooLong`, `PasswordEasy`, `TooManyRequests`.
    """
    address = accounts.normal_email(email)
    passwords.check_strength(password, known=(address, display_name))
    await rate_limits.spend(f"sign-up:client:{client}", limit=BY_CLIENT, seconds=WINDOW)
    await rate_limits.spend(f"sign-up:address:{address}", limit=BY_ADDRESS, seconds=WINDOW)
    password_hash = await passwords.hashed(password)
    async with DB.transaction():
        existing = await _row(address)
        if existing["email_confirmed_at"] is not None or existing["disabled_at"] is not None:
            if existing["disabled_at"] is None:
                await mails.write(to=address, locale=existing["locale"], template="known_already.html")
            return one_time_links.hash_of(uuid4().hex)
        await Person.update(
            {
                Person.display_name: display_name,
                Person.password_hash: password_hash,
                Person.locale: locale,
                Person.time_zone: time_zone,
            }
        ).where(Person.id == existing["id"])
        await audit.record(by=None, action="sign up", kind="person", id=existing["id"])
        return one_time_links.hash_of(await send_link(person_id=existing["id"], email=address, locale=locale))


async def send_link(*, person_id: UUID, email: str, locale: str) -> str:
    """Write the mail with the link that confirms an address, inside the caller's transaction. Returns the link's token."""
    token = await one_time_links.issue(person_id=person_id, purpose=Purpose.CONFIRM)
    await mails.write(to=email, locale=locale, template="confirm.html", token=token)
    return token


async def confirm(*, token: str, password: str, remembered: str | None, client: str) -> UUID:
    """Open the account of a link; the caller signs its person in.

    `remembered` is what `sign_up` gave to this browser; when it is of another link, `password` must be the one that was
    chosen. Raises `TooManyRequests`, `LinkSpent`, `PasswordOfSignUp`.
    """
    await rate_limits.spend(f"confirm:client:{client}", limit=BY_CLIENT, seconds=WINDOW)
    person_id = await one_time_links.look(token=token, purpose=Purpose.CONFIRM)
    if not is_same_browser(token, remembered):
        row = await Person.select(Person.password_hash).where(Person.id == person_id).first()
        if row is None or not await passwords.matches(password, row["password_hash"]):
            raise PasswordOfSignUp
    async with DB.transaction():
        await one_time_links.use(token=token, purpose=Purpose.CONFIRM)
        await Person.update({Person.email_confirmed_at: clock.now()}).where(Person.id == person_id)
        await audit.record(by=None, action="confirm address", kind="person", id=person_id)
    return person_id


def is_same_browser(token: str, remembered: str | None) -> bool:
    """Whether the link is the one that this browser has asked for."""
    return remembered == one_time_links.hash_of(token)


async def _row(address: str) -> dict[str, Any]:
    """The person with this address, made when there is none, locked until the end of the transaction."""
    fresh = Person(id=uuid4(), email=address, display_name=address.partition("@")[0][:80], created_at=clock.now())
    await Person.insert(fresh).on_conflict(target=Person.email, action="DO NOTHING")
    found: dict[str, Any] | None = (
        await Person.select(Person.id, Person.email_confirmed_at, Person.disabled_at, Person.locale)
        .where(Person.email == address)
        .lock_rows("UPDATE")
        .first()
    )
    if found is None:
        raise LookupError(address)
    return found
