"""What a room is told while people watch: pieces of page in both languages, sent after the commit over `foundation.realtime`.

Everything told here can be read again from the database, so a lost frame costs nothing but a moment.
"""

from __future__ import annotations

from uuid import UUID

from creators.tables import ChatMessage, MessageStatus, Pin, Show, ShowStatus, Signal
from foundation import i18n, realtime, templating
from marketplace import catalogue

LOW = 10
"""A product with this many units or fewer says how many are left."""


def channel(show_id: UUID) -> str:
    """The realtime channel of a show's room; also the `place` of its house rules."""
    return f"show:{show_id}"


async def tell_line(show_id: UUID, message_id: int) -> None:
    """Send a visible line of the chat."""
    row = await ChatMessage.objects().where(ChatMessage.id == message_id).first()
    if row is None or row.status != MessageStatus.VISIBLE:
        return
    html = in_both_languages("creators/pieces/line.html", line=row)
    await realtime.publish(channel(show_id), "chat", {"id": message_id, "html": html})


async def tell_removed(show_id: UUID, message_id: int) -> None:
    """Take a line out of the chat."""
    await realtime.publish(channel(show_id), "chat_removed", {"id": message_id})


async def tell_pin(show_id: UUID) -> None:
    """Send the products that are on screen now, or that there is none."""
    show = await Show.objects().where(Show.id == show_id).first()
    if show is None:
        return
    pins = await Pin.objects().where(Pin.show == show_id).where(Pin.unpinned_at.is_null()).order_by(Pin.pinned_at)
    ids = [pin.product for pin in sorted(pins, key=lambda pin: pin.slot is None)]
    products = await catalogue.products_on_sale(ids=ids)
    html = in_both_languages("creators/pieces/pinned.html", show=show, products=products, csrf=None)
    await realtime.publish(channel(show_id), "pin", {"product": str(products[0].id) if products else None, "html": html})


async def tell_state(show_id: UUID, status: ShowStatus | str, signal: Signal) -> None:
    """Say that the show went live, lost its picture, ended or has a replay."""
    await realtime.publish(channel(show_id), "show", {"status": str(status), "signal": str(signal)})


def in_both_languages(template: str, **context: object) -> dict[str, str]:
    """One piece of page for each language; the reader's page picks its own."""
    pieces = {}
    for language in i18n.LOCALES:
        token = i18n.locale.set(language)
        try:
            pieces[language] = templating.render(template, **context).strip()
        finally:
            i18n.locale.reset(token)
    return pieces
