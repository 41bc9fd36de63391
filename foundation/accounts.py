"""People: who somebody is, what they may do, and the doors that ask for it.

One door per object: the function that fetches an object for a person also decides whether they may have it, and says
`NotFound` when they may not, so that nobody learns what exists (`async def brief_for(*, brief_id: UUID, by: Principal) -> Brief`).
Roles open whole areas (`guards=[role(Role.MODERATOR)]`); doors open single objects. `docs/permissions.md` shows both.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID, uuid4

from asyncpg import UniqueViolationError
from email_validator import EmailNotValidError, validate_email
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from foundation import audit, clock, passwords, sessions
from foundation.database import DB
from foundation.errors import Forbidden, InvalidField, NotFound, Refusal, SignInNeeded
from foundation.i18n import _
from foundation.tables import Person, Role, RoleGrant

Connection = ASGIConnection[Any, Any, Any, Any]


class EmailInvalid(InvalidField):
    """Not an address to which a mail can go."""

    code = "email_invalid"
    message = _("This is not an e-mail address.")
    field = "email"


class EmailTaken(InvalidField):
    """Somebody has an account with this address. Never shown to people who sign up: it would tell who has an account."""

    code = "email_taken"
    status = 409
    message = _("There is already an account with this address.")
    field = "email"


class TokenInvalid(Refusal):
    """The token of a call is unknown, ended or too old."""

    code = "token_invalid"
    status = 401
    message = _("This token is not valid, or not any more.")


class ScopeMissing(Refusal):
    """The token may not be used for this; data: the `scope` that it lacks."""

    code = "scope_missing"
    status = 403
    message = _("This token may not be used for this. It needs the scope %(scope)s.")


class OwnAdministratorRole(Refusal):
    """An administrator may not lock themselves out."""

    code = "own_administrator_role"
    status = 409
    message = _("You cannot take the administrator role from yourself, or close your own account. Ask another administrator.")


@dataclass(frozen=True)
class Principal:
    """The person who acts. `roles` always holds `Role.VIEWER`; `theme` is auto, light or dark."""

    id: UUID
    email: str
    display_name: str
    locale: str
    time_zone: str
    theme: str
    roles: frozenset[Role]

    def has(self, *roles: Role) -> bool:
        """True when the person has any of these roles."""
        return not self.roles.isdisjoint(roles)


_PRINCIPAL = """
    select p.id, p.email, p.display_name, p.locale, p.time_zone, p.theme,
           array(select g.role from role_grant g where g.person = p.id) as roles
    from person p
    where p.id = $1 and p.disabled_at is null and ($2::timestamptz is null or coalesce(p.sessions_since <= $2, true))
"""


async def principal(person_id: UUID, *, session_begun_at: datetime | None = None) -> Principal | None:
    """The person with their roles of this moment, in one query; None when unknown or disabled.

    With `session_begun_at` also None when the session is older than the last "sign out everywhere".
    """
    async with DB.connection() as connection:
        row = await connection.fetchrow(_PRINCIPAL, person_id, session_begun_at)
    if row is None:
        return None
    roles = frozenset({Role.VIEWER, *(Role(name) for name in row["roles"])})
    return Principal(**{**dict(row), "roles": roles})


async def person(person_id: UUID) -> Principal:
    """The person with their roles. Raises `NotFound`."""
    found = await principal(person_id)
    if found is None:
        raise NotFound
    return found


async def by_email(email: str) -> Principal | None:
    """The person with that address, if there is one and the account is not disabled."""
    row = await Person.select(Person.id).where(Person.email == email.strip().lower()).first()
    return await principal(row["id"]) if row else None


def normal_email(email: str) -> str:
    """The address in the one form in which we keep it. Raises `EmailInvalid`."""
    try:
        return validate_email(email, check_deliverability=False).normalized.lower()[:254]
    except EmailNotValidError as wrong:
        raise EmailInvalid from wrong


async def create(
    *,
    email: str,
    display_name: str,
    password: str | None = None,
    roles: Collection[Role] = (),
    locale: str = "en",
    time_zone: str = "Europe/Paris",
    confirmed: bool = True,
    by: Principal | None = None,
) -> Principal:
    """Make an account without the mail of a sign-up: for administrators, demo data and identity providers.

    `password` is not checked for strength. Raises `EmailInvalid`, `EmailTaken`.
    """
    address = normal_email(email)
    password_hash = await passwords.hashed(password) if password is not None else None
    now = clock.now()
    new = Person(
        id=uuid4(),
        email=address,
        password_hash=password_hash,
        display_name=display_name[:80],
        locale=locale,
        time_zone=time_zone,
        email_confirmed_at=now if confirmed else None,
        created_at=now,
    )
    async with DB.transaction():
        try:
            await new.save()
        except UniqueViolationError as taken:
            raise EmailTaken from taken
        await audit.record(by=by, action="create account", kind="person", id=new.id)
        for role_name in roles:
            await grant(person_id=new.id, role=role_name, by=by)
    return await person(new.id)


async def grant(*, person_id: UUID, role: Role, by: Principal | None = None) -> None:
    """Give a person a role; giving it twice changes nothing. It works from their next request. Raises `NotFound`."""
    async with DB.transaction():
        if role is Role.VIEWER:
            return
        if not await Person.exists().where(Person.id == person_id):
            raise NotFound
        new = RoleGrant(person=person_id, role=role, granted_at=clock.now(), granted_by=by.id if by else None)
        added = await RoleGrant.insert(new).on_conflict(target=(RoleGrant.person, RoleGrant.role), action="DO NOTHING")
        if added:
            await audit.record(by=by, action="grant role", kind="person", id=person_id, role=role)


async def take(*, person_id: UUID, role: Role, by: Principal) -> None:
    """Take a role away; it works from the person's next request. Raises `OwnAdministratorRole`."""
    if role is Role.ADMINISTRATOR and person_id == by.id:
        raise OwnAdministratorRole
    async with DB.transaction():
        gone = await RoleGrant.delete().where(RoleGrant.person == person_id, RoleGrant.role == role).returning(RoleGrant.id)
        if gone:
            await audit.record(by=by, action="take role", kind="person", id=person_id, role=role)


