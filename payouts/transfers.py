"""One payout item on its way: the row first, then Stripe, then the record; nothing is ever sent twice (docs/money.md, chapter 6)."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import structlog

from foundation import audit, clock, stripe_gateway
from foundation.accounts import Principal
from foundation.database import DB
from foundation.each import each
from foundation.errors import NotFound, WrongState
from foundation.i18n import _
from foundation.money import Money
from foundation.stripe_gateway import StripeRefused, Transfer
from foundation.vendor import OutcomeUnknown, VendorBusy, VendorError
from payouts import ledger, run_items, transfer_records
from payouts.tables import ItemStatus, PayoutItem, PayoutRun, RunStatus

KEY_LIFE = timedelta(hours=23)
"""Stripe may forget an idempotency key after 24 hours."""

TOGETHER = 24
"""Transfers of a run that are on their way at once: with a third of a second each, about as many as Stripe takes a second (100 writes)."""

FIRST_WAIT, LONGEST_WAIT, WAITS = 0.2, 30.0, 8
"""Seconds that a run waits after Stripe was too busy, twice as long each time; after so many an item is left to `resume`."""

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
    waiting, pace = iter(await _ids("run = $1 and status = 'locked'", run_id)), _Pace()
    ends = await asyncio.gather(*(_send_each(waiting, pace) for _sender in range(TOGETHER)), return_exceptions=True)
    for end in ends:
        if end is not None:
            raise end
    await transfer_records.complete(run_id)


class _Pace:
    """How long all senders of a run wait before they ask again: longer each time that Stripe was too busy, shorter with each answer."""

    def __init__(self) -> None:
        self._wait = 0.0
        self._slowed_at = 0.0

    async def keep(self) -> float:
        """Wait; the moment at which is asked."""
        if self._wait:
            await asyncio.sleep(self._wait * random.uniform(0.5, 1.0))  # noqa: S311  # spreads the senders
        return time.monotonic()

    def heard(self, *, busy: bool, asked_at: float) -> None:
        """What was asked before the last slowing down says nothing about it."""
        if busy:
            if asked_at >= self._slowed_at:
                self._wait, self._slowed_at = min(max(self._wait * 2, FIRST_WAIT), LONGEST_WAIT), time.monotonic()
        else:
            self._wait = self._wait / 2 if self._wait > FIRST_WAIT / 4 else 0.0


async def _send_each(waiting: Iterator[UUID], pace: _Pace) -> None:
    """One of the senders of a run: takes the next item until none is left."""
    for item_id in waiting:
        for _try in range(WAITS):
            asked_at = await pace.keep()
            busy = await send(item_id=item_id)
            pace.heard(busy=busy, asked_at=asked_at)
            if not busy:
                break


async def resume(*, older_than: timedelta = timedelta(minutes=2)) -> None:
    """Go on with everything that was left behind by a crash or an answer that never came. For the scheduler."""
    before = clock.now() - older_than
    await each(
        await _ids("status = 'unknown' or (status = 'sending' and sent_at <= $1)", before), lambda one: look_up(item_id=one)
    )
    await each(await _runs_under_way(), lambda run: execute(run_id=run))


async def send(*, item_id: UUID) -> bool:
    """Ask Stripe for the transfer of a locked item; whether Stripe was too busy, so that it is locked still. A second caller finds it gone and does nothing.

    Whoever was banned, or has a new bank account, since the approval keeps the money: the item fails with that reason.
    """
    against = await run_items.stands_against(item_id)
    if against and await ledger.booked(f"lock:{item_id}"):
        await transfer_records.record_failed(item_id, against, not_asked=True)
        return False
    item = await _claim(item_id)
    return item is not None and await _call(item)


async def look_up(*, item_id: UUID) -> None:
    """Find out what became of an item without an answer. Only when Stripe has nothing and still knows the key, the same call goes again."""
    item = await transfer_records.item_of(item_id)
    if item.status not in {ItemStatus.SENDING, ItemStatus.UNKNOWN}:
        return
    try:
        found = await _at_stripe(item)
    except VendorError as silent:
        log.warning("transfer.lookup_failed", item=str(item.id), reason=str(silent))
        return
    if found is not None:
        await transfer_records.record_sent(item.id, found)
        await transfer_records.complete(item.run)
    elif clock.now() - item.sent_at < KEY_LIFE:
        await _call(item, again=True)
        await transfer_records.complete(item.run)
    else:
        await _mark_unknown(item, "key_expired")


async def retry(*, item_id: UUID, by: Principal) -> None:
    """A person decides that an old unknown item, which Stripe does not have, is sent with a new key.

    Raises `NotFound`, `WrongState` when it is not unknown, `StillInDoubt` when Stripe does not answer.
    """
    item = await transfer_records.item_of(item_id)
    if item.status != ItemStatus.UNKNOWN:
        raise WrongState
    try:
        found = await _at_stripe(item)
    except VendorError as silent:
        raise StillInDoubt from silent
    if found is not None:
        await transfer_records.record_sent(item.id, found)
        await transfer_records.complete(item.run)
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
    await transfer_records.complete(item.run)


async def confirm(*, transfer_id: str) -> None:
    """Fold what Stripe says of a transfer now: it was made (P2), part of it was reversed (P4). Any number of times, any order."""
    found = await stripe_gateway.fetch_transfer(transfer=transfer_id)
    item = await _item_of(found)
    if item is None:
        log.warning("transfer.not_ours", transfer=transfer_id)  # reconciliation lists it as E07
        return
    await transfer_records.record_sent(item.id, found)
    await transfer_records.complete(item.run)
    if found.reversed.minor:
        reversals = await stripe_gateway.find_reversals(transfer=transfer_id)
        for reversal in reversals:
            await transfer_records.record_reversal(item, reversal, reversals)


async def _claim(item_id: UUID) -> PayoutItem | None:
    """Locked to sending, with the key of the attempt, committed before anything is asked. Raises `WrongState` for money that was never locked."""
    async with DB.connection() as connection:
        claimed = await connection.fetchrow(
            """
            update payout_item set status = 'sending', attempt = attempt + 1, sent_at = $2,
                idempotency_key = 'payout-item:' || id || ':a' || attempt + 1
            where id = $1 and status = 'locked' and exists (select from journal where idempotency_key = 'lock:' || $1)
            returning *
            """,
            item_id,
            clock.now(),
        )
    if claimed is not None:
        return PayoutItem(**claimed, _exists_in_db=True)
    if await PayoutItem.exists().where((PayoutItem.id == item_id) & (PayoutItem.status == ItemStatus.LOCKED)):
        raise WrongState
    return None


async def _call(item: PayoutItem, *, again: bool = False) -> bool:
    """Ask Stripe; whether it was too busy. When it is asked `again`, only an answer about the key itself settles the earlier attempt."""
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
        return True
    except OutcomeUnknown as silent:
        await _mark_unknown(item, str(silent))
    except StripeRefused as no:
        in_doubt = again and no.code in {"authentication_error", "permission_error", "idempotency_error"}
        await (_mark_unknown(item, no.code) if in_doubt else transfer_records.record_failed(item.id, no.code))
    else:
        await transfer_records.record_sent(item.id, made)
    return False


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


async def _at_stripe(item: PayoutItem) -> Transfer | None:
    """The transfer that an earlier attempt of this item has left at Stripe."""
    found = await stripe_gateway.find_transfers(group=_group(item))
    return next((made for made in found if made.item_id == str(item.id)), None)


async def _item_of(found: Transfer) -> PayoutItem | None:
    item = await PayoutItem.objects().where(PayoutItem.transfer_id == found.id).first()
    if item is None and found.item_id and found.group and found.group.startswith("payout_item_"):
        item = await PayoutItem.objects().where(PayoutItem.id == UUID(found.item_id)).first()
    return item


def _group(item: PayoutItem) -> str:
    return f"payout_item_{item.id}"


async def _ids(which: str, *values: object) -> list[UUID]:
    async with DB.connection() as connection:
        rows = await connection.fetch(f"select id from payout_item where {which} order by id", *values)  # noqa: S608  # constants above
    return [row["id"] for row in rows]


async def _runs_under_way() -> list[UUID]:
    rows = await PayoutRun.select(PayoutRun.id).where(PayoutRun.status.is_in([RunStatus.APPROVED, RunStatus.EXECUTING]))
    return [row["id"] for row in rows]
