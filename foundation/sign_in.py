"""Signing in with e-mail and password."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation import audit, one_time_links, passwords, rate_limits, sign_up
from foundation.database import DB
from foundation.errors import Refusal
from foundation.i18n import _
from foundation.tables import Person

WINDOW = 15 * 60
BY_ADDRESS = 10
BY_CLIENT = 100  # offices and mobile networks share an address


class WrongCredentials(Refusal):
    """No such account, another password, a disabled account, or one without a password: nobody is told which."""

    code = "wrong_credentials"
    status = 422
    message = _("E-mail and password do not belong together.")


class EmailUnconfirmed(Refusal):
    """The password is right; the link in the mail was not opened yet, and has been sent again.

    `remember` is what this browser keeps of the new link, as after a sign-up.
    """

    code = "email_unconfirmed"
    status = 403
    message = _("Please confirm your address first: we have sent you the link again.")

    def __init__(self, *, remember: str) -> None:
        super().__init__()
        self.remember = remember


async def check(*, email: str, password: str, client: str) -> UUID:
    """Who signs in with this e-mail and password; the caller opens the session.

    `client` is the network address that asks. Both right and wrong take the time of one hash. Whoever is locked out by
    somebody else's tries gets in by a reset link, which also forgives the tries.
    Raises `TooManyRequests`, `WrongCredentials`, `EmailUnconfirmed`.
    """
    address = email.strip().lower()[:254]
    await rate_limits.spend(f"sign-in:client:{client}", limit=BY_CLIENT, seconds=WINDOW)
    await rate_limits.spend(f"sign-in:address:{address}", limit=BY_ADDRESS, seconds=WINDOW)
    row = await _row(address)
    open_ = row is not None and row["disabled_at"] is None
    right = await passwords.matches(password, row["password_hash"] if row and open_ else None)
    if row is None or not right:
        await _note_refusal(row, client)
        raise WrongCredentials
    if row["email_confirmed_at"] is None:
        async with DB.transaction():
            token = await sign_up.send_link(person_id=row["id"], email=address, locale=row["locale"])
        raise EmailUnconfirmed(remember=one_time_links.hash_of(token))
    await _note(row, password, client)
    await forgive(address)
    return UUID(str(row["id"]))


async def forgive(email: str) -> None:
    """Forget the tries with this address: its owner is here."""
    await rate_limits.forgive(f"sign-in:address:{email}")


async def _row(address: str) -> dict[str, Any] | None:
    columns = (Person.id, Person.password_hash, Person.locale, Person.email_confirmed_at, Person.disabled_at)
    found: dict[str, Any] | None = await Person.select(*columns).where(Person.email == address).first()
    return found


async def _note(row: dict[str, Any], password: str, client: str) -> None:
    """Keep the sign-in, and a newer hash when the kept one is out of date."""
    newer = await passwords.hashed(password) if passwords.is_outdated(row["password_hash"]) else None
    async with DB.transaction():
        if newer:
            same = (Person.id == row["id"]) & (Person.password_hash == row["password_hash"])
            await Person.update({Person.password_hash: newer}).where(same)
        await audit.record(by=None, action="sign in", kind="person", id=row["id"], client=client)


async def _note_refusal(row: dict[str, Any] | None, client: str) -> None:
    """Keep the failed try; which address was tried without an account is nobody's business."""
    async with DB.transaction():
        await audit.record(by=None, action="refuse sign-in", kind="person", id=row["id"] if row else "unknown", client=client)
