"""Sellers who have not said what a report needs: asked, reminded twice, and after 60 days their payouts wait (directive (EU) 2021/514, annex V, IV A 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from piccolo.custom_types import Combinable

from foundation import audit, clock, mails
from foundation.database import DB
from foundation.each import each
from payouts import cooling, dac7_figures, dac7_sellers, tax_reports
from payouts.dac7_sellers import OWN_WORDS, WAITS_AFTER, Missing
from payouts.exports import local_day
from payouts.tables import PayeeKind
from payouts.tax_tables import SellerRequest

FIRST_REMINDER: Final = timedelta(days=20)
SECOND_REMINDER: Final = timedelta(days=40)


@dataclass(frozen=True)
class Asked:
    """What a seller was asked for, how often they were reminded since, and from when their payouts wait (or do already)."""

    kind: PayeeKind
    owner: UUID
    missing: tuple[Missing, ...]
    asked_at: datetime
    reminders: int

    @property
    def waits_from(self) -> datetime:
        return self.asked_at + WAITS_AFTER

    @property
    def waits(self) -> bool:
        """Two reminders have gone and 60 days are over."""
        return self.reminders == 2 and clock.now() >= self.waits_from


def next_step(*, asked_at: datetime, reminders: int, now: datetime) -> bool:
    """Whether the next reminder is due; each has its own day, and a late job sends one at a time."""
    due = (FIRST_REMINDER, SECOND_REMINDER)
    return reminders < len(due) and now >= asked_at + due[reminders]


async def ask_due() -> int:
    """Ask who is incomplete in this year or the one before, remind who was asked, close what is over; how many sellers were written to.

    Safe to repeat, and twice at once.
    """
    await close_said()
    year = local_day(clock.now()).year
    wanted: dict[tuple[PayeeKind, UUID], tuple[Missing, ...]] = {}
    for one in [*await tax_reports.preview(year - 1), *await tax_reports.preview(year)]:
        said = _theirs(one.missing)
        if said:
            wanted[one.seller.kind, one.seller.owner] = said
    for asked in (await all_open()).values():
        if (asked.kind, asked.owner) not in wanted:
            await _close(asked.kind, asked.owner, "seller.no_longer_asked")
    done: list[bool] = []

    async def step(item: tuple[tuple[PayeeKind, UUID], tuple[Missing, ...]]) -> None:
        (kind, owner), missing = item
        done.append(await _ask_or_remind(kind, owner, missing))

    await each(sorted(wanted.items()), step)
    return sum(done)


async def close_said(*, owner: UUID | None = None) -> None:
    """Close the requests whose sellers have said everything; their payouts go on. Of one seller when `owner` is given."""
    mine = SellerRequest.closed_at.is_null()
    for row in await SellerRequest.objects().where(mine & (SellerRequest.owner == owner) if owner else mine):
        seller = await dac7_figures.seller_of(PayeeKind(row.kind), row.owner)
        if seller is not None and _theirs(dac7_sellers.missing(seller)):
            continue
        await _close(PayeeKind(row.kind), row.owner, "seller.said_all")


async def open_of(kind: PayeeKind, owner: UUID) -> Asked | None:
    """What a seller is asked for now, None when nothing is."""
    row = await SellerRequest.objects().where(_open(kind, owner)).first()
    return _asked(row) if row else None


async def all_open() -> dict[UUID, Asked]:
    """Everybody who is asked for something, by creator or brand."""
    return {row.owner: _asked(row) for row in await SellerRequest.objects().where(SellerRequest.closed_at.is_null())}


async def _close(kind: PayeeKind, owner: UUID, action: str) -> None:
    async with DB.transaction():
        update = SellerRequest.update({SellerRequest.closed_at: clock.now()})
        if await update.where(_open(kind, owner)).returning(SellerRequest.id):
            await audit.record(by=None, action=action, kind=kind.value, id=owner)


def _open(kind: PayeeKind, owner: UUID) -> Combinable:
    return (SellerRequest.kind == kind.value) & (SellerRequest.owner == owner) & SellerRequest.closed_at.is_null()


def _theirs(missing: Sequence[Missing]) -> tuple[Missing, ...]:
    """What the seller can say; a currency without a rate is ours to find."""
    return tuple(one for one in missing if one != Missing.CURRENCY)


def _asked(row: SellerRequest) -> Asked:
    missing = tuple(Missing(one) for one in row.missing.split(","))
    reminders = sum(at is not None for at in (row.reminded_at, row.reminded_again_at))
    return Asked(PayeeKind(row.kind), row.owner, missing, row.asked_at, reminders)


async def _ask_or_remind(kind: PayeeKind, owner: UUID, missing: tuple[Missing, ...]) -> bool:
    """The next mail of one seller, in one transaction with its day; False when none is due."""
    now, words = clock.now(), ",".join(missing)
    async with DB.transaction():
        async with DB.connection() as connection:
            made: Any = await connection.fetchrow(
                """
                insert into seller_request (id, kind, owner, missing, asked_at) values ($1, $2, $3, $4, $5)
                on conflict (kind, owner) where closed_at is null do nothing returning id
                """,
                uuid4(),
                kind.value,
                owner,
                words,
                now,
            )
        row = await SellerRequest.objects().where(_open(kind, owner)).lock_rows("UPDATE").first()
        if row is None:
            return False
        known = _asked(row)
        if made is None:
            if not next_step(asked_at=row.asked_at, reminders=known.reminders, now=now):
                return False
            which = SellerRequest.reminded_again_at if known.reminders else SellerRequest.reminded_at
            await SellerRequest.update({which: now, SellerRequest.missing: words}).where(SellerRequest.id == row.id)
        number = 0 if made else known.reminders + 1
        await _write(
            kind, owner, missing, number=number, waits_from=max(known.waits_from, now if number == 2 else known.asked_at)
        )
        await audit.record(by=None, action="seller.asked", kind=kind.value, id=owner, missing=words, reminder=number)
    return True


async def _write(kind: PayeeKind, owner: UUID, missing: Sequence[Missing], *, number: int, waits_from: datetime) -> None:
    for reader in await cooling.readers_of(kind, owner):
        await mails.write(
            to=reader["email"],
            locale=reader["locale"],
            template="seller_data.html",
            missing=[OWN_WORDS[one] for one in missing],
            number=number,
            waits_from=waits_from,
            page="/studio/documents#identity" if kind == PayeeKind.CREATOR else "/brand/profile",
        )
