"""What a creator or a brand has and will have, line by line, with dates and reasons."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from creators.tables import Creator
from foundation import clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money
from payouts import bank_sharing, cooling, purses, schedules, seller_requests, simulation, us_forms
from payouts.exports import BOOKS_ZONE, local_day
from payouts.payee_tables import PayoutPlan, Schedule
from payouts.purses import Contents
from payouts.seller_requests import Asked
from payouts.tables import Payee, PayeeKind
from payouts.withholding import NOTHING, Withheld

PAGE = 50


@dataclass(frozen=True)
class EarningLine:
    """One order line that pays. `due` is when it is available, if it is not yet; `reversed` is what refunds took."""

    line_id: UUID
    order_number: str
    title: str
    at: datetime
    gross: Money
    rate_bp: int
    earned: Money
    reversed: Money
    state: str
    due: datetime | None
    run_number: str
    other: str

    @property
    def left(self) -> Money:
        return self.earned - self.reversed


@dataclass(frozen=True)
class Release:
    """What becomes available on one day; `day` None is now."""

    day: date | None
    amount: Money
    held: Money


@dataclass(frozen=True)
class Payment:
    """A payout item of this payee; `withheld` is the tax that stayed here, beside the amount."""

    run_number: str
    amount: Money
    state: str
    at: datetime | None
    transfer_id: str
    withheld: Money


@dataclass(frozen=True)
class Waits:
    """What keeps available money here although nothing is missing, and until when; `tax` is what the next payout withholds."""

    schedule: Schedule
    next_day: datetime | None
    asked_at: datetime | None
    new_bank_until: datetime | None
    shared_bank: bool
    tax: Withheld
    asked: Asked | None


@dataclass(frozen=True)
class Forecast:
    """What becomes available on a day, and what is available then in all; the day of the payment that follows, if there is one."""

    day: date
    amount: Money
    available: Money
    paid_on: date | None


@dataclass(frozen=True)
class Statement:
    """The money of one payee in one currency. `paid` is the sum of what was sent; `missing` is what Stripe still asks for."""

    kind: PayeeKind
    owner: UUID
    currency: str
    contents: Contents
    paid: Money
    releases: list[Release]
    lines: list[EarningLine]
    more: bool
    payments: list[Payment]
    payee: Payee | None
    minimum: Money
    waits: Waits

    @property
    def total(self) -> Money:
        return self.contents.pending + self.contents.available + self.contents.held + self.contents.in_payout


async def of_creator(*, by: Principal, currency: str = "EUR", after: int = 0) -> Statement:
    """The statement of the person's own creator profile. Raises `NotFound` for people who are no creator."""
    return await statement(PayeeKind.CREATOR, (await creator_of(by=by)).id, currency, after)


async def creator_of(*, by: Principal) -> Creator:
    """The person's own creator profile. Raises `NotFound`."""
    creator = await Creator.objects().where(Creator.person == by.id).first()
    if creator is None:
        raise NotFound
    return creator


async def statement(kind: PayeeKind, owner: UUID, currency: str, after: int = 0) -> Statement:
    """The statement of a payee; the caller has checked who asks."""
    column = Payee.creator if kind == PayeeKind.CREATOR else Payee.brand
    payee = await Payee.objects().where(column == owner).first()
    lines = await _lines(kind, owner, currency, after)
    payments = await _payments(payee.id, currency) if payee else []
    contents = await purses.contents(kind, owner, currency)
    plan = await schedules.plan_of(kind, owner)
    return Statement(
        kind=kind,
        owner=owner,
        currency=currency,
        contents=contents,
        paid=await _paid(payee, currency),
        releases=await _releases(kind, owner, currency, contents),
        lines=lines[:PAGE],
        more=len(lines) > PAGE,
        payments=payments,
        payee=payee,
        minimum=schedules.own_minimum(plan, currency),
        waits=await _waits(kind, owner, plan, payee, await us_forms.due_of(owner) if kind == PayeeKind.CREATOR else NOTHING),
    )


async def _waits(kind: PayeeKind, owner: UUID, plan: PayoutPlan, payee: Payee | None, tax: Withheld) -> Waits:
    now, schedule = clock.now(), Schedule(plan.schedule)
    rests = cooling.until(payee.bank_changed_at, now) if payee else None
    return Waits(
        schedule,
        schedules.next_day(schedule, now),
        plan.asked_at,
        rests,
        payee is not None and await bank_sharing.waits(payee),
        tax,
        await seller_requests.open_of(kind, owner),
    )


async def forecast(kind: PayeeKind, owner: UUID, currency: str) -> list[Forecast]:
    """Every day on which a hold ends, with what is available then and when a schedule pays it; refunds and new sales change it."""
    days = await _coming(kind, owner, currency)
    plan = await schedules.plan_of(kind, owner)
    available = (await purses.contents(kind, owner, currency)).available
    found = []
    for each, minor in sorted(days.items()):
        available += Money(minor, currency)
        evening = datetime.combine(each, time(23, 59), BOOKS_ZONE)
        pays = schedules.next_day(Schedule(plan.schedule), evening)
        found.append(Forecast(each, Money(minor, currency), available, pays.date() if pays else None))
    return found


