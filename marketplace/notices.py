"""Mails to buyers about money that goes back to them, with the credit notes."""

from __future__ import annotations

from uuid import UUID

from anyio import to_thread

from foundation import mails
from foundation.database import DB
from foundation.mails import Attachment
from foundation.money import Money
from marketplace import credit_notes
from marketplace.credit_notes import Cause, NoteShown
from marketplace.order_notices import path_of
from marketplace.tables import Order, Refund, RefundLine, RefundStatus


async def refunded(*, refund_id: UUID) -> None:
    """Issue the credit notes and tell the buyer that a refund has left for their bank; safe to call twice."""
    refund = await Refund.objects().get(Refund.id == refund_id)
    if refund is None or refund.status != RefundStatus.SUCCEEDED:
        return
    order = await Order.objects().get(Order.id == refund.order)
    if order is None:
        return
    notes = await credit_notes.issue(refund_id=refund_id)
    attached = [] if mails.are_kept() else [await _attached(one) for one in notes]
    async with DB.transaction():
        await mails.write(
            to=order.email,
            locale=order.locale,
            template="refunded.html",
            once=f"refund {refund.id}",
            attachments=attached,
            attached=bool(attached),
            number=order.number,
            amount=Money(refund.amount_minor, refund.currency),
            lines=await _lines(refund),
            notes=[note.content.number for note in notes],
            way_back=path_of(order),
        )


async def lost_in_dispute(cause: Cause) -> None:
    """Issue the credit notes of a dispute that the buyer has won, and send them; safe to call twice."""
    await credit_notes.take_back_returned(cause.order_id)
    await credit_notes.issue_for(cause)
    notes = [note for note in await credit_notes.found(cause.is_it) if not note.content.cancels]
    order = await Order.objects().get(Order.id == cause.order_id)
    if order is None or not notes:
        return
    attached = [] if mails.are_kept() else [await _attached(one) for one in notes]
    async with DB.transaction():
        await mails.write(
            to=order.email,
            locale=order.locale,
            template="lost_in_dispute.html",
            once=f"lost dispute {cause.dispute}",
            attachments=attached,
            attached=bool(attached),
            number=order.number,
            amount=Money(sum(note.content.total.minor for note in notes), order.currency),
            notes=[note.content.number for note in notes],
            way_back=path_of(order),
        )


async def _attached(note: NoteShown) -> Attachment:
    """As with invoices, nothing is drawn for mails that never leave."""
    from marketplace import credit_note_pdf  # what draws PDF takes as long to load as the rest of the program

    drawn = await to_thread.run_sync(credit_note_pdf.drawn, note)
    return Attachment(credit_note_pdf.file_name(note), "application/pdf", drawn)


async def _lines(refund: Refund) -> list[tuple[str, Money]]:
    """What was given back for which product."""
    rows = await RefundLine.select(RefundLine.amount_minor, RefundLine.order_line.title.as_alias("title")).where(
        RefundLine.refund == refund.id
    )
    return [(row["title"], Money(row["amount_minor"], refund.currency)) for row in rows]
