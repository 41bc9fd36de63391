"""A new password by a link in a mail."""

from __future__ import annotations

from uuid import UUID

from foundation import audit, clock, mails, one_time_links, passwords, rate_limits, sessions, sign_in
from foundation.database import DB
from foundation.one_time_links import LinkSpent, Purpose
from foundation.tables import Person

WINDOW = 60 * 60
BY_ADDRESS = 5
BY_CLIENT = 30


async def ask(*, email: str, client: str) -> None:
    """Send a link to the owner of this address; nothing happens, and nothing tells, when there is no such account.

    `client` is the network address that asks. Raises `TooManyRequests`.
    """
    address = email.strip().lower()[:254]
    await rate_limits.spend(f"reset:client:{client}", limit=BY_CLIENT, seconds=WINDOW)
    await rate_limits.spend(f"reset:address:{address}", limit=BY_ADDRESS, seconds=WINDOW)
    row = (
        await Person.select(Person.id, Person.email, Person.locale)
        .where(Person.email == address, Person.disabled_at.is_null())
        .first()
    )
    if row is None:
        return
    async with DB.transaction():
        token = await one_time_links.issue(person_id=row["id"], purpose=Purpose.RESET)
        await mails.write(to=row["email"], locale=row["locale"], template="reset.html", token=token)
        await audit.record(by=None, action="ask for reset", kind="person", id=row["id"])


async def choose(*, token: str, password: str) -> UUID:
    """Set the password by a link, end all sessions of the person, and count the address as confirmed.

    Raises `LinkSpent`, `PasswordTooShort`, `PasswordTooLong`, `PasswordEasy`.
    """
    person_id = await one_time_links.look(token=token, purpose=Purpose.RESET)
    row = await Person.select(Person.email, Person.display_name, Person.email_confirmed_at).where(Person.id == person_id).first()
    if row is None:
        raise LinkSpent
    passwords.check_strength(password, known=(row["email"], row["display_name"]))
    password_hash = await passwords.hashed(password)
    async with DB.transaction():
        await one_time_links.use(token=token, purpose=Purpose.RESET)
        await replace(person_id=person_id, password_hash=password_hash)
        await Person.update({Person.email_confirmed_at: row["email_confirmed_at"] or clock.now()}).where(Person.id == person_id)
        await audit.record(by=None, action="reset password", kind="person", id=person_id)
    await sessions.end_all(person_id)
    await sign_in.forgive(row["email"])
    return person_id


async def replace(*, person_id: UUID, password_hash: str) -> None:
    """Put a new hash in place inside the caller's transaction: older sessions are void and the person is told by mail."""
    rows = (
        await Person.update({Person.password_hash: password_hash, Person.sessions_since: clock.now()})
        .where(Person.id == person_id, Person.disabled_at.is_null())
        .returning(Person.email, Person.locale)
    )
    if not rows:
        raise LinkSpent
    await mails.write(to=rows[0]["email"], locale=rows[0]["locale"], template="password_changed.html")
