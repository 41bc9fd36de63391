"""What the host sees while on air: sales, orders, who watches, the slot and its clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from creators import applause, pins, polls, questions
from creators.audience_tables import PollStatus
from creators.polls import Shown
from creators.questions import Asked
from creators.room import Part, Room, SlotState, room_of
from creators.shows import hosted_show
from foundation import clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.money import Money
from marketplace import offers
from marketplace.offers import Shown as Offer


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Paid orders that were placed in this show's room, by their currency; `sold` counts units by product."""

    sales: tuple[Money, ...]
    orders: int
    sold: dict[UUID, int]


@dataclass(frozen=True, kw_only=True)
class Cockpit:
    """The host's page. `slot_began` is the pin of the current slot."""

    room: Room
    figures: Figures
    now: datetime
    slot_began: datetime | None
    part: Part | None
    following: Part | None
    questions: tuple[Asked, ...]
    polls: tuple[Shown, ...]
    hearts: int
    offers: tuple[Offer, ...]

    @property
    def poll(self) -> Shown | None:
        """The poll on screen."""
        return next((poll for poll in self.polls if poll.status == PollStatus.OPEN), None)

    @property
    def slot_ends(self) -> datetime | None:
        if self.slot_began is None or self.part is None:
            return None
        return self.slot_began + timedelta(minutes=self.part.minutes)


async def cockpit(*, show_id: UUID, by: Principal) -> Cockpit:
    """Everything the host needs at one glance. Raises `NotFound`."""
    show = await hosted_show(show_id=show_id, by=by)
    room = await room_of(show=show, by=by)
    present = await pins.pinned(show_id)
    reached = await pins.position_reached(show_id)
    return Cockpit(
        room=room,
        figures=await figures_of(show_id),
        now=clock.now(),
        slot_began=present.pinned_at if present else None,
        part=next((part for part in room.parts if part.state is SlotState.NOW), None),
        following=next((part for part in room.parts if part.position > reached), None),
        questions=tuple(await questions.waiting(show_id=show_id, by=None)),
        polls=tuple(await polls.of_show(show_id=show_id, by=by)),
        hearts=await applause.hearts_of(show_id),
        offers=tuple(await offers.of_show(show_id=show_id)),
    )


async def figures_of(show_id: UUID) -> Figures:
    """What was bought in a show and paid; refunds are taken off."""
    async with DB.connection() as connection:
        totals = await connection.fetch(
            """
            select currency, count(*) as orders, sum(total_minor - refunded_minor)::bigint as minor
            from shop_order where show_id = $1 and paid_at is not null group by currency order by currency
            """,
            show_id,
        )
        sold = await connection.fetch(
            """
            select v.product, sum(l.quantity)::int as units
            from shop_order o join order_line l on l."order" = o.id join variant v on v.id = l.variant
            where o.show_id = $1 and o.paid_at is not null group by v.product
            """,
            show_id,
        )
    return Figures(
        sales=tuple(Money(row["minor"], row["currency"]) for row in totals),
        orders=sum(row["orders"] for row in totals),
        sold={row["product"]: row["units"] for row in sold},
    )
