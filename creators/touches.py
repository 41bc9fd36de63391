"""Touches: what a person did in the room of a show before a sale, kept on the server (docs/attribution.md)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from creators.tables import Show, ShowStatus, Touch, TouchKind
from foundation import clock
from foundation.accounts import Principal
from foundation.errors import NotFound

VIEW_GAP = timedelta(minutes=30)
"""A person's views of one show within this time are one touch."""

WATCHING = frozenset({TouchKind.SHOW_VIEW, TouchKind.REPLAY_VIEW, TouchKind.CLIP_VIEW, TouchKind.WATCHED})


async def record_touch(
    *, show: Show, kind: TouchKind, visitor: str, by: Principal | None, product_id: UUID | None = None
) -> UUID:
    """Keep a touch and return its id, which the checkout carries as `touch_id`.

    `visitor` names the device's visit where nobody is signed in (it is not stored on the device); `by` is the person, if any:
    only their touches can be credited. A show that was cancelled or has not begun has no touches: `NotFound`.
    """
    if show.status not in (ShowStatus.LIVE, ShowStatus.ENDED):
        raise NotFound
    if kind is TouchKind.SHOW_VIEW and show.status == ShowStatus.ENDED:
        kind = TouchKind.REPLAY_VIEW
    if kind in WATCHING and (earlier := await _recent_view(show.id, kind, visitor, by)):
        return earlier
    touch = Touch(
        id=uuid4(),
        show=show.id,
        creator=show.creator,
        person=by.id if by else None,
        visitor=visitor[:64],
        kind=kind,
        product=product_id,
        at=clock.now(),
        source="clip" if kind is TouchKind.CLIP_VIEW else "room" if show.status == ShowStatus.LIVE else "replay",
    )
    await touch.save()
    return touch.id


async def _recent_view(show_id: UUID, kind: TouchKind, visitor: str, by: Principal | None) -> UUID | None:
    query = Touch.select(Touch.id).where(Touch.show == show_id).where(Touch.kind == kind).where(Touch.at > clock.now() - VIEW_GAP)
    query = query.where(Touch.person == by.id) if by else query.where(Touch.visitor == visitor[:64])
    row = await query.first()
    return row["id"] if row else None
