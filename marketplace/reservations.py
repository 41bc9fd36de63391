"""Stock on its way from the shelf to a buyer: held while it is paid, then consumed, or put back.

For every variant, stock + held + offered + consumed is constant under these moves; what comes back goes to who waits in line first. Variants are always taken in the order of their
ids, so that two orders of the same things cannot wait for each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from foundation import clock
from foundation.database import DB
from foundation.errors import Refusal
from foundation.i18n import _
from marketplace import waitlist
from marketplace.tables import Reservation, ReservationStatus, Variant


class SoldOut(Refusal):
    """Not enough on the shelf; data: `title`, `variant`, `left`, `variant_id`."""

    code = "sold_out"
    status = 409
    message = _("%(title)s is sold out. No money was taken.")
    field = "quantity"


class FewerLeft(SoldOut):
    """Some are left, fewer than wanted; the same data."""

    code = "fewer_left"
    message = _("Only %(left)s of %(title)s are left. No money was taken.")


async def hold(*, order_id: UUID, buyer_id: UUID, quantities: Mapping[UUID, int], until: datetime) -> None:
    """Take the units (variant id -> count) off the shelf for an order, all or none. Raises `SoldOut`, `FewerLeft`.

    Units that were offered to this buyer from the line count as being on the shelf. Inside the caller's transaction.
    """
    now = clock.now()
    await waitlist.claim(variant_ids=quantities, person_id=buyer_id, order_id=order_id)
    await _take(quantities)
    await Reservation.insert(
        *(
            Reservation(
                order=order_id,
                variant=variant,
                quantity=quantities[variant],
                status=ReservationStatus.HELD,
                expires_at=until,
                created_at=now,
            )
            for variant in sorted(quantities)
        )
    )


async def consume(*, order_id: UUID) -> None:
    """The order was paid: what was held for it is the buyer's."""
    await _move(order_id, ReservationStatus.HELD, ReservationStatus.CONSUMED)


async def release(*, order_id: UUID) -> None:
    """The order ended unpaid: put back what is still held for it. Safe to call twice."""
    returned = await _move(order_id, ReservationStatus.HELD, ReservationStatus.RELEASED)
    for variant in sorted(returned):
        await Variant.update({Variant.stock: Variant.stock + returned[variant]}).where(Variant.id == variant)
        await waitlist.serve(variant)


async def take_again(*, order_id: UUID) -> bool:
    """The order was paid after its units went back: take them again, all or none. False when they are gone."""
    try:
        async with DB.transaction():
            await _take(await _move(order_id, ReservationStatus.RELEASED, ReservationStatus.CONSUMED))
    except SoldOut:
        return False
    return True


async def held_until(*, order_id: UUID) -> datetime | None:
    """Until when the order's units are held; None when they are not held any more."""
    found = (
        await Reservation.select(Reservation.expires_at)
        .where((Reservation.order == order_id) & (Reservation.status == ReservationStatus.HELD))
        .order_by(Reservation.expires_at)
        .first()
    )
    return found["expires_at"] if found else None


async def overdue(*, limit: int = 500) -> list[UUID]:
    """Orders whose holds have run out, oldest first."""
    rows = (
        await Reservation.select(Reservation.order)
        .where((Reservation.status == ReservationStatus.HELD) & (Reservation.expires_at <= clock.now()))
        .order_by(Reservation.expires_at)
        .limit(limit)
    )
    return list(dict.fromkeys(row["order"] for row in rows))


async def _take(quantities: Mapping[UUID, int]) -> None:
    for variant in sorted(quantities):
        count = quantities[variant]
        taken = (
            await Variant.update({Variant.stock: Variant.stock - count})
            .where((Variant.id == variant) & (Variant.stock >= count))
            .returning(Variant.id)
        )
        if not taken:
            await _refuse(variant)


async def _refuse(variant_id: UUID) -> None:
    found = (
        await Variant.select(Variant.stock, Variant.name, Variant.product.title.as_alias("title"))
        .where(Variant.id == variant_id)
        .first()
    )
    if found is None:
        raise SoldOut(title="", variant="", left=0, variant_id=variant_id)
    refusal = FewerLeft if found["stock"] else SoldOut
    raise refusal(title=found["title"], variant=found["name"], left=found["stock"], variant_id=variant_id)


async def _move(order_id: UUID, before: ReservationStatus, after: ReservationStatus) -> dict[UUID, int]:
    rows = (
        await Reservation.update({Reservation.status: after})
        .where((Reservation.order == order_id) & (Reservation.status == before))
        .returning(Reservation.variant, Reservation.quantity)
    )
    return {row["variant"]: row["quantity"] for row in rows}
