"""Stopping a run on its way: what has not left stays here, what is without an answer is still found out (docs/money.md, chapter 6)."""

from __future__ import annotations

from uuid import UUID

from foundation import audit, clock, outbox
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, WrongState
from foundation.i18n import _
from foundation.money import Money
from payouts import chart, ledger, purses, run_items
from payouts.events import RunApproved
from payouts.ledger import Entry, Source, debit
from payouts.tables import ItemStatus, PayeeKind, PayoutItem, PayoutRun, RunStatus


class NothingToStop(WrongState):
    """Every payment has left or is being asked for."""

    code = "nothing_to_stop"
    message = _("There is nothing left to stop: every payment has left, or Stripe is being asked what became of it.")


async def stop(*, run_id: UUID, reason: str, by: Principal) -> int:
    """Take the items out of an approved run that have not been sent yet (P2x); return how many. Raises `NotFound`, `WrongState`, `NothingToStop`.

    An item that a sender has just claimed is not touched: it leaves, once.
    """
    async with DB.transaction():
        run = await PayoutRun.objects().where(PayoutRun.id == run_id).lock_rows("UPDATE").first()
        if run is None:
            raise NotFound
        if run.status not in {RunStatus.APPROVED, RunStatus.EXECUTING}:
            raise WrongState
        await run_items.lock_payees(run_id)
        items = (
            await PayoutItem.objects()
            .where((PayoutItem.run == run_id) & (PayoutItem.status == ItemStatus.LOCKED))
            .order_by(PayoutItem.id)
            .lock_rows("UPDATE")
        )
        if not items:
            raise NothingToStop
        await _release([item.id for item in items], by)
        await PayoutRun.update({PayoutRun.note: reason}).where(PayoutRun.id == run_id)
        await _complete(run_id)
        await audit.record(by=by, action="run.stopped", kind="payout_run", id=run_id, items=len(items), reason=reason)
    return len(items)


async def ask_to_resume(*, run_id: UUID, by: Principal) -> None:
    """A person wants a run that is on its way to go on now instead of with the schedule. Raises `NotFound`, `WrongState`."""
    async with DB.transaction():
        run = await PayoutRun.objects().where(PayoutRun.id == run_id).first()
        if run is None:
            raise NotFound
        if run.status not in {RunStatus.APPROVED, RunStatus.EXECUTING}:
            raise WrongState
        await outbox.publish(RunApproved(run_id=run_id))
        await audit.record(by=by, action="run.resumed", kind="payout_run", id=run_id)


async def _release(ids: list[UUID], by: Principal) -> None:
    async with DB.connection() as connection:
        rows = await connection.fetch(
            "select i.id, i.amount_minor + i.withheld_minor as minor, i.currency, p.kind, coalesce(p.creator, p.brand) as owner"
            " from payout_item i join payee p on p.id = i.payee where i.id = any($1) order by i.id",
            ids,
        )
        drawer, entries = purses.Drawer(), list[Entry]()
        for row in rows:
            purse, amount = chart.purse(PayeeKind(row["kind"]), row["owner"]), Money(row["minor"], row["currency"])
            entry = Entry(
                key=f"unlock:{row['id']}",
                kind="P2x",
                event_at=clock.now(),
                source=Source(kind="payout_item", id=str(row["id"])),
                lines=(debit(purse.in_payout, amount), *await drawer.give(purse, amount)),
                actor=f"person:{by.id}",
            )
            entries += [entry, *await drawer.net(purse, row["currency"], after=entry)]
        for begin in range(0, len(entries), run_items.BOOKED_AT_ONCE):
            await ledger.post_all(entries[begin : begin + run_items.BOOKED_AT_ONCE])
        await connection.execute(
            "update payout_item set status = 'released', settled_at = $2 where id = any($1)", ids, clock.now()
        )
        await connection.execute(
            "update commission set creator_item = null, status = case status when 'in_payout' then 'available' else status end"
            " where creator_item = any($1)",
            ids,
        )
        await connection.execute("update commission set brand_item = null where brand_item = any($1)", ids)


async def _complete(run_id: UUID) -> None:
    async with DB.connection() as connection:
        await connection.execute(
            """
            update payout_run set status = 'completed', completed_at = $2 where id = $1
            and not exists (select 1 from payout_item where run = $1 and status in ('locked', 'sending', 'unknown'))
            """,
            run_id,
            clock.now(),
        )
