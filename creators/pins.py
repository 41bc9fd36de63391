"""Pins: which products are on screen, from when to when.

The pin of a slot leads and becomes a chapter of the replay; beside it two more products of the line-up may be shown.
"""

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

MOST = 3


class ScreenFull(Refusal):
    """data: `most` products on screen at once."""

    code = "screen_full"
    status = 409
    message = _("At most %(most)s products at once. Take one off first.")


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


async def pin_beside(*, show_id: UUID, product_id: UUID, by: Principal) -> None:
    """Show one more product of the line-up beside the present one; quiet when it is on screen, the leading pin when nothing is.

    Raises `NotFound`, `WrongState` when the show is not live, `ScreenFull`.
    """
    await hosted_show(show_id=show_id, by=by)
    if not await Slot.exists().where(Slot.show == show_id).where(Slot.product == product_id):
        raise NotFound
    async with DB.transaction():
        show = await Show.objects().where(Show.id == show_id).lock_rows("UPDATE").first()
        if show is None or show.status != ShowStatus.LIVE:
            raise WrongState
        shown = [pin.product for pin in await on_screen(show_id)]
        if product_id in shown:
            return
        if len(shown) >= MOST:
            raise ScreenFull(most=MOST)
        if shown:
            row = Pin(id=uuid4(), show=show_id, product=product_id, slot=None, pinned_at=clock.now(), pinned_by=by.id)
            await row.save()
            await audit.record(by=by, action="show.pin", kind="show", id=show_id, product=product_id, slot=None)
    if not shown:
        await pin_product(show_id=show_id, product_id=product_id, by=by)
    else:
        await room_news.tell_pin(show_id)


async def next_slot(*, show_id: UUID, by: Principal) -> None:
    """Go on to the next slot: its product comes on screen. Raises `NotFound`, `WrongState`, `LastSlot`."""
    await hosted_show(show_id=show_id, by=by)
    position = await position_reached(show_id)
    slot = await Slot.objects().where(Slot.show == show_id).where(Slot.position > position).order_by(Slot.position).first()
    if slot is None:
        raise LastSlot
    await _put_on_screen(slot, by)


async def unpin(*, show_id: UUID, by: Principal, product_id: UUID | None = None) -> None:
    """Take one product off the screen, or all; quiet when there is none. Raises `NotFound`."""
    await hosted_show(show_id=show_id, by=by)
    which = (Pin.show == show_id) & Pin.unpinned_at.is_null()
    if product_id is not None:
        which = which & (Pin.product == product_id)
    async with DB.transaction():
        gone = await Pin.update({Pin.unpinned_at: clock.now()}).where(which).returning(Pin.product)
        for row in gone:
            await audit.record(by=by, action="show.unpin", kind="show", id=show_id, product=row["product"])
    if gone:
        await room_news.tell_pin(show_id)


async def pinned(show_id: UUID) -> Pin | None:
    """The leading pin that is on screen now: the one of a slot."""
    return await Pin.objects().where(Pin.show == show_id).where(Pin.unpinned_at.is_null()).where(Pin.slot.is_not_null()).first()


async def on_screen(show_id: UUID) -> list[Pin]:
    """Every pin that is on screen now, the leading one first."""
    found = await Pin.objects().where(Pin.show == show_id).where(Pin.unpinned_at.is_null()).order_by(Pin.pinned_at)
    return sorted(found, key=lambda pin: pin.slot is None)


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
