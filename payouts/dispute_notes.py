"""The buyer's credit notes for a lost dispute: of each line what the books say it has lost (docs/money.md, chapter 4)."""

from __future__ import annotations

from uuid import UUID

from foundation.errors import NotFound
from marketplace import credit_notes, notices
from marketplace.credit_notes import Cause
from marketplace.dispute_tables import Dispute
from payouts.freeze_tables import DisputeShare


async def issue(*, dispute_id: UUID) -> None:
    """Credit the buyer what a lost dispute took, and take that back when it is won on appeal; any number of times.

    Call it after `disputes.fold`. A dispute that is open or won, and one that took nothing of the order's lines, has no note.
    Raises `NotFound`.
    """
    dispute = await Dispute.objects().get(Dispute.id == dispute_id)
    if dispute is None:
        raise NotFound
    shares = await DisputeShare.objects().where(DisputeShare.dispute == dispute_id)
    if not shares:
        return
    if dispute.reinstated_minor:
        await credit_notes.take_back_returned(dispute.order)
        return
    await notices.lost_in_dispute(
        Cause(
            order_id=dispute.order,
            currency=dispute.currency,
            reason=credit_notes.DISPUTED,
            at=dispute.closed_at,
            amounts={share.order_line: share.amount_minor for share in shares},
            dispute=dispute_id,
        )
    )
