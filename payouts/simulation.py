"""Who would be paid now, how much, and who is blocked and why: what a draft is made from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from foundation import clock
from foundation.i18n import _
from foundation.money import Money, decimals
from payouts import balances_due, chart, cooling, ledger, schedules, withholding
from payouts.chart import Code
from payouts.exports import local_day
from payouts.payee_tables import Schedule
from payouts.tables import PayeeKind
from payouts.withholding import Withheld

UNUSUAL_FROM = 1_000
"""In whole units of the currency: smaller amounts are never unusual."""

UNUSUAL_FIRST = 10_000
UNUSUAL_TIMES = 5


class Block(StrEnum):
    """Why somebody is not paid now."""

    NO_ACCOUNT = "no_account"
    REQUIREMENTS = "requirements"
    BANNED = "banned"
    IN_ANOTHER_RUN = "in_another_run"
    NEW_BANK = "new_bank"
    SHARED_BANK = "shared_bank"
    SELLER_DATA = "seller_data"


BLOCK_WORDS = {
    Block.NO_ACCOUNT: _("No payout account yet"),
    Block.REQUIREMENTS: _("Stripe asks for more"),
    Block.BANNED: _("Banned"),
    Block.IN_ANOTHER_RUN: _("In another run"),
    Block.NEW_BANK: _("New bank account"),
    Block.SHARED_BANK: _("Shared bank account"),
    Block.SELLER_DATA: _("Reminded twice, still incomplete for the tax office"),
}


class Wait(StrEnum):
    """Why somebody's money is carried over."""

    BELOW_MINIMUM = "below_minimum"
    NOT_DUE = "not_due"
    NOT_ASKED = "not_asked"


WAIT_WORDS = {
    Wait.BELOW_MINIMUM: _("Below the smallest payout"),
    Wait.NOT_DUE: _("Paid on another day"),
    Wait.NOT_ASKED: _("Paid on request"),
}


@dataclass(frozen=True, kw_only=True)
class Payable:
    """One payment to be: `amount` leaves, `withheld` stays for the tax office. `usual` is the largest of the last six; `unusual` asks for a second approval."""

    kind: PayeeKind
    owner: UUID
    payee_id: UUID
    name: str
    destination: str
    amount: Money
    usual: Money
    withheld: Money
    tax: Withheld

    @property
    def unusual(self) -> bool:
        return is_unusual(self.amount, self.usual)


@dataclass(frozen=True, kw_only=True)
class Blocked:
    """Somebody who keeps their money for now. `missing` is Stripe's own list; `until` is when the reason ends by itself."""

    kind: PayeeKind
    owner: UUID
    name: str
    amount: Money
    reason: Block
    missing: tuple[str, ...]
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Carried:
    """Somebody whose money waits for a later run: below the minimum, or paid on another day (`until`)."""

    kind: PayeeKind
    owner: UUID
    name: str
    amount: Money
    reason: Wait
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """A run before it exists, on `day`. `available` = `total` + withheld + blocked + carried."""

    currency: str
    minimum: Money
    payable: list[Payable]
    blocked: list[Blocked]
    carried: list[Carried]
    funds: Money
    day: date

    @property
    def total(self) -> Money:
        return summed((line.amount for line in self.payable), self.currency)

    @property
    def withheld_total(self) -> Money:
        return summed((line.withheld for line in self.payable), self.currency)

    @property
    def blocked_total(self) -> Money:
        return summed((line.amount for line in self.blocked), self.currency)

    @property
    def carried_total(self) -> Money:
        return summed((line.amount for line in self.carried), self.currency)

    @property
    def available(self) -> Money:
        return self.total + self.withheld_total + self.blocked_total + self.carried_total

    @property
    def left(self) -> Money:
        """Stripe's available balance after the run; below zero the run cannot leave."""
        return self.funds - self.total

    @property
    def unusual(self) -> list[Payable]:
        return [line for line in self.payable if line.unusual]


def nothing(currency: str) -> Simulation:
    """A simulation of nobody."""
    zero = Money(0, currency)
    return Simulation(currency=currency, minimum=zero, payable=[], blocked=[], carried=[], funds=zero, day=local_day(clock.now()))