_LINES = {
    PayeeKind.CREATOR: """
        select k.order_line, o.number, l.title, o.paid_at, l.gross_minor, k.rate_bp, k.amount_minor as earned, k.reversed_minor as reversed,
               k.status, k.hold_until, r.number as run, b.name as other
        from commission k join shop_order o on o.id = k."order" join order_line l on l.id = k.order_line join brand b on b.id = k.brand
        left join payout_item i on i.id = k.creator_item left join payout_run r on r.id = i.run
        where k.creator = $1 and k.currency = $2 order by o.paid_at desc, k.id limit $3 offset $4
    """,
    PayeeKind.BRAND: """
        select k.order_line, o.number, l.title, o.paid_at, l.gross_minor, k.rate_bp, k.brand_minor as earned, k.brand_reversed_minor as reversed,
               case when k.released_at is null then 'pending' when i.status = 'sent' then 'paid' when i.status in ('sending', 'unknown')
                    then 'in_payout' when k.brand_minor = k.brand_reversed_minor then 'reversed' else 'available' end as status,
               k.hold_until, r.number as run, coalesce(c.display_name, '') as other
        from commission k join shop_order o on o.id = k."order" join order_line l on l.id = k.order_line
        left join creator c on c.id = k.creator
        left join payout_item i on i.id = k.brand_item left join payout_run r on r.id = i.run
        where k.brand = $1 and k.currency = $2 order by o.paid_at desc, k.id limit $3 offset $4
    """,
}


async def _lines(kind: PayeeKind, owner: UUID, currency: str, after: int) -> list[EarningLine]:
    async with DB.connection() as connection:
        rows = await connection.fetch(_LINES[kind], owner, currency, PAGE + 1, after)
    return [_line(row, currency) for row in rows]


def _line(row: Any, currency: str) -> EarningLine:
    return EarningLine(
        line_id=row["order_line"],
        order_number=row["number"],
        title=row["title"],
        at=row["paid_at"],
        gross=Money(row["gross_minor"], currency),
        rate_bp=row["rate_bp"],
        earned=Money(row["earned"], currency),
        reversed=Money(row["reversed"], currency),
        state=row["status"],
        due=row["hold_until"] if row["status"] == "pending" else None,
        run_number=row["run"] or "",
        other=row["other"],
    )


_RELEASES = {
    PayeeKind.CREATOR: "select hold_until, status, amount_minor - reversed_minor as minor from commission where creator = $1",
    PayeeKind.BRAND: "select hold_until, status, brand_minor - brand_reversed_minor as minor from commission where brand = $1",
}


async def _coming(kind: PayeeKind, owner: UUID, currency: str) -> dict[date, int]:
    """The days on which holds end, with what is left of the commissions then."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            f"select hold_until, sum(minor)::bigint as minor from ({_RELEASES[kind]} and currency = $2) k"  # noqa: S608  # constants
            " where status = 'pending' and minor > 0 group by hold_until order by hold_until",
            owner,
            currency,
        )
    days: dict[date, int] = defaultdict(int)
    for row in rows:
        days[local_day(max(row["hold_until"], clock.now()))] += row["minor"]
    return days


async def _releases(kind: PayeeKind, owner: UUID, currency: str, contents: Contents) -> list[Release]:
    """Now, then each coming day on which something is released; the days after the fifth are one."""
    days = await _coming(kind, owner, currency)
    coming = [Release(day, Money(minor, currency), Money(0, currency)) for day, minor in sorted(days.items())]
    if len(coming) > 6:
        rest = simulation.summed((release.amount for release in coming[5:]), currency)
        coming = [*coming[:5], Release(coming[5].day, rest, Money(0, currency))]
    return [Release(None, contents.available, contents.held), *coming]


async def _payments(payee_id: UUID, currency: str) -> list[Payment]:
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select r.number, i.amount_minor, i.withheld_minor, i.status, coalesce(i.settled_at, i.sent_at) as at, coalesce(i.transfer_id, '') as transfer
            from payout_item i join payout_run r on r.id = i.run
            where i.payee = $1 and i.currency = $2 and i.status <> 'released'
              and not (i.status = 'locked' and r.status in ('draft', 'submitted')) order by r.created_at desc limit 24
            """,
            payee_id,
            currency,
        )
    return [
        Payment(
            row["number"],
            Money(row["amount_minor"], currency),
            row["status"],
            row["at"],
            row["transfer"],
            Money(row["withheld_minor"], currency),
        )
        for row in rows
    ]


async def _paid(payee: Payee | None, currency: str) -> Money:
    if payee is None:
        return Money(0, currency)
    async with DB.connection() as connection:
        minor = await connection.fetchval(
            "select coalesce(sum(amount_minor), 0)::bigint from payout_item where payee = $1 and currency = $2 and status = 'sent'",
            payee.id,
            currency,
        )
    return Money(minor, currency)
