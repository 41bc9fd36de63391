"""When a payee is paid: the schedule that they chose, their own minimum, and their request (docs/money.md, chapter 6). Pure rules first."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import WrongState
from foundation.i18n import _
from foundation.money import Money, decimals
from payouts import purses
from payouts.exports import BOOKS_ZONE
from payouts.payee_tables import PayoutPlan, Schedule
from payouts.tables import PayeeKind

WORDS = {
    Schedule.EVERY_RUN: _("With every run"),
    Schedule.TWICE_A_MONTH: _("On the 1st and the 15th"),
    Schedule.WEEKLY: _("Every Monday"),
    Schedule.ON_REQUEST: _("When I ask for it"),
}
HIGHEST_MINIMUM = 100_000


class NothingToAskFor(WrongState):
    """A request pays only those who are paid on request and have something."""

    code = "nothing_to_ask_for"
    message = _("There is nothing to ask for: nothing is available, or you are paid without asking.")


def last_day(schedule: Schedule, now: datetime) -> datetime | None:
    """The last moment up to now at which a schedule pays; None for schedules without days."""
    midnight = now.astimezone(BOOKS_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    if schedule == Schedule.TWICE_A_MONTH:
        return midnight.replace(day=15 if midnight.day >= 15 else 1)
    if schedule == Schedule.WEEKLY:
        return (midnight - timedelta(days=midnight.weekday())).replace(hour=0)
    return None


def next_day(schedule: Schedule, now: datetime) -> datetime | None:
    """The first moment after now at which a schedule pays; None for schedules without days."""
    last = last_day(schedule, now)
    if last is None:
        return None
    if schedule == Schedule.WEEKLY:
        return last + timedelta(days=7)
    if last.day == 1:
        return last.replace(day=15)
    following = last.replace(day=1) + timedelta(days=32)
    return following.replace(day=1)


def is_due(schedule: Schedule, *, since: datetime | None, asked_at: datetime | None, now: datetime) -> bool:
    """Whether a payee is paid now. `since` is their last payment, or when they chose the schedule, if that was later."""
    if schedule == Schedule.EVERY_RUN:
        return True
    if schedule == Schedule.ON_REQUEST:
        return asked_at is not None
    last = last_day(schedule, now)
    return last is not None and (since is None or since < last)


def lowest_minimum(currency: str) -> Money:
    """The house's smallest payment: 10.00, or 1000 where there are no decimals."""
    places = decimals(currency)
    return Money(1000 if places == 0 else 10 * 10**places, currency)


def own_minimum(plan: PayoutPlan, currency: str) -> Money:
    """From which amount a payee is paid: their own choice, never below the house's."""
    return max(lowest_minimum(currency), Money(plan.minimum_minor, currency))


async def plan_of(kind: PayeeKind, owner: UUID) -> PayoutPlan:
    """The plan of a payee; who has chosen nothing is paid with every run, from the house's minimum."""
    mine = (PayoutPlan.kind == kind.value) & (PayoutPlan.owner == owner)
    found = await PayoutPlan.objects().where(mine).first()
    return found or PayoutPlan(
        id=uuid4(),
        kind=kind.value,
        owner=owner,
        schedule=Schedule.EVERY_RUN,
        minimum_minor=0,
        asked_at=None,
        changed_at=clock.now(),
    )


async def choose(*, kind: PayeeKind, owner: UUID, schedule: Schedule, minimum: Money, by: Principal) -> None:
    """A payee chooses when they are paid and from which amount. The caller has checked who asks."""
    async with DB.transaction():
        async with DB.connection() as connection:
            await connection.execute(
                """
                insert into payout_plan (id, kind, owner, schedule, minimum_minor, changed_at) values ($1, $2, $3, $4, $5, $6)
                on conflict (kind, owner) do update set schedule = $4, minimum_minor = $5, changed_at = $6, asked_at = null
                """,
                uuid4(),
                kind.value,
                owner,
                schedule.value,
                minimum.minor,
                clock.now(),
            )
        await audit.record(
            by=by, action="payout_plan.chosen", kind=kind.value, id=owner, schedule=schedule.value, minimum=minimum.minor
        )


async def ask(*, kind: PayeeKind, owner: UUID, currency: str, by: Principal) -> None:
    """A payee who is paid on request asks for it: the next run pays them. The caller has checked who asks. Raises `NothingToAskFor`."""
    async with DB.transaction():
        contents = await purses.contents(kind, owner, currency)
        mine = (PayoutPlan.kind == kind.value) & (PayoutPlan.owner == owner) & (PayoutPlan.schedule == Schedule.ON_REQUEST)
        moved = await PayoutPlan.update({PayoutPlan.asked_at: clock.now()}).where(mine).returning(PayoutPlan.id)
        if not moved or contents.available.minor <= 0:
            raise NothingToAskFor
        await audit.record(by=by, action="payout.asked_for", kind=kind.value, id=owner, available=contents.available.minor)
