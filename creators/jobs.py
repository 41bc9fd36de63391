"""Actors of people and shows: they take ids and call a verb that is safe to call twice."""

from __future__ import annotations

from uuid import UUID

from creators import (
    audience_news,
    chat,
    clip_cutting,
    conversion_desk,
    conversion_uploads,
    fraud,
    guest_touches,
    notices,
    on_air,
    questions,
)
from foundation.jobs import actor


@actor
async def follow_stream(receipt_id: int, object_id: str, kind: str, account: str | None) -> None:  # noqa: ARG001  # every webhook's
    """Mux told something of a live stream."""
    await on_air.follow_stream(live_stream_id=object_id)


@actor
async def follow_asset(receipt_id: int, object_id: str, kind: str, account: str | None) -> None:  # noqa: ARG001  # every webhook's
    """Mux told something of a recording, or of a clip."""
    await on_air.follow_asset(asset_id=object_id)
    await clip_cutting.follow_asset(asset_id=object_id)


@actor
async def close_stream(show_id: str) -> None:
    """A show ended: its recording is completed and its key refused."""
    await on_air.close_stream(show_id=UUID(show_id))


@actor
async def catch_up_shows() -> None:
    """Look at the shows whose webhooks may have been lost."""
    await on_air.catch_up()


@actor
async def announce_purchase(order_id: str) -> None:
    """An order was paid: the room hears of it."""
    await chat.announce_purchase(order_id=UUID(order_id))


@actor
async def show_released_message(restriction_id: str, object_kind: str, object_id: str) -> None:  # noqa: ARG001  # the event's fields
    """A moderator let a held message through."""
    if object_kind == chat.OBJECT_KIND:
        await chat.settle_held(message_id=int(object_id), visible=True)
    elif object_kind == questions.OBJECT_KIND:
        await questions.settle_held(question_id=UUID(object_id), visible=True)


@actor
async def hide_removed_message(restriction_id: str, object_kind: str, object_id: str) -> None:  # noqa: ARG001  # the event's fields
    """A moderator kept a held message hidden."""
    if object_kind == chat.OBJECT_KIND:
        await chat.settle_held(message_id=int(object_id), visible=False)
    elif object_kind == questions.OBJECT_KIND:
        await questions.settle_held(question_id=UUID(object_id), visible=False)


@actor
async def remind_of_show(show_id: str) -> None:
    """A show went live: those who asked are told."""
    await notices.remind(show_id=UUID(show_id))


@actor
async def tell_of_acceptance(application_id: str) -> None:
    """A brand accepted: the creator is told."""
    await notices.accepted(application_id=UUID(application_id))


@actor
async def tell_of_refusal(application_id: str) -> None:
    """A brand declined: the creator is told, with the reason."""
    await notices.declined(application_id=UUID(application_id))


@actor
async def tell_of_counter_offer(application_id: str, version: int) -> None:
    """One side proposed other terms: the other side is told."""
    await notices.countered(application_id=UUID(application_id), version=version)


@actor
async def tell_of_agreement(application_id: str) -> None:
    """A creator accepted a counter-offer: the brand is told."""
    await notices.agreed(application_id=UUID(application_id))


@actor
async def tell_of_declined_offer(application_id: str) -> None:
    """A creator declined a counter-offer: the brand is told."""
    await notices.refused(application_id=UUID(application_id))


@actor(queue_name="slow", time_limit=3_600_000)
async def work_off_upload(upload_id: str) -> None:
    """A brand sent a file of sales."""
    await conversion_uploads.work_off(upload_id=UUID(upload_id))


@actor(queue_name="slow", time_limit=3_600_000)
async def look_for_fraud() -> None:
    """Sales since the last look."""
    await fraud.scan()


@actor
async def accept_silent_conversions() -> None:
    """Reported sales that their brand left without a word."""
    await conversion_desk.accept_silent()


@actor
async def join_guest_touch(order_id: str) -> None:
    """For `OrderPlaced`: the tap that brought a guest is theirs."""
    await guest_touches.join_guest_touch(order_id=UUID(order_id))


@actor
async def tell_offer(order_id: str) -> None:
    """An order took units of a flash offer, or gave them back."""
    await audience_news.tell_offer_of_order(UUID(order_id))
