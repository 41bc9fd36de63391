"""Who would be paid now, how much, and who is blocked and why: what a draft is made from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from foundation import clock
from foundation.database import DB
from foundation.i18n import _
from foundation.money import Money, decimals
from payouts import chart, ledger
from payouts.chart import Code
from payouts.tables import PayeeKind


class Block(StrEnum):
    """Why somebody is not paid now."""

    NO_ACCOUNT = "no_account"
    REQUIREMENTS = "requirements"
    BANNED = "banned"
    IN_ANOTHER_RUN = "in_another_run"


BLOCK_WORDS = {
    Block.NO_ACCOUNT: _("No payout account yet"),
    Block.REQUIREMENTS: _("Stripe asks for more"),
    Block.BANNED: _("Banned"),
    Block.IN_ANOTHER_RUN: _("In another run"),
}


@dataclass(frozen=True, kw_only=True)
class Payable:
    """One payment to be."""

    kind: PayeeKind
    owner: UUID
    payee_id: UUID
    name: str
    destination: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class Blocked:
    """Somebody who keeps their money for now. `missing` is Stripe's own list."""

    kind: PayeeKind
    owner: UUID
    name: str
    amount: Money
    reason: Block
    missing: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Carried:
    """Somebody below the minimum."""

    kind: PayeeKind
    owner: UUID
    name: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """A run before it exists. `available` = `total` + blocked + carried."""

    currency: str
    minimum: Money
    payable: list[Payable]
    blocked: list[Blocked]
    carried: list[Carried]
    funds: Money

    @property
    def total(self) -> Money:
        return summed((line.amount for line in self.payable), self.currency)

    @property
    def blocked_total(self) -> Money:
        return summed((line.amount for line in self.blocked), self.currency)

    @property
    def carried_total(self) -> Money:
        return summed((line.amount for line in self.carried), self.currency)

    @property
    def available(self) -> Money:
        return self.total + self.blocked_total + self.carried_total

    @property
    def left(self) -> Money:
        """Stripe's available balance after the run; below zero the run cannot leave."""
        return self.funds - self.total


def summed(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of amounts of one currency; zero of none."""
    return sum(amounts, start=Money(0, currency))


def minimum(currency: str) -> Money:
    """The smallest payment: 10.00, or 1000 where there are no decimals."""
    places = decimals(currency)
    return Money(1000 if places == 0 else 10 * 10**places, currency)


async def stripe_available(currency: str) -> Money:
    """What the books say is available at Stripe, less what approved items will still take."""
    funds = await ledger.balance(chart.Account(Code.STRIPE_AVAILABLE), currency)
    return funds - await ledger.total([Code.CREATOR_IN_PAYOUT, Code.BRAND_IN_PAYOUT], currency)


_BALANCES = """
    select a.owner_kind, a.owner_id::uuid as owner, a.balance, p.id as payee, p.stripe_account_id, coalesce(p.payable, false) as payable,
           p.requirements, coalesce(p.name, c.display_name, b.name) as name,
           exists (
               select 1 from sanction s where s.person = c.person and s.kind = 'ban' and s.place = '' and s.lifted_at is null
               and (s.until is null or s.until > $2)
           ) as banned,
           exists (
               select 1 from payout_item i where i.payee = p.id and i.currency = a.currency and i.status in ('locked', 'sending', 'unknown')
           ) as busy
    from ledger_account a
    left join creator c on a.owner_kind = 'creator' and c.id::text = a.owner_id
    left join brand b on a.owner_kind = 'brand' and b.id::text = a.owner_id
    left join payee p on p.creator = c.id or p.brand = b.id
    where a.code in ('2111', '2121') and a.currency = $1 and a.balance > 0
    order by a.balance desc, a.id
"""


async def simulate(*, currency: str = "EUR", minimum_minor: int | None = None) -> Simulation:
    """Look at everybody who has something available; changes nothing. `minimum_minor` overrides the smallest payment."""
    least = minimum(currency) if minimum_minor is None else Money(minimum_minor, currency)
    async with DB.connection() as connection:
        rows = await connection.fetch(_BALANCES, currency, clock.now())
    found = Simulation(
        currency=currency, minimum=least, payable=[], blocked=[], carried=[], funds=await stripe_available(currency)
    )
    for row in rows:
        _sort_in(found, dict(row), Money(row["balance"], currency))
    return found


def _sort_in(found: Simulation, row: dict[str, Any], amount: Money) -> None:
    who = {"kind": PayeeKind(row["owner_kind"]), "owner": row["owner"], "name": row["name"], "amount": amount}
    reason = _block(row)
    if reason is not None:
        found.blocked.append(Blocked(**who, reason=reason, missing=_missing(row["requirements"])))
    elif amount < found.minimum:
        found.carried.append(Carried(**who))
    else:
        found.payable.append(Payable(**who, payee_id=row["payee"], destination=row["stripe_account_id"]))


def _block(row: dict[str, Any]) -> Block | None:
    if row["banned"]:
        return Block.BANNED
    if row["stripe_account_id"] is None:
        return Block.NO_ACCOUNT
    if not row["payable"]:
        return Block.REQUIREMENTS
    return Block.IN_ANOTHER_RUN if row["busy"] else None


def _missing(requirements: str | None) -> tuple[str, ...]:
    held = msgspec.json.decode(requirements) if requirements else {}
    return tuple(held.get("items", ()))
