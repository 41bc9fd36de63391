"""What people change about themselves."""

from __future__ import annotations

from foundation import audit, clock, passwords, resets, sessions
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField
from foundation.i18n import _
from foundation.tables import Person


class WrongPassword(InvalidField):
    """The current password is another one, or there is none."""

    code = "wrong_password"
    message = _("This is not your current password.")
    field = "current"


async def change_profile(*, display_name: str, locale: str, time_zone: str, theme: str, by: Principal) -> None:
    """Keep the name and how pages look; `locale` is en or fr, `time_zone` an IANA name, `theme` auto, light or dark."""
    async with DB.transaction():
        await Person.update(
            {Person.display_name: display_name, Person.locale: locale, Person.time_zone: time_zone, Person.theme: theme}
        ).where(Person.id == by.id)
        await audit.record(by=by, action="change profile", kind="person", id=by.id)


async def change_password(*, current: str, new: str, by: Principal) -> None:
    """Replace the password; all sessions become void, the caller opens this one again.

    Raises `WrongPassword`, `PasswordTooShort`, `PasswordTooLong`, `PasswordEasy`.
    """
    passwords.check_strength(new, known=(by.email, by.display_name))
    if not await passwords.matches(current, await _kept(by)):
        raise WrongPassword
    password_hash = await passwords.hashed(new)
    async with DB.transaction():
        await resets.replace(person_id=by.id, password_hash=password_hash)
        await audit.record(by=by, action="change password", kind="person", id=by.id)
    await sessions.end_all(by.id)


async def has_password(*, by: Principal) -> bool:
    """False for people who only sign in through an identity provider."""
    return await _kept(by) is not None


async def sign_out_everywhere(*, by: Principal) -> None:
    """Make all sessions void; the caller opens this one again."""
    async with DB.transaction():
        await Person.update({Person.sessions_since: clock.now()}).where(Person.id == by.id)
        await audit.record(by=by, action="sign out everywhere", kind="person", id=by.id)
    await sessions.end_all(by.id)


async def _kept(by: Principal) -> str | None:
    row = await Person.select(Person.password_hash).where(Person.id == by.id).first()
    return row["password_hash"] if row else None
