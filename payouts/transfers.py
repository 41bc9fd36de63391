"""One payout item on its way: the row first, then Stripe, then the record; nothing is ever sent twice (docs/money.md, chapter 6)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from foundation import audit, clock, outbox, stripe_gateway
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, WrongState
from foundation.i18n import _
from foundation.money import Money
from foundation.stripe_gateway import Reversal, StripeRefused, Transfer
from foundation.vendor import OutcomeUnknown, VendorBusy, VendorError
from payouts import chart, ledger, purses
from payouts.chart import STRIPE, Account, Purse
from payouts.events import PayoutItemSettled
from payouts.ledger import Entry, Line, Source, credit, debit
from payouts.tables import Commission, CommissionStatus, ItemStatus, Payee, PayeeKind, PayoutItem, PayoutRun, RunStatus

KEY_LIFE = timedelta(hours=23)
"""Stripe may forget an idempotency key after 24 hours."""

TOGETHER = 4
"""Transfers of a run that are on their way at once; Stripe's limit of writes a second is far above."""

STRIPE_AVAILABLE = Account(STRIPE[1])
log = structlog.get_logger()


class StillInDoubt(WrongState):
    """Nothing may be sent again before Stripe was asked what became of it."""

    code = "still_in_doubt"
    message = _("Stripe could not be asked what became of this transfer. Nothing was sent; please try again later.")


async def execute(*, run_id: UUID) -> None:
    """Send every locked item of an approved run. Any number of times and from anywhere: each item leaves once.

    What is in `sending` or `unknown` is left to `resume`. Raises `NotFound`, `WrongState` when the run is not approved.
    """
    await PayoutRun.update({PayoutRun.status: RunStatus.EXECUTING}).where(
        (PayoutRun.id == run_id) & (PayoutRun.status == RunStatus.APPROVED)
    )
    run = await PayoutRun.objects().where(PayoutRun.id == run_id).first()
    if run is None:
        raise NotFound
    if run.status == RunStatus.COMPLETED:
        return
    if run.status != RunStatus.EXECUTING:
        raise WrongState
    waiting = iter(await _ids("run = $1 and status = 'locked'", run_id))
    ends = await asyncio.gather(*(_send_each(waiting) for _sender in range(TOGETHER)), return_exceptions=True)
    for end in ends:
        if end is not None:
            raise end
    await _complete(run_id)


async def _send_each(waiting: Iterator[UUID]) -> None:
    """One of the senders of a run: takes the next item until none is left."""
    for item_id in waiting:
        await send(item_id=item_id)


async def resume(*, older_than: timedelta = timedelta(minutes=2)) -> None:
    """Go on with everything that was left behind by a crash or an answer that never came. For the scheduler."""
    before = clock.now() - older_than
    for item_id in await _ids("status = 'unknown' or (status = 'sending' and sent_at <= $1)", before):
        await look_up(item_id=item_id)
    for run_id in await _runs_under_way():
        await execute(run_id=run_id)


async def send(*, item_id: UUID) -> None:
    """Ask Stripe for the transfer of a locked item. A second caller finds it gone and does nothing."""
    item = await _claim(item_id)
    if item is not None:
        await _call(item)


async def look_up(*, item_id: UUID) -> None:
    """Find out what became of an item without an answer. Only when Stripe has nothing and still knows the key, the same call goes again."""
    item = await _item(item_id)
    if item.status not in {ItemStatus.SENDING, ItemStatus.UNKNOWN}:
        return
    try:
        found = await _at_stripe(item)
    except VendorError as silent:
        log.warning("transfer.lookup_failed", item=str(item.id), reason=str(silent))
        return
    if found is not None:
        await _record_sent(item.id, found)
    elif clock.now() - item.sent_at < KEY_LIFE:
        await _call(item, again=True)
    else:
        await _mark_unknown(item, "key_expired")


async def retry(*, item_id: UUID, by: Principal) -> None:
    """A person decides that an old unknown item, which Stripe does not have, is sent with a new key.

    Raises `NotFound`, `WrongState` when it is not unknown, `StillInDoubt` when Stripe does not answer.
    """
    item = await _item(item_id)
    if item.status != ItemStatus.UNKNOWN:
        raise WrongState
    try:
        found = await _at_stripe(item)
    except VendorError as silent:
        raise StillInDoubt from silent
    if found is not None:
        await _record_sent(item.id, found)
        return
    async with DB.transaction():
        moved = (
            await PayoutItem.update({PayoutItem.status: ItemStatus.LOCKED, PayoutItem.error_code: ""})
            .where(
                (PayoutItem.id == item_id)
                & (PayoutItem.status == ItemStatus.UNKNOWN)
                & (PayoutItem.error_code == "key_expired")
                & (PayoutItem.attempt == item.attempt)
            )
            .returning(PayoutItem.id)
        )
        if not moved:
            raise WrongState
        await audit.record(by=by, action="item.retried", kind="payout_item", id=item_id, attempt=item.attempt)
    await send(item_id=item_id)


