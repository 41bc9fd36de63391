"""Finding people, for administrators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from foundation.database import DB
from foundation.tables import Role


@dataclass(frozen=True)
class Found:
    """One person as an administrator sees them; `roles` without viewer, which everybody is."""

    id: UUID
    email: str
    display_name: str
    created_at: datetime
    email_confirmed_at: datetime | None
    disabled_at: datetime | None
    roles: tuple[Role, ...]


_SEARCH = """
    select p.id, p.email, p.display_name, p.created_at, p.email_confirmed_at, p.disabled_at,
           array(select g.role from role_grant g where g.person = p.id order by g.role) as roles
    from person p
    where ($1 = '' or position(lower($1) in p.email) > 0 or position(lower($1) in lower(p.display_name)) > 0)
      and ($2 = '' or exists (select from role_grant g where g.person = p.id and g.role = $2))
    order by p.created_at desc, p.id
    limit $3 offset $4
"""


async def search(*, text: str = "", role: str = "", limit: int = 25, offset: int = 0) -> list[Found]:
    """People whose name or e-mail holds `text`, and who have `role` when it is not empty; newest first."""
    async with DB.connection() as connection:
        rows = await connection.fetch(_SEARCH, text.strip(), role, limit, offset)
    return [Found(**{**dict(row), "roles": tuple(Role(name) for name in row["roles"])}) for row in rows]
