"""Runs that are drafted by themselves on the days that finance turned on (docs/money.md, chapter 6). A maker submits them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.i18n import _
from payouts import runs, schedules
from payouts.exports import BOOKS_ZONE
from payouts.payee_tables import Schedule
from payouts.run_tables import AutomaticDraft
from payouts.runs import NothingToPay
from payouts.watch import BooksBroken

SCHEDULES: Final = (Schedule.TWICE_A_MONTH, Schedule.WEEKLY, Schedule.ON_REQUEST)
WORDS: Final = {
    Schedule.TWICE_A_MONTH: _("On the 1st and the 15th"),
    Schedule.WEEKLY: _("Every Monday"),
    Schedule.ON_REQUEST: _("Each day on which somebody has asked"),
}


@dataclass(frozen=True)
class Choice:
    """A schedule that finance may turn on, since when it is on, and its next midnight."""

    schedule: Schedule
    since: datetime | None
    next_at: datetime | None


def occasion(schedule: Schedule, now: datetime) -> datetime:
    """The last midnight (Europe/Paris) up to now at which a schedule asks for a draft; requests ask every day."""
    today = now.astimezone(BOOKS_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return schedules.last_day(schedule, now) or today


async def choices(currency: str) -> list[Choice]:
    """What is on for a currency, and what may be."""
    rows = await AutomaticDraft.objects().where(AutomaticDraft.currency == currency)
    since = {Schedule(row.schedule): row.since for row in rows}
    now = clock.now()
    return [Choice(each, since.get(each), schedules.next_day(each, now) if each in since else None) for each in SCHEDULES]


async def choose(*, currency: str, wanted: set[Schedule], by: Principal) -> None:
    """Turn exactly these schedules on for a currency. What was on stays on since then; what is new counts from now."""
    async with DB.transaction():
        known = {Schedule(one.schedule) for one in await choices(currency) if one.since}
        off = known - wanted
        if off:
            await AutomaticDraft.delete().where(
                (AutomaticDraft.currency == currency) & AutomaticDraft.schedule.is_in([each.value for each in off])
            )
        for each in sorted(wanted - known):
            row = AutomaticDraft(id=uuid4(), currency=currency, schedule=each, since=clock.now(), by=by.id)
            await AutomaticDraft.insert(row).on_conflict(
                target=(AutomaticDraft.currency, AutomaticDraft.schedule), action="DO NOTHING"
            )
        if known != wanted:
            await audit.record(
                by=by, action="drafts.chosen", kind="drafts", id=currency, before=sorted(known), now=sorted(wanted)
            )


async def draft_due() -> list[UUID]:
    """Draft what the midnights up to now ask for; each once, however many workers look. Return the runs.

    While an invariant stops runs, nothing is drafted and the midnight waits.
    """
    now, made = clock.now(), []
    for row in await AutomaticDraft.objects().order_by(AutomaticDraft.currency, AutomaticDraft.schedule):
        moment = occasion(Schedule(row.schedule), now)
        if moment > row.since:
            with suppress(BooksBroken):
                made += await _draft(row.currency, Schedule(row.schedule), moment)
    return made


async def _draft(currency: str, schedule: Schedule, moment: datetime) -> list[UUID]:
    """Take the occasion and draft for it, in one transaction; nothing when somebody has taken it, or nobody can be paid."""
    only = Schedule.ON_REQUEST if schedule == Schedule.ON_REQUEST else None
    async with DB.transaction():
        if not await _take(currency, schedule, moment):
            return []
        try:
            run = await runs.draft(by=None, currency=currency, only=only)
        except NothingToPay:
            return []
        async with DB.connection() as connection:
            await connection.execute(
                "update draft_occasion set run = $4 where (currency, schedule, moment) = ($1, $2, $3)",
                currency,
                schedule.value,
                moment,
                run.id,
            )
    return [run.id]


_ASKED: Final = """
    select exists (
        select 1 from payout_plan s join payee p on p.kind = s.kind and coalesce(p.creator, p.brand) = s.owner
        where s.schedule = 'on_request' and s.asked_at is not null and not exists (
            select 1 from payout_item i join payout_run r on r.id = i.run
            where i.payee = p.id and i.status = 'sent' and r.created_at >= s.asked_at
        )
    )
"""


async def _take(currency: str, schedule: Schedule, moment: datetime) -> bool:
    """Whether this worker is the one that drafts; a second one waits for the first and finds it taken.

    A day of requests is taken only once somebody has asked, so that who asks in the evening is paid that day.
    """
    async with DB.connection() as connection:
        if schedule == Schedule.ON_REQUEST and not await connection.fetchval(_ASKED):
            return False
        taken = await connection.fetchval(
            """
            insert into draft_occasion (id, currency, schedule, moment, looked_at) values ($1, $2, $3, $4, $5)
            on conflict (currency, schedule, moment) do nothing returning id
            """,
            uuid4(),
            currency,
            schedule.value,
            moment,
            clock.now(),
        )
    return taken is not None