async def disable(*, person_id: UUID, by: Principal) -> None:
    """Close an account: the person's sessions end with their next request. Raises `NotFound`, `OwnAdministratorRole`."""
    if person_id == by.id:
        raise OwnAdministratorRole
    await _switch(person_id, disabled_at=clock.now(), action="disable account", by=by)


async def enable(*, person_id: UUID, by: Principal) -> None:
    """Open a disabled account again; the person signs in anew. Raises `NotFound`."""
    await _switch(person_id, disabled_at=None, action="enable account", by=by)


async def _switch(person_id: UUID, *, disabled_at: datetime | None, action: str, by: Principal) -> None:
    async with DB.transaction():
        changed = (
            await Person.update({Person.disabled_at: disabled_at, Person.sessions_since: clock.now()})
            .where(Person.id == person_id)
            .returning(Person.id)
        )
        if not changed:
            raise NotFound
        await audit.record(by=by, action=action, kind="person", id=person_id)


# Doors. Handlers take `principal: Visitor` (perhaps nobody) or `by: By` (somebody, else they are asked to sign in).

Visitor = NamedDependency[Principal | None]
By = NamedDependency[Principal]


async def current_principal(request: Connection) -> Principal | None:
    """Dependency `principal`: who is signed in, or None. Asked once a request, so that a role that was taken is gone at once."""
    scope = cast("dict[str, Any]", request.scope)
    if "principal" not in scope:
        session = sessions.of(request)
        scope["principal"] = (
            await principal(session.person_id, session_begun_at=session.begun_at) if session and session.person_id else None
        )
    return cast("Principal | None", scope["principal"])


async def require_principal(request: Connection) -> Principal:
    """Dependency `by`: who is signed in, or whose token the call brought.

    A token opens only the addresses that name a scope (`opt={"scope": …}`), and only those whose scope it has.
    Raises `SignInNeeded`, `SessionsAway`, `TokenInvalid`, `ScopeMissing`.
    """
    known = await current_principal(request)
    scopes = cast("frozenset[str] | None", request.scope.get("token_scopes"))
    if known is None:
        if scopes is not None:
            raise TokenInvalid
        raise sessions.SessionsAway if sessions.are_away(request) else SignInNeeded
    needed = str(request.route_handler.opt.get("scope", ""))
    if scopes is not None and needed not in scopes:
        raise ScopeMissing(scope=needed or "-")
    return known


def role(*roles: Role) -> Guard:
    """A guard for people with any of these roles. Raises `SignInNeeded`, `SessionsAway`, `Forbidden`."""

    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        if not (await require_principal(connection)).has(*roles):
            raise Forbidden

    return guard


async def signed_in(connection: Connection, _handler: BaseRouteHandler) -> None:
    """A guard for people with an account. Raises `SignInNeeded`, `SessionsAway`."""
    await require_principal(connection)
