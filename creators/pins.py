"""Pins: which product is on screen, from when to when. They become the chapters of the replay."""

from __future__ import annotations

from uuid import UUID, uuid4

from creators import room_news
from creators.shows import hosted_show
from creators.tables import Pin, Show, ShowStatus, Slot
from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal, WrongState
from foundation.i18n import _


class LastSlot(Refusal):
    """There is no slot after this one."""

    code = "last_slot"
    status = 409
    message = _("This was the last slot of the line-up.")


async def pin_product(*, show_id: UUID, product_id: UUID, by: Principal) -> None:
    """Put a product of the line-up on screen in place of the present one; pinning it again changes nothing.

    Raises `NotFound` (show, or product outside the line-up), `WrongState` when the show is not live.
    """
    await hosted_show(show_id=show_id, by=by)
    slot = await Slot.objects().where(Slot.show == show_id).where(Slot.product == product_id).order_by(Slot.position).first()
    if slot is None:
        raise NotFound
    await _put_on_screen(slot, by)


async def next_slot(*, show_id: UUID, by: Principal) -> None:
    """Go on to the next slot: its product comes on screen. Raises `NotFound`, `WrongState`, `LastSlot`."""
    await hosted_show(show_id=show_id, by=by)
    position = await position_reached(show_id)
    slot = await Slot.objects().where(Slot.show == show_id).where(Slot.position > position).order_by(Slot.position).first()
    if slot is None:
        raise LastSlot
    await _put_on_screen(slot, by)


async def unpin(*, show_id: UUID, by: Principal) -> None:
    """Take the product off the screen; quiet when there is none. Raises `NotFound`."""
    await hosted_show(show_id=show_id, by=by)
    async with DB.transaction():
        gone = (
            await Pin.update({Pin.unpinned_at: clock.now()})
            .where(Pin.show == show_id)
            .where(Pin.unpinned_at.is_null())
            .returning(Pin.product)
        )
        if gone:
            await audit.record(by=by, action="show.unpin", kind="show", id=show_id, product=gone[0]["product"])
    if gone:
        await room_news.tell_pin(show_id)


async def pinned(show_id: UUID) -> Pin | None:
    """The pin that is on screen now."""
    return await Pin.objects().where(Pin.show == show_id).where(Pin.unpinned_at.is_null()).first()


async def history(show_id: UUID) -> list[Pin]:
    """Every appearance of a product, in time order."""
    return await Pin.objects().where(Pin.show == show_id).order_by(Pin.pinned_at)


async def position_reached(show_id: UUID) -> int:
    """The position of the slot that was pinned last, 0 before the first."""
    row = (
        await Pin.select(Pin.slot.position.as_alias("position"))
        .where(Pin.show == show_id)
        .where(Pin.slot.is_not_null())
        .order_by(Pin.pinned_at, ascending=False)
        .first()
    )
    return int(row["position"]) if row else 0


async def _put_on_screen(slot: Slot, by: Principal) -> None:
    now = clock.now()
    async with DB.transaction():
        show = await Show.objects().where(Show.id == slot.show).lock_rows("UPDATE").first()
        if show is None or show.status != ShowStatus.LIVE:
            raise WrongState
        present = await pinned(slot.show)
        if present is not None and present.slot == slot.id:
            return
        await Pin.update({Pin.unpinned_at: now}).where(Pin.show == slot.show).where(Pin.unpinned_at.is_null())
        row = Pin(id=uuid4(), show=slot.show, product=slot.product, slot=slot.id, pinned_at=now, pinned_by=by.id)
        await row.save()
        await audit.record(by=by, action="show.pin", kind="show", id=slot.show, product=slot.product, slot=slot.position)
    await room_news.tell_pin(slot.show)