async def confirm(*, transfer_id: str) -> None:
    """Fold what Stripe says of a transfer now: it was made (P2), part of it was reversed (P4). Any number of times, any order."""
    found = await stripe_gateway.fetch_transfer(transfer=transfer_id)
    item = await _item_of(found)
    if item is None:
        log.warning("transfer.not_ours", transfer=transfer_id)  # reconciliation lists it as E07
        return
    await _record_sent(item.id, found)
    if found.reversed.minor:
        for reversal in await stripe_gateway.find_reversals(transfer=transfer_id):
            await _record_reversal(item, reversal)


async def _claim(item_id: UUID) -> PayoutItem | None:
    """Locked to sending, with the key of the attempt, committed before anything is asked."""
    async with DB.transaction():
        item = await PayoutItem.objects().where(PayoutItem.id == item_id).lock_rows("UPDATE").first()
        if item is None or item.status != ItemStatus.LOCKED:
            return None
        if not await ledger.booked(f"lock:{item_id}"):
            raise WrongState
        item.status = ItemStatus.SENDING
        item.attempt += 1
        item.idempotency_key = f"payout-item:{item.id}:a{item.attempt}"
        item.sent_at = clock.now()
        await item.save()
    return item


async def _call(item: PayoutItem, *, again: bool = False) -> None:
    """Ask Stripe. When it is asked `again`, only an answer about the key itself settles the earlier attempt."""
    try:
        made = await stripe_gateway.transfer(
            amount=Money(item.amount_minor, item.currency),
            destination=item.destination,
            group=_group(item),
            item_id=str(item.id),
            key=item.idempotency_key,
        )
    except VendorBusy:
        await (_mark_unknown(item, "busy") if again else _put_back(item))
    except OutcomeUnknown as silent:
        await _mark_unknown(item, str(silent))
    except StripeRefused as no:
        in_doubt = again and no.code in {"authentication_error", "permission_error", "idempotency_error"}
        await (_mark_unknown(item, no.code) if in_doubt else _record_failed(item.id, no.code))
    else:
        await _record_sent(item.id, made)


async def _record_sent(item_id: UUID, made: Transfer) -> None:
    """P2, in one transaction with the item, its commissions and the news."""
    async with DB.transaction():
        item, purse, _rows = await _locked(item_id)
        if item.status == ItemStatus.SENT:
            return
        amount = Money(item.amount_minor, item.currency)
        lines = [credit(STRIPE_AVAILABLE, amount)]
        if item.status in {ItemStatus.SENDING, ItemStatus.UNKNOWN}:
            lines.append(debit(purse.in_payout, amount))
        else:
            log.error("transfer.made_after_all", item=str(item_id), transfer=made.id)
            lines += await purses.Drawer().take(purse, amount)
        source = Source(kind="transfer", id=made.id)
        await ledger.post_all([_entry(f"sent:{item.id}", "P2", source, made.created, lines)])
        await PayoutItem.update(
            {
                PayoutItem.status: ItemStatus.SENT,
                PayoutItem.transfer_id: made.id,
                PayoutItem.settled_at: clock.now(),
                PayoutItem.error_code: "",
            }
        ).where(PayoutItem.id == item_id)
        await Commission.update({Commission.status: CommissionStatus.PAID}).where(
            (Commission.creator_item == item_id) & (Commission.status == CommissionStatus.IN_PAYOUT)
        )
        await outbox.publish(PayoutItemSettled(item_id=item_id))
    await _complete(item.run)


async def _record_failed(item_id: UUID, code: str) -> None:
    """P2x: Stripe said no for good; the money is available again, for debts first."""
    async with DB.transaction():
        item, purse, rows = await _locked(item_id)
        if item.status not in {ItemStatus.SENDING, ItemStatus.UNKNOWN}:
            return
        drawer, amount = purses.Drawer(), Money(item.amount_minor, item.currency)
        lines = [debit(purse.in_payout, amount), *await drawer.give(purse, amount)]
        entry = _entry(f"unlock:{item.id}", "P2x", Source(kind="payout_item", id=str(item.id)), clock.now(), lines)
        await ledger.post_all([entry, *await drawer.net(purse, item.currency, after=entry)])
        await PayoutItem.update(
            {PayoutItem.status: ItemStatus.FAILED, PayoutItem.error_code: code[:80], PayoutItem.settled_at: clock.now()}
        ).where(PayoutItem.id == item_id)
        await _free(rows, item_id)
        await audit.record(by=None, action="item.failed", kind="payout_item", id=item_id, code=code)
    await _complete(item.run)


