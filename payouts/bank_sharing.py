"""One bank account of several creators: nobody of them is paid until a person has looked at it (docs/money.md, "Payouts").

A family or an agency may share an account; so does somebody who buys from themself under several names. No time frees what waits here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import Forbidden, InvalidField, NotFound
from foundation.i18n import _
from foundation.tables import Role
from payouts.bank_sharing_tables import BankAllowance
from payouts.tables import Payee

PAGE = 50
JUDGES = (Role.FINANCE_MAKER, Role.FINANCE_CHECKER)

WAITS = """
    ({0}.kind = 'creator' and {0}.bank <> ''
     and exists (select 1 from payee other where other.bank = {0}.bank and other.kind = 'creator' and other.id <> {0}.id)
     and not exists (select 1 from bank_allowance may where may.payee = {0}.id and may.bank = {0}.bank))
"""
"""SQL: whether the payee of this alias waits for somebody to look at a shared bank account."""


class ReasonTooShort(InvalidField):
    """Whoever allows it says why."""

    code = "bank_sharing_reason_too_short"
    message = _("Please say why, in 20 characters or more: it stays in the audit log.")
    field = "reason"


@dataclass(frozen=True)
class Sharer:
    """A creator with a bank account that others have too; `others` are their names. `allowed_at` is None while payouts wait."""

    payee: UUID
    name: str
    handle: str
    others: list[str]
    reason: str
    allowed_by: str
    allowed_at: datetime | None


async def sharers(*, after: int = 0) -> list[Sharer]:
    """All of them, those who wait first; one page and one more."""
    async with DB.connection() as connection:
        rows = await connection.fetch(_SHARERS, PAGE + 1, after)
    return [Sharer(**dict(row)) for row in rows]


_SHARERS = """
    select p.id as payee, p.name, c.handle, array_agg(other.name order by other.name) as others,
           coalesce(may.reason, '') as reason, coalesce(who.display_name, '') as allowed_by, may.allowed_at
    from payee p join creator c on c.id = p.creator
    join payee other on other.bank = p.bank and other.kind = 'creator' and other.id <> p.id
    left join bank_allowance may on may.payee = p.id and may.bank = p.bank
    left join person who on who.id = may.allowed_by
    where p.kind = 'creator' and p.bank <> ''
    group by p.id, c.handle, may.id, who.display_name
    order by may.allowed_at is not null, p.name, p.id limit $1 offset $2
"""


async def waits(payee: Payee) -> bool:
    """Whether this payee's payouts wait for it."""
    async with DB.connection() as connection:
        return bool(await connection.fetchval(f"select {WAITS.format('p')} from payee p where p.id = $1", payee.id))  # noqa: S608  # a constant


async def allow(*, payee_id: UUID, reason: str, by: Principal) -> None:
    """This creator may be paid to the account they share now. Safe to repeat. Raises `Forbidden`, `NotFound`, `ReasonTooShort`."""
    if not by.has(*JUDGES):
        raise Forbidden
    why = reason.strip()
    if len(why) < 20:
        raise ReasonTooShort
    async with DB.transaction():
        payee = await Payee.objects().where(Payee.id == payee_id).lock_rows("UPDATE").first()
        if payee is None:
            raise NotFound
        if await BankAllowance.exists().where((BankAllowance.payee == payee.id) & (BankAllowance.bank == payee.bank)):
            return
        if not await waits(payee):
            raise NotFound
        await BankAllowance(
            id=uuid4(), payee=payee.id, bank=payee.bank, reason=why[:1000], allowed_by=by.id, allowed_at=clock.now()
        ).save()
        await audit.record(by=by, action="payee.shared_bank_allowed", kind="payee", id=payee.id, reason=why[:1000])
