"""Months of the books: what must be done before one is closed, the close, late facts, and opening it again (docs/money.md, chapter 11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal, WrongState
from foundation.i18n import _
from foundation.tables import Person
from payouts import brand_invoices, documents, exchange, mirror, reconciliation, watch
from payouts.runs import SamePerson
from payouts.tables import Period, PeriodReopening

BOOKS_ZONE: Final = ZoneInfo("Europe/Paris")
FRESH: Final = timedelta(hours=1)
"""A check of the invariants counts for a close as long as this."""

POINTS: Final = {
    "ended": _("The month has ended"),
    "before": _("The month before is closed"),
    "proved": _("The invariants hold, checked within the last hour"),
    "read": _("Stripe's movements are read and compared beyond the end of the month"),
    "sent": _("No payout item is locked, on its way or without an answer"),
    "booked": _("Every hold of the month that has passed is released"),
    "invoiced": _("Every brand has its invoice for the sales of its own shop"),
    "documented": _("Every document of creators and of our fee that can be made is made"),
    "revalued": _("What exchange rates did until the end of the month is booked"),
    "matched": _("No difference E01 to E04 of the month is open"),
}
_COUNTS: Final = {
    "before": "select count(*) from period where id < $1 and status <> 'closed'",
    "sent": """
        select count(*) from payout_item i join payout_run r on r.id = i.run
        where i.status in ('locked', 'sending', 'unknown') and r.approved_at is not null
          and to_char(r.approved_at at time zone 'Europe/Paris', 'YYYY-MM') <= $1
    """,
    "booked": """
        select count(*) from commission
        where status = 'pending' and hold_until <= $2 and to_char(hold_until at time zone 'Europe/Paris', 'YYYY-MM') <= $1
          and not exists (select 1 from commission_freeze f where f.commission = commission.id and f.ended_at is null)
    """,
    "matched": """
        select count(*) from reconciliation_exception e left join mirror_transaction m on m.id = e.transaction
        where e.status = 'open' and e.code in ('E01', 'E02', 'E03', 'E04')
          and to_char(coalesce(m.created_at, e.found_at) at time zone 'Europe/Paris', 'YYYY-MM') <= $1
    """,
}


class CloseBlocked(Refusal):
    """The checklist is not done; data: `points`, the codes of what is open."""

    code = "close_blocked"
    status = 409
    message = _("The month cannot be closed yet. The checklist names what is open.")


class ReasonMissing(Refusal):
    """A closed month is opened again only with a reason."""

    code = "reason_missing"
    status = 422
    field = "reason"
    message = _("Please say why the month has to be opened again.")


@dataclass(frozen=True)
class Point:
    """One line of the checklist; `open` counts what stands in the way."""

    code: str
    done: bool
    open: int = 0


@dataclass(frozen=True)
class Month:
    """A month of the books; `late` counts the facts of earlier months that it took."""

    id: str
    status: str
    closed_at: datetime | None
    closer: str
    journals: int
    late: int


@dataclass(frozen=True)
class LateFact:
    """A journal of a fact of a month that was closed when it was booked: `origin` is that month."""

    journal_id: int
    kind: str
    source_id: str
    event_at: datetime
    booked_at: datetime
    origin: str


async def months() -> list[Month]:
    """All months of the books, newest first."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select p.id, p.status, p.closed_at, coalesce(c.display_name, '') as closer, count(j.id) as journals,
                   count(j.id) filter (where to_char(j.event_at at time zone 'Europe/Paris', 'YYYY-MM') < p.id) as late
            from period p left join journal j on j.period = p.id left join person c on c.id = p.closed_by
            group by p.id, c.display_name order by p.id desc
            """
        )
    return [Month(**dict(row)) for row in rows]


async def late_facts(period: str, *, limit: int = 200) -> list[LateFact]:
    """What a month took over from closed months, with the month that it belongs to."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select * from (
                select id as journal_id, kind, source_id, event_at, booked_at,
                       to_char(event_at at time zone 'Europe/Paris', 'YYYY-MM') as origin
                from journal where period = $1
            ) as booked where origin < $1 order by journal_id limit $2
            """,
            period,
            limit,
        )
    return [LateFact(**dict(row)) for row in rows]


async def checklist(period: str) -> list[Point]:
    """What has to be done before a month is closed."""
    last = await watch.latest()
    proved = last is not None and not last.broken and clock.now() - last.checked_at <= FRESH
    ends = end_of(period)
    counts = {
        "invoiced": await brand_invoices.missing_of(period, ends),
        "documented": await documents.unissued(ends),
        "revalued": len(await exchange.unrevalued(period, ends)),
    }
    async with DB.connection() as connection:
        for code, query in _COUNTS.items():
            values = (period, clock.now()) if "$2" in query else (period,)
            counts[code] = await connection.fetchval(query, *values)
    found = {code: Point(code, count == 0, count) for code, count in counts.items()}
    found["ended"] = Point("ended", month_of(clock.now()) > period)
    found["proved"] = Point("proved", proved)
    found["read"] = Point("read", await _read_beyond(ends))
    return [found[code] for code in POINTS]


async def _read_beyond(moment: datetime) -> bool:
    """Whether the mirror was read, and compared, at or after a moment: silence of Stripe is no agreement."""
    marks = [await mirror.synced_at(), await reconciliation.compared_at()]
    return all(mark is not None and mark >= moment for mark in marks)


async def close(*, period: str, by: Principal) -> None:
    """Close a month: nothing is booked into it any more; later facts of it go into the month of their booking.

    Waits for who is booking into it. Raises `CloseBlocked`, `NotFound`, `WrongState` when it is not open.
    """
    async with DB.transaction():
        await _hold(period, "open")
        blocked = [point.code for point in await checklist(period) if not point.done]
        if blocked:
            raise CloseBlocked(points=", ".join(blocked))
        await Period.update(
            {Period.status: "closed", Period.closed_at: await _closing_moment(period), Period.closed_by: by.id}
        ).where(Period.id == period)
        await audit.record(by=by, action="period.closed", kind="period", id=period)


async def ask_reopening(*, period: str, reason: str, by: Principal) -> PeriodReopening:
    """Ask for a closed month to be opened again. Raises `ReasonMissing`, `NotFound`, `WrongState` when it is open or a later one is closed."""
    if not reason.strip():
        raise ReasonMissing
    async with DB.transaction():
        await _hold(period, "closed")
        later = await Period.exists().where((Period.id > period) & (Period.status == "closed"))
        if later or await waiting(period):
            raise WrongState
        wish = PeriodReopening(id=uuid4(), period=period, reason=reason.strip(), maker=by.id, asked_at=clock.now())
        await wish.save()
        await audit.record(by=by, action="period.reopening_asked", kind="period", id=period, reason=wish.reason)
    return wish


async def agree_reopening(*, reopening_id: UUID, by: Principal) -> None:
    """Open the month again, as the second person. Raises `SamePerson`, `NotFound`, `WrongState`."""
    async with DB.transaction():
        wish = await PeriodReopening.objects().where(PeriodReopening.id == reopening_id).lock_rows("UPDATE").first()
        if wish is None:
            raise NotFound
        if wish.agreed_at is not None:
            raise WrongState
        if wish.maker == by.id:
            raise SamePerson
        await _hold(wish.period, "closed")
        await PeriodReopening.update({PeriodReopening.checker: by.id, PeriodReopening.agreed_at: clock.now()}).where(
            PeriodReopening.id == reopening_id
        )
        await Period.update({Period.status: "open", Period.closed_at: None, Period.closed_by: None}).where(
            Period.id == wish.period
        )
        await audit.record(by=by, action="period.reopened", kind="period", id=wish.period, reason=wish.reason)


async def waiting(period: str) -> PeriodReopening | None:
    """The wish to open this month again that waits for a second person."""
    query = PeriodReopening.objects().where((PeriodReopening.period == period) & PeriodReopening.agreed_at.is_null())
    return await query.first()


async def name_of(person_id: UUID) -> str:
    """The display name of who asked."""
    row = await Person.select(Person.display_name).where(Person.id == person_id).first()
    return str(row["display_name"]) if row else ""


def month_of(moment: datetime) -> str:
    """The month of the books that a moment falls into, `2026-11`."""
    return moment.astimezone(BOOKS_ZONE).strftime("%Y-%m")


def end_of(period: str) -> datetime:
    """The midnight of the books at which a month is over. Raises `NotFound` for what is no month."""
    try:
        begins = datetime.strptime(period, "%Y-%m").replace(tzinfo=BOOKS_ZONE)
    except ValueError:
        raise NotFound from None
    return (begins + timedelta(days=32)).replace(day=1)


async def _closing_moment(period: str) -> datetime:
    """Now, or the last booking of the month when another machine's clock is ahead: nobody books into it any more, its row is held."""
    async with DB.connection() as connection:
        last = await connection.fetchval("select max(booked_at) from journal where period = $1", period)
    return max(clock.now(), last or clock.now())


async def _hold(period: str, status: str) -> None:
    row = await Period.objects().where(Period.id == period).lock_rows("UPDATE").first()
    if row is None:
        raise NotFound
    if row.status != status:
        raise WrongState