async def _record_reversal(item: PayoutItem, reversal: Reversal) -> None:
    """P4: what Stripe took back from the payee is available to them again, for debts first."""
    key = f"reversed:{reversal.id}"
    async with DB.transaction():
        purse = await _purse(item)
        await purses.lock([(purse.kind, purse.owner)])
        if await ledger.booked(key):
            return
        drawer = purses.Drawer()
        lines = [debit(STRIPE_AVAILABLE, reversal.amount), *await drawer.give(purse, reversal.amount)]
        entry = _entry(key, "P4", Source(kind="reversal", id=reversal.id), reversal.created, lines, memo=str(item.id))
        await ledger.post_all([entry, *await drawer.net(purse, item.currency, after=entry)])
        await audit.record(by=None, action="transfer.reversed", kind="payout_item", id=item.id, reversal=reversal.id)


async def _free(rows: Sequence[Commission], item_id: UUID) -> None:
    for row in rows:
        if row.creator_item == item_id:
            back = CommissionStatus.AVAILABLE if row.status == CommissionStatus.IN_PAYOUT else row.status
            await Commission.update({Commission.creator_item: None, Commission.status: back}).where(Commission.id == row.id)
        if row.brand_item == item_id:
            await Commission.update({Commission.brand_item: None}).where(Commission.id == row.id)


async def _put_back(item: PayoutItem) -> None:
    await PayoutItem.update({PayoutItem.status: ItemStatus.LOCKED, PayoutItem.error_code: "busy"}).where(
        (PayoutItem.id == item.id) & (PayoutItem.status == ItemStatus.SENDING) & (PayoutItem.attempt == item.attempt)
    )


async def _mark_unknown(item: PayoutItem, reason: str) -> None:
    await PayoutItem.update({PayoutItem.status: ItemStatus.UNKNOWN, PayoutItem.error_code: reason[:80]}).where(
        (PayoutItem.id == item.id)
        & PayoutItem.status.is_in([ItemStatus.SENDING, ItemStatus.UNKNOWN])
        & (PayoutItem.attempt == item.attempt)
    )
    log.warning("transfer.unknown", item=str(item.id), reason=reason)


async def _complete(run_id: UUID) -> None:
    """The run is completed once no item is on its way; whoever settles the last one says so."""
    async with DB.connection() as connection:
        await connection.execute(
            """
            update payout_run set status = 'completed', completed_at = $2 where id = $1 and status = 'executing'
            and not exists (select 1 from payout_item where run = $1 and status in ('locked', 'sending', 'unknown'))
            """,
            run_id,
            clock.now(),
        )


async def _at_stripe(item: PayoutItem) -> Transfer | None:
    """The transfer that an earlier attempt of this item has left at Stripe."""
    found = await stripe_gateway.find_transfers(group=_group(item))
    return next((made for made in found if made.item_id == str(item.id)), None)


async def _item_of(found: Transfer) -> PayoutItem | None:
    item = await PayoutItem.objects().where(PayoutItem.transfer_id == found.id).first()
    if item is None and found.item_id and found.group and found.group.startswith("payout_item_"):
        item = await PayoutItem.objects().where(PayoutItem.id == UUID(found.item_id)).first()
    return item


async def _locked(item_id: UUID) -> tuple[PayoutItem, Purse, list[Commission]]:
    """The item, its payee's accounts and its commissions, all held."""
    purse = await _purse(await _item(item_id))
    await purses.lock([(purse.kind, purse.owner)])
    mine = (Commission.creator_item == item_id) | (Commission.brand_item == item_id)
    rows = await Commission.objects().where(mine).order_by(Commission.id).lock_rows("UPDATE")
    item = await PayoutItem.objects().where(PayoutItem.id == item_id).lock_rows("UPDATE").first()
    if item is None:
        raise NotFound
    return item, purse, rows


async def _item(item_id: UUID) -> PayoutItem:
    item = await PayoutItem.objects().where(PayoutItem.id == item_id).first()
    if item is None:
        raise NotFound
    return item


async def _purse(item: PayoutItem) -> Purse:
    payee = await Payee.objects().where(Payee.id == item.payee).first()
    if payee is None:
        raise NotFound
    return chart.purse(payee.kind, payee.creator if payee.kind == PayeeKind.CREATOR else payee.brand)


def _entry(key: str, kind: str, source: Source, event_at: datetime, lines: list[Line], memo: str = "") -> Entry:
    return Entry(key=key, kind=kind, event_at=event_at, source=source, lines=ledger.folded(lines), memo=memo)


def _group(item: PayoutItem) -> str:
    return f"payout_item_{item.id}"


async def _ids(which: str, *values: object) -> list[UUID]:
    async with DB.connection() as connection:
        rows = await connection.fetch(f"select id from payout_item where {which} order by id", *values)  # noqa: S608  # constants above
    return [row["id"] for row in rows]


async def _runs_under_way() -> list[UUID]:
    rows = await PayoutRun.select(PayoutRun.id).where(PayoutRun.status.is_in([RunStatus.APPROVED, RunStatus.EXECUTING]))
    return [row["id"] for row in rows]