def summed(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of amounts of one currency; zero of none."""
    return Money(sum(amount.minor for amount in amounts), currency)


def minimum(currency: str) -> Money:
    """The smallest payment of the house."""
    return schedules.lowest_minimum(currency)


def is_unusual(amount: Money, usual: Money) -> bool:
    """Far above what the payee usually gets: five times the largest of the last payments, or a first one of 10,000 and more."""
    whole: int = 10 ** decimals(amount.currency)
    if not usual.minor:
        return amount.minor >= UNUSUAL_FIRST * whole
    return amount.minor >= UNUSUAL_FROM * whole and amount.minor >= UNUSUAL_TIMES * usual.minor


async def stripe_available(currency: str) -> Money:
    """What the books say is available at Stripe, less what approved items will still take."""
    funds = await ledger.balance(chart.Account(Code.STRIPE_AVAILABLE), currency)
    return funds - await ledger.total([Code.CREATOR_IN_PAYOUT, Code.BRAND_IN_PAYOUT], currency)


async def simulate(*, currency: str = "EUR", minimum_minor: int | None = None, only: Schedule | None = None) -> Simulation:
    """Look at everybody who has something available, or at those alone who chose a schedule; changes nothing.

    `minimum_minor` overrides the smallest payment.
    """
    least = minimum(currency) if minimum_minor is None else Money(minimum_minor, currency)
    now = clock.now()
    found = Simulation(
        currency=currency,
        minimum=least,
        payable=[],
        blocked=[],
        carried=[],
        funds=await stripe_available(currency),
        day=local_day(now),
    )
    for row in await balances_due.read(currency, now):
        if only is None or row["schedule"] == only:
            _sort_in(found, row, Money(row["balance"], currency), now)
    return found


def _sort_in(found: Simulation, row: Any, amount: Money, now: datetime) -> None:
    kind, owner, name = PayeeKind(row["owner_kind"]), row["owner"], row["name"]
    reason, until = _block(row, now)
    if reason is not None:
        missing = _missing(row["requirements"])
        found.blocked.append(
            Blocked(kind=kind, owner=owner, name=name, amount=amount, reason=reason, missing=missing, until=until)
        )
        return
    wait, until = _wait(row, amount, found.minimum, now)
    if wait is not None:
        found.carried.append(Carried(kind=kind, owner=owner, name=name, amount=amount, reason=wait, until=until))
        return
    tax = withholding.due(row, found.day)
    withheld = tax.of(amount) if tax.rate_bp else Money(0, found.currency)
    found.payable.append(
        Payable(
            kind=kind,
            owner=owner,
            name=name,
            amount=amount - withheld,
            withheld=withheld,
            tax=tax,
            payee_id=row["payee"],
            destination=row["stripe_account_id"],
            usual=Money(row["usual"], found.currency),
        )
    )


def _block(row: Any, now: datetime) -> tuple[Block | None, datetime | None]:
    if row["banned"]:
        return Block.BANNED, None
    if row["stripe_account_id"] is None:
        return Block.NO_ACCOUNT, None
    if not row["payable"]:
        return Block.REQUIREMENTS, None
    rests = cooling.until(row["bank_changed_at"], now)
    if rests is not None:
        return Block.NEW_BANK, rests
    if row["shared_bank"]:
        return Block.SHARED_BANK, None
    if row["silent"]:
        return Block.SELLER_DATA, None
    return (Block.IN_ANOTHER_RUN, None) if row["busy"] else (None, None)


def _wait(row: Any, amount: Money, least: Money, now: datetime) -> tuple[Wait | None, datetime | None]:
    schedule = Schedule(row["schedule"] or Schedule.EVERY_RUN)
    asked = (
        schedule == Schedule.ON_REQUEST and row["asked_at"] and (row["last_paid"] is None or row["asked_at"] > row["last_paid"])
    )
    if amount.minor < max(least.minor, row["minimum_minor"] or 0):
        return Wait.BELOW_MINIMUM, None
    since = max((moment for moment in (row["last_paid"], row["changed_at"]) if moment is not None), default=None)
    if schedules.is_due(schedule, since=since, asked_at=row["asked_at"] if asked else None, now=now):
        return None, None
    return (Wait.NOT_ASKED, None) if schedule == Schedule.ON_REQUEST else (Wait.NOT_DUE, schedules.next_day(schedule, now))


def _missing(requirements: str | None) -> tuple[str, ...]:
    if not requirements or requirements == "{}":
        return ()
    return tuple(msgspec.json.decode(requirements).get("items", ()))
