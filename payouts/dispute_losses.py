"""A dispute that is given up: asked by one person, agreed by another, then told to Stripe (docs/money.md, chapter 7)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

import structlog

from foundation import audit, clock, stripe_gateway
from foundation.accounts import Principal
from foundation.database import DB
from foundation.each import each
from foundation.errors import NotFound, WrongState
from foundation.stripe_gateway import StripeRefused
from foundation.vendor import OutcomeUnknown, VendorBusy
from marketplace import disputes
from marketplace.dispute_rules import CLOSED
from marketplace.dispute_tables import Dispute
from marketplace.disputes import DisputeClosed
from payouts.connected_tables import DecisionStatus, DisputeLoss
from payouts.reconciliation import ReasonMissing
from payouts.second_person import OwnProposal

log = structlog.get_logger()


@dataclass(frozen=True)
class LossShown:
    """A wish to give a dispute up."""

    id: UUID
    status: DecisionStatus
    maker_id: UUID
    maker: str
    checker: str
    reason: str


async def of_dispute(dispute_id: UUID) -> LossShown | None:
    """The last wish to give it up, if there is one."""
    async with DB.connection() as connection:
        row = await connection.fetchrow(
            """
            select l.id, l.status, l.maker, m.display_name, coalesce(k.display_name, '') as checker, l.reason
            from dispute_loss l join person m on m.id = l.maker left join person k on k.id = l.checker
            where l.dispute = $1 order by l.made_at desc, l.id limit 1
            """,
            dispute_id,
        )
    return LossShown(row[0], DecisionStatus(row[1]), *row[2:]) if row else None


async def propose(*, dispute_id: UUID, reason: str, by: Principal) -> None:
    """Ask a second person to give a dispute up. Raises `ReasonMissing`, `NotFound`, `DisputeClosed`, `WrongState` when it is asked already."""
    if not reason.strip():
        raise ReasonMissing(field="reason")
    async with DB.transaction():
        dispute = await _held(dispute_id)
        if dispute.status in CLOSED:
            raise DisputeClosed
        if await DisputeLoss.exists().where((DisputeLoss.dispute == dispute_id) & DisputeLoss.status.is_in(_OPEN)):
            raise WrongState
        loss_id = uuid4()
        await DisputeLoss(
            id=loss_id,
            dispute=dispute_id,
            reason=reason.strip()[:1000],
            status=DecisionStatus.PROPOSED,
            idempotency_key=f"dispute-loss:{loss_id}",
            maker=by.id,
            made_at=clock.now(),
        ).save()
        await audit.record(by=by, action="dispute.loss proposed", kind="dispute", id=dispute_id, reason=reason.strip()[:1000])


async def agree(*, dispute_id: UUID, by: Principal) -> DecisionStatus:
    """Give it up, as the second person; where it stands then. Raises `NotFound`, `OwnProposal`, `WrongState`."""
    async with DB.transaction():
        await _held(dispute_id)
        row = await _proposed(dispute_id)
        if row.maker == by.id:
            raise OwnProposal
        await _decide(row.id, DecisionStatus.SENDING, by)
        await audit.record(by=by, action="dispute.loss agreed", kind="dispute", id=dispute_id)
    return await send(loss_id=row.id)


async def refuse(*, dispute_id: UUID, by: Principal) -> None:
    """Say no to it, or take one's own wish back. Raises `NotFound`."""
    async with DB.transaction():
        await _held(dispute_id)
        row = await _proposed(dispute_id)
        await _decide(row.id, DecisionStatus.REFUSED, None if row.maker == by.id else by)
        await audit.record(by=by, action="dispute.loss refused", kind="dispute", id=dispute_id)


async def send(*, loss_id: UUID) -> DecisionStatus:
    """Tell Stripe, with the key that was kept before; then fold what Stripe says of the dispute. Any number of times."""
    row = await DisputeLoss.objects().where(DisputeLoss.id == loss_id).first()
    if row is None:
        raise NotFound
    if row.status != DecisionStatus.SENDING:
        return DecisionStatus(row.status)
    dispute = await Dispute.objects().where(Dispute.id == row.dispute).first()
    assert dispute is not None  # noqa: S101  # a foreign key
    status, code = DecisionStatus.DONE, ""
    try:
        await stripe_gateway.close_dispute(dispute=dispute.stripe_dispute_id, key=row.idempotency_key)
    except StripeRefused as no:
        status, code = DecisionStatus.FAILED, no.code  # the bank has decided meanwhile; its word is folded below
    except (OutcomeUnknown, VendorBusy) as silent:
        log.warning("dispute_loss.unknown", loss=str(row.id), reason=str(silent))
        return DecisionStatus.SENDING
    await DisputeLoss.update(
        {DisputeLoss.status: status, DisputeLoss.error_code: code[:80], DisputeLoss.settled_at: clock.now()}
    ).where((DisputeLoss.id == row.id) & (DisputeLoss.status == DecisionStatus.SENDING))
    await disputes.settle_dispute(stripe_dispute_id=dispute.stripe_dispute_id)
    return status


async def resume() -> None:
    """Go on with what got no answer. For the scheduler."""
    rows = await DisputeLoss.select(DisputeLoss.id).where(DisputeLoss.status == DecisionStatus.SENDING)
    await each(rows, lambda row: send(loss_id=row["id"]))


_OPEN = [DecisionStatus.PROPOSED, DecisionStatus.SENDING, DecisionStatus.DONE]


async def _held(dispute_id: UUID) -> Dispute:
    row = await Dispute.objects().where(Dispute.id == dispute_id).lock_rows("UPDATE").first()
    if row is None:
        raise NotFound
    return row


async def _proposed(dispute_id: UUID) -> DisputeLoss:
    mine = (DisputeLoss.dispute == dispute_id) & (DisputeLoss.status == DecisionStatus.PROPOSED)
    row = await DisputeLoss.objects().where(mine).lock_rows("UPDATE").first()
    if row is None:
        raise NotFound
    return row


async def _decide(loss_id: UUID, status: DecisionStatus, by: Principal | None) -> None:
    await DisputeLoss.update(
        {DisputeLoss.status: status, DisputeLoss.checker: by.id if by else None, DisputeLoss.decided_at: clock.now()}
    ).where(DisputeLoss.id == loss_id)
